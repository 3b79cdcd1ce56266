"""The jobs that one replica does: takes them, does a few at a time, and lets go of them."""

import asyncio
import time
from collections.abc import Mapping
from uuid import UUID

import structlog

from axial.common.errors import AxialError, Unavailable
from axial.router.bell import Bell
from axial.router.jobs.faults import Fault, fault_of
from axial.router.jobs.hand import Hand, JobStopped
from axial.router.jobs.kind import JobFailed, Kind
from axial.router.jobs.metrics import JobMetrics
from axial.router.jobs.outputs import Outputs
from axial.router.jobs.states import End
from axial.router.jobs.store import JobStore
from axial.router.presence import Presence

log = structlog.get_logger(__name__)

# How often is looked for jobs that nobody rang for: those of a dead replica, those to be tried again.
_LOOK_SECONDS = 1.0
# After an outage of Postgres; it is back within seconds.
_AGAIN_SECONDS = 0.5


class Engine:
    """Does jobs of the kinds that it knows."""

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        store: JobStore,
        outputs: Outputs,
        presence: Presence,
        bell: Bell,
        metrics: JobMetrics,
        *,
        at_once: int,
        stopping: asyncio.Event,
    ) -> None:
        self._kinds = kinds
        self._store = store
        self._outputs = outputs
        self._presence = presence
        self._bell = bell
        self._metrics = metrics
        self._at_once = at_once
        self._stopping = stopping
        self._hands: dict[UUID, tuple[Hand, asyncio.Task[None]]] = {}
        # Between a job's being taken and its being among the hands nobody may look for what is missing there.
        self._taking = asyncio.Lock()

    async def run(self) -> None:
        """Do jobs for ever, through every outage; what is in hand at the end is for `let_go`."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(self._work())
            group.create_task(self._heed())

    async def let_go(self, within_seconds: float) -> None:
        """Give back what is in hand, for others to go on with."""
        tasks = [task for _, task in self._hands.values()]
        for hand, _ in self._hands.values():
            hand.stop(at_once=True)
        if tasks:
            await asyncio.wait(tasks, timeout=within_seconds)

    async def _work(self) -> None:
        while True:
            heard = self._bell.heard("jobs")
            task = await self._take()
            if task is None:
                await self._bell.after("jobs", heard, _LOOK_SECONDS)
            else:
                # Whoever cancels the worker leaves the job to `let_go`.
                await asyncio.wait([task])

    async def _take(self) -> "asyncio.Task[None] | None":
        async with self._taking:
            if self._stopping.is_set() or not self._presence.is_certain:
                return None
            term = self._presence.term
            try:
                taken = await self._store.take(self._kinds)
            except Unavailable:
                return None
            if taken is None:
                return None
            hand = Hand(taken, self._store, self._outputs, self._presence, term)
            task = asyncio.create_task(self._do(hand))
            hand.held_by(task)
            self._hands[taken.id] = (hand, task)
            return task

    async def _heed(self) -> None:
        """Have jobs stop that are to, and give back what was taken without our knowing."""
        while True:
            heard = self._bell.heard("jobs")
            if self._presence.is_certain:
                await self._compare()
            else:
                for hand, _ in self._hands.values():
                    hand.stop(at_once=True)
            await self._bell.after("jobs", heard, _LOOK_SECONDS)

    async def _compare(self) -> None:
        """Compare what is in hand with what Postgres says of it."""
        async with self._taking:
            known = dict(self._hands)
            try:
                ours = await self._store.in_hand()
                for job_id in ours.keys() - known.keys():
                    log.warning("job_found", job=str(job_id))
                    await self._store.release(job_id)
            except Unavailable:
                return
        for job_id, (hand, _) in known.items():
            if job_id not in ours:
                hand.stop(at_once=True)
            elif ours[job_id] is not None:
                hand.stop()

    async def _do(self, hand: Hand) -> None:
        taken = hand.taken
        log.info("job_begun", job=hand.id, type=taken.type_name)
        begun = time.monotonic()
        try:
            with self._metrics.running(taken.type_name):
                end, fault = await self._run(hand)
            hand.end()
            state = await self._settle(hand, end, fault)
        finally:
            self._hands.pop(taken.id, None)
        if state is None:
            # Another's by now.
            log.warning("job_lost", job=hand.id, type=taken.type_name)
            return
        kind = None if fault is None else fault.kind
        log.info("job_left", job=hand.id, type=taken.type_name, state=state, error=kind)
        self._metrics.ended(taken.type_name, state, time.monotonic() - begun)

    async def _run(self, hand: Hand) -> tuple[End, Fault | None]:
        fault = None
        end = End.STOPPED
        try:
            if not hand.must_stop:
                await self._kinds[hand.taken.type_name].run(hand)
                end = End.DONE
        except JobStopped:
            pass
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and not task.cancelling():
                # Nobody cancelled it: it has cancelled something of its own.
                end, fault = End.FAILED, fault_of(RuntimeError())
            elif task is None or not hand.must_stop:
                raise
            else:
                task.uncancel()
        except Unavailable as error:
            log.debug("job_interrupted", job=hand.id, error=type(error).__name__)
            end = End.INTERRUPTED
        except (JobFailed, AxialError) as error:
            end, fault = End.FAILED, fault_of(error)
        except Exception as error:
            log.exception("job_broken", job=hand.id, type=hand.taken.type_name)
            end, fault = End.FAILED, fault_of(error)
        return end, fault

    async def _settle(self, hand: Hand, end: End, fault: Fault | None) -> str | None:
        while True:
            try:
                return await self._store.settle(
                    hand.taken,
                    end,
                    fault,
                    hand.state,
                    hand.content,
                    hand.progress,
                    interruptions=hand.interruptions,
                )
            except Unavailable:
                await asyncio.sleep(_AGAIN_SECONDS)
            except (TypeError, ValueError, RecursionError):
                # What it wrote down is no JSON: nothing of it can be kept.
                log.exception("job_broken", job=hand.id, type=hand.taken.type_name)
                hand.state, hand.content = {}, {}
                end, fault = End.FAILED, fault_of(ValueError())
