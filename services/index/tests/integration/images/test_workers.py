"""The processes that decode: what hostile files do to them, and what they cannot do."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from support.images import opened

from axial.common.errors import Unavailable
from axial.common.testing.dicom_files import shipped_file
from axial.common.testing.eventually import eventually
from axial.index.images.drawers import DRAWING, Drawers
from axial.index.images.metrics import ImageMetrics
from axial.index.images.tasks import Mode, Picture, Task
from axial.pixels.frames import Frame
from axial.pixels.refusals import Undecodable
from axial.pixels.workers import Limits, Workers, open_workers

pytestmark = pytest.mark.integration

MEMORY_BYTES = 1024**3
LIMITS = Limits(workers=1, seconds=60, memory_bytes=MEMORY_BYTES)


@pytest.fixture
def registry() -> CollectorRegistry:
    """Give the metrics of a test."""
    return CollectorRegistry()


@pytest.fixture
async def workers(registry: CollectorRegistry) -> AsyncIterator[Drawers]:
    """Give one worker."""
    async with open_workers(DRAWING, LIMITS, ImageMetrics(registry)) as workers:
        yield workers


async def task_of(name: str, mode: Mode = Mode.PREVIEW) -> Task:
    """Ask for the first frame of a shipped file."""
    image = await opened(shipped_file(name).read_bytes())
    return Task(image.pixels, await image.frame(0), Picture(mode))


def processes() -> list[int]:
    """List the workers of this process."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            status = (folder / "status").read_text()
            command = (folder / "cmdline").read_text()
        except OSError:
            continue  # it has just ended
        if f"PPid:\t{os.getpid()}\n" in status and "axial.pixels.worker" in command:
            found.append(int(folder.name))
    return found


def about(process: int, file: str) -> str:
    """Read what the kernel knows of a process."""
    return Path(f"/proc/{process}/{file}").read_text()


def outcomes(registry: CollectorRegistry, outcome: str) -> float:
    """Count frames by outcome."""
    return registry.get_sample_value("axial_index_image_frames_total", {"outcome": outcome}) or 0


async def test_one_process_for_many_frames(workers: Drawers, registry: CollectorRegistry) -> None:
    """A worker is started when the first frame comes, and serves those that follow."""
    assert processes() == []
    task = await task_of("CT_small.dcm")
    first = await workers.run(task)
    (worker,) = processes()
    assert await workers.run(task) == first
    assert processes() == [worker]
    assert outcomes(registry, "ok") == 2


async def test_killed_worker(workers: Drawers) -> None:
    """When a worker has died between two frames another takes its place, and nobody notices."""
    task = await task_of("CT_small.dcm")
    first = await workers.run(task)
    (worker,) = processes()
    os.kill(worker, signal.SIGKILL)
    await eventually(lambda: not processes())
    assert await workers.run(task) == first
    assert processes() != [worker]


async def test_undecodable(workers: Drawers, registry: CollectorRegistry) -> None:
    """A frame that a codec refuses is told, and the worker lives."""
    task = await task_of("JPEG2000.dcm")
    with pytest.raises(Undecodable):
        await workers.run(Task(task.pixels, Frame(task.frame.encoded[:100]), task.output))
    (worker,) = processes()
    assert await workers.run(task)
    assert processes() == [worker]
    assert outcomes(registry, "undecodable") == 1


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "SC_rgb_jpeg_gdcm.dcm",
        "SC_rgb_small_odd_jpeg.dcm",
        "JPGExtended.dcm",
    ],
)
async def test_flipped_bits(workers: Drawers, name: str) -> None:
    """A damaged frame is a picture or a refusal, never an error, and the next whole one is shown."""
    task = await task_of(name)
    whole = await workers.run(task)
    chance = random.Random(name)  # noqa: S311 - the same damages each time
    for _ in range(20):
        damaged = bytearray(task.frame.encoded)
        # Most of them in the head, where the sizes are.
        for reach in (40, 200, len(damaged)):
            damaged[chance.randrange(min(reach, len(damaged)))] ^= 1 << chance.randrange(8)
        with suppress(Undecodable):
            await workers.run(Task(task.pixels, Frame(bytes(damaged)), task.output))
    assert await workers.run(task) == whole


async def test_codestream_larger_than_memory(workers: Drawers) -> None:
    """A codestream that claims 65,535 pixels each way is refused, in bounded memory."""
    task = await task_of("JPEG2000.dcm")
    encoded = bytearray(task.frame.encoded)
    siz = encoded.index(b"\xff\x51")
    for at in (siz + 6, siz + 10, siz + 22, siz + 26):  # Xsiz, Ysiz, XTsiz, YTsiz
        encoded[at : at + 4] = (65535).to_bytes(4, "big")
    with pytest.raises(Undecodable):
        await workers.run(Task(task.pixels, Frame(bytes(encoded)), task.output))
    assert await workers.run(task)


async def test_memory_is_bounded(workers: Drawers) -> None:
    """A worker has the address space that it was given, and no core is dumped."""
    await workers.run(await task_of("CT_small.dcm"))
    (worker,) = processes()
    limits = about(worker, "limits")
    lines = {line[:26].strip(): line[26:].split() for line in limits.splitlines()}
    assert lines["Max address space"][:2] == [str(MEMORY_BYTES)] * 2
    assert lines["Max core file size"][:2] == ["0", "0"]


async def test_no_secrets(workers: Drawers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker knows no password of the service."""
    monkeypatch.setenv("AXIAL_BLOB_SECRET_KEY", "the secret of the blobs")
    await workers.run(await task_of("CT_small.dcm"))
    (worker,) = processes()
    assert "secret" not in about(worker, "environ")


@pytest.mark.parametrize("program", ["import os; os.abort()", "print('rubbish' * 1000)", ""])
async def test_crash(program: str, registry: CollectorRegistry) -> None:
    """A worker that dies in the middle, or answers rubbish, costs its frame alone."""

    def crashing(_: Limits) -> Sequence[str]:
        return (sys.executable, "-c", program)

    workers = Workers(DRAWING, LIMITS, ImageMetrics(registry), crashing)
    task = await task_of("CT_small.dcm")
    for crashed in (1, 2):
        with pytest.raises(Undecodable):
            await workers.run(task)
        assert outcomes(registry, "crashed") == crashed
    await workers.aclose()


async def test_too_late(registry: CollectorRegistry) -> None:
    """A frame that takes too long is given up, and its worker ended."""

    def hanging(_: Limits) -> Sequence[str]:
        return (sys.executable, "-c", "import signal; signal.pause()", "axial.pixels.worker")

    limits = Limits(workers=1, seconds=0.2, memory_bytes=MEMORY_BYTES)
    workers = Workers(DRAWING, limits, ImageMetrics(registry), hanging)
    with pytest.raises(Undecodable, match="too long"):
        await workers.run(await task_of("CT_small.dcm"))
    assert outcomes(registry, "late") == 1
    await eventually(lambda: not processes())
    await workers.aclose()


async def test_given_up_by_the_caller(workers: Drawers) -> None:
    """When a caller goes away its answer is not given to the next one."""
    given_up = asyncio.create_task(workers.run(await task_of("RG1_UNCR.dcm")))
    await eventually(lambda: len(processes()) == 1)
    given_up.cancel()
    await asyncio.wait([given_up])
    small = await task_of("CT_small.dcm")
    assert await workers.run(small) == await workers.run(small)
    assert len(processes()) == 1


async def test_turns(registry: CollectorRegistry) -> None:
    """No more frames are in memory than there are turns; who waits too long is sent away."""
    limits = Limits(workers=1, seconds=60, memory_bytes=MEMORY_BYTES, patience_seconds=0.05)
    workers = Workers(DRAWING, limits, ImageMetrics(registry))
    async with workers.turn(), workers.turn():
        with pytest.raises(Unavailable):
            async with workers.turn():
                pytest.fail("a third turn of two")
    async with workers.turn():
        pass


async def test_end(registry: CollectorRegistry) -> None:
    """With the service its workers end."""
    async with open_workers(DRAWING, LIMITS, ImageMetrics(registry)) as workers:
        await workers.run(await task_of("CT_small.dcm"))
        assert len(processes()) == 1
    assert processes() == []
