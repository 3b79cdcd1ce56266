"""What the edge is told instead of being sent a blob."""

import pytest
from support.archive import Archive

from axial.common.identifiers import resource_ids
from axial.common.testing.facts import instance_received

pytestmark = pytest.mark.integration

FILE = bytes(range(256)) * 400
PATH = f"/instances/{resource_ids('P', '1', '1.1', '1.1.1').instance}/file"
KEY = "2026/11/20/2358/long.dcm"
EDGE = {"X-Axial-Edge": "token of the edge"}


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Store one long file."""
    event = instance_received().model_copy(update={"size_bytes": len(FILE), "blob_key": KEY})
    await archive.blobs.put(KEY, FILE)
    await archive.project(event)
    return archive


@pytest.mark.parametrize(
    ("asked", "status", "range_", "length"),
    [
        ({}, 200, "", len(FILE)),
        ({"Range": "bytes=100-"}, 206, f"bytes=100-{len(FILE) - 1}", len(FILE) - 100),
        ({"Range": "bytes=-70000"}, 206, f"bytes={len(FILE) - 70000}-{len(FILE) - 1}", 70000),
        ({"Range": "bytes=0-9,20-29"}, 200, "", len(FILE)),
        ({"Range": "bytes=0-9", "If-Range": '"other"'}, 200, "", len(FILE)),
    ],
)
async def test_the_edge_is_told_what_to_send(
    filled: Archive, asked: dict[str, str], status: int, range_: str, length: int
) -> None:
    """The place, and the range in its simplest form; not one byte, and the head is that of the file."""
    response = await filled.get(PATH, **EDGE, **asked)
    plain = await filled.get(PATH, **asked)
    assert (response.status_code, response.content) == (status, b"")
    assert response.headers["x-axial-blob"] == f"/{KEY}"
    assert response.headers["x-axial-range"] == range_
    assert response.headers["x-axial-length"] == str(length)
    for name in (
        "accept-ranges",
        "content-disposition",
        "content-range",
        "content-type",
        "etag",
    ):
        assert response.headers.get(name) == plain.headers.get(name)
    assert plain.status_code == status
    assert not [name for name in plain.headers if name.startswith("x-axial")]


@pytest.mark.parametrize(
    ("asked", "status"),
    [({"Range": f"bytes={len(FILE)}-"}, 416), ({"If-None-Match": "*"}, 304)],
)
async def test_what_is_no_file_is_answered_from_here(
    filled: Archive, asked: dict[str, str], status: int
) -> None:
    """The edge has nothing to send."""
    response = await filled.get(PATH, **EDGE, **asked)
    assert response.status_code == status
    assert "x-axial-blob" not in response.headers


async def test_a_blob_of_another_size_is_not_handed_over(filled: Archive) -> None:
    """What is not what was stored is not sent under its MD5 by the edge, either."""
    _, modified = filled.blobs.blobs[KEY]
    filled.blobs.blobs[KEY] = (FILE[:-1], modified)
    assert (await filled.get(PATH, **EDGE)).status_code == 503
