"""Associations that we ask for."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from axial.dimse.upper_layer.association import Association
from axial.dimse.upper_layer.pdus import RELEASE_RQ, BadPdu, PduType, read_pdu
from axial.dimse.upper_layer.proposal import (
    Proposed,
    Titles,
    read_acceptance,
    request_pdu,
)

# Responses are short; so is all that a peer has to say to a user of its services.
_MAXIMUM_BYTES = 16384
_READ_AHEAD_BYTES = 64 * 1024
# A peer that was told all may take this long to say goodbye; nothing depends on it.
_GOODBYE_SECONDS = 5.0


class Refused(Exception):
    """The peer cannot be reached, or does not want us; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom to connect to."""

    titles: Titles
    host: str
    port: int
    #: How long it may take to connect, to accept, to take a piece, and to respond; 0 for ever.
    patience_seconds: float
    tls: ssl.SSLContext | None = None


class Requestor:
    """An association that we asked for; the messages go through `association`."""

    def __init__(
        self,
        association: Association,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.association = association
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, peer: Peer, contexts: Sequence[Proposed]) -> "Requestor":
        """Connect and negotiate; raise Refused."""
        try:
            async with asyncio.timeout(peer.patience_seconds or None):
                reader, writer = await asyncio.open_connection(
                    peer.host, peer.port, ssl=peer.tls, limit=_READ_AHEAD_BYTES
                )
        except (OSError, TimeoutError) as error:
            raise Refused from error
        try:
            return await cls._negotiate(peer, contexts, reader, writer)
        except BaseException:
            writer.transport.abort()
            raise

    @classmethod
    async def _negotiate(
        cls,
        peer: Peer,
        contexts: Sequence[Proposed],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> "Requestor":
        try:
            async with asyncio.timeout(peer.patience_seconds or None):
                writer.write(request_pdu(peer.titles, contexts, _MAXIMUM_BYTES))
                kind, body = await read_pdu(reader, 0)
            if kind is not PduType.ASSOCIATE_AC:
                raise Refused
            agreement = read_acceptance(body, peer.titles, contexts)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, BadPdu) as error:
            raise Refused from error
        association = Association(
            agreement, peer.host, reader, writer, _MAXIMUM_BYTES, peer.patience_seconds
        )
        return cls(association, reader, writer)

    async def release(self) -> None:
        """Say goodbye and close; a peer that does not answer is left."""
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, BadPdu):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                self._writer.write(RELEASE_RQ)
                await read_pdu(self._reader, _MAXIMUM_BYTES)
        await self._close()

    async def abort(self) -> None:
        """End it in the middle of something."""
        self.association.abort()
        await self._close()

    async def _close(self) -> None:
        self._writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._writer.wait_closed()
                return
        self._writer.transport.abort()
