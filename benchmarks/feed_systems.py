"""The systems whose feeds are read, each with a history in it."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from support.dicoms import SMALL_PIXELS

from axial.cli.ports import LOOPBACK
from benchmarks.feed_archive import feed_archive
from benchmarks.feed_rows import LARGE, SMALL, FeedShape, Stretch
from benchmarks.load import Plan
from benchmarks.pages import Pages, azure_pages, changes_pages
from benchmarks.record import Failed
from benchmarks.systems import System, all_systems
from benchmarks.uploads import upload

# With their series, studies and patients as many rows as our small feed has.
_ORTHANC_INSTANCES = 2800
_ORTHANC_UPLOADERS = 4
_UPLOAD_SECONDS = 600.0
_ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Served:
    """A system that waits for its readers."""

    port: int
    #: The same feeds through the edge, where there is one.
    edge_port: int | None
    pages: tuple[Pages, ...]


@dataclass(frozen=True, slots=True)
class FeedSystem:
    """What can be read."""

    start: Callable[[Path], AbstractContextManager[Served]]
    #: What is not installed and would be needed, or nothing.
    missing: str = ""


def feed_systems() -> dict[str, FeedSystem]:
    """List every system by name; those that are not installed say so."""
    ours = {
        "axial-2000000": FeedSystem(partial(_axial, LARGE)),
        "axial-2849": FeedSystem(partial(_axial, SMALL)),
    }
    others = {
        system.name: FeedSystem(partial(_orthanc, system), system.missing)
        for system in all_systems()
        if system.name.startswith("orthanc")
    }
    return ours | others


@contextmanager
def _axial(shape: FeedShape, folder: Path) -> Iterator[Served]:
    pages = (*changes_pages(shape.changes, shape.hidden, shape.newest), *azure_pages(shape))
    with feed_archive(folder, shape) as running:
        assert running.direct_port is not None, "the feeds' service has a port of its own"
        yield Served(running.direct_port, running.port, pages)


@contextmanager
def _orthanc(system: System, folder: Path) -> Iterator[Served]:
    with system.start(folder) as running:
        plan = Plan(
            host=LOOPBACK,
            port=running.port,
            clients=_ORTHANC_UPLOADERS,
            warm_up_seconds=0.0,
            seconds=_UPLOAD_SECONDS,
            most=_ORTHANC_INSTANCES,
        )
        upload(plan, SMALL_PIXELS)
        highest = int(ask(running.port, "/changes?last")["Last"])
        log = Stretch(0, highest)
        yield Served(running.port, None, tuple(changes_pages(highest, Stretch(0, 0), log)))


def ask(port: int, path: str) -> Any:
    """Read one page as its readers do."""
    try:
        url = f"http://{LOOPBACK}:{port}{path}"
        with urllib.request.urlopen(url, timeout=_ANSWER_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Failed(f"{error.code} for {path}: {error.read(200)!r}") from error
