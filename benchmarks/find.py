"""How quickly finds are answered: `make bench ARGS=find`.

In a large index: made-up events go through the real projector into a Postgres of its own, and the finds through the
code behind `/tools/find`, without HTTP. In a small one over HTTP, side by side with Orthanc.
"""

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Annotated, Any

import typer

from axial.cli.engines import postgres
from axial.cli.engines.binaries import postgres_program
from axial.cli.foreground import running
from axial.cli.ports import LOOPBACK, free_ports
from axial.common.annotation_names import CoreMetadata
from axial.common.attributes import parse_tag
from axial.common.events import InstanceReceived
from axial.common.identifiers import Level
from axial.common.postgres import connect, open_pool
from axial.common.reading import PLAIN
from axial.common.testing.blobs import MemoryBlobStore
from axial.common.testing.facts import instance_received, recorded
from axial.index.app import migrate_schemas
from axial.index.find.finder import Finder
from axial.index.find.query import Cast, FindQuery, Order
from axial.index.find.tags import TagReader
from axial.index.matching import read_constraints
from axial.index.projector import SEARCH_PATH, BatchWriter
from benchmarks import find_beside
from benchmarks.common import chosen, console, show_origin, working_folder
from benchmarks.machine import describe
from benchmarks.systems import all_systems

_BATCH_EVENTS = 1000
_SERIES_OF_A_STUDY = 2
_FAMILY_NAMES = ("SMITH", "MÜLLER", "NOVAK", "GARCIA", "TANAKA", "JENSEN", "ROSSI", "DUBOIS")
_ROOT = "1.2.826.0.1.3680043.8.498"
_STUDY_DATE = 0x00080020
_PATIENCE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is."""

    studies: int
    instances_of_a_study: int

    def events(self) -> Iterator[InstanceReceived]:
        """Make up all instances, two studies a patient."""
        random = Random(1)  # noqa: S311 - the same archive each time
        for number in range(self.studies):
            patient = number // 2
            tags: dict[str, Any] = {
                "PatientName": f"{_FAMILY_NAMES[patient % len(_FAMILY_NAMES)]}{patient}^ANNA",
                "PatientBirthDate": "19600101",
                "StudyDate": f"{random.randrange(2000, 2025)}{random.randrange(1, 13):02}15",
                "AccessionNumber": f"ACC{number:08}",
                "StudyDescription": "CT THORAX/ABDOMEN WITH CONTRAST",
                "SeriesDescription": "AXIAL 1MM",
            }
            study = f"{_ROOT}.{number}"
            for instance in range(self.instances_of_a_study):
                series = f"{study}.{instance % _SERIES_OF_A_STUDY}"
                uid, place = f"{series}.{instance}", str(instance)
                yield instance_received(
                    f"PAT{patient}", study, series, uid, content=uid, number=place, **tags
                )


Question = tuple[FindQuery, int | None]


def questions(size: Size, random: Random) -> Mapping[str, Callable[[], Question]]:
    """What is asked; some of it of another patient each time."""

    def ask(level: Level, limit: int | None = None, **query: str) -> Question:
        constraints = [
            constraint
            for keyword, text in query.items()
            for constraint in read_constraints(parse_tag(keyword) or 0, text, case_sensitive=False)
        ]
        return FindQuery(level, tuple(constraints)), limit

    def patient() -> int:
        return random.randrange(size.studies // 2)

    newest = (Order(_STUDY_DATE, None, Cast.TEXT, descending=True),)
    updated = (Order(None, CoreMetadata.LAST_UPDATE, Cast.TEXT, descending=True),)
    return {
        "PatientID, studies": lambda: ask(Level.STUDY, PatientID=f"pat{patient()}"),
        "PatientID, instances": lambda: ask(Level.INSTANCE, PatientID=f"pat{patient()}"),
        "StudyInstanceUID": lambda: ask(Level.STUDY, StudyInstanceUID=f"{_ROOT}.{patient()}"),
        "SOPInstanceUID": lambda: ask(Level.INSTANCE, SOPInstanceUID=f"{_ROOT}.{patient()}.1.1"),
        "PatientName *x*": lambda: ask(Level.STUDY, PatientName=f"*{patient()}^*"),
        "PatientName *x*, nobody": lambda: ask(Level.STUDY, PatientName="*nobody*"),
        "StudyDate, a month": lambda: ask(Level.STUDY, StudyDate="20100301-20100331"),
        "ModalitiesInStudy, a month": lambda: ask(
            Level.STUDY, ModalitiesInStudy="CT", StudyDate="20100301-20100331"
        ),
        "newest 100 studies": lambda: (FindQuery(Level.STUDY, order=newest), 100),
        "last updated 100 studies": lambda: (FindQuery(Level.STUDY, order=updated), 100),
    }


async def _fill(url: str, size: Size) -> float:
    """Project all of it; return instances a second."""
    connection = await connect(url, SEARCH_PATH, projecting=True)
    writer = await BatchWriter.open(connection)
    events = size.events()
    started, sequence = time.perf_counter(), 0
    while batch := list(islice(events, _BATCH_EVENTS)):
        await writer.project(
            [recorded(event, sequence + place) for place, event in enumerate(batch, 1)]
        )
        sequence += len(batch)
    seconds = time.perf_counter() - started
    await connection.execute("VACUUM ANALYZE", timeout=_PATIENCE_SECONDS)
    await connection.close()
    return sequence / seconds


async def _measure(url: str, size: Size, rounds: int) -> None:
    async with open_pool(url, SEARCH_PATH, read_only=True) as pool:
        finder = Finder(pool, TagReader(pool, MemoryBlobStore(), lambda: PLAIN))
        print("| find | found | p50 ms | p99 ms |\n| --- | ---: | ---: | ---: |")
        for name, question in questions(size, Random(2)).items():  # noqa: S311
            found, milliseconds = 0, []
            for _ in range(rounds):
                query, limit = question()
                started = time.perf_counter()
                found = sum([len(page) async for page in finder.find(query, 0, limit)])
                milliseconds.append((time.perf_counter() - started) * 1000)
            ordered = sorted(milliseconds)
            median, worst = ordered[rounds // 2], ordered[rounds * 99 // 100]
            print(f"| {name} | {found} | {median:.2f} | {worst:.2f} |", flush=True)


async def _run(url: str, size: Size, rounds: int) -> None:
    await migrate_schemas(url)
    rate = await _fill(url, size)
    print(f"{size.studies} studies of {size.instances_of_a_study} instances, {rate:.0f} a second\n")
    await _measure(url, size, rounds)


def main(
    *,
    studies: Annotated[int, typer.Option(min=2, help="How many studies.")] = 100_000,
    instances: Annotated[int, typer.Option(min=2, help="Instances of each.")] = 10,
    rounds: Annotated[int, typer.Option(min=1, help="How often each find is asked.")] = 100,
    systems: Annotated[
        str, typer.Option(help="Names of systems, separated by commas; default: all installed.")
    ] = "",
    beside: Annotated[int, typer.Option(min=2, help="How many studies each system has.")] = 200,
    clients: Annotated[str, typer.Option(help="Numbers of keep-alive clients.")] = "1,4",
    seconds: Annotated[float, typer.Option(min=0.2, help="Measured time of each line.")] = 1.0,
    data: Annotated[
        Path, typer.Option(help="Where the systems keep their data: on the disk in question.")
    ] = Path(".axial"),
) -> None:
    """Measure finds in a large index, then beside Orthanc in a small one."""
    out = console()
    numbers = [int(number) for number in clients.split(",")]
    known = {system.name: system for system in all_systems()}
    rows: list[find_beside.Row] = []
    with working_folder(data) as folder:
        machine = describe(folder)
        _large(folder / "large", Size(studies, instances), rounds)
        for name in chosen(systems, tuple(known)):
            if known[name].missing:
                out.print(f"{name}: left out, {known[name].missing} is not installed")
                continue
            for row in find_beside.measure(known[name], folder, beside, numbers, seconds):
                rows.append(row)
                print(f"{name:20} {row.kind.name} {row.figures.per_second:.0f}/s", file=sys.stderr)
    out.print(f"\n{beside} studies, over HTTP:\n")
    out.print(find_beside.table(rows))
    show_origin(out, machine)


def _large(folder: Path, size: Size, rounds: int) -> None:
    """Fill an index and find in it."""
    folder.mkdir()
    (port,) = free_ports(1)
    server = postgres.prepare(folder / "postgres", port, durable=True)
    with running([server], folder / "logs"):
        name = "find"
        address = ("-h", LOOPBACK, "-p", str(port), "-U", postgres.ROLE)
        subprocess.run((str(postgres_program("createdb")), *address, name), check=True)
        asyncio.run(_run(postgres.url(port, name), size, rounds))
    shutil.rmtree(folder)


if __name__ == "__main__":
    typer.run(main)
