"""The raw content of files over HTTP: long values, compressed files, what a store that is away does."""

import pytest
from pydicom.uid import ExplicitVRBigEndian
from support.archive import Archive
from support.images import store_file

from axial.common.configuration import Configuration
from axial.common.errors import StorageUnavailable
from axial.common.testing.dicom_files import dicom_file, encoded_element

pytestmark = pytest.mark.integration

WORDS = bytes(n * n % 251 for n in range(1_000_000))
FILE = (
    dicom_file()
    + encoded_element(0x7FE00010, "OW", WORDS)
    + encoded_element(0xFFFCFFFC, "OB", b"ab")
)


@pytest.fixture
def configuration() -> Configuration:
    """Name a private attribute."""
    return Configuration.model_validate(
        {"Dictionary": {"0099,c2": ["LO", "Our Own", 1, 1, "ME"]}, "DefaultEncoding": "Greek"}
    )


async def test_a_long_value(archive: Archive) -> None:
    """It is sent piece by piece, with its length told before."""
    instance = await store_file(archive, FILE)
    answer = await archive.get(f"/instances/{instance}/content/7fe0-0010/0")
    assert answer.content == WORDS
    assert answer.headers["content-length"] == str(len(WORDS))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert (await archive.get(f"/instances/{instance}/content/fffc-fffc")).content == b"ab"


async def test_numbers_of_a_long_big_endian_value(archive: Archive) -> None:
    """They are turned around on the way."""
    head = b"\x7f\xe0\x00\x10OW\0\0" + len(WORDS).to_bytes(4, "big")
    instance = await store_file(archive, dicom_file(ExplicitVRBigEndian) + head + WORDS)
    answer = await archive.get(f"/instances/{instance}/content/7fe0-0010/0")
    assert (answer.content[::2], answer.content[1::2]) == (WORDS[1::2], WORDS[::2])


async def test_a_header_in_a_blob_of_its_own(archive: Archive) -> None:
    """What is too large for an event is read from where it is."""
    noise = "".join(chr(0x4E00 + n * n % 20_000) for n in range(20_000))
    file = dicom_file(SpecificCharacterSet="ISO_IR 192", TextValue=noise)
    instance = await store_file(archive, file, "2026/11/20/2358/large.header")
    path = f"/instances/{instance}/content/0040-a160"
    assert (await archive.get(path)).content.decode().rstrip() == noise


async def test_the_blob_store_is_away(archive: Archive) -> None:
    """What is in the header is told all the same; what is not is told to be away, and what is gone to be gone."""
    instance = await store_file(archive, FILE)

    async def away(*_: object, **__: object) -> None:
        raise StorageUnavailable

    archive.blobs.open = archive.blobs.read = away  # type: ignore[assignment, method-assign] # it fails
    path = f"/instances/{instance}/content"
    assert (await archive.get(f"{path}/0010-0020")).content == b"P1"
    assert (await archive.get(path)).status_code == 503
    assert (await archive.get(f"{path}/7fe0-0010/0")).status_code == 503


async def test_what_is_not_there(archive: Archive) -> None:
    """A wrong path is told as such, in words."""
    instance = await store_file(archive, FILE)
    for path in ("0010-0010", "Nothing", "7fe0-0010/1", "0010-0020/0", "a/b/c"):
        answer = await archive.get(f"/instances/{instance}/content/{path}")
        assert (answer.status_code, answer.json()["OrthancStatus"]) == (404, 7)


async def test_configured_names(archive: Archive) -> None:
    """Names and the character set of the configuration hold in every route of tags, and in finding."""
    private = encoded_element(0x00990010, "LO", b"ME") + encoded_element(0x009910C2, "UN", b"ours")
    study = encoded_element(0x0020000D, "UI", b"1.2\0")
    greek = encoded_element(0x00104000, "LT", b"\xc4\xf6") + study
    instance = await store_file(archive, dicom_file().replace(study, greek) + private)
    path = f"/instances/{instance}"
    told = await archive.json(f"{path}/simplified-tags")
    assert (told["Our Own"], told["PatientComments"]) == ("ours", "Δφ")
    assert (await archive.get(f"{path}/content/Our Own")).content == b"ours"
    for named in ("Our Own", "0099-10c2"):
        requested = await archive.json(f"{path}?requested-tags={named};PatientComments")
        assert requested["RequestedTags"] == {"Our Own": "ours", "PatientComments": "Δφ"}
        for query in ({named: "ours"}, {"PatientComments": "δφ"}):
            body = {"Level": "Instance", "Query": query, "RequestedTags": [named], "Expand": True}
            (found,) = (await archive.client.post("/tools/find", json=body)).json()
            assert found["RequestedTags"]["Our Own"] == "ours"
    series = (await archive.json(path))["ParentSeries"]
    for kind in ("shared-tags", "instances-tags"):
        assert "Our Own" in str(await archive.json(f"/series/{series}/{kind}?simplify"))
