"""Finds over HTTP in a small archive, side by side with Orthanc's."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from rich.box import MARKDOWN
from rich.table import Table
from support.dicoms import SMALL_PIXELS, DicomMaker

from axial.cli.ports import LOOPBACK
from benchmarks.load import Plan
from benchmarks.questions import ask
from benchmarks.record import Failed, Figures
from benchmarks.systems import System

_INSTANCES_OF_A_SERIES = 5
_INSTANCES_OF_A_STUDY = 10
_STUDIES_OF_A_PATIENT = 2
# Of each kind, of other patients each; more than any cache is likely to keep would not change the work.
_BODIES = 50
_WARM_UP_SECONDS = 0.5
_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Kind:
    """Finds alike."""

    name: str
    bodies: tuple[Mapping[str, Any], ...]
    #: How many resources each of them must find.
    found: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    system: str
    kind: Kind
    clients: int
    figures: Figures


def kinds(maker: DicomMaker, studies: int) -> Iterator[Kind]:
    """Say what is asked of an archive with so many studies."""
    step = max(1, studies // _BODIES)
    names = [maker.names(study * _INSTANCES_OF_A_STUDY) for study in range(0, studies, step)]
    of_a_patient = _STUDIES_OF_A_PATIENT * _INSTANCES_OF_A_STUDY

    def each(name: str, level: str, tag: str, values: Sequence[str], found: int) -> Kind:
        bodies = tuple({"Level": level, "Query": {tag: value}} for value in values)
        return Kind(name, bodies, found)

    patients = [name.patient_id for name in names]
    yield each("PatientID, studies", "Study", "PatientID", patients, _STUDIES_OF_A_PATIENT)
    yield each("PatientID, instances", "Instance", "PatientID", patients, of_a_patient)
    uids = [name.study_instance_uid for name in names]
    yield each("StudyInstanceUID", "Study", "StudyInstanceUID", uids, 1)
    uids = [name.sop_instance_uid for name in names]
    yield each("SOPInstanceUID", "Instance", "SOPInstanceUID", uids, 1)
    parts = [f"*{patient[-8:]}" for patient in patients]
    yield each("PatientID *x", "Study", "PatientID", parts, _STUDIES_OF_A_PATIENT)
    yield each("StudyDate, all studies", "Study", "StudyDate", ["20040101-20041231"], studies)
    expanded = {"Level": "Study", "Query": {}, "Expand": True}
    yield Kind("all studies, expanded", (expanded,), studies)


def measure(
    system: System, folder: Path, studies: int, clients: Sequence[int], seconds: float
) -> Iterator[Row]:
    """Fill a system with studies and ask it."""
    place = folder / system.name
    place.mkdir()
    maker = DicomMaker(SMALL_PIXELS, per_series=_INSTANCES_OF_A_SERIES)
    with system.start(place) as running:
        url = f"http://{LOOPBACK}:{running.port}"
        with httpx2.Client(base_url=url, timeout=_TIMEOUT_SECONDS) as client:
            for serial in range(studies * _INSTANCES_OF_A_STUDY):
                client.post("/instances", content=maker.make(serial).body).raise_for_status()
            asked = list(kinds(maker, studies))
            for kind in asked:
                _check(client, kind)
        for kind in asked:
            for number in clients:
                plan = Plan(
                    host=LOOPBACK,
                    port=running.port,
                    clients=number,
                    warm_up_seconds=_WARM_UP_SECONDS,
                    seconds=seconds,
                    most=sys.maxsize,
                )
                yield Row(system.name, kind, number, ask(plan, [dict(b) for b in kind.bodies]))
    shutil.rmtree(place)


def table(rows: Sequence[Row]) -> Table:
    """Show what was seen."""
    told = Table("system", "find", box=MARKDOWN)
    for heading in ("found", "clients", "finds/s", "p50 ms", "p99 ms"):
        told.add_column(heading, justify="right")
    for row in rows:
        told.add_row(
            row.system,
            row.kind.name,
            str(row.kind.found),
            str(row.clients),
            f"{row.figures.per_second:.0f}",
            f"{row.figures.p50_milliseconds:.2f}",
            f"{row.figures.p99_milliseconds:.2f}",
        )
    return told


def _check(client: httpx2.Client, kind: Kind) -> None:
    """Look whether a find finds what it is measured for."""
    for body in kind.bodies:
        found = client.post("/tools/find", json=body).raise_for_status().json()
        if len(found) != kind.found:
            raise Failed(f"{kind.name}: {len(found)} found instead of {kind.found}")
