"""The way to a destination over HTTP: what is the same for an Orthanc and for a DICOMweb server."""

from abc import ABC, abstractmethod

from axial.dimse.sending.instances import Instance
from axial.dimse.sending.sub_operation import Originator
from axial.router.destinations.http_bodies import File, Files
from axial.router.destinations.http_metrics import HttpSendingMetrics
from axial.router.destinations.http_servers import Answer, Body, HttpServer, Unanswered
from axial.router.destinations.http_verdicts import unanswered
from axial.router.destinations.port import Outcome, Verdict


class HttpLine(ABC):
    """Sends instance after instance, each in a request of its own."""

    #: Below the URL of the destination.
    path: str

    def __init__(self, server: HttpServer, files: Files, metrics: HttpSendingMetrics) -> None:
        self._server = server
        self._files = files
        self._metrics = metrics
        #: How many bytes of bodies the destination was sent; what may not have reached it is not counted twice.
        self.sent_bytes = 0

    @abstractmethod
    def body(self, file: File) -> Body:
        """Make a request's body of a file."""

    @abstractmethod
    def judge(self, answer: Answer, instance: Instance) -> Outcome:
        """Say what an answer means for an instance."""

    @abstractmethod
    async def has(self, instance: Instance) -> bool | None:
        """Ask whether the destination has an instance; None when it cannot be asked."""

    async def keeps(self, instance: Instance, md5: str) -> bool | None:
        """Ask for the instance: which file it is, not everybody tells."""
        del md5
        return await self.has(instance)

    async def send(self, instance: Instance, originator: Originator | None = None) -> Outcome:
        """Send one instance; raise NotFound or Unavailable.

        Over HTTP nobody asks for whom it is sent.
        """
        del originator
        with self._metrics.measured() as measured:
            measured.outcome = outcome = await self._send(instance)
        return outcome

    async def _send(self, instance: Instance) -> Outcome:
        try:
            return await self._post(instance)
        except _Lost as lost:
            # The server may have closed the connection just before it was used again, as it may whenever it is idle;
            # it is not to blame for that, and may not have seen the request. What it has it does not get again.
            self._server.distrust()
            if not lost.outcome.is_doubtful:
                return await self._post_afresh(instance)
            there = await self.has(instance)
            if there:
                self.sent_bytes += lost.sent_bytes
                return Outcome(Verdict.DELIVERED)
            return lost.outcome if there is None else await self._post_afresh(instance)

    async def _post_afresh(self, instance: Instance) -> Outcome:
        try:
            return await self._post(instance)
        except _Lost as lost:
            return lost.outcome

    async def _post(self, instance: Instance) -> Outcome:
        async with self._files.open(instance.id) as file:
            body = self.body(file)
            try:
                answer = await self._server.post(self.path, body)
            except Unanswered as error:
                outcome = unanswered(error, is_doubtful=body.is_over, is_broken=body.sent_bytes > 0)
                if error.was_idle:
                    raise _Lost(outcome, body.sent_bytes) from error
                self.sent_bytes += body.sent_bytes
                return outcome
            self.sent_bytes += body.sent_bytes
        return self.judge(answer, instance)


class _Lost(Exception):
    """A connection that had been kept was closed instead of answered on."""

    def __init__(self, outcome: Outcome, sent_bytes: int) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome
        self.sent_bytes = sent_bytes
