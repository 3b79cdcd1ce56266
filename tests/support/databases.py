"""Databases of tests, each a copy of one that was migrated once."""

import asyncio
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from axial.common.migrate import prepare_schemas
from axial.common.postgres import Connection, connect


class Databases:
    """Makes and drops the databases of one server, as a superuser over one connection."""

    def __init__(self, url: str) -> None:
        self._server = url.rsplit("/", 1)[0]
        # A loop of its own: tests have theirs, each another.
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._connection: Connection = self._runner.run(connect(url, "public"))
        self._templates: dict[frozenset[tuple[str, str]], str] = {}

    @contextmanager
    def made(self, schemas: Mapping[str, str]) -> Iterator[str]:
        """Make a database with these schemas as migrations leave them; drop it afterwards even if still in use."""
        template = self._template(schemas) if schemas else "template1"
        name = f"test_{uuid.uuid4().hex}"
        # Files are copied, not pages logged one by one: these servers forget with the power anyway.
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield f"{self._server}/{name}"
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Close the connection."""
        self._runner.run(self._connection.close())
        self._runner.close()

    def _template(self, schemas: Mapping[str, str]) -> str:
        key = frozenset(schemas.items())
        if key not in self._templates:
            name = f"template_{uuid.uuid4().hex}"
            self._execute(f"CREATE DATABASE {name}")
            self._runner.run(prepare_schemas(f"{self._server}/{name}", schemas, migrates=True))
            self._templates[key] = name
        return self._templates[key]

    def _execute(self, statement: str) -> None:
        self._runner.run(self._connection.execute(statement))
