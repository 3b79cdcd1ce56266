"""From arrival to delivery by auto-routing, side by side with Orthanc's Lua: `make bench ARGS=routing`."""

import json
import shutil
import socket
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer
from rich.box import MARKDOWN
from rich.table import Table
from support.dicoms import LARGE_PIXELS, SMALL_PIXELS, DicomMaker

from axial.cli.foreground import running
from axial.cli.ports import LOOPBACK, Port, free_ports
from axial.cli.program import Program, answers_http
from axial.common.testing.eventually import eventually_sync
from benchmarks.common import chosen, console, show_origin, working_folder
from benchmarks.machine import cpu_seconds, describe
from benchmarks.record import Failed
from benchmarks.systems import Running, System, all_systems, without_delay

_SIZES = {"20": SMALL_PIXELS, "520": LARGE_PIXELS}
_DESTINATIONS = ("modality", "peer")
_NAME = "sink"
# What else everything is sent to, and to no avail: one that has no room, or accepts connections and says nothing.
_BESIDE = ("refusing", "silent")
_OTHER = "other"
# The size of which it is told.
_BESIDE_SIZE = "20"
# Connections open, statements are prepared, rules are read: none of it belongs to the figures.
_WARM_UP_OBJECTS = 20
_PATIENCE_SECONDS = 120.0
# Orthanc's one line of Lua for each kind of destination.
_LUA = {"modality": "SendToModality", "peer": "SendToPeer"}


@dataclass(frozen=True, slots=True)
class Sink:
    """Where instances are to arrive."""

    dicom_port: Port
    http_port: Port

    def arrived(self) -> dict[str, float]:
        """Tell when each instance had arrived."""
        told = httpx2.get(f"http://{LOOPBACK}:{self.http_port}/arrivals", timeout=30).json()
        if told["repeated"]:
            raise Failed(f"{told['repeated']} instances arrived more than once")
        return dict(told["times"])

    def options(
        self, kind: str, folder: Path, other: "Sink | None" = None
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Write the configurations by which Axial and Orthanc send all that arrives: here, and elsewhere before."""
        sinks = {_OTHER: other, _NAME: self} if other else {_NAME: self}
        places = {
            "DicomModalities": {
                name: ["SINK", LOOPBACK, sink.dicom_port] for name, sink in sinks.items()
            },
            "OrthancPeers": {
                name: [f"http://{LOOPBACK}:{sink.http_port}/"] for name, sink in sinks.items()
            },
        }
        destinations = [{kind.capitalize(): name} for name in sinks]
        rule = {"Trigger": "NewInstance", "Destinations": destinations}
        script = folder / "route.lua"
        lines = "".join(f"  {_LUA[kind]}(instanceId, '{name}')\n" for name in sinks)
        script.write_text(f"function OnStoredInstance(instanceId, tags, metadata)\n{lines}end\n")
        return (
            {**places, "Router": {"Rules": {"everything": rule}}},
            {**places, "LuaScripts": [str(script)]},
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    system: str
    destination: str
    #: What else everything was sent to.
    beside: str
    size: str
    #: Seconds from the request to the arrival, one instance at a time.
    alone: Sequence[float]
    #: Instances a second, from the first request to the last arrival, and seconds of each.
    rate: float
    together: Sequence[float]
    #: Milliseconds of processor time an instance of the second kind, by process.
    cpu: dict[str, float]


def main(
    *,
    objects: Annotated[int, typer.Option(min=4, help="Instances of each line.")] = 400,
    systems: Annotated[
        str, typer.Option(help="Names of systems, separated by commas; default: all installed.")
    ] = "",
    sizes: Annotated[str, typer.Option(help="Sizes in KB: 20, 520.")] = "20,520",
    destinations: Annotated[str, typer.Option(help="modality, peer.")] = "modality,peer",
    beside: Annotated[
        str,
        typer.Option(help="What Axial sends everything to as well, each in a run of its own."),
    ] = ",".join(_BESIDE),
    clients: Annotated[int, typer.Option(min=1, help="Uploads at once, for the rate.")] = 4,
    profile: Annotated[
        bool, typer.Option("--profile", help="Show the processor time of each process.")
    ] = False,
    data: Annotated[
        Path, typer.Option(help="Where the systems keep their data: on the disk in question.")
    ] = Path(".axial"),
) -> None:
    """Measure auto-routing: uploads come in by HTTP, and everything goes on to one destination."""
    out = console()
    known = {system.name: system for system in (*all_systems(), *without_delay())}
    wanted = [known[name] for name in chosen(systems, tuple(known))]
    rows: list[Row] = []
    with working_folder(data) as folder:
        machine = describe(folder)
        for system in wanted:
            if system.missing:
                out.print(f"{system.name}: left out, {system.missing} is not installed")
                continue
            for destination in chosen(destinations, _DESTINATIONS):
                load = Load(objects, clients)
                names = chosen(sizes, tuple(_SIZES))
                rows += _measure(system, destination, names, load, folder)
                is_ours = system.name.startswith("axial")
                for other in chosen(beside, _BESIDE) if beside and is_ours else ():
                    rows += _measure(system, destination, [_BESIDE_SIZE], load, folder, other)
    out.print(_table(rows))
    if profile:
        out.print("\nProcessor time of each process, in ms an instance:\n")
        out.print(_profile(rows))
    show_origin(out, machine)


@dataclass(frozen=True, slots=True)
class Load:
    """How much is uploaded, and by how many at once."""

    objects: int
    clients: int


def _measure(
    system: System,
    destination: str,
    sizes: Sequence[str],
    load: Load,
    folder: Path,
    beside: str = "",
) -> Iterator[Row]:
    place = folder / system.name
    place.mkdir()
    objects = load.objects
    with receiving(place) as sink, _other(beside, place) as other:
        ours, theirs = sink.options(destination, place, other)
        options = ours if system.name.startswith("axial") else theirs
        with system.start(place, options=options) as measured:
            _one_by_one(measured, sink, DicomMaker(SMALL_PIXELS), _WARM_UP_OBJECTS)
            for size in sizes:
                pixels = _SIZES[size]
                alone = _one_by_one(measured, sink, DicomMaker(pixels), objects // 4)
                before = cpu_seconds(measured.processes)
                rate, together = route(measured, sink, DicomMaker(pixels), objects, load.clients)
                after = cpu_seconds(measured.processes)
                cpu = {name: 1000 * (after[name] - before[name]) / objects for name in before}
                print(
                    f"{system.name:34} {destination:9} {beside:9} {size:>4} KB {rate:7.0f}/s"
                    f"  alone p50 {1000 * statistics.median(alone):6.1f} ms",
                    file=sys.stderr,
                )
                yield Row(system.name, destination, beside, size, alone, rate, together, cpu)
    shutil.rmtree(place)


@contextmanager
def _other(beside: str, folder: Path) -> Iterator[Sink | None]:
    """Run what instances are sent to as well."""
    if beside == "refusing":
        with receiving(folder, name="other", refuses=True) as sink:
            yield sink
    elif beside == "silent":
        # Who connects is accepted by the kernel, and heard by nobody.
        with socket.create_server((LOOPBACK, 0), backlog=1024) as server:
            port = Port(server.getsockname()[1])
            yield Sink(port, port)
    else:
        yield None


@contextmanager
def receiving(folder: Path, name: str = "sink", *, refuses: bool = False) -> Iterator[Sink]:
    """Run what receives instances, by DICOM or HTTP, or refuses them all."""
    dicom_port, http_port = free_ports(2)
    program = Program(
        name=name,
        command=(
            sys.executable,
            "-m",
            "benchmarks.receiver",
            json.dumps({"dicom": dicom_port, "http": http_port, "refuses": refuses}),
        ),
        ready=answers_http(f"http://{LOOPBACK}:{http_port}/arrivals"),
        address=f"http://{LOOPBACK}:{http_port}",
        grace_seconds=5.0,
    )
    with running([program], folder):
        yield Sink(dicom_port, http_port)


def _one_by_one(measured: Running, sink: Sink, maker: DicomMaker, objects: int) -> list[float]:
    """Upload an instance when the one before has arrived; tell how long each took from its request."""
    connection = HTTPConnection(LOOPBACK, measured.port)
    seconds = []
    for serial in range(objects):
        begun = _upload(connection, maker, serial)
        uid = maker.names(serial).sop_instance_uid
        seconds.append(wait_for(sink, [uid])[uid] - begun)
    return seconds


def route(
    measured: Running, sink: Sink, maker: DicomMaker, objects: int, clients: int
) -> tuple[float, list[float]]:
    """Upload as fast as it goes; tell the rate of arrivals, and how long each took from its request."""

    def send(first: int) -> dict[str, float]:
        connection = HTTPConnection(LOOPBACK, measured.port)
        return {
            maker.names(serial).sop_instance_uid: _upload(connection, maker, serial)
            for serial in range(first, objects, clients)
        }

    begun: dict[str, float] = {}
    with ThreadPoolExecutor(clients) as pool:
        for some in pool.map(send, range(clients)):
            begun |= some
    arrived = wait_for(sink, list(begun))
    seconds = [arrived[uid] - begun[uid] for uid in begun]
    last = max(arrived[uid] for uid in begun)
    return objects / (last - min(begun.values())), seconds


def _upload(connection: HTTPConnection, maker: DicomMaker, serial: int) -> float:
    """Upload an instance; return when its request began."""
    body = maker.make(serial).body
    begun = time.monotonic()
    connection.request("POST", "/instances", body)
    answer = connection.getresponse()
    told = answer.read()
    if answer.status not in (200, 202):
        raise Failed(told.decode(errors="replace")[:500])
    return begun


def wait_for(sink: Sink, uids: Sequence[str]) -> Mapping[str, float]:
    """Wait until all have arrived: when they had is the receiver's to say, so asking late costs nothing."""
    found: dict[str, float] = {}

    def all_there() -> bool:
        nonlocal found
        found = sink.arrived()
        return all(uid in found for uid in uids)

    eventually_sync(all_there, within=_PATIENCE_SECONDS)
    return found


def _table(rows: Sequence[Row]) -> Table:
    table = Table("system", "destination", "beside", box=MARKDOWN)
    for heading in ("KB", "alone p50 ms", "p99 ms", "objects/s", "p50 ms", "p99 ms"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row.system,
            row.destination,
            row.beside,
            row.size,
            *_percentiles(row.alone),
            f"{row.rate:.0f}",
            *_percentiles(row.together),
        )
    return table


def _percentiles(seconds: Sequence[float]) -> tuple[str, str]:
    ordered = sorted(seconds)
    last = ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)]
    return f"{1000 * statistics.median(ordered):.1f}", f"{1000 * last:.1f}"


def _profile(rows: Sequence[Row]) -> Table:
    table = Table("system", "destination", "beside", box=MARKDOWN)
    processes = list(dict.fromkeys(name for row in rows for name in row.cpu))
    for heading in ("KB", *processes, "all"):
        table.add_column(heading, justify="right")
    for row in rows:
        costs = (f"{row.cpu[name]:.2f}" if name in row.cpu else "" for name in processes)
        total = f"{sum(row.cpu.values()):.2f}"
        table.add_row(row.system, row.destination, row.beside, row.size, *costs, total)
    return table
