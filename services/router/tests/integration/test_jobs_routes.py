"""`/jobs` as Orthanc has it, with what jobs have made."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter

from axial.common.blobs import BlobStore
from axial.common.configuration import Configuration
from axial.common.errors import RemoteFailed
from axial.common.testing.eventually import eventually
from axial.router.jobs.archives import archive_kinds
from axial.router.jobs.housekeeping import Housekeeping
from axial.router.jobs.kind import JobFailed, Work
from axial.router.jobs.metrics import JobMetrics
from axial.router.jobs.opening import JobStores, open_jobs, prepare_jobs
from axial.router.jobs.requests import answer_job, read_options
from axial.router.jobs.states import JobState
from axial.router.parts import Parts

pytestmark = pytest.mark.integration

_PIECES = [b"first", b"second" * 1000]


class Writing:
    """Makes an output, or fails, or waits."""

    type_name = "Writing"

    async def run(self, work: Work) -> None:
        """Do as it is told."""
        match work.parameters:
            case {"fails": True}:
                raise JobFailed(RemoteFailed("refused"), {"DimseErrorStatus": 0xA700})
            case {"waits": True}:
                await asyncio.Event().wait()
            case {"says": said}:
                work.content["Said"] = said
                return

        async def pieces() -> AsyncIterator[bytes]:
            for piece in _PIECES:
                yield piece

        work.content["Size"] = await work.write_output("text", pieces(), "text/plain", "a text.txt")


@dataclass
class Served:
    """A replica, asked over HTTP."""

    parts: Parts
    stores: JobStores
    client: httpx2.AsyncClient

    async def post(self, **options: Any) -> Any:
        """Begin a job, and answer as the routes of other parts do."""
        return await self.client.post("/begin", json=options)

    async def submitted(self, **options: Any) -> str:
        """Begin a job; return its identifier."""
        answer = (await self.post(Asynchronous=True, **options)).json()
        assert answer["Path"] == f"/jobs/{answer['ID']}"
        return str(answer["ID"])

    async def job(self, job_id: str) -> Any:
        """Look at a job."""
        return (await self.client.get(f"/jobs/{job_id}")).json()

    async def ended(self, job_id: str) -> Any:
        """Look at a job that has come to its end."""

        async def look() -> Any:
            job = await self.job(job_id)
            return job if job["State"] in ("Success", "Failure", "Paused") else False

        return await eventually(look)

    async def keep_house(self) -> None:
        """Do what is done every few seconds, with no regard for those who wait."""
        metrics = JobMetrics(self.parts.registry.__class__())
        await Housekeeping(self.stores.store, self.stores.outputs, metrics).once(0.0)


@pytest.fixture
def configuration() -> Configuration:
    """A short history, and few archives."""
    return Configuration(JobsHistorySize=2, MediaArchiveSize=2)


@pytest.fixture
async def served(
    parts: Parts,
    asking: Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]],
) -> AsyncIterator[Served]:
    """Serve the routes of jobs, and one that begins them."""
    stores = prepare_jobs(parts)
    begin = APIRouter()

    @begin.post("/begin")
    async def begin_job(body: dict[str, Any]) -> Any:
        options = read_options(body)
        return await answer_job(stores.jobs, options, "Writing", body, {"Description": "REST API"})

    kinds = [Writing(), *archive_kinds(parts)]
    async with open_jobs(parts, stores, kinds) as routes, asking(begin, routes) as client:
        yield Served(parts, stores, client)


async def test_fields(served: Served) -> None:
    """A job is told with Orthanc's fields; whoever waits gets its content."""
    assert (await served.post()).json() == {"Description": "REST API", "Size": 6005}
    job_id = await served.submitted(Priority=3, UserData={"mine": 1})
    job = await served.ended(job_id)
    times = {key: job.pop(key) for key in ("CreationTime", "CompletionTime", "Timestamp")}
    assert job.pop("EffectiveRuntime") >= 0.0
    assert times["CreationTime"] <= times["CompletionTime"] <= times["Timestamp"]
    assert job == {
        "ID": job_id,
        "Type": "Writing",
        "State": "Success",
        "Priority": 3,
        "Progress": 100,
        "ErrorCode": 0,
        "ErrorDescription": "Success",
        "ErrorDetails": "",
        "Content": {"Description": "REST API", "Size": 6005},
        "UserData": {"mine": 1},
    }
    ids = (await served.client.get("/jobs")).json()
    assert len(ids) == 2
    assert ids == sorted(ids)
    expanded = (await served.client.get("/jobs?expand")).json()
    assert [job["ID"] for job in expanded] == ids
    assert (await served.client.get("/jobs?expand=false")).json() == ids
    assert (await served.client.get("/jobs?expand=maybe")).status_code == 400


async def test_failure(served: Served) -> None:
    """A failure is told to whoever waits, and can be submitted again."""
    told = await served.post(fails=True)
    assert told.status_code == 500
    payload = {"Type": "Dimse", "Content": {"DimseErrorStatus": 0xA700}}
    assert told.json()["OrthancStatus"] == 9
    assert told.json()["ErrorPayload"] == payload
    (job_id,) = (await served.client.get("/jobs")).json()
    assert (await served.job(job_id))["ErrorPayload"] == payload
    again = await served.client.post(f"/jobs/{job_id}/resubmit")
    assert (again.text, again.headers["content-type"]) == ("{}", "application/json")
    assert (await served.ended(job_id))["ErrorCode"] == 9


async def test_statuses(served: Served) -> None:
    """What makes no sense has Orthanc's status."""
    waiting = await served.submitted(waits=True)
    await eventually(lambda: _has_state(served, waiting, "Running"))
    done = (await served.ended(await served.submitted()))["ID"]
    unknown = "0e2b03d5-2501-4afc-ad7c-22cd809124aa"
    for method, path, status in (
        ("GET", f"/jobs/{unknown}", 404),
        ("GET", "/jobs/nonsense", 404),
        ("POST", f"/jobs/{unknown}/cancel", 400),
        ("POST", "/jobs/nonsense/pause", 400),
        ("POST", f"/jobs/{done}/resume", 400),
        ("POST", f"/jobs/{done}/resubmit", 400),
        ("POST", f"/jobs/{done}/cancel", 200),
        ("POST", f"/jobs/{done}/pause", 200),
        ("GET", f"/jobs/{done}/other", 404),
        ("GET", f"/jobs/{done}/te%00xt", 404),
        ("DELETE", f"/jobs/{done}/te%00xt", 404),
        ("GET", f"/jobs/{waiting}/text", 404),
        ("DELETE", f"/jobs/{waiting}/text", 404),
        ("DELETE", f"/jobs/{waiting}", 404),
        ("DELETE", f"/jobs/{unknown}", 404),
    ):
        answer = await served.client.request(method, path)
        assert (method, path, answer.status_code) == (method, path, status)
    counts = (await served.client.get("/internal/jobs/counts")).json()
    assert counts == {"pending": 0, "running": 1, "success": 1, "failed": 0}
    assert (await served.client.post(f"/jobs/{waiting}/cancel")).status_code == 200
    assert (await served.ended(waiting))["ErrorCode"] == 37


async def test_whoever_waits(served: Served) -> None:
    """Who waits for a job that somebody cancels is told 500 and why; one who goes away leaves the job alone."""
    waiting = asyncio.create_task(served.post(waits=True))
    job_id = await eventually(lambda: _running(served))
    assert (await served.client.post(f"/jobs/{job_id}/cancel")).status_code == 200
    told = await waiting
    assert (told.status_code, told.json()["OrthancStatus"]) == (500, 37)
    assert told.json()["OrthancError"] == "This job was canceled"

    leaving = asyncio.create_task(served.post(waits=True))
    job_id = await eventually(lambda: _running(served))
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert (await served.job(job_id))["State"] == "Running"
    assert (await served.client.post(f"/jobs/{job_id}/pause")).status_code == 200
    assert (await served.ended(job_id))["State"] == "Paused"
    assert (await served.client.post(f"/jobs/{job_id}/resume")).text == "{}"
    assert await eventually(lambda: _running(served)) == job_id
    assert (await served.client.post(f"/jobs/{job_id}/cancel")).status_code == 200
    assert (await served.ended(job_id))["ErrorCode"] == 37


async def test_any_text(served: Served) -> None:
    """What JSON can write and UTF-8 cannot comes back as it came, and hides no other job."""
    headers = {"Content-Type": "application/json"}
    body = rb'{"says": "half a pair \ud800, and \u0000"}'
    told = await served.client.post("/begin", content=body, headers=headers)
    assert json.loads(told.content)["Said"] == "half a pair \ud800, and \0"
    (job,) = json.loads((await served.client.get("/jobs?expand")).content)
    assert job["Content"]["Said"] == "half a pair \ud800, and \0"


async def test_full_disk(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job whose output has no room fails with that, leaves nothing behind, and can be submitted again."""

    def on_full_device(**_options: Any) -> object:
        return open("/dev/full", "wb")  # noqa: PTH123 - the job closes it

    with monkeypatch.context() as full:
        full.setattr(tempfile, "TemporaryFile", on_full_device)
        told = await served.post()
    assert (told.status_code, told.json()["OrthancStatus"]) == (507, 19)
    (job_id,) = await _jobs(served)
    assert (await served.job(job_id))["ErrorDescription"] == "The file storage is full"
    assert (await served.client.post(f"/jobs/{job_id}/resubmit")).status_code == 200
    assert (await served.ended(job_id))["Content"]["Size"] == 6005


async def test_figures(served: Served) -> None:
    """A failure raises a counter that was seen at 0; a job that nobody begins is told of with its age."""
    left = "axial_router_jobs_left_total"
    failed = {"type": "Writing", "state": "Failure"}
    registry = served.parts.registry
    assert registry.get_sample_value(left, failed) == 0
    assert (await served.post(fails=True)).status_code == 500
    await eventually(lambda: registry.get_sample_value(left, failed) == 1)
    own = registry.__class__()
    housekeeping = Housekeeping(served.stores.store, served.stores.outputs, JobMetrics(own))
    await housekeeping.once(0.0)
    assert own.get_sample_value("axial_router_job_waiting_seconds") == 0
    # No replica knows what to do with it.
    await served.parts.pool.execute(
        "INSERT INTO jobs (id, type, priority, parameters, submitted, content, user_data, changed_at)"
        " VALUES (gen_random_uuid(), 'Unheard', 0, '{}', '{}', '{}', 'null', now() - interval '1 hour')"
    )
    await housekeeping.once(0.0)
    assert own.get_sample_value("axial_router_job_waiting_seconds") == pytest.approx(3600, abs=60)


async def test_postgres_is_away(served: Served) -> None:
    """Nobody is told that a job was written down which was not."""
    served.parts.pool.terminate()
    for method, path in (("GET", "/jobs"), ("POST", "/begin"), ("GET", "/internal/jobs/counts")):
        answer = await served.client.request(method, path, json={})
        assert (method, path, answer.status_code) == (method, path, 503)


async def test_outputs(served: Served, blobs: BlobStore) -> None:
    """What a job made is there until it, or the job, is deleted; then no blob is left of it."""
    first, second = [(await served.ended(await served.submitted()))["ID"] for _ in range(2)]
    answer = await served.client.get(f"/jobs/{first}/text")
    assert answer.content == b"".join(_PIECES)
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["content-length"] == "6005"
    assert answer.headers["content-disposition"] == 'filename="a text.txt"'
    assert len(await _keys(blobs)) == 2
    assert (await served.client.delete(f"/jobs/{first}/text")).status_code == 200
    assert (await served.client.get(f"/jobs/{first}/text")).status_code == 404
    assert (await served.client.delete(f"/jobs/{second}")).status_code == 200
    assert (await served.client.get("/jobs")).json() == [first]
    await served.keep_house()
    assert await _keys(blobs) == []


async def test_history(served: Served, blobs: BlobStore) -> None:
    """Of the jobs that have ended the last ones are shown; the others are forgotten, with what they made."""
    ids = [(await served.ended(await served.submitted()))["ID"] for _ in range(4)]
    assert (await served.client.get("/jobs")).json() == sorted(ids[2:])
    await served.keep_house()
    assert (await served.job(ids[0]))["HttpStatus"] == 404
    assert len(await _keys(blobs)) == 2


async def test_archive(served: Served, neighbours: Any) -> None:
    """An archive is asked of the index and kept; one that is cut short is asked for again."""
    archive = bytes(range(256)) * 100
    cut = iter([True, False])

    def make(request: httpx2.Request) -> httpx2.Response:
        assert json.loads(request.content) == {"Resources": ["x"]}
        return httpx2.Response(200, content=_stream(archive, is_cut=next(cut)))

    neighbours.answers["/tools/create-media"] = make
    wish = {
        "type": "Media",
        "path": "/tools/create-media",
        "body": {"Resources": ["x"]},
        "instances": 3,
        "uncompressed_bytes": 2 * 1024 * 1024,
        "transfer_syntax_uid": None,
        "priority": -1,
        "user_data": None,
    }
    job_id = (await served.client.post("/internal/jobs/archive", json=wish)).json()["ID"]
    job = await served.ended(job_id)
    assert (job["Type"], job["Priority"]) == ("Media", -1)
    assert job["Content"] == {
        "ArchiveSize": "25600",
        "ArchiveSizeMB": 0,
        "Description": "REST API",
        "InstancesCount": 3,
        "UncompressedSize": "2097152",
        "UncompressedSizeMB": 2,
    }
    answer = await served.client.get(f"/jobs/{job_id}/archive")
    assert answer.content == archive
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'filename="archive.zip"'


@pytest.mark.parametrize(("status", "code"), [(404, 17), (400, 3), (500, -1)])
async def test_archive_that_cannot_be(
    served: Served, neighbours: Any, status: int, code: int
) -> None:
    """What the index cannot make is the job's failure at once, such as one of resources that are gone by then."""
    neighbours.answers["/studies/gone/archive"] = lambda _: httpx2.Response(status)
    wish = {
        "type": "Archive",
        "path": "/studies/gone/archive",
        "body": {},
        "instances": 1,
        "uncompressed_bytes": 1,
        "transfer_syntax_uid": "1.2.840.10008.1.2.1",
        "priority": 0,
        "user_data": None,
    }
    job_id = (await served.client.post("/internal/jobs/archive", json=wish)).json()["ID"]
    job = await served.ended(job_id)
    assert (job["State"], job["ErrorCode"]) == (JobState.FAILURE, code)
    assert job["Content"]["Transcode"] == "1.2.840.10008.1.2.1"


async def test_few_archives(served: Served, blobs: BlobStore, neighbours: Any) -> None:
    """Of more archives than are to be kept the one goes that was not fetched for longest, as soon as there are more."""
    neighbours.answers["/tools/create-archive"] = lambda _: httpx2.Response(
        200, content=_stream(b"zip", is_cut=False)
    )
    wish = {
        "type": "Archive",
        "path": "/tools/create-archive",
        "body": {"Resources": ["x"]},
        "instances": 1,
        "uncompressed_bytes": 3,
        "transfer_syntax_uid": None,
        "priority": 0,
        "user_data": None,
    }

    async def made() -> str:
        answer = await served.client.post("/internal/jobs/archive", json=wish)
        return str((await served.ended(answer.json()["ID"]))["ID"])

    async def status(job_id: str) -> int:
        return (await served.client.get(f"/jobs/{job_id}/archive")).status_code

    other = (await served.ended(await served.submitted()))["ID"]
    first, second = await made(), await made()
    assert await status(first) == 200
    third = await made()
    assert [await status(job_id) for job_id in (first, second, third)] == [200, 404, 200]
    assert (await served.client.get(f"/jobs/{other}/text")).status_code == 200
    # The jobs that the history does not show go with theirs.
    await served.keep_house()
    assert len(await _keys(blobs)) == 1


async def _stream(content: bytes, *, is_cut: bool) -> AsyncIterator[bytes]:
    yield content[:1000]
    if is_cut:
        raise httpx2.RemoteProtocolError("cut")
    yield content[1000:]


async def _jobs(served: Served) -> list[str]:
    ids: list[str] = (await served.client.get("/jobs")).json()
    return ids


async def _running(served: Served) -> Any:
    jobs = (await served.client.get("/jobs?expand")).json()
    return next((job["ID"] for job in jobs if job["State"] == "Running"), False)


async def _has_state(served: Served, job_id: str, state: str) -> bool:
    return bool((await served.job(job_id))["State"] == state)


async def _keys(blobs: BlobStore) -> list[str]:
    return [blob.key async for blob in blobs.list()]
