"""Whatever is uploaded is refused or stored, and what is stored can be asked anything: never a failure."""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from support.hostile.crafted import crafted
from support.hostile.mutating import mutated
from support.hostile.reading import questions
from support.hostile.uploads import Upload, hostile_wrappings, in_each_form
from support.memory import peak_bytes
from support.system import Axial, Wishes, running

pytestmark = pytest.mark.e2e

# An upload may have so many MiB here: a bomb is one early.
_LIMIT_MEBIBYTES = 32
# What a service may need, whatever is done to it: some headers of 64 MiB, decoded and shown.
_MOST_BYTES = 1024 * 1024 * 1024
_AT_ONCE = 8
_LONG_SECONDS = 2 * 60 * 60
_REFUSED = {400, 413}
_ANSWERED = {200, 400, 404, 406, 413, 415}


@pytest.fixture(scope="module")
def system(module_data: Path) -> Iterator[Axial]:
    """Run a system for the worst. In the end it is the same processes, of a bounded size, and whole."""
    wishes = Wishes(configuration={"MaximumUploadSize": _LIMIT_MEBIBYTES, "StableAge": 100_000})
    with running(module_data, wishes) as system:
        before = {name: system.pid(name) for name in system.programs}
        yield system
        assert {name: system.pid(name) for name in system.programs} == before
        for name in before:
            if name.startswith(("ingest", "index", "changefeed")):
                assert peak_bytes(system, name) < _MOST_BYTES, name
        verified = system.run("verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_crafted(system: Axial) -> None:
    """Files made to do harm: each sent in one way, and asked for by some of the routes."""
    files = enumerate(crafted(every=3))
    uploads = (in_each_form(name, file)[number % 4] for number, (name, file) in files)
    asyncio.run(_attack(system, uploads, share=18))


def test_wrappings(system: Axial) -> None:
    """Bombs and broken wrappings: archives, forms, compressed bodies."""
    asyncio.run(_attack(system, hostile_wrappings(), share=18))


@settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(file=mutated())
def test_mutated(system: Axial, file: bytes) -> None:
    """Real files, damaged."""
    asyncio.run(_attack(system, [Upload("mutated", file, file=file)], share=12))


def test_all_together(system: Axial) -> None:
    """What is shown of all that was stored: searches, and the feed with everybody's metadata."""
    everything = {"Expand": True, "Query": {"PatientName": "*", "StudyDescription": "*"}}
    with system.client() as client:
        for level in ("Patient", "Study", "Series", "Instance"):
            found = client.post("/tools/find", json=everything | {"Level": level})
            assert found.status_code == 200, found.text
        offset = 0
        while page := _page(client, offset):
            offset += len(page)
        assert offset >= client.get("/statistics").json()["CountInstances"]


def _page(client: httpx2.Client, offset: int) -> list[object]:
    query = {"offset": offset, "limit": 100, "includemetadata": True}
    answer = client.get("/v1/changefeed", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


@pytest.mark.long
@pytest.mark.timeout(_LONG_SECONDS)
def test_crafted_in_all_forms(system: Axial) -> None:
    """Every crafted file in every form, and every route asked about it."""
    forms = chain.from_iterable(in_each_form(name, file) for name, file in crafted())
    asyncio.run(_attack(system, forms, share=1))


@pytest.mark.long
@pytest.mark.timeout(_LONG_SECONDS)
@settings(
    max_examples=3_000,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(file=mutated())
def test_mutated_often(system: Axial, file: bytes) -> None:
    """Real files, damaged otherwise each time, and every route asked about what was stored."""
    asyncio.run(_attack(system, [Upload("mutated", file, file=file)], share=1))


async def _attack(system: Axial, uploads: Iterable[Upload], share: int) -> None:
    """Send them, several at once; ask about what was stored, by every so-many-th route, another each time."""
    async with system.async_client() as client:
        slots = asyncio.Semaphore(_AT_ONCE)
        failures: list[str] = []

        async def attack(number: int, upload: Upload) -> None:
            async with slots:
                try:
                    await _send_and_ask(client, upload, number, share)
                except (AssertionError, httpx2.TransportError) as failure:
                    failures.append(f"{upload.name}: {failure!r}")

        async with asyncio.TaskGroup() as tasks:
            for number, upload in enumerate(uploads):
                tasks.create_task(attack(number, upload))
        assert not failures, "\n".join(failures)


async def _send_and_ask(
    client: httpx2.AsyncClient, upload: Upload, number: int, share: int
) -> None:
    answer = await client.post("/instances", content=upload.body, headers=dict(upload.headers))
    assert answer.status_code in {200, *_REFUSED}, answer.text
    if answer.status_code != 200:
        assert answer.json()["Details"]
        return
    told = answer.json()
    for stored in {
        each["ID"]: each for each in (told if isinstance(told, list) else [told])
    }.values():
        ids = {
            "patients": stored["ParentPatient"],
            "studies": stored["ParentStudy"],
            "series": stored["ParentSeries"],
            "instances": stored["ID"],
        }
        for position, path in enumerate(questions(ids)):
            if (position + number) % share == 0:
                await _ask(client, path)
        assert stored["Status"] in {"Success", "AlreadyStored"}
        if upload.file and stored["Status"] == "Success":
            file = await client.get(f"{stored['Path']}/file")
            assert file.content == upload.file


async def _ask(client: httpx2.AsyncClient, path: str) -> None:
    try:
        answer = await client.get(path)
    except httpx2.RemoteProtocolError:
        # What cannot be decoded or inflated, behind what has been sent already.
        if "/numpy" in path or "/content/" in path:
            return
        raise
    assert answer.status_code in _ANSWERED, f"{path}: {answer.status_code}"
