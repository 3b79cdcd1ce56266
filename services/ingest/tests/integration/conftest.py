"""Ingest on real engines, with a projector that only answers: what the index would decide is the index's."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from axial.cli.engines.seaweedfs import S3Credentials
from axial.common.blobs import BlobStore, open_blob_store
from axial.common.configuration import Configuration
from axial.common.event_log import EventLog
from axial.common.events import (
    AnnotationRequested,
    ChangesCleared,
    ExportsCleared,
    InstanceReceived,
    ResourceDeletionRequested,
    TrashEmptied,
    TrashRestoreRequested,
)
from axial.common.identifiers import Level, ResourceId
from axial.common.nats import open_nats
from axial.common.outcomes import Outcome, RemainingAncestor, Restored
from axial.common.recorded import LogSequence, Recorded
from axial.ingest.app import build
from axial.ingest.settings import IngestSettings

USERS = {"alice": "secret"}
# Of the ancestor that every deletion leaves here: whether there is one, the index decides.
ANCESTOR = ResourceId("00000000-00000000-00000000-00000000-00000000")
# The number of a deletion that is not in the trash, and of one for which there is no room; any other is there.
_ABSENT_DELETION, _LARGE_DELETION = 404, 507
# Of a file that no instance is of here.
_OTHER_MD5 = "0" * 32
# Short, so that a test of the index's silence is short, too.
_OUTCOME_WAIT_SECONDS = 2.0


@pytest.fixture(params=["directory", "s3"])
def blob_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give an empty store of each kind."""
    if request.param == "directory":
        return (tmp_path / "blobs").as_uri()
    address, _, query = str(request.getfixturevalue("s3_url")).partition("?")
    return f"{address}/{uuid.uuid4().hex}?{query}"


@pytest.fixture
def settings(
    nats_url: str, blob_url: str, s3_credentials: S3Credentials, tmp_path: Path
) -> IngestSettings:
    """Set ingest up with a log of its own."""
    name = uuid.uuid4().hex
    return IngestSettings(
        nats_url=nats_url,
        log_stream=f"DICOM-{name}",
        log_prefix=f"dicom-{name}",
        blob_url=blob_url,
        blob_access_key=SecretStr(s3_credentials.access_key),
        blob_secret_key=SecretStr(s3_credentials.secret_key),
        spool_dir=tmp_path / "spool",
        outcome_wait_seconds=_OUTCOME_WAIT_SECONDS,
    )


@pytest.fixture
def options() -> dict[str, object]:
    """Give what a test wants to be configured, beside what all of them have."""
    return {}


@pytest.fixture
async def app(settings: IngestSettings, options: dict[str, object]) -> AsyncIterator[FastAPI]:
    """Run ingest in this process, with a user and a limit of 4 MiB."""
    configuration = Configuration.model_validate(
        {"RegisteredUsers": USERS, "MaximumUploadSize": 4, "UserMetadata": {"mine": 1024}} | options
    )
    ready: asyncio.Future[FastAPI] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def hold() -> None:
        # In a task of its own, as in the process: its task group belongs to the task that opened it.
        async with build(settings, configuration) as api:
            ready.set_result(api)
            await over.wait()

    holding = asyncio.create_task(hold())
    holding.add_done_callback(
        lambda task: None if ready.done() else ready.set_exception(task.exception() or EOFError())
    )
    yield await ready
    over.set()
    await holding


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Speak to ingest as Alice, from a documentation address."""
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app, client=("192.0.2.7", 5000)),
        base_url="http://ingest",
        auth=("alice", USERS["alice"]),
        timeout=30,
    ) as client:
        yield client


@pytest.fixture
async def blobs(settings: IngestSettings) -> AsyncIterator[BlobStore]:
    """Look into ingest's blob store from outside."""
    async with open_blob_store(
        settings.blob_url,
        settings.blob_access_key.get_secret_value(),
        settings.blob_secret_key.get_secret_value(),
    ) as store:
        yield store


@pytest.fixture
def answering() -> asyncio.Event:
    """Hold the projector's will to answer: cleared, it only reads."""
    event = asyncio.Event()
    event.set()
    return event


@pytest.fixture
async def recorded(
    settings: IngestSettings, answering: asyncio.Event
) -> AsyncIterator[list[Recorded]]:
    """Read the log as the index does, answer what is asked, and collect what was read."""
    async with _projector(settings, answering) as events:
        yield events


class _Decisions:
    """Decides in the fold's place, as simply as these tests need it."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(self, recorded: Recorded) -> Outcome:
        """Decide one event."""
        event = recorded.event
        if isinstance(event, InstanceReceived):
            known = event.sop_instance_uid in self._seen
            self._seen.add(event.sop_instance_uid)
            return Outcome(decision="already_stored" if known else "stored")
        if isinstance(event, AnnotationRequested):
            return Outcome(decision="written", revision=7)
        if isinstance(event, ChangesCleared | ExportsCleared):
            return Outcome(decision="cleared")
        if isinstance(event, TrashRestoreRequested | TrashEmptied):
            return _of_trash(event)
        assert isinstance(event, ResourceDeletionRequested), "nothing else is asked for here"
        return _of_deletion(event)


def _of_deletion(event: ResourceDeletionRequested) -> Outcome:
    if event.resource_id == ANCESTOR:
        return Outcome(decision="not_found")
    if event.if_md5 == _OTHER_MD5:
        return Outcome(decision="conflict")
    if event.level in (None, Level.PATIENT):
        return Outcome(decision="deleted")
    ancestor = RemainingAncestor(level=Level(event.level - 1), id=ANCESTOR)
    return Outcome(decision="deleted", remaining_ancestor=ancestor)


def _of_trash(event: TrashRestoreRequested | TrashEmptied) -> Outcome:
    if event.deletion == _ABSENT_DELETION:
        return Outcome(decision="not_found")
    if isinstance(event, TrashEmptied):
        return Outcome(decision="removed")
    if event.deletion == _LARGE_DELETION:
        return Outcome(decision="full")
    return Outcome(decision="restored", restored=Restored(level=Level.STUDY, id=ANCESTOR))


@asynccontextmanager
async def _projector(
    settings: IngestSettings, answering: asyncio.Event
) -> AsyncIterator[list[Recorded]]:
    events: list[Recorded] = []
    decide = _Decisions()

    async with open_nats(settings.nats_url, "stand-in") as nats:
        log = EventLog(nats, settings.log_stream, settings.log_prefix)
        await log.ensure()

        async def project() -> None:
            async with log.read(LogSequence(0)) as reader:
                while True:
                    for recorded in await reader.next_batch(100, 1.0):
                        events.append(recorded)
                        outcome = decide(recorded)
                        if recorded.reply_to and answering.is_set():
                            await nats.publish(
                                recorded.reply_to, outcome.model_dump_json().encode()
                            )

        projecting = asyncio.create_task(project())
        yield events
        projecting.cancel()
        await asyncio.wait([projecting])
