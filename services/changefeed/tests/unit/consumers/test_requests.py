"""What may be sent to the consumers' routes, and what is said about the rest."""

import base64
import json
from datetime import UTC, datetime

import pytest
from starlette.requests import Request
from starlette.types import Message

from axial.changefeed.consumers.model import PushTarget
from axial.changefeed.consumers.requests import (
    Acknowledgement,
    Body,
    ConsumerWish,
    Pause,
    Position,
    Skip,
    check_name,
    read_body,
    read_moment,
)
from axial.common.errors import BadJson, BadParameter, TooLarge
from axial.common.ticks import from_datetime

pytestmark = pytest.mark.unit

_SECRET = "whsec_" + base64.b64encode(bytes(24)).decode()


def request(*chunks: bytes) -> Request:
    """Make a request whose body comes in pieces."""
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Message:
        return messages.pop(0)

    return Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


def sent(document: object) -> Request:
    """Make a request with a JSON body."""
    return request(json.dumps(document).encode())


async def refusal(kind: type[Body], document: object) -> str:
    """Return what is said about a body."""
    with pytest.raises(BadParameter) as refused:
        await read_body(sent(document), kind)
    return refused.value.message


async def test_a_consumer_of_few_words() -> None:
    """Nothing is needed: such a consumer wants everything, from now on, and reads by itself."""
    wish = await read_body(request(), ConsumerWish)
    assert (wish.start, wish.target()) == ("latest", None)
    assert wish.wanted().to_json()["Levels"] == []


async def test_a_whole_consumer() -> None:
    """Every member is read."""
    wish = await read_body(
        sent(
            {
                "Filter": {"Levels": ["Study"], "Modalities": ["MR", "CT"]},
                "Start": {"Seq": 12},
                "Push": {"Url": "https://example.org/hook", "Secrets": [_SECRET], "Batch": 5},
            }
        ),
        ConsumerWish,
    )
    assert wish.wanted().to_json()["Modalities"] == ["CT", "MR"]
    assert isinstance(wish.start, Position)
    assert wish.start.seq == 12
    assert wish.target() == PushTarget("https://example.org/hook", (_SECRET,), 5)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"filter": {}}, "The body: Extra inputs are not permitted"),
        ({"Start": "now"}, "Start: Input should be 'earliest' or 'latest'"),
        ({"Push": {"Secrets": []}}, "Push.Url: Field required"),
        ({"Push": {"Url": "ftp://a/"}}, "Push.Url: should be an http or https URL"),
        ({"Push": {"Url": "http://a:b/"}}, "Push.Url: should be an http or https URL"),
        ({"Push": {"Url": "http://[/"}}, "Push.Url: should be an http or https URL"),
        ({"Push": {"Url": "http://a/\r\nX: y"}}, "Push.Url: should be an http or https URL"),
        (
            {"Push": {"Url": "http://u:p@a/"}},
            "Push.Url: should hold neither credentials, which would be shown, nor a fragment",
        ),
        (
            {"Push": {"Url": "http://a/", "Secrets": ["whsec_c2hvcnQ="]}},
            "Push.Secrets.0: should be whsec_ and 24 to 64 bytes in base64",
        ),
        (
            {"Push": {"Url": "http://a/", "Batch": 101}},
            "Push.Batch: Input should be less than or equal to 100",
        ),
    ],
)
async def test_refused_consumers(document: object, told: str) -> None:
    """The member and the reason are told, the value is not: it may be a secret."""
    assert await refusal(ConsumerWish, document) == told


async def test_a_refusal_never_quotes() -> None:
    """A secret that is a little wrong stays a secret."""
    wrong = _SECRET.replace("=", "") + "!"
    told = await refusal(ConsumerWish, {"Push": {"Url": "http://a/", "Secrets": [wrong]}})
    assert wrong not in told
    assert _SECRET.removeprefix("whsec_")[:8] not in told


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (Position, {}),
        (Position, {"Seq": 1, "Time": "2026-11-21T00:00:00Z"}),
        (Position, {"Seq": -1}),
        (Position, {"Seq": "1"}),
        (Position, {"Seq": 2**63}),
        (Position, {"Time": "2026-11-21"}),
        (Position, {"Time": "2026-02-30T00:00:00Z"}),
        (Acknowledgement, {"Seq": 1}),
        (Acknowledgement, {"Seq": True, "Generation": 1}),
        (Acknowledgement, []),
        (Skip, {"Seq": 1}),
        (Skip, {"Seq": 1, "Reason": ""}),
        (Skip, {"Seq": 1, "Reason": "x" * 501}),
        (Skip, {"Seq": 1, "Reason": "two\nlines"}),
        (Pause, {"Reason": "\x1b[2J"}),
    ],
)
async def test_refused_bodies(kind: type[Body], document: object) -> None:
    """What is malformed, or beyond its bounds, is a bad request."""
    await refusal(kind, document)


async def test_what_is_no_json() -> None:
    """A body that is not JSON is told as such."""
    with pytest.raises(BadJson):
        await read_body(request(b"{"), Pause)
    with pytest.raises(BadJson):
        await read_body(request(b'{"Reason":"\xff"}'), Pause)


async def test_an_endless_body_is_not_held() -> None:
    """A body is read up to a bound, whatever its head says."""
    with pytest.raises(TooLarge):
        await read_body(request(*[b" " * 65536] * 5), Pause)


@pytest.mark.parametrize("name", ["a", "0", "pacs-2.copy_b", "a" * 64])
def test_names(name: str) -> None:
    """Names that serve in paths and as metric labels."""
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "A", ".a", "-", "a b", "a" * 65, "ä", "a\n"])
def test_refused_names(name: str) -> None:
    """Other names are refused."""
    with pytest.raises(BadParameter):
        check_name(name)


@pytest.mark.parametrize(
    ("text", "expected", "ticks"),
    [
        ("2026-11-21T11:20:03Z", datetime(2026, 11, 21, 11, 20, 3, tzinfo=UTC), 0),
        ("2026-11-21T11:20:03.1Z", datetime(2026, 11, 21, 11, 20, 3, tzinfo=UTC), 1_000_000),
        ("2026-11-21T11:20:03.1234567Z", datetime(2026, 11, 21, 11, 20, 3, tzinfo=UTC), 1_234_567),
        ("2026-11-21T11:20:03+02:00", datetime(2026, 11, 21, 9, 20, 3, tzinfo=UTC), 0),
    ],
)
def test_moments(text: str, expected: datetime, ticks: int) -> None:
    """Times are read to the feed's own resolution."""
    assert read_moment(text) == from_datetime(expected) + ticks
