"""A modality that has asked for storage commitment is told what is committed, by a job."""

import math
import time
from collections.abc import Mapping
from typing import Any

import structlog

from axial.common.errors import (
    AxialError,
    Inexistent,
    NoPresentationContext,
    RemoteFailed,
    Unavailable,
)
from axial.dimse.asking.commitment import report_commitment
from axial.dimse.asking.conversation import Broken, NotOffered, conversation
from axial.dimse.asking.proposals import REPORT_COMMITMENT
from axial.dimse.messages.commitments import CommitmentReport, Failure, Reason, Reference
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.requestor import Refused
from axial.router.commitment.correspondents import (
    Correspondents,
    not_taken,
    unanswered,
    unreached,
)
from axial.router.commitment.held import Holdings
from axial.router.commitment.transactions import read_references
from axial.router.jobs.kind import JobFailed, Work

log = structlog.get_logger(__name__)

TYPE_NAME = "StorageCommitmentScp"

# Between two looks at whether the job is to stop: some seconds of reading.
_BATCH_REFERENCES = 100
# What was looked up longer ago, before the job was paused perhaps, is looked up again.
_TRUE_SECONDS = 600.0
# As often as the engine tries a job again that something is away for.
_MOST_ATTEMPTS = 6


class StorageCommitmentScp:
    """The kind of job that looks instances up and reports."""

    def __init__(self, holdings: Holdings, correspondents: Correspondents) -> None:
        self._holdings = holdings
        self._correspondents = correspondents

    @property
    def type_name(self) -> str:
        """Orthanc's name of it."""
        return TYPE_NAME

    async def run(self, work: Work) -> None:
        """Look up what was not looked up yet, and report; a modality that is away is tried again, not for ever."""
        references = read_references(work.parameters["references"])
        if work.parameters["is_duplicate"]:
            work.state["failed"] = [
                [at, Reason.DUPLICATE_TRANSACTION] for at in range(len(references))
            ]
        else:
            await self._look_up(work, references)
        await self._tell(work, _report(work, references))

    async def _look_up(self, work: Work, references: tuple[Reference, ...]) -> None:
        state, now = work.state, time.time()
        if now - state.get("begun_at", -math.inf) > _TRUE_SECONDS:
            state.update(begun_at=now, next=0, failed=[])
        while state["next"] < len(references):
            start = state["next"]
            some = references[start : start + _BATCH_REFERENCES]
            reasons = await self._holdings.reasons(some)
            state["failed"] += [
                [start + at, reason] for at, reason in enumerate(reasons) if reason is not None
            ]
            state["next"] = start + len(some)
            # The report is one more step.
            await work.step(state["next"] / (len(references) + 1))

    async def _tell(self, work: Work, report: CommitmentReport) -> None:
        """Report on an association of ours, as who was asked."""
        asked: Mapping[str, Any] = work.parameters
        modality = await self._correspondents.calling(asked["remote_aet"], asked["remote_ip"])
        if modality is None:
            raise Inexistent("The modality is not known any more")
        peer = self._correspondents.peer(modality, local_aet=asked["called_aet"])
        try:
            async with conversation(peer, REPORT_COMMITMENT) as line:
                status = await report_commitment(line, report)
        except NotOffered as error:
            raise NoPresentationContext from error
        except Refused as error:
            raise _again(work, unreached(modality.aet, error)) from error
        except Broken as error:
            raise _again(work, unanswered(modality.aet)) from error
        if status != Status.SUCCESS:
            failure = RemoteFailed(not_taken(modality.aet, status))
            raise JobFailed(failure, {"DimseErrorStatus": status})
        log.info("commitment_told", remote_aet=modality.aet, count=len(report.committed))


def _again(work: Work, reason: str) -> AxialError:
    """Have it tried again, if it was not often enough."""
    work.state["attempts"] = attempts = work.state.get("attempts", 0) + 1
    return RemoteFailed(reason) if attempts > _MOST_ATTEMPTS else Unavailable(reason)


def _report(work: Work, references: tuple[Reference, ...]) -> CommitmentReport:
    failed = dict(work.state["failed"])
    return CommitmentReport(
        work.parameters["transaction_uid"],
        tuple(one for at, one in enumerate(references) if at not in failed),
        tuple(Failure(references[at], failed[at]) for at in sorted(failed)),
    )
