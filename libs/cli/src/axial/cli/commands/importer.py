"""`axial import`: send what lies on disk to a running archive."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import httpx2
import stamina
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from axial.cli.importing.journal import Journal
from axial.cli.importing.report import Report
from axial.cli.importing.run import Run
from axial.cli.importing.sources import find
from axial.cli.importing.upload import Hopeless, Status, Uploader, understand_greeting
from axial.cli.refusal import refuse

_PASSWORD_VARIABLE = "AXIAL_PASSWORD"  # noqa: S105 - the name of it
# As shells report a Ctrl-C: 128 + SIGINT.
_INTERRUPTED = 130


def import_(
    *,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", exists=True, help="Files, folders, ZIP archives."),
    ],
    url: Annotated[str, typer.Option(help="The archive.")] = "http://127.0.0.1:8042",
    user: Annotated[
        str | None,
        typer.Option(
            help=f"User name; the password is asked for, or read from {_PASSWORD_VARIABLE}."
        ),
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Uploads at once.")] = 8,
    state: Annotated[Path, typer.Option(help="Folder that remembers what is finished.")] = Path(
        ".axial-import"
    ),
    strict: Annotated[bool, typer.Option(help="Exit with 1 if any file was refused.")] = False,
) -> None:
    """Send DICOM files to the archive; run it again to continue.

    Exits with 1 if anything failed, and with 130 after Ctrl-C.
    """
    stopping = threading.Event()
    interrupted = threading.Event()
    # Its retries would be told line by line into the progress bar; the report tells what failed.
    stamina.instrumentation.set_on_retry_hooks([])
    limits = httpx2.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    try:
        with (
            httpx2.Client(base_url=url, auth=_auth(user), limits=limits) as client,
            Journal(state, str(client.base_url)) as journal,
            _on_interrupt(stopping, interrupted),
            _progress(paths, stopping) as progressed,
        ):
            understand_greeting(client)
            report = Run(
                Uploader(client, stopping),
                journal,
                concurrency=concurrency,
                stopping=stopping,
                progressed=progressed,
            ).send(find(paths))
    except Hopeless as error:
        refuse(f"{url}: {error}")
    except httpx2.InvalidURL as error:
        refuse(f"{url}: {error}")
    except OSError as error:
        refuse(f"{error.filename or state}: {error.strerror}")
    _tell(report, state / "not-taken.txt")
    if report.hopeless is not None:
        refuse(f"{url}: {report.hopeless}")
    if interrupted.is_set():
        typer.echo("interrupted: run the same command again to continue", err=True)
        raise typer.Exit(_INTERRUPTED)
    if report.count(Status.FAILED) or (strict and report.count(Status.REFUSED)):
        raise typer.Exit(1)


def _auth(user: str | None) -> httpx2.BasicAuth | None:
    if user is None:
        return None
    password = os.environ.get(_PASSWORD_VARIABLE)
    if password is None:
        password = str(typer.prompt(f"Password of {user}", hide_input=True, err=True))
    return httpx2.BasicAuth(user, password)


def _tell(report: Report, names: Path) -> None:
    for line in report.lines():
        # Names come from archives too: whatever they hold, the terminal only gets text.
        typer.echo("".join(c if c.isprintable() else "?" for c in line))
    report.write_names(names)
    if report.count(Status.REFUSED) + report.count(Status.FAILED):
        typer.echo(f"\nAll names: {names}")


@contextmanager
def _on_interrupt(stopping: threading.Event, interrupted: threading.Event) -> Iterator[None]:
    """Finish what is under way on the first Ctrl-C; leave on the second, which loses nothing either."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if interrupted.is_set():
            os._exit(_INTERRUPTED)
        interrupted.set()
        stopping.set()

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress(paths: list[Path], stopping: threading.Event) -> Iterator[Callable[[], None]]:
    """Show a bar, on a terminal only; what there is in all is counted beside the work."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda: None
        return
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("sending", total=None)

        def count() -> None:
            total = 0
            for _ in find(paths):
                if stopping.is_set():
                    return
                total += 1
            progress.update(task, total=total)

        threading.Thread(target=count, name="count", daemon=True).start()
        yield lambda: progress.advance(task)
