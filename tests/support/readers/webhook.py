"""A reader by webhook: an endpoint that verifies what it is sent, and now and then refuses or dies."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NoReturn

import httpx2

from support.agreement import Agreement
from support.feeds import Entry, expect
from support.readers.reader import POLL_SECONDS, Reader, Row

_SECRET = b"a secret of thirty-two bytes, yes"
_BATCH = 20
# One request in so many is refused, another is taken and its answer lost.
_REFUSES_EVERY = 23
_HANGS_UP_EVERY = 31

_OF_AZURE = {
    "create": "Microsoft.HealthcareApis.DicomImageCreated",
    "update": "Microsoft.HealthcareApis.DicomImageUpdated",
    "delete": "Microsoft.HealthcareApis.DicomImageDeleted",
}


class WebhookReader(Reader):
    """At least once, in order; its rows are what an endpoint makes of the events' ids."""

    kind = "webhook"

    def __init__(self, client: httpx2.AsyncClient, name: str = "webhook") -> None:
        super().__init__()
        self._client = client
        self._path = f"/feed/consumers/{name}"
        self._url = ""
        self._exists = False
        self._requests = 0
        self._broken: list[str] = []

    async def run(self) -> NoReturn:
        """Listen until cancelled."""
        with self._listening() as url:
            self._url = url
            await super().run()

    async def step(self) -> None:
        """Create the consumer once; then whatever comes is taken as it comes."""
        if not self._exists:
            await self._create()
            self._exists = True
        assert not self._broken, f"{self.kind}: {self._broken}"
        await asyncio.sleep(POLL_SECONDS)

    async def _create(self) -> None:
        secret = "whsec_" + base64.b64encode(_SECRET).decode()
        push = {"Url": self._url, "Secrets": [secret], "Batch": _BATCH}
        answer = await self._client.put(self._path, json={"Start": "earliest", "Push": push})
        expect(answer, 200, 201)

    def told(self, history: Agreement) -> list[Row]:
        """Every change, as the event of Azure's where there is one."""
        return [_event_row(entry) for entry in history.entries]

    def receive(self, headers: dict[str, str], body: bytes) -> int | None:
        """Take one delivery; return the status to answer, None to hang up instead."""
        self._requests += 1
        if self._requests % _REFUSES_EVERY == 0:
            return 503
        try:
            _verify(headers, body)
            events = json.loads(body)
            for event in events if isinstance(events, list) else [events]:
                self._take(_row(event))
        except (AssertionError, LookupError, ValueError) as error:
            self._broken.append(repr(error))
            return 400
        return None if self._requests % _HANGS_UP_EVERY == 0 else 204

    def _take(self, row: Row) -> None:
        """Event n is the nth row; one that comes again must be what it was."""
        if row[0] <= len(self.rows):
            assert self.rows[row[0] - 1] == row, f"told another way: {row}"
        else:
            assert row[0] == len(self.rows) + 1, f"{row} came behind {self.rows[-1:]}"
            self.rows.append(row)

    @contextmanager
    def _listening(self) -> Iterator[str]:
        server = _Server(("127.0.0.1", 0), _handler(self))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of a sender that was killed; what it had sent is sent again."""


def _handler(reader: WebhookReader) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:
                # The sender was killed in the middle of it.
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = reader.receive(headers, body)
            if status is None:
                self.close_connection = True
                return
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _verify(headers: dict[str, str], body: bytes) -> None:
    """Verify the signature as the Standard Webhooks specification says."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.digest(_SECRET, signed, hashlib.sha256)).decode()
    assert f"v1,{digest}" in headers["webhook-signature"].split(), "a signature that does not fit"


def _row(event: Entry) -> Row:
    data = event["data"]
    what = data["sequenceNumber"] if event["type"] in _OF_AZURE.values() else data["ID"]
    return int(event["id"]), event["type"], str(what)


def _event_row(entry: Entry) -> Row:
    if "Instance" in entry:
        instance = entry["Instance"]
        return int(entry["Seq"]), _OF_AZURE[instance["Action"]], str(instance["Sequence"])
    change = "".join(f"_{c.lower()}" if c.isupper() else c for c in entry["ChangeType"])
    kind = f"org.axial.{entry['ResourceType'].lower()}.{change.removeprefix('_')}"
    return int(entry["Seq"]), kind, entry["ID"]
