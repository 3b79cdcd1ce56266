"""Instances that the DICOM gateway received: the same door as uploads, without what HTTP clients need."""

from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from axial.common import internal_headers
from axial.common.configuration import Configuration
from axial.common.errors import Unavailable
from axial.common.events import Origin
from axial.common.exact_paths import ExactPath
from axial.common.internal import refuse_strangers
from axial.ingest.bodies import body_of
from axial.ingest.metrics import IngestMetrics, Stopwatch
from axial.ingest.receive import Claim, Receipt, Receiver
from axial.ingest.spool import Spool, Spooled

_PATH = "/internal/instances"

# nginx's code for a sender who left; nobody reads it but the metrics.
_CLIENT_CLOSED_REQUEST = 499
# A modality may pause in the middle of an instance for as long as its association may be silent; the gateway
# watches that.
_SILENCE_SECONDS = 600.0


class Arrivals:
    """Answers as soon as an instance is durable, and cannot be refused any more."""

    def __init__(
        self,
        receiver: Receiver,
        configuration: Configuration,
        spool_dir: Path,
        limit_bytes: int,
        wait_seconds: float,
        metrics: IngestMetrics,
    ) -> None:
        self._receiver = receiver
        self._configuration = configuration
        self._spool_dir = spool_dir
        self._limit_bytes = limit_bytes
        self._wait_seconds = wait_seconds
        self._metrics = metrics

    def upload(self) -> ExactPath:
        """Tell the path, to be found without the router."""
        return ExactPath(_PATH, {}, self.post, "POST")

    async def post(self, request: Request) -> Response:
        """Take one file in; raise Forbidden, Conflict, NotDicom, TooLarge, StorageFull or Unavailable."""
        refuse_strangers(request, self._configuration)
        watch = Stopwatch()
        origin = Origin(
            protocol="DicomProtocol",
            remote_ip=_told(request, internal_headers.REMOTE_IP),
            remote_aet=_told(request, internal_headers.REMOTE_AET),
            called_aet=_told(request, internal_headers.CALLED_AET),
        )
        claim = Claim(
            sop_class_uid=_told(request, internal_headers.SOP_CLASS_UID),
            sop_instance_uid=_told(request, internal_headers.SOP_INSTANCE_UID),
        )
        try:
            async with Spool(self._spool_dir, self._limit_bytes) as spool:
                async for chunk in body_of(request, self._limit_bytes, _SILENCE_SECONDS):
                    await spool.write(chunk)
                file = await spool.finish()
                watch.lap(self._metrics.spool)
                receipt = await self._keep(file, origin, claim)
        except ClientDisconnect:
            self._metrics.refused.labels("disconnected").inc()
            return Response(status_code=_CLIENT_CLOSED_REQUEST)
        return Response(
            status_code=HTTPStatus.OK,
            headers={internal_headers.INSTANCE_ID: receipt.ids.instance},
        )

    async def _keep(self, file: Spooled, origin: Origin, claim: Claim) -> Receipt:
        """Keep a file for good: with limits, only the fold can promise that."""
        if not self._receiver.may_refuse_later:
            return await self._receiver.receive(file, origin, 0.0, claim)
        receipt = await self._receiver.receive(file, origin, self._wait_seconds, claim)
        if receipt.status == "Accepted":
            raise Unavailable("It is not known yet whether there is room.")
        return receipt


def _told(request: Request, name: str) -> str:
    return unquote(request.headers.get(name, ""))
