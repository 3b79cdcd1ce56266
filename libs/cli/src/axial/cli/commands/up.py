"""`axial up`: the whole system on this machine."""

import asyncio
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from axial.cli.child import ChildFailed, Guard
from axial.cli.edge_tls import edge_tls
from axial.cli.engines.binaries import EngineMissing
from axial.cli.engines.caddy import EVERYWHERE
from axial.cli.engines.postgres import PostgresFailed
from axial.cli.folder import DataFolder, FolderUnusable
from axial.cli.lock import take
from axial.cli.ports import LOOPBACK, Port, is_free
from axial.cli.program import Program
from axial.cli.refusal import refuse
from axial.cli.supervisor import GaveUp, Supervisor
from axial.cli.system import Blobs, Wishes, stages
from axial.cli.table import Row, show
from axial.common.configuration import BadConfiguration, Configuration
from axial.common.configuration_file import load_configuration


def up(
    *,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="HTTP port (default: HttpPort, or 8042).")
    ] = None,
    dicom_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="DICOM port (default: DicomPort, or 4242).")
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder for everything that is kept.")] = Path(
        ".axial"
    ),
    config: Annotated[
        Path | None, typer.Option(help="Orthanc-style configuration file, JSON with comments.")
    ] = None,
    blobs: Annotated[Blobs, typer.Option(help="Where the bytes are kept.")] = Blobs.S3,
    replicas: Annotated[
        int,
        typer.Option(
            min=1,
            max=4,
            help="Processes of each service, so that any one may die; of ingest two at least.",
        ),
    ] = 1,
) -> None:
    """Run the whole archive on this machine until Ctrl-C."""
    began = time.monotonic()
    try:
        configuration = load_configuration(config)
        speaks_dicom = configuration.dicom_server_enabled
        wishes = Wishes(
            port=Port(port or configuration.http_port),
            dicom_port=Port(dicom_port or configuration.dicom_port) if speaks_dicom else None,
            bind=bind_address(configuration),
            tls=edge_tls(configuration),
            compresses=configuration.http_compression_enabled,
            blobs=blobs,
            config=config,
            replicas=replicas,
        )
        folder = DataFolder(data.absolute())
        folder.make()
        lock = take(folder)
        if not is_free(wishes.port, host=wishes.bind):
            refuse(f"port {wishes.port} is in use: choose another with --port")
        if wishes.dicom_port and not is_free(wishes.dicom_port, host=wishes.bind):
            refuse(f"DICOM port {wishes.dicom_port} is in use: choose another with --dicom-port")
        programs = stages(folder, wishes)
        asyncio.run(_supervise(programs, folder, lock, began))
    except (
        BadConfiguration,
        ChildFailed,
        EngineMissing,
        FolderUnusable,
        GaveUp,
        PostgresFailed,
    ) as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"{error.filename or data}: {error.strerror}")


def bind_address(configuration: Configuration) -> str:
    """Choose the address to listen on: nobody's archive is open by accident."""
    if not configuration.remote_access_allowed:
        return LOOPBACK
    if not (configuration.registered_users and configuration.authentication_required):
        raise BadConfiguration(
            "option RegisteredUsers: needed with RemoteAccessAllowed, and not to be switched off"
            " by AuthenticationEnabled"
        )
    return EVERYWHERE


async def _supervise(
    programs: list[list[Program]], folder: DataFolder, lock: int, began: float
) -> None:
    guard = await Guard.start(lock)
    supervisor = Supervisor(programs, folder, guard, _tell)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.ask_to_stop)

    def when_ready() -> None:
        rows = [
            Row(program.name, program.address, supervisor.pid(program.name))
            for stage in reversed(programs)
            for program in stage
        ]
        show(rows, data=folder.root, took_seconds=time.monotonic() - began)

    try:
        await supervisor.run(when_ready)
    finally:
        await guard.dismiss()
    _tell("stopped")


def _tell(line: str) -> None:
    """Say what happened, at once even into a pipe."""
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)  # noqa: T201 - a command talks
