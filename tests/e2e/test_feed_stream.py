"""The stream of the feed as the documents show it: their own example, run as it is printed."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.dicoms import DicomMaker
from support.feeds import all_changes
from support.system import Axial, running
from support.waiting import eventually_sync

pytestmark = pytest.mark.e2e

_DOCUMENT = Path(__file__).resolve().parents[2] / "README.md"


def example() -> str:
    """Take the example out of the document."""
    blocks = re.findall(r"```python\n(.*?)```\n", _DOCUMENT.read_text(), flags=re.DOTALL)
    (found,) = (str(block) for block in blocks if 'stream="FEED"' in block)
    return found


def nats_url(system: Axial) -> str:
    """Find NATS where `axial up` prints it."""
    told = eventually_sync(lambda: re.search(r"^nats +(\S+)", system.told(), flags=re.MULTILINE))
    assert told is not None
    return str(told[1])


def read(system: Axial, folder: Path, until: int) -> list[str]:
    """Run the example until it has printed a number; then kill it, and return all that it has printed."""
    script = folder / "reader.py"
    script.write_text(example())
    lines = []
    with subprocess.Popen(
        (sys.executable, str(script)),
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NATS_URL": nats_url(system)},
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if int(line.split()[0]) == until:
                process.kill()
    return lines


async def store(system: Axial, serials: range) -> list[str]:
    """Store files, delete some of them; return all changes as the example prints them."""
    maker = DicomMaker(per_series=5)
    async with system.async_client() as client:
        for serial in serials:
            dicom = maker.make(serial)
            assert (await client.post("/instances", content=dicom.body)).status_code == 200
            if serial % 4 == 0:
                assert (await client.delete(f"/instances/{dicom.id}")).status_code == 200
        changes = await all_changes(client, include_deleted=True)
    return [f"{change['Seq']} {change['ChangeType']} {change['Path']}\n" for change in changes]


def test_the_example_reads_all_changes(own_data: Path, tmp_path: Path) -> None:
    """Killed in the middle and started again, it reads `/changes`, with what was deleted, in order."""
    with running(own_data) as system:
        expected = asyncio.run(store(system, range(30)))
        first = read(system, tmp_path, until=len(expected) // 2)
        assert first == expected[: len(first)]
        expected = asyncio.run(store(system, range(30, 50)))
        rest = read(system, tmp_path, until=len(expected))
        # What was in hand when it was killed may come once more.
        again = len(first) - expected.index(rest[0])
        assert again in (0, 1)
        assert first + rest[again:] == expected
