"""A running archive whose feeds are filled already."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axial.changefeed.settings import ChangefeedSettings
from axial.cli import foreground, system
from axial.cli.folder import DataFolder
from axial.cli.ports import LOOPBACK, free_ports
from axial.common.event_log import STREAM, EventLog
from axial.common.nats import open_nats
from axial.common.postgres import connect
from axial.index.app import migrate_schemas
from benchmarks.feed_rows import FeedShape, fill
from benchmarks.systems import Running, axial_up


@contextmanager
def feed_archive(folder: Path, shape: FeedShape) -> Iterator[Running]:
    """Fill an archive and run it as `axial up` does; `direct_port` is that of the feeds' service."""
    data = folder / "data"
    _prepare(DataFolder(data), shape)
    with axial_up(data) as archive:
        ports = json.loads((archive.folder / "run" / "ports.json").read_text())
        processes = {name: archive.pid(name) for name in archive.programs}
        yield Running(int(archive.url.rsplit(":", 1)[1]), ports["changefeed"], processes)


def _prepare(data: DataFolder, shape: FeedShape) -> None:
    data.make()
    port, dicom_port = free_ports(2)
    wishes = system.Wishes(port, dicom_port, LOOPBACK, system.Blobs.DIRECTORY)
    engines, _, _ = system.stages(data, wishes)
    addresses = {engine.name: engine.address for engine in engines}
    with foreground.running(engines, data.logs):
        asyncio.run(_fill(addresses["postgres"], addresses["nats"], shape))


async def _fill(database_url: str, nats_url: str, shape: FeedShape) -> None:
    await migrate_schemas(database_url)
    connection = await connect(database_url, "feed")
    try:
        await fill(connection, shape)
    finally:
        await connection.close()
    async with open_nats(nats_url, "axial-bench") as client:
        await EventLog(client).ensure()
        jetstream = client.jetstream()
        # A log whose events were all folded: position and log agree, and the next event continues both.
        config = (await jetstream.stream_info(STREAM)).config
        await jetstream.delete_stream(STREAM)
        await jetstream.add_stream(config.evolve(first_seq=shape.events + 1))
        # The service refuses a stream that it did not make, and so does not publish two million messages to it
        # while its pages are measured.
        feed_stream = ChangefeedSettings().feed_stream
        await jetstream.add_stream(name=feed_stream, subjects=["none"], first_seq=shape.changes + 1)
