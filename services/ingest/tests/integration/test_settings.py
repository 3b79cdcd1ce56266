"""PUT of what can be changed at run time, against the real log."""

import httpx2
import pytest

from axial.common.event_log import EventLog
from axial.common.events import SettingChanged, SettingName
from axial.common.nats import open_nats
from axial.common.recorded import Recorded
from axial.common.testing.eventually import eventually
from axial.ingest.settings import IngestSettings

pytestmark = pytest.mark.integration

_JSON = "application/json; charset=utf-8"


@pytest.fixture
def blob_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Keep blobs in a directory; there are none."""
    return tmp_path_factory.mktemp("blobs").as_uri()


@pytest.mark.parametrize(
    ("name", "body", "value", "media_type", "answer"),
    [
        ("default-encoding", b"utf8", "Utf8", "text/plain", "Utf8"),
        ("metrics", b"0", False, "text/plain", ""),
        ("unknown-sop-class-accepted", b"true", True, "text/plain", ""),
        ("log-level", b"default", "default", "text/plain", ""),
        ("log-level-lua", b"trace", "trace", "text/plain", ""),
        (
            "accepted-transfer-syntaxes",
            b'["1.2.840.10008.1.2.1"]',
            ("1.2.840.10008.1.2.1",),
            _JSON,
            '["1.2.840.10008.1.2.1"]',
        ),
    ],
)
async def test_a_change_is_an_event(
    client: httpx2.AsyncClient,
    recorded: list[Recorded],
    name: SettingName,
    body: bytes,
    value: object,
    media_type: str,
    answer: str,
) -> None:
    """It says who wanted it; the answer is Orthanc's."""
    put = await client.put(f"/tools/{name}", content=body)
    assert (put.status_code, put.headers["content-type"]) == (200, media_type)
    assert put.text == answer

    def arrived() -> None:
        assert [one.event for one in recorded] == [
            SettingChanged(name=name, value=value, remote_ip="192.0.2.7", http_username="alice")
        ]

    await eventually(arrived)


@pytest.mark.parametrize(
    ("name", "body", "status", "orthanc_status"),
    [
        ("default-encoding", b"nope", 400, 3),
        ("log-level-http", b"loud", 400, 3),
        ("metrics", b"maybe", 400, 15),
        ("accepted-transfer-syntaxes", b"{}", 400, 15),
        ("metrics", b" " * 100_000, 413, 8),
        ("log-level-none", b"verbose", 404, 17),
    ],
)
async def test_what_cannot_be_is_refused(
    client: httpx2.AsyncClient,
    settings: IngestSettings,
    name: str,
    body: bytes,
    status: int,
    orthanc_status: int,
) -> None:
    """In Orthanc's terms; the log hears nothing of it."""
    answer = await client.put(f"/tools/{name}", content=body)
    assert (answer.status_code, answer.json()["OrthancStatus"]) == (status, orthanc_status)
    async with open_nats(settings.nats_url, "test") as nats:
        assert await EventLog(nats, settings.log_stream, settings.log_prefix).end() == 0
