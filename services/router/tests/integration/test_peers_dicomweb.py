"""A DICOMweb server as a peer."""

import json

import pytest
from support.http_lines import INSTANCE, LARGE, SMALL, Shelf, line_to, orthanc, saying
from support.http_peer import Says, http_peer

from axial.router.destinations.port import Verdict

pytestmark = pytest.mark.integration


def _stored(uid: str) -> Says:
    told = {
        "00081199": {
            "vr": "SQ",
            "Value": [{"00081155": {"vr": "UI", "Value": [uid]}}],
        }
    }
    return Says(200, json.dumps(told).encode())


@pytest.mark.parametrize("content", [SMALL, LARGE])
async def test_stow(content: bytes) -> None:
    """The file is the one part of a multipart body, whose length is known."""
    async with http_peer(saying(_stored(INSTANCE.sop_instance_uid))) as server:
        peer = orthanc(server, Protocol="DICOMweb", Url=f"{server.url}dicom-web")
        async with line_to(peer, Shelf(content)) as line:
            assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED
        (asked,) = server.asked
    assert asked.path == "/dicom-web/studies"
    kind, _, boundary = asked.headers["content-type"].partition("; boundary=")
    assert kind == 'multipart/related; type="application/dicom"'
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    assert asked.body == head + content + f"\r\n--{boundary}--\r\n".encode()
    assert int(asked.headers["content-length"]) == len(asked.body)
    assert asked.headers["accept"] == "application/dicom+json"


async def test_a_peers_own_headers_come_first() -> None:
    """Whoever wants another Accept, or no credentials of ours, gets that and nothing beside."""
    own = {"accept": "application/dicom+xml", "AUTHORIZATION": "Bearer t"}
    async with http_peer(saying(Says(200))) as server:
        peer = orthanc(server, Protocol="DICOMweb", Username="al", HttpHeaders=own)
        async with line_to(peer, Shelf()) as line:
            assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED
        (asked,) = server.asked
    wanted = ("accept", "authorization")
    found = [(name.lower(), text) for name, text in asked.lines if name.lower() in wanted]
    assert found == [("accept", "application/dicom+xml"), ("authorization", "Bearer t")]


def _found(*uids: str) -> Says:
    rows = [{"00080018": {"vr": "UI", "Value": [uid]}} for uid in uids]
    return Says(200, json.dumps(rows).encode())


@pytest.mark.parametrize(
    ("says", "there"),
    [
        (_found(INSTANCE.sop_instance_uid), True),
        (_found(), False),
        (_found("1.2.9"), False),
        (Says(204), False),
        (Says(400), None),
        (Says(200, b"<xml/>"), None),
    ],
)
async def test_qido(says: Says, there: bool | None) -> None:  # noqa: FBT001 - a case
    """A DICOMweb server is asked by the instance's UID; one that ignores the question has not answered it."""
    async with http_peer(saying(says)) as server:
        async with line_to(orthanc(server, Protocol="DICOMweb"), Shelf()) as line:
            assert await line.has(INSTANCE) is there
        assert server.asked[0].path == "/instances?SOPInstanceUID=1.2.3&limit=1"
