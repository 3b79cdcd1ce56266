"""Images of stored files, through the edge."""

import asyncio
from io import BytesIO
from typing import Any

import httpx2
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]


def file_of(name: str) -> tuple[bytes, Any]:
    """Give one of pydicom's files as an instance of its own, with its pixels."""
    dataset = pydicom.dcmread(str(get_testdata_file(name)))
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = (
        pydicom.uid.generate_uid()
    )
    buffer = BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue(), dataset.pixel_array


async def store(client: httpx2.AsyncClient, body: bytes) -> str:
    """Store a file; return the path of its instance."""
    answer = await client.post("/instances", content=body)
    assert answer.json()["Status"] == "Success"
    return str(answer.json()["Path"])


def pixels(answer: httpx2.Response) -> Any:
    """Read a picture."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    return np.asarray(Image.open(BytesIO(answer.content)))


@pytest.mark.parametrize("name", ["MR_small.dcm", "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm"])
async def test_stored_values(client: httpx2.AsyncClient, name: str) -> None:
    """What was stored is seen as soon as it was stored, however it is compressed."""
    body, values = file_of(name)
    path = await store(client, body)
    assert np.array_equal(pixels(await client.get(f"{path}/image-int16")).view(np.int16), values)
    array = np.load(BytesIO((await client.get(f"{path}/numpy?rescale=0")).content))
    assert np.array_equal(array[0, :, :, 0], values)


async def test_each_frame(client: httpx2.AsyncClient) -> None:
    """Every frame of many is itself, asked for all at once."""
    body, values = file_of("emri_small_RLE.dcm")
    path = await store(client, body)
    numbers = (await client.get(f"{path}/frames")).json()
    answers = await asyncio.gather(
        *(client.get(f"{path}/frames/{number}/image-uint16") for number in numbers)
    )
    assert np.array_equal(np.stack([pixels(answer) for answer in answers]), values)


async def test_deleted(client: httpx2.AsyncClient) -> None:
    """Of what was deleted nothing is shown."""
    body, _ = file_of("CT_small.dcm")
    path = await store(client, body)
    assert (await client.get(f"{path}/preview")).status_code == 200
    await client.delete(path)
    assert (await client.get(f"{path}/preview")).status_code == 404
