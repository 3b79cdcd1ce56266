"""Every measurement, or one of them by name: `make bench`, or `python -m benchmarks feeds --help`."""

from collections.abc import Callable

import typer

from benchmarks import (
    archives,
    capacity,
    dicom,
    downloads,
    feeds,
    find,
    ingest,
    recovery,
    replay,
    routing,
)

_MEASUREMENTS: dict[str, Callable[..., None]] = {
    "ingest": ingest.main,
    "dicom": dicom.main,
    "downloads": downloads.main,
    "archives": archives.main,
    "feeds": feeds.main,
    "find": find.main,
    "replay": replay.main,
    "routing": routing.main,
    "capacity": capacity.main,
    "recovery": recovery.main,
}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
for _name, _measure in _MEASUREMENTS.items():
    app.command(_name)(_measure)


@app.callback(invoke_without_command=True)
def every(context: typer.Context) -> None:
    """Measure uploads, C-STOREs, downloads, archives, feeds, finds, replays, routing, capacity, recovery; or one."""
    if context.invoked_subcommand is None:
        for measure in _MEASUREMENTS.values():
            measure()


if __name__ == "__main__":
    app()
