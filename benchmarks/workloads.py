"""The kinds of work whose costs make up an archive's day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from support.dicoms import LARGE_PIXELS, SMALL_PIXELS, DicomMaker

from axial.cli.ports import LOOPBACK
from benchmarks.dicom import send
from benchmarks.load import Plan
from benchmarks.questions import ask
from benchmarks.reads import read
from benchmarks.record import Failed
from benchmarks.routing import Sink, route
from benchmarks.systems import NO_DELAY, Running
from benchmarks.uploads import upload

# Only bounds a system that hangs.
_LIMIT_SECONDS = 600.0
_TIMEOUT_SECONDS = 60.0
# What a viewer's list and a reader of the feed ask for at once.
_STUDIES = 25
_CHANGES = 100
# Among how many resources the questions change.
_PLACES = 200

#: Does so many operations with so many clients; tells how many were done.
Run = Callable[[Running, Sink, Path, int, int], int]


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of work."""

    name: str
    run: Run
    #: Each operation leaves an instance.
    stores: bool = False
    #: Others read what it leaves.
    fills: bool = False


def _plan(running: Running, operations: int, clients: int) -> Plan:
    return Plan(LOOPBACK, running.port, clients, 0.0, _LIMIT_SECONDS, operations)


def _get(running: Running, path: str, **parameters: object) -> Any:
    url = f"http://{LOOPBACK}:{running.port}{path}"
    answer = httpx2.get(
        url, params={k: str(v) for k, v in parameters.items()}, timeout=_TIMEOUT_SECONDS
    )
    if answer.status_code != httpx2.codes.OK:
        raise Failed(f"{path}: {answer.status_code}")
    return answer.json()


def _count(running: Running) -> int:
    return int(_get(running, "/statistics")["CountInstances"])


def _upload(
    pixels: int, running: Running, _sink: Sink, _folder: Path, operations: int, clients: int
) -> int:
    before = _count(running)
    upload(_plan(running, operations, clients), pixels)
    return _count(running) - before


def _c_store(
    pixels: int, running: Running, _sink: Sink, folder: Path, operations: int, clients: int
) -> int:
    send(running, NO_DELAY, pixels, clients, operations, folder)
    return operations


def _read(paths: list[str], running: Running, operations: int, clients: int) -> int:
    return read(_plan(running, operations, clients), paths, again=True).answers


def _download(
    pixels: int, running: Running, _sink: Sink, _folder: Path, operations: int, clients: int
) -> int:
    size = len(DicomMaker(pixels).template)
    since = 0
    paths: list[str] = []
    while len(paths) < _PLACES and (
        page := _get(running, "/instances", since=since, limit=_PLACES, expand="")
    ):
        since += len(page)
        paths += [f"/instances/{one['ID']}/file" for one in page if one["FileSize"] == size]
    return _read(paths, running, operations, clients)


def _list_studies(
    running: Running, _sink: Sink, _folder: Path, operations: int, clients: int
) -> int:
    studies = int(_get(running, "/statistics")["CountStudies"])
    paths = [
        f"/studies?expand&since={since}&limit={_STUDIES}"
        for since in range(max(1, min(_PLACES, studies - _STUDIES)))
    ]
    return _read(paths, running, operations, clients)


def _find(running: Running, _sink: Sink, _folder: Path, operations: int, clients: int) -> int:
    patients = _get(running, "/patients", since=0, limit=_PLACES, expand="")
    bodies: list[dict[str, Any]] = [
        {
            "Level": "Study",
            "Query": {"PatientID": one["MainDicomTags"]["PatientID"]},
            "Expand": True,
        }
        for one in patients
    ]
    return ask(_plan(running, operations, clients), bodies).answers


def _read_feed(
    path: str, running: Running, _sink: Sink, _folder: Path, operations: int, clients: int
) -> int:
    last = int(_get(running, "/changes?last")["Last"])
    places = range(0, max(1, last - 2 * _CHANGES), max(1, last // _PLACES))
    return _read([path.format(place) for place in places], running, operations, clients)


def _route(
    kind: str,
    pixels: int,
    running: Running,
    sink: Sink,
    _folder: Path,
    operations: int,
    clients: int,
) -> int:
    rule = {"Trigger": "NewInstance", "Destinations": [{kind: "sink"}]}
    url = f"http://{LOOPBACK}:{running.port}/router/rules/everything"
    httpx2.put(url, json=rule, timeout=_TIMEOUT_SECONDS).raise_for_status()
    try:
        route(running, sink, DicomMaker(pixels), operations, clients)
    finally:
        httpx2.delete(url, timeout=_TIMEOUT_SECONDS)
    return operations


_KINDS = (
    Workload("upload 20 KB", partial(_upload, SMALL_PIXELS), stores=True, fills=True),
    Workload("upload 520 KB", partial(_upload, LARGE_PIXELS), stores=True, fills=True),
    Workload("C-STORE 20 KB", partial(_c_store, SMALL_PIXELS), stores=True),
    Workload("C-STORE 520 KB", partial(_c_store, LARGE_PIXELS), stores=True),
    Workload("download 20 KB", partial(_download, SMALL_PIXELS)),
    Workload("download 520 KB", partial(_download, LARGE_PIXELS)),
    Workload("list of 25 studies", _list_studies),
    Workload("find by PatientID", _find),
    Workload("/changes, 100", partial(_read_feed, f"/changes?since={{}}&limit={_CHANGES}")),
    Workload(
        "/changefeed, 100", partial(_read_feed, f"/v1/changefeed?offset={{}}&limit={_CHANGES}")
    ),
    Workload("upload, send 520 KB by DICOM", partial(_route, "Modality", LARGE_PIXELS)),
    Workload("upload, send 520 KB to a peer", partial(_route, "Peer", LARGE_PIXELS)),
)

WORKLOADS: Mapping[str, Workload] = {workload.name: workload for workload in _KINDS}
