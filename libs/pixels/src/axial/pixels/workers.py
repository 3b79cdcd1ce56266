"""A few processes that decode or encode, each one frame at a time."""

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from prometheus_client import Counter, Gauge, Histogram

from axial.common.errors import Unavailable
from axial.pixels.description import MAX_FRAME_BYTES
from axial.pixels.messages import ANSWER, LENGTH
from axial.pixels.refusals import Undecodable

TaskT = TypeVar("TaskT")

# Requests per worker that have their frame in memory: one being decoded, one read meanwhile.
_TURNS = 2
# Text takes the most room: a number of sixteen bits is up to seven letters.
_MAX_ANSWER_BYTES = 4 * MAX_FRAME_BYTES
_PIPE_BYTES = 1024 * 1024
# From SIGKILL to the end: the kernel takes this long only when it is in trouble.
_END_SECONDS = 5.0
# What a program needs to start; everything else in our environment, passwords among it, stays here.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "LANG", "VIRTUAL_ENV")
# The threads of numpy's algebra are of no use here, and each reserves address space.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

# What a pipe raises whose other end is gone.
_DIED = (ConnectionError, asyncio.IncompleteReadError)


@dataclass(frozen=True, slots=True)
class Limits:
    """What decoding may cost."""

    workers: int
    #: Of one frame, from the task to the answer.
    seconds: float
    #: The address space of one worker.
    memory_bytes: int
    #: How long a request waits for its turn before it is told to come again later.
    patience_seconds: float = 30.0


class WorkerMetrics(Protocol):
    """What is counted of workers."""

    #: By outcome: ok, undecodable, crashed, late.
    frames: Counter
    duration: Histogram
    waiting: Gauge


@dataclass(frozen=True, slots=True)
class Performer(Generic[TaskT]):
    """What workers do with tasks of a kind: the function `perform` of a module, which they alone import."""

    module: str

    def program(self, limits: Limits) -> Sequence[str]:
        """Name the program of a worker."""
        memory = str(limits.memory_bytes)
        return (sys.executable, "-m", "axial.pixels.worker", memory, self.module)


class Workers(Generic[TaskT]):
    """Performs tasks in processes of its own, which it starts when needed and again when they died."""

    def __init__(
        self,
        performer: Performer[TaskT],
        limits: Limits,
        metrics: WorkerMetrics,
        program: Callable[[Limits], Sequence[str]] | None = None,
    ) -> None:
        self._limits = limits
        self._metrics = metrics
        self._program = (program or performer.program)(limits)
        self._turns = asyncio.Semaphore(limits.workers * _TURNS)
        # The last one used comes first: its memory is warm, and the others need not be started.
        self._idle: asyncio.LifoQueue[Process | None] = asyncio.LifoQueue()
        for _ in range(limits.workers):
            self._idle.put_nowait(None)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Bound the frames in memory: read a frame and run its task within this; may raise `Unavailable`."""
        with self._metrics.waiting.track_inprogress():
            try:
                async with asyncio.timeout(self._limits.patience_seconds):
                    await self._turns.acquire()
            except TimeoutError:
                raise Unavailable("Too many images are asked for; try again later") from None
        try:
            yield
        finally:
            self._turns.release()

    async def run(self, task: TaskT) -> bytes:
        """Do a task; raises `Undecodable` when the frame cannot be decoded, whatever it did to the worker."""
        process = await self._idle.get()
        is_used = process is not None
        try:
            process = process or await self._start()
            try:
                ok, body = await self._ask(process, task)
            except _DIED:
                if not is_used:
                    raise
                # It may have died long before this frame: a fresh one tells.
                process = await self._start()
                ok, body = await self._ask(process, task)
        except TimeoutError:
            self._metrics.frames.labels("late").inc()
            raise Undecodable("Decoding the frame takes too long") from None
        except _DIED:
            self._metrics.frames.labels("crashed").inc()
            raise Undecodable("The frame cannot be decoded") from None
        finally:
            is_alive = process is not None and process.returncode is None
            self._idle.put_nowait(process if is_alive else None)
        self._metrics.frames.labels("ok" if ok else "undecodable").inc()
        if not ok:
            raise Undecodable(body.decode())
        return body

    async def _ask(self, process: Process, task: TaskT) -> tuple[bool, bytes]:
        """Let a worker do a task in time; one that does not, or whose answer nobody awaits, is ended."""
        try:
            async with asyncio.timeout(self._limits.seconds):
                with self._metrics.duration.time():
                    return await _exchange(process, task)
        except BaseException:
            await _end(process)
            raise

    async def aclose(self) -> None:
        """End the processes; what is under way is given up."""
        while not self._idle.empty():
            process = self._idle.get_nowait()
            if process is not None:
                await _end(process)

    async def _start(self) -> Process:
        inherited = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        return await asyncio.create_subprocess_exec(
            *self._program,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=inherited | _ONE_THREAD,
            limit=_PIPE_BYTES,
        )


@asynccontextmanager
async def open_workers(
    performer: Performer[TaskT], limits: Limits, metrics: WorkerMetrics
) -> AsyncIterator[Workers[TaskT]]:
    """Give workers, and end them."""
    workers = Workers(performer, limits, metrics)
    try:
        yield workers
    finally:
        await workers.aclose()


async def _exchange(process: Process, task: object) -> tuple[bool, bytes]:
    """Send a task, and read its answer, which is not to be trusted: the file may have taken the worker over."""
    assert process.stdin is not None
    assert process.stdout is not None
    message = pickle.dumps(task, pickle.HIGHEST_PROTOCOL)
    process.stdin.write(LENGTH.pack(len(message)))
    process.stdin.write(message)
    await process.stdin.drain()
    ok, length = ANSWER.unpack(await process.stdout.readexactly(ANSWER.size))
    if length > _MAX_ANSWER_BYTES:
        raise ConnectionError("an answer too long to be one")
    return ok, await process.stdout.readexactly(length)


async def _end(process: Process) -> None:
    """Kill a worker, and wait until it is gone."""
    with suppress(ProcessLookupError):  # it ended by itself
        process.kill()
    with suppress(TimeoutError):
        async with asyncio.timeout(_END_SECONDS):
            await process.wait()
