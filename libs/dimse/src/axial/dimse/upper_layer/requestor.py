"""Associations that we ask for."""

import asyncio
import os
import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from axial.dimse.upper_layer.association import GONE, Association
from axial.dimse.upper_layer.pdus import RELEASE_RP, RELEASE_RQ, BadPdu, PduType, read_pdu
from axial.dimse.upper_layer.proposal import (
    Proposed,
    Titles,
    read_acceptance,
    request_pdu,
)

# Responses are short; so is all that a peer has to say to a user of its services.
_MAXIMUM_BYTES = 16384
_READ_AHEAD_BYTES = 64 * 1024
# How a system's error is quoted in another one.
_ERRNO = re.compile(r"\[Errno (\d+)\]")
# A peer that was told all may take this long to say goodbye; nothing depends on it.
_GOODBYE_SECONDS = 5.0
# Of an A-ASSOCIATE-RJ, without its head: reserved, result, source, reason.
_REJECTION_BYTES = 4
_TRANSIENT = 2
_REASONS = {
    (1, 1): "no reason given",
    (1, 2): "application context name not supported",
    (1, 3): "calling AE title not recognized",
    (1, 7): "called AE title not recognized",
    (2, 1): "no reason given",
    (2, 2): "protocol version not supported",
    (3, 1): "temporary congestion",
    (3, 2): "local limit exceeded",
}


class Refused(Exception):
    """The peer cannot be reached, or does not want us; nothing was sent.

    Its message says why, in words of ours.
    """


class Rejected(Refused):
    """The peer does not want us, and says why (A-ASSOCIATE-RJ, PS3.8 table 9-21)."""

    def __init__(self, result: int, source: int, reason: int) -> None:
        why = _REASONS.get((source, reason), f"source {source}, reason {reason}")
        lasting = "rejected-transient" if result == _TRANSIENT else "rejected-permanent"
        super().__init__(f"association rejected: {why} ({lasting})")


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
            raise Refused(_unreachable(error)) from error
        except ValueError as error:
            # Too long for a name, with two dots in a row, or the like.
            raise Refused("cannot connect: not a host name") from error
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
            if kind is PduType.ASSOCIATE_RJ and len(body) == _REJECTION_BYTES:
                raise Rejected(*body[1:])
            if kind is not PduType.ASSOCIATE_AC:
                raise Refused("no answer to the request for an association")
            agreement = read_acceptance(body, peer.titles, contexts)
        except TimeoutError as error:
            raise Refused("no answer to the request for an association in time") from error
        except (OSError, asyncio.IncompleteReadError, BadPdu) as error:
            raise Refused("no answer to the request for an association") from error
        # Unknown when the peer has gone again already.
        peername = writer.get_extra_info("peername") or (peer.host,)
        peer_ip = str(peername[0])
        association = Association(
            agreement, peer_ip, reader, writer, _MAXIMUM_BYTES, peer.patience_seconds
        )
        return cls(association, reader, writer)

    async def ended(self) -> None:
        """Return once the peer ends an association on which nothing is asked of it; can be cancelled until then.

        Whatever it says then can only be that.
        """
        with suppress(OSError):
            said = await self._reader.read(1)
            self.association.is_released = said == bytes((PduType.RELEASE_RQ,))

    async def release(self) -> None:
        """Say goodbye and close; a peer that does not answer is left."""
        with suppress(*GONE, TimeoutError, asyncio.IncompleteReadError, BadPdu):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                self._writer.write(RELEASE_RQ)
                await read_pdu(self._reader, _MAXIMUM_BYTES)
        await self._close()

    async def abort(self) -> None:
        """End it in the middle of something; a peer that has ended it by itself is answered."""
        if self.association.is_released:
            with suppress(*GONE):
                self._writer.write(RELEASE_RP)
        else:
            self.association.abort()
        await self._close()

    async def _close(self) -> None:
        self._writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._writer.wait_closed()
                return
        self._writer.transport.abort()


def _unreachable(error: OSError) -> str:
    """Say why a connection cannot be made; the words of the system are no secret."""
    if isinstance(error, ssl.SSLError):
        return f"cannot connect: TLS: {error.reason or type(error).__name__}"
    if isinstance(error, TimeoutError):
        return "cannot connect in time"
    # What asyncio says itself repeats the address, or all of them when the name has several.
    number = error.errno or 0
    if number:
        said = os.strerror(number) if number > 0 else error.strerror
    else:
        numbers = dict.fromkeys(map(int, _ERRNO.findall(str(error))))
        said = ", ".join(map(os.strerror, numbers))
    return f"cannot connect: {said or type(error).__name__}"
