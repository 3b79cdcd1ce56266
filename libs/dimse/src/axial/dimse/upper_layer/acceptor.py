"""The listening socket: who connects, who is let in, and who has to leave at the end."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import structlog
from prometheus_client import Gauge
from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import A_ASSOCIATE
from structlog.contextvars import bind_contextvars

from axial.dimse.upper_layer.association import Aborted, Association
from axial.dimse.upper_layer.negotiation import (
    APPLICATION_CONTEXT_NAME,
    APPLICATION_CONTEXT_UNKNOWN,
    PROTOCOL_VERSION_UNKNOWN,
    STOPPING,
    TOO_MANY,
    Offer,
    Refusal,
    accept_pdu,
    agree,
    reject_pdu,
)
from axial.dimse.upper_layer.pdus import AbortReason, BadPdu, PduType, abort_pdu, read_pdu

log = structlog.get_logger(__name__)

# Several PDUs at a time: one reading of the socket for each would cost more than its content.
_READ_AHEAD_BYTES = 256 * 1024
_PROTOCOL_VERSION_1 = 0x0001
# A rejection or an abort is seldom waited for; what cannot be written then is lost with the connection.
_LAST_WORDS_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the peers together may use."""

    associations: int
    #: The longest P-DATA-TF that we take, in bytes.
    pdu_bytes: int
    #: How long an association may be silent; 0 for ever.
    idle_seconds: float
    #: The ARTIM timer (PS3.8 9.1.5): how long a connection may take to ask for an association.
    artim_seconds: float = 30.0


class Counting(Protocol):
    """Whoever keeps the figures."""

    open_associations: Gauge

    def ended(self, end: str) -> None:
        """Count the end of an association."""
        ...

    def refused(self, reason: str) -> None:
        """Count why an association was rejected."""
        ...


class Acceptor:
    """Accepts connections and runs an association on each until it ends.

    `admit` decides by who asks, from where: an offer, or a refusal. `serve` carries out what is asked for.
    """

    def __init__(
        self,
        limits: Limits,
        admit: Callable[[A_ASSOCIATE, str], Offer | Refusal],
        serve: Callable[[Association], Awaitable[None]],
        metrics: Counting,
    ) -> None:
        self._limits = limits
        self._admit = admit
        self._serve = serve
        self._metrics = metrics
        self._associations: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._established: dict[asyncio.Task[None], Association] = {}
        self._stopping = False
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """Listen; other processes may listen on the same port, and connections are shared among them."""
        self._server = await asyncio.start_server(
            self._connected,
            host,
            port,
            ssl=tls,
            # Until its handshake is done, a connection takes no place among the associations.
            ssl_handshake_timeout=None if tls is None else self._limits.artim_seconds,
            limit=_READ_AHEAD_BYTES,
            reuse_port=True,
        )

    @property
    def is_open(self) -> bool:
        """Whether a peer that connects now is listened to."""
        return self._server is not None and self._server.is_serving()

    async def close(self, grace_seconds: float) -> None:
        """Let nobody in any more, finish what is in hand, then abort what still goes on.

        An association that is silent is not waited for: it could be for hours.
        """
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for task in self._associations:
            association = self._established.get(task)
            if association is None:
                # It has asked for nothing yet, or has nothing left to hear.
                task.cancel()
            else:
                association.hurry()
        if self._associations:
            await asyncio.wait(self._associations, timeout=grace_seconds)
        for task, writer in list(self._associations.items()):
            with suppress(OSError):
                writer.write(abort_pdu(AbortReason.NOT_SPECIFIED))
            task.cancel()
        if self._associations:
            await asyncio.wait(self._associations)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "asyncio runs each connection in a task"
        self._associations[task] = writer
        self._metrics.open_associations.inc()
        end = "aborted"
        try:
            end = await self._run(reader, writer)
        except BadPdu as error:
            end = "failed"
            log.info("association_failed", reason=error.reason.name)
            with suppress(OSError):
                writer.write(abort_pdu(error.reason))
        except (Aborted, TimeoutError, OSError, asyncio.IncompleteReadError):
            # The peer went away; nothing that it was told is in doubt.
            pass
        except asyncio.CancelledError:
            # Only `close` cancels, and it waits for this task; nobody else hears of it.
            pass
        except Exception as error:
            end = "failed"
            log.exception("association_died", exc_info=error)
            with suppress(OSError):
                writer.write(abort_pdu(AbortReason.NOT_SPECIFIED))
        finally:
            self._metrics.ended(end)
            self._metrics.open_associations.dec()
            del self._associations[task]
            await _hang_up(writer)

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """Serve one connection; tell how its association ended."""
        async with asyncio.timeout(self._limits.artim_seconds):
            kind, body = await read_pdu(reader, self._limits.pdu_bytes)
        if kind is PduType.ABORT:
            return "aborted"
        if kind is not PduType.ASSOCIATE_RQ:
            raise BadPdu(AbortReason.UNEXPECTED_PDU)
        peer_ip = str(writer.get_extra_info("peername")[0])
        request, version = _decode(body)
        # Each connection is a task of its own: what is logged in it is told of this peer.
        bind_contextvars(
            remote_aet=request.calling_ae_title.strip(),
            called_aet=request.called_ae_title.strip(),
            remote_ip=peer_ip,
        )
        offer = self._refusal_of(request, version) or self._admit(request, peer_ip)
        if isinstance(offer, Refusal):
            self._metrics.refused(offer.name)
            log.info("association_refused", reason=offer.name)
            writer.write(reject_pdu(offer))
            await _closed_by_peer(reader)
            return "refused"
        agreement, answers = agree(request, offer)
        pdu_bytes = self._limits.pdu_bytes
        writer.write(accept_pdu(request, agreement, answers, pdu_bytes))
        association = Association(
            agreement, peer_ip, reader, writer, pdu_bytes, self._limits.idle_seconds
        )
        task = asyncio.current_task()
        assert task is not None, "asyncio runs each connection in a task"
        self._established[task] = association
        try:
            await self._serve(association)
        finally:
            del self._established[task]
        await _closed_by_peer(reader)
        return "released"

    def _refusal_of(self, request: A_ASSOCIATE, version: int) -> Refusal | None:
        if self._stopping:
            return STOPPING
        if len(self._associations) > self._limits.associations:
            return TOO_MANY
        if not version & _PROTOCOL_VERSION_1:
            return PROTOCOL_VERSION_UNKNOWN
        if str(request.application_context_name) != APPLICATION_CONTEXT_NAME:
            return APPLICATION_CONTEXT_UNKNOWN
        return None


def _decode(body: bytes) -> tuple[A_ASSOCIATE, int]:
    """Read the A-ASSOCIATE-RQ; what pynetdicom cannot read, in whatever way it fails, is not one."""
    head = bytes((PduType.ASSOCIATE_RQ, 0)) + len(body).to_bytes(4, "big")
    pdu = A_ASSOCIATE_RQ()
    try:
        pdu.decode(head + body)
        return pdu.to_primitive(), int(pdu.protocol_version)
    except Exception as error:
        raise BadPdu(AbortReason.INVALID_PARAMETER) from error


async def _closed_by_peer(reader: asyncio.StreamReader) -> None:
    """Wait, not for long, until the peer closes: the side that was answered closes (PS3.8 9.2, state 13)."""
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(_LAST_WORDS_SECONDS):
            while await reader.read(_READ_AHEAD_BYTES):
                pass


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_LAST_WORDS_SECONDS):
            await writer.wait_closed()
            return
    writer.transport.abort()
