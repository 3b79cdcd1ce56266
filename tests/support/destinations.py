"""Peers to which instances are sent, played by pynetdicom."""

import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import cast

from pydicom.dataset import Dataset
from pynetdicom import AE, build_context, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made at run time
    StudyRootQueryRetrieveInformationModelFind,
    Verification,
)
from pynetdicom.transport import AssociationServer

from axial.cli.ports import LOOPBACK, free_ports

_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Received:
    """An instance that arrived."""

    sop_instance_uid: str
    transfer_syntax: str
    data_set: bytes
    originator: tuple[str, int]
    calling_aet: str


def c_store(event: Event) -> tuple[str, bytes]:
    """Take the SOP Instance UID and the encoded data set out of a C-STORE."""
    request = cast("C_STORE", event.request)
    return str(request.AffectedSOPInstanceUID), cast("BytesIO", request.DataSet).getvalue()


@dataclass
class Destination:
    """How a peer behaves, and what has reached it."""

    #: SOP classes with the transfer syntaxes that are taken.
    accepts: Sequence[tuple[str, Sequence[str]]]
    #: What is answered, in turn; the last one for ever.
    statuses: Sequence[int] = (0x0000,)
    #: Break off instead of the n-th answer, counted from 0.
    aborts_at: frozenset[int] = frozenset()
    #: Whether it can be asked what it has (C-FIND), and with which status it ends its answers.
    can_find: bool = False
    find_status: int = 0x0000
    asked: list[Dataset] = field(default_factory=list)
    #: Calling titles it wants; all, when empty.
    wants: Sequence[str] = ()
    #: The longest PDU it takes, and how long the fragments are that it gets.
    maximum_bytes: int = 16382
    lengths: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    associations: int = 0
    #: How long an association may be idle, and how many were ended for that.
    patience_seconds: float = 60.0
    ended: int = 0
    port: int = 0
    server: AssociationServer | None = None

    def take(self, accepts: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Take these from the next association on."""
        assert self.server is not None, "it listens"
        self.server.contexts = [
            build_context(sop_class, list(syntaxes)) for sop_class, syntaxes in accepts
        ]

    def store(self, event: Event) -> int:
        """Take an instance in."""
        place = len(self.received)
        uid, data_set = c_store(event)
        request = cast("C_STORE", event.request)
        originator = request.MoveOriginatorApplicationEntityTitle
        self.received.append(
            Received(
                uid,
                str(event.context.transfer_syntax),
                data_set,
                (str(originator or "").strip(), request.MoveOriginatorMessageID or 0),
                str(event.assoc.requestor.ae_title).strip(),
            )
        )
        if place in self.aborts_at:
            event.assoc.abort()
        return self.statuses[min(place, len(self.statuses) - 1)]

    def find(self, event: Event) -> Iterator[tuple[int, Dataset | None]]:
        """Tell of the instance that is asked for, if it has arrived."""
        asked = event.identifier
        self.asked.append(asked)
        if asked.get("SOPInstanceUID") in {one.sop_instance_uid for one in self.received}:
            yield 0xFF00, asked
        if self.find_status:
            yield self.find_status, None

    def measure(self, event: Event) -> None:
        """Note the lengths of a PDU's fragments."""
        if isinstance(event.pdu, P_DATA_TF):
            # Without the control header, which pynetdicom counts to the data.
            self.lengths += [
                len(item.presentation_data_value or b"") - 1
                for item in event.pdu.presentation_data_value_items
            ]

    def end(self, _: Event) -> None:
        """Count an association that we have ended."""
        self.ended += 1

    def accept(self, _: Event) -> None:
        """Count an association."""
        self.associations += 1


@contextmanager
def listening(
    destination: Destination,
    title: str = "DESTINATION",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Destination]:
    """Let a peer listen on a port, or on a free one; over TLS if wanted."""
    destination.port = port or free_ports(1)[0]
    entity = AE(title)
    entity.add_supported_context(Verification)
    for sop_class, syntaxes in destination.accepts:
        entity.add_supported_context(sop_class, list(syntaxes))
    if destination.can_find:
        entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
    entity.network_timeout = destination.patience_seconds
    entity.maximum_pdu_size = destination.maximum_bytes
    entity.require_calling_aet = list(destination.wants)
    handlers = [
        (evt.EVT_C_STORE, destination.store),
        (evt.EVT_C_FIND, destination.find),
        (evt.EVT_ACCEPTED, destination.accept),
        (evt.EVT_ABORTED, destination.end),
        (evt.EVT_PDU_RECV, destination.measure),
    ]
    server = entity.make_server(
        (LOOPBACK, destination.port),
        evt_handlers=handlers,  # type: ignore[arg-type]
        ssl_context=tls,
    )
    destination.server = server
    # As `start_server`, which would look twice a second only whether it is to stop.
    entity._servers.append(server)  # noqa: SLF001
    serving = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    serving.start()
    try:
        yield destination
    finally:
        entity.shutdown()
        serving.join()
