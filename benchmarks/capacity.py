"""What each process spends on each kind of work: `make bench ARGS=capacity`, printed as docs/capacity.md shows it."""

import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from support.system import Axial

from axial.cli.ports import LOOPBACK, Port
from benchmarks.common import chosen, console, show_origin, working_folder
from benchmarks.machine import (
    cpu_seconds,
    describe,
    peak_bytes,
    resident_bytes,
    written_bytes,
)
from benchmarks.routing import Sink, receiving
from benchmarks.sizing import Costs, lines
from benchmarks.systems import Running, axial_up
from benchmarks.workloads import WORKLOADS, Workload

# How long the system is looked at while nobody asks anything: what it spends then is no work's.
_IDLE_SECONDS = 10.0
# After the last answer of a workload: the stream of the feed, and what the engines put off.
_SETTLE_SECONDS = 2.0
# Connections open, statements are prepared, files are created.
_WARM_UP_OPERATIONS = 100
_MEBIBYTE = 1024 * 1024

#: Which folder of the data folder holds what an engine keeps.
_KEPT = {"nats": "nats", "postgres": "postgres/base", "seaweedfs": "seaweedfs"}


@dataclass(frozen=True, slots=True)
class Spent:
    """What one workload has cost."""

    name: str
    operations: int
    seconds: float
    #: Seconds of processor time, by process.
    cpu: Mapping[str, float]
    #: Bytes that the disk was made to write, by process.
    written: Mapping[str, float]
    #: Bytes that an engine keeps more than before.
    kept: Mapping[str, int]
    #: Whether each operation leaves an instance.
    stores: bool


def main(
    *,
    operations: Annotated[int, typer.Option(min=10, help="Operations of each workload.")] = 2000,
    workloads: Annotated[
        str, typer.Option(help="Names of workloads, separated by commas; default: all.")
    ] = "",
    clients: Annotated[int, typer.Option(min=1, help="Requests at once.")] = 8,
    data: Annotated[
        Path, typer.Option(help="Where the system keeps its data: on the disk in question.")
    ] = Path(".axial"),
) -> None:
    """Tell processor time, bytes and memory of each process of `axial up` on S3, workload by workload."""
    out = console()
    wanted = [WORKLOADS[name] for name in chosen(workloads, tuple(WORKLOADS))]
    with working_folder(data) as folder:
        machine = describe(folder)
        with receiving(folder) as sink, axial_up(folder / "data", "s3", _options(sink)) as system:
            running = _running(system)
            measuring = _Measuring(system, running)
            idle = measuring.idle()
            for workload in WORKLOADS.values():
                if workload.fills:
                    workload.run(running, sink, folder, _WARM_UP_OPERATIONS, clients)
            spent = [
                measuring.spend(workload, idle, sink, folder, operations, clients)
                for workload in wanted
            ]
            spent.append(_replay(measuring, idle))
            peaks, resident = peak_bytes(running.processes), resident_bytes(running.processes)
    say = partial(out.print, soft_wrap=True)
    for line in _lines(spent, _merged(idle), _merged(peaks), _merged(resident)):
        say(line)
    if len(wanted) == len(WORKLOADS):
        say("\n## What archives need\n")
        for line in lines(_costs(spent)):
            say(line)
    show_origin(out, machine)


def _costs(spent: Sequence[Spent]) -> Costs:
    stored = [one for one in spent if one.stores]
    operations = sum(one.operations for one in stored)
    return Costs(
        {one.name: {n: s / one.operations for n, s in one.cpu.items()} for one in spent},
        {name: sum(one.kept[name] for one in stored) / operations for name in _KEPT},
    )


def _options(sink: Sink) -> Mapping[str, object]:
    return {
        "DicomModalities": {"sink": ["SINK", LOOPBACK, sink.dicom_port]},
        "OrthancPeers": {"sink": [f"http://{LOOPBACK}:{sink.http_port}/"]},
    }


def _running(system: Axial) -> Running:
    processes = {name: system.pid(name) for name in system.programs}
    port = int(system.url.rsplit(":", 1)[1])
    dicom_port = None if system.dicom_port is None else Port(system.dicom_port)
    return Running(port, None, processes, dicom_port=dicom_port)


class _Measuring:
    """Reads what was spent so far, before a piece of work and behind it."""

    def __init__(self, system: Axial, running: Running) -> None:
        self._system = system
        self.running = running

    @property
    def system(self) -> Axial:
        """What is measured."""
        return self._system

    def idle(self) -> dict[str, float]:
        """Tell how much of a processor each process takes while nothing is asked of it."""
        time.sleep(_SETTLE_SECONDS)
        before = cpu_seconds(self.running.processes)
        time.sleep(_IDLE_SECONDS)
        after = cpu_seconds(self.running.processes)
        return {name: (after[name] - before[name]) / _IDLE_SECONDS for name in before}

    def spend(
        self,
        workload: Workload,
        idle: Mapping[str, float],
        sink: Sink,
        folder: Path,
        operations: int,
        clients: int,
    ) -> Spent:
        """Do one piece of work."""

        def work() -> int:
            return workload.run(self.running, sink, folder, operations, clients)

        return self.measure(workload.name, work, idle, stores=workload.stores)

    def measure(
        self, name: str, work: Callable[[], int], idle: Mapping[str, float], *, stores: bool
    ) -> Spent:
        """Tell what a piece of work has cost beyond what the system spends on nothing."""
        processes = self.running.processes
        kept, written, cpu = self._kept(), written_bytes(processes), cpu_seconds(processes)
        began = time.monotonic()
        operations = work()
        seconds = time.monotonic() - began
        time.sleep(_SETTLE_SECONDS)
        passed = time.monotonic() - began
        after = cpu_seconds(processes)
        print(f"{name:36} {operations / seconds:7.0f}/s", file=sys.stderr)
        return Spent(
            name,
            operations,
            seconds,
            _merged({p: max(0.0, after[p] - cpu[p] - idle[p] * passed) for p in processes}),
            _merged(_differences(written, written_bytes(processes))),
            {engine: size - kept[engine] for engine, size in self._kept().items()},
            stores,
        )

    def _kept(self) -> dict[str, int]:
        return {
            engine: sum(
                file.stat().st_blocks * 512
                for file in (self._system.folder / folder).rglob("*")
                if file.is_file()
            )
            for engine, folder in _KEPT.items()
        }


def _replay(measuring: _Measuring, idle: Mapping[str, float]) -> Spent:
    """Fold the whole log anew: that is the projection alone, in a process of its own."""
    spent_by_command = 0.0

    def work() -> int:
        nonlocal spent_by_command
        before = _children_seconds()
        done: subprocess.CompletedProcess[str] = measuring.system.run("replay", "--check")
        spent_by_command = _children_seconds() - before
        found = re.match(r"(\d+) events", done.stdout)
        assert found is not None, done.stdout + done.stderr
        return int(found[1])

    spent = measuring.measure("projection (replay)", work, idle, stores=False)
    return replace(spent, cpu={**spent.cpu, "index": spent.cpu["index"] + spent_by_command})


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _differences(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    # A child that has ended takes its count along, if its parent does not wait for it.
    return {name: max(0.0, after[name] - before[name]) for name in before}


def _merged(amounts: Mapping[str, float]) -> dict[str, float]:
    """Add up the processes of one service."""
    sums: dict[str, float] = {}
    for name, amount in amounts.items():
        service = re.sub(r"-\d+$", "", name)
        sums[service] = sums.get(service, 0.0) + amount
    return sums


def _lines(
    spent: Sequence[Spent],
    idle: Mapping[str, float],
    peaks: Mapping[str, float],
    resident: Mapping[str, float],
) -> Iterator[str]:
    names = list(peaks)
    yield "Seconds of processor time for 1,000 operations:\n"
    yield from _head("work", "operations/s", *names, "all")
    for one in spent:
        costs = [1000 * one.cpu[name] / one.operations for name in names]
        cells = [f"{one.operations / one.seconds:.0f}", *(f"{c:.2f}" for c in (*costs, sum(costs)))]
        yield _row(one.name, *cells)
    yield _row(
        "nothing, for 1,000 s",
        "",
        *(f"{1000 * idle[n]:.1f}" for n in names),
        f"{1000 * sum(idle.values()):.1f}",
    )
    yield "\nKilobytes for each instance, as the disk was made to write (and as is kept in the end):\n"
    yield from _head("work", *_KEPT, "ingest")
    for one in spent:
        if one.stores:
            cells = [
                f"{one.written[name] / one.operations / 1000:.1f} ({one.kept[name] / one.operations / 1000:.1f})"
                for name in _KEPT
            ]
            yield _row(one.name, *cells, f"{one.written['ingest'] / one.operations / 1000:.1f}")
    yield "\nMebibytes of memory: with all children in the end, and the process itself at most:\n"
    yield from _head("", *names)
    yield _row("in the end", *(f"{resident[name] / _MEBIBYTE:.0f}" for name in names))
    yield _row("at most", *(f"{peaks[name] / _MEBIBYTE:.0f}" for name in names))


def _head(first: str, *names: str) -> Iterator[str]:
    yield _row(first, *names)
    yield _row("---", *("---:" for _ in names))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    typer.run(main)
