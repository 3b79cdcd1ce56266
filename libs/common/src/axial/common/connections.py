"""Connections that an application can end at once.

A server that closes a connection first writes what it still holds for it. The other end of an endless answer
that takes nothing any more would so be kept for ever; such a connection must be cut.
"""

from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# ASGI lets a server offer more than the specification, under names of its own.
_EXTENSION = "axial.cut"


class CuttableProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which hands each request the means to cut its connection."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"cut": self.transport.abort}}


def cut(scope: Mapping[str, Any]) -> None:
    """Cut the connection that a request came by, and drop what is still to be written to it."""
    offered = scope.get("extensions", {}).get(_EXTENSION)
    if offered is not None:
        offered["cut"]()
