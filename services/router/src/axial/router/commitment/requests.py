"""A modality is asked to commit itself to instances; what it reports at once is heard."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from axial.common.errors import NoPresentationContext, RemoteFailed, Unavailable
from axial.dimse.asking.commitment import hear_reports, request_commitment
from axial.dimse.asking.conversation import Broken, NotOffered, conversation
from axial.dimse.asking.proposals import REQUEST_COMMITMENT
from axial.dimse.messages.commitments import CommitmentReport, CommitmentRequest, Reference
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.requestor import Peer, Refused
from axial.router.commitment.correspondents import not_taken, unanswered, unreached
from axial.router.commitment.reports import Reports
from axial.router.commitment.transactions import new_transaction_uid

log = structlog.get_logger(__name__)


class Requests:
    """Asks on an association of its own, and stays on it for a while: some modalities report there."""

    def __init__(self, reports: Reports, stay_seconds: float) -> None:
        self._reports = reports
        self._stay_seconds = stay_seconds
        #: By the task that asks, what makes it leave.
        self._asking: dict[asyncio.Task[None], asyncio.Event] = {}

    @asynccontextmanager
    async def running(self, grace_seconds: float) -> AsyncIterator["Requests"]:
        """Leave the associations at the end; whoever does not answer by then is left without."""
        try:
            yield self
        finally:
            for leave in self._asking.values():
                leave.set()
            asking = list(self._asking)
            if asking:
                await asyncio.wait(asking, timeout=grace_seconds)
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def send(self, peer: Peer, references: Sequence[Reference]) -> str:
        """Ask a modality, and return the transaction's UID; raise RemoteFailed when it does not take the request.

        The transaction is written down before: a report may come before the answer.
        """
        aet = peer.titles.called
        request = CommitmentRequest(new_transaction_uid(), tuple(references))
        await self._reports.begin(request.transaction_uid, aet, references)
        try:
            status = await self._answer(peer, request)
        except Refused as error:
            await self._reports.withdraw(request.transaction_uid)
            raise RemoteFailed(unreached(aet, error)) from error
        except NotOffered as error:
            await self._reports.withdraw(request.transaction_uid)
            raise NoPresentationContext from error
        except Broken as error:
            # It may have been taken all the same.
            raise RemoteFailed(unanswered(aet)) from error
        if status != Status.SUCCESS:
            await self._reports.withdraw(request.transaction_uid)
            raise RemoteFailed(not_taken(aet, status))
        log.info("commitment_requested", remote_aet=aet, count=len(references))
        return request.transaction_uid

    async def _answer(self, peer: Peer, request: CommitmentRequest) -> int:
        """Ask in a task that outlives the answer; return its status."""
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        leave = asyncio.Event()
        task = asyncio.create_task(self._ask(peer, request, answered, leave))
        self._asking[task] = leave
        task.add_done_callback(self._asking.pop)
        # Whoever asked may have gone: the task tells all the same.
        return await asyncio.shield(answered)

    async def _ask(
        self,
        peer: Peer,
        request: CommitmentRequest,
        answered: asyncio.Future[int],
        leave: asyncio.Event,
    ) -> None:
        async def take(report: CommitmentReport) -> Status:
            try:
                taken = await self._reports.take(peer.titles.called, report)
            except Unavailable:
                return Status.PROCESSING_FAILURE
            return Status.SUCCESS if taken else Status.INVALID_ARGUMENT

        try:
            async with conversation(peer, REQUEST_COMMITMENT) as line:
                status = await request_commitment(line, request, take)
                answered.set_result(status)
                if status == Status.SUCCESS and self._stay_seconds:
                    asyncio.get_running_loop().call_later(self._stay_seconds, leave.set)
                    await hear_reports(line, take, leave)
        except Exception as error:
            if not answered.done():
                answered.set_exception(error)
            elif not isinstance(error, Broken):
                log.exception("commitment_unheard", exc_info=error)
        finally:
            # Nobody waits for what does not come any more.
            answered.cancel()
