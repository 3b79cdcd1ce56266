"""What users attach to resources, by URL: one winner, told in the feed, gone with the resource."""

import asyncio

import httpx2
import pytest
from support.dicoms import DicomMaker
from support.feeds import get_json, last_change

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

_WRITERS = 20


async def _stored(client: httpx2.AsyncClient) -> tuple[str, ...]:
    """Store one file; return the identifiers of patient, study, series and instance."""
    dicom = DicomMaker(per_series=1).make(0)
    assert (await client.post("/instances", content=dicom.body)).status_code == 200
    return tuple(dicom.names.orthanc_ids)


async def test_the_documentations_session(client: httpx2.AsyncClient) -> None:
    """Revisions as in Orthanc's book, with the bare number that its examples send."""
    path = f"/studies/{(await _stored(client))[1]}/metadata/1024"
    first = await client.put(path, content=b"hello")
    assert (first.status_code, first.headers["etag"][:3]) == (200, '"0-')
    read = await client.get(path)
    assert (read.text, read.headers["etag"]) == ("hello", first.headers["etag"])
    known = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert known.status_code == 304
    second = await client.put(path, content=b"world", headers={"If-Match": "0"})
    assert (second.status_code, second.headers["etag"][:3]) == (200, '"1-')
    late = await client.put(path, content=b"late", headers={"If-Match": first.headers["etag"]})
    assert (late.status_code, late.json()["OrthancStatus"]) == (409, 43)
    assert (await client.delete(path)).status_code == 200
    assert (await client.get(path)).status_code == 404


async def test_a_metadata_of_any_bytes(client: httpx2.AsyncClient) -> None:
    """What is no text comes back byte for byte, under one tag, and disturbs no other answer."""
    study = (await _stored(client))[1]
    path = f"/studies/{study}/metadata/1024"
    value = bytes(range(256))
    written = await client.put(path, content=value)
    read = await client.get(path)
    assert (read.content, read.headers["etag"]) == (value, written.headers["etag"])
    shown = (await get_json(client, f"/studies/{study}/metadata", expand=""))["1024"]
    assert shown.startswith("\0\1\2")
    body = {"Level": "Study", "Query": {}, "MetadataQuery": {"1024": "*ABC*"}}
    assert study in (await client.post("/tools/find", json=body)).json()


@pytest.mark.parametrize("path", ["metadata/1024", "attachments/1024"])
async def test_of_concurrent_writers_exactly_one_wins(
    client: httpx2.AsyncClient, path: str
) -> None:
    """All have read the same revision, and write through two replicas of ingest."""
    path = f"/studies/{(await _stored(client))[1]}/{path}"
    first = await client.put(path, content=b"first")
    seen = {"If-Match": first.headers["etag"]}
    answers = await asyncio.gather(
        *(client.put(path, content=f"writer {n}".encode(), headers=seen) for n in range(_WRITERS))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * (_WRITERS - 1)
    (winner,) = (n for n, answer in enumerate(answers) if answer.status_code == 200)
    data = path if "metadata" in path else f"{path}/data"
    assert (await client.get(data)).text == f"writer {winner}"


async def test_each_change_is_told_and_all_goes_with_the_resource(
    client: httpx2.AsyncClient,
) -> None:
    """The feed names each write; what is stored again has nothing attached to it."""
    dicom = DicomMaker(per_series=1).make(0)
    await client.post("/instances", content=dicom.body)
    patient, study, _, _ = dicom.names.orthanc_ids
    since = await last_change(client)
    base = f"/studies/{study}"
    await client.put(f"{base}/metadata/1024", content=b"value")
    await client.put(f"{base}/attachments/1025", content=b"bytes")
    await client.put(f"{base}/labels/seen")
    await client.put(f"/patients/{patient}/protected", content=b"1")
    assert (await client.post(f"{base}/attachments/1025/verify-md5")).json() == {}
    page = await get_json(client, "/changes", since=since)
    told = [(c["ChangeType"], c["ID"]) for c in page["Changes"] if c["ID"] == study]
    assert [kind for kind, _ in told if kind.startswith("Updated")] == [
        "UpdatedMetadata",
        "UpdatedAttachment",
    ]
    assert (await get_json(client, base))["Labels"] == ["seen"]
    assert (await client.get(f"/patients/{patient}/protected")).text == "1"
    await client.delete(f"/patients/{patient}")
    await client.post("/instances", content=dicom.body)
    assert await get_json(client, f"{base}/attachments") == []
    assert (await get_json(client, base))["Labels"] == []
    assert (await client.get(f"{base}/metadata/1024")).status_code == 404
    assert (await client.get(f"/patients/{patient}/protected")).text == "0"
