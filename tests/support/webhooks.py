"""A webhook's endpoint as its owner would write one: any HTTP server that takes a POST."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Posted:
    """One request that was taken."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The CloudEvent in it."""
        document = json.loads(self.body)
        assert isinstance(document, dict)
        return document


@dataclass
class Hook:
    """An endpoint that takes everything but the entries it is told to refuse."""

    port: int = 0
    taken: list[Posted] = field(default_factory=list)
    #: Ids of events that it answers with 500.
    refused: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it is while it runs."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[int]:
        """The numbers of the entries it took, in the order in which they came."""
        return [int(posted.event["id"]) for posted in self.taken if posted.event["id"].isdigit()]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Listen for the length of a `with` block; again on the same port."""
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Take an event, or refuse it."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posted = Posted({name.lower(): value for name, value in self.headers.items()}, body)
                if posted.event["id"] in hook.refused:
                    self.send_error(500)
                    return
                hook.taken.append(posted)
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", self.port), Handler) as server:
            self.port = server.server_port
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()
