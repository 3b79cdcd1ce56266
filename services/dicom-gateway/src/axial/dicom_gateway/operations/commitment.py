"""Storage commitment: a peer wants to be sure of instances, or tells us that we may be (PS3.4 annex J)."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

import structlog

from axial.common.errors import Unavailable
from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dicom_gateway.router_client import RouterClient
from axial.dimse.messages.commands import Command, Element
from axial.dimse.messages.commitments import (
    STORAGE_COMMITMENT_INSTANCE,
    BadCommitment,
    CommitmentReport,
    CommitmentRequest,
    read_report,
    read_request,
)
from axial.dimse.messages.status import Status

log = structlog.get_logger(__name__)

_REQUESTS = "/internal/storage-commitment/requests"
_REPORTS = "/internal/storage-commitment/reports"

_Read: TypeAlias = Callable[[Command, bytes, str], CommitmentRequest | CommitmentReport]


class Commitment:
    """Hands requests and reports over to the router, which carries them out and keeps them."""

    def __init__(self, router: RouterClient, metrics: GatewayMetrics) -> None:
        self._router = router
        self._metrics = metrics

    async def requested(self, exchange: Exchange) -> None:
        """Answer an N-ACTION: success means that it is written down, and will be reported on another association."""
        # As Orthanc answers whom it does not know how to report to.
        refused = Status.PROCESSING_FAILURE
        await self._answer(exchange, await self._status(exchange, read_request, _REQUESTS, refused))

    async def reported(self, exchange: Exchange) -> None:
        """Answer an N-EVENT-REPORT: success means that it is kept; of what we never asked for it is not."""
        refused = Status.INVALID_ARGUMENT
        await self._answer(exchange, await self._status(exchange, read_report, _REPORTS, refused))

    async def _status(self, exchange: Exchange, read: _Read, path: str, refused: Status) -> Status:
        try:
            told = read(exchange.command, exchange.identifier, exchange.context.transfer_syntax)
            is_taken = await self._router.take(path, {**_sides(exchange), **asdict(told)})
        except BadCommitment as bad:
            return bad.status
        except Unavailable:
            return Status.PROCESSING_FAILURE
        return Status.SUCCESS if is_taken else refused

    async def _answer(self, exchange: Exchange, status: Status) -> None:
        operation = exchange.command.field.name.removesuffix("_RQ").replace("_", "-").lower()
        if status is not Status.SUCCESS:
            log.info("commitment_refused", operation=operation, status=f"{status:#06x}")
        self._metrics.answered(operation, status)
        about = {Element.AFFECTED_SOP_INSTANCE_UID: STORAGE_COMMITMENT_INSTANCE}
        await exchange.respond(status, about)


def _sides(exchange: Exchange) -> Mapping[str, Any]:
    agreement = exchange.association.agreement
    return {
        "remote_aet": agreement.calling_aet,
        "remote_ip": exchange.association.peer_ip,
        "called_aet": agreement.called_aet,
    }
