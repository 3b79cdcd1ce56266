"""What C-MOVE and C-GET have in common: which instances are meant, and how the peer is told."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import structlog

from axial.common.dictionary import Dictionary
from axial.common.encodings import ENCODINGS
from axial.common.errors import AxialError
from axial.common.sop_classes import PATIENT_ROOT_CLASSES
from axial.dicom_gateway.index_client import Selection
from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dicom_gateway.operations.retrieval import selection_of
from axial.dicom_gateway.operations.tally import Tally
from axial.dimse.messages.identifiers import read_identifier
from axial.dimse.messages.status import Status
from axial.dimse.sending.instances import Instance
from axial.dimse.sending.sender import Gone, NotSent

log = structlog.get_logger(__name__)

T = TypeVar("T")
Send = Callable[[Instance], Awaitable[int]]
"""Sends an instance and returns the status of the response; raises NotSent or Gone."""


class Refused(Exception):
    """The request cannot be carried out, and nothing was sent."""

    def __init__(self, status: Status, comment: str) -> None:
        super().__init__(comment)
        self.status = status
        self.comment = comment


class Cancelled(Exception):
    """The peer does not want to wait any longer."""


class Index(Protocol):
    """Whoever knows the instances."""

    async def selected(self, selection: Selection) -> list[Instance]:
        """Name the instances of some resources; raise Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Retriever:
    """Finds what a peer asks for."""

    index: Index
    dictionary: Dictionary
    #: The character set of texts that name none, at the moment.
    default_encoding: Callable[[], str]
    metrics: GatewayMetrics

    async def instances(self, exchange: Exchange) -> list[Instance]:
        """Name the instances that an identifier means; raise Refused when there are none, or Cancelled."""
        identifier = read_identifier(
            exchange.identifier,
            exchange.context.transfer_syntax,
            self.dictionary,
            ENCODINGS[self.default_encoding()],
        )
        is_patient_root = exchange.context.abstract_syntax in PATIENT_ROOT_CLASSES
        selection = selection_of(identifier, is_patient_root=is_patient_root)
        if selection is None:
            raise Refused(Status.DOES_NOT_MATCH_SOP_CLASS, "No level, or nothing named at it")
        try:
            found = await unless_cancelled(exchange.cancelled, self.index.selected(selection))
        except AxialError as error:
            log.warning("retrieval_failed", error=type(error).__name__)
            raise Refused(Status.CANNOT_COUNT_MATCHES, error.message) from error
        if not found:
            # As in Orthanc: to be told of success, when nothing comes, helps nobody.
            raise Refused(Status.CANNOT_UNDERSTAND, "Nothing matches")
        return found

    async def refuse(self, exchange: Exchange, operation: str, refused: Refused) -> None:
        """Answer that nothing is sent."""
        self.metrics.answered(operation, refused.status)
        await exchange.respond(refused.status, comment=refused.comment)

    async def end(self, exchange: Exchange, operation: str, tally: Tally, status: Status) -> None:
        """Answer how it ended."""
        self.metrics.answered(operation, status)
        log.info("instances_sent", status=f"{status:#06x}", count=tally.completed + tally.warning)
        failures = (
            b"" if status is Status.SUCCESS else tally.failures(exchange.context.transfer_syntax)
        )
        await exchange.respond(status, tally.elements(status), data_set=failures)

    async def send_all(
        self,
        instances: Sequence[Instance],
        tally: Tally,
        send: Send,
        told: Callable[[], Awaitable[None]],
        operation: str,
    ) -> None:
        """Send one after the other; `told` hears of each but the last, and may raise Cancelled."""
        gone = False
        for instance in instances:
            try:
                status = None if gone else await send(instance)
            except NotSent:
                status = None
            except Gone:
                status, gone = None, True
            before = (tally.completed, tally.warning)
            tally.count(instance.sop_instance_uid, status)
            self.metrics.sent(operation, failed=before == (tally.completed, tally.warning))
            if tally.remaining and not gone:
                await told()


async def unless_cancelled(cancelled: asyncio.Event, work: Awaitable[T]) -> T:
    """Wait for work, but not when the peer cancels; raise Cancelled then."""
    working = asyncio.ensure_future(work)
    cancelling = asyncio.ensure_future(cancelled.wait())
    try:
        await asyncio.wait({working, cancelling}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Cancelled
    finally:
        for task in (working, cancelling):
            task.cancel()
        await asyncio.gather(working, cancelling, return_exceptions=True)
