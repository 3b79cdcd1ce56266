"""Settings that change at run time reach every process, and outlive each."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from nats.aio.client import Client
from structlog.testing import capture_logs

from axial.cli.engines import nats
from axial.cli.foreground import running
from axial.cli.ports import free_ports
from axial.common.configuration import Configuration
from axial.common.errors import Unavailable
from axial.common.event_log import EventLog, new_envelope
from axial.common.events import ChangesCleared, SettingChanged
from axial.common.nats import open_nats
from axial.common.recorded import LogSequence
from axial.common.runtime import Runtime, RuntimeSettings
from axial.common.runtime.follower import following
from axial.common.runtime.settings import initial_settings
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.integration

_FIRST = initial_settings(Configuration())


@pytest.fixture
async def client(nats_url: str) -> AsyncIterator[Client]:
    """Connect to the test's NATS."""
    async with open_nats(nats_url, "test") as client:
        yield client


@pytest.fixture
async def log(client: Client) -> AsyncIterator[EventLog]:
    """Give an empty log under a name of its own."""
    name = f"TEST_{uuid.uuid4().hex}"
    log = EventLog(client, name, name.lower())
    await log.ensure()
    yield log
    await client.jetstream().delete_stream(name)


async def change(log: EventLog, encoding: str) -> LogSequence:
    """Change a setting, among other events."""
    await log.append(ChangesCleared(), new_envelope("axial/test"))
    event = SettingChanged(name="default-encoding", value=encoding)
    return await log.append(event, new_envelope("axial/test"))


async def test_every_process_follows(log: EventLog) -> None:
    """What was changed by one is read by all, at once for who waits; and by those that start later."""
    seen: list[RuntimeSettings] = []
    async with (
        following(log, _FIRST, seen.append) as one,
        following(log, _FIRST, lambda _: None) as other,
    ):
        assert one.settings is _FIRST
        for encoding in ("Greek", "Thai", "Utf8"):
            await one.reached(await change(log, encoding))
            assert one.settings.default_encoding == encoding
            await other.caught_up()
            assert other.settings.default_encoding == encoding
    assert [settings.default_encoding for settings in seen] == ["Greek", "Thai", "Utf8"]
    with capture_logs() as lines:
        async with following(log, _FIRST, lambda _: None) as later:
            assert later.settings.default_encoding == "Utf8"
    # An operator who wonders about an option without effect finds out why.
    assert [line["option"] for line in lines if "option" in line] == ["default_encoding"]


async def test_many_changes_are_read_in_order(log: EventLog) -> None:
    """More than one pull holds: the last one wins."""
    encodings = ["Utf8", "Latin2"] * 300
    await asyncio.gather(*(change(log, encoding) for encoding in encodings))
    await change(log, "Hebrew")
    async with following(log, _FIRST, lambda _: None) as runtime:
        assert runtime.settings.default_encoding == "Hebrew"


async def test_a_delivery_that_is_lost_is_asked_for_again(log: EventLog) -> None:
    """Of one type of event only, gaps in the log's own numbers tell nothing; those of the deliveries do."""
    for encoding in ("Greek", "Thai", "Utf8"):
        await change(log, encoding)
    async with log.read(LogSequence(0), SettingChanged) as reader:
        take = reader._on_message  # noqa: SLF001 - the network's part in this
        taken = 0

        async def take_all_but_the_second(message: object) -> None:
            nonlocal taken
            taken += 1
            if taken != 2:
                await take(message)  # type: ignore[arg-type] # nats-py's message

        reader._subscription._cb = take_all_but_the_second  # noqa: SLF001
        values: list[object] = []
        while len(values) < 3:
            for recorded in await reader.next_batch(10, 10):
                assert isinstance(recorded.event, SettingChanged)
                values.append(recorded.event.value)
    assert values == ["Greek", "Thai", "Utf8"]
    # Another consumer brought the rest.
    assert taken == 3


async def test_who_does_not_follow_says_so(log: EventLog) -> None:
    """A reader that waits is told to come again, and not given what is out of date."""
    runtime = Runtime(log, _FIRST, lambda _: None)
    await change(log, "Greek")
    with pytest.raises(Unavailable):
        await runtime.caught_up(0.1)


async def test_a_log_that_restarts(tmp_path: Path) -> None:
    """The follower goes on where it was: changes arrive as before."""
    ports = free_ports(2)
    server = nats.prepare(tmp_path / "nats", *ports)
    async with AsyncExitStack() as stack:
        with running([server], tmp_path):
            client = await stack.enter_async_context(open_nats(nats.url(ports[0]), "test"))
            log = EventLog(client)
            await log.ensure()
            await change(log, "Greek")
            runtime = await stack.enter_async_context(following(log, _FIRST, lambda _: None))
        with running([server], tmp_path):
            await eventually(lambda: client.stats["reconnects"], within=30)
            await change(log, "Thai")
            await runtime.caught_up()
            assert runtime.settings.default_encoding == "Thai"
