"""Sweeping: orphans that are old enough go, everything else stays, and nothing is looked at twice."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from axial.common.errors import Unavailable
from axial.common.testing.blobs import MemoryBlobStore
from axial.common.testing.eventually import eventually
from axial.ingest.metrics import IngestMetrics
from axial.ingest.sweep import IndexClient, Sweeper

pytestmark = pytest.mark.unit

_NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_GRACE = timedelta(hours=1)


def _key(age: timedelta, number: int = 0, kind: str = "dcm") -> str:
    return f"{_NOW - age:%Y/%m/%d/%H%M}/{number:032x}.{kind}"


class _Index:
    """An index that knows some keys, can be away, and remembers what it was asked."""

    def __init__(self, known: set[str]) -> None:
        self.known = known
        self.is_away = False
        self.asked: list[list[str]] = []
        self.authorization = ""

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        assert request.url.path == "/internal/blobs/unknown"
        self.authorization = request.headers["authorization"]
        if self.is_away:
            return httpx2.Response(503)
        keys = httpx2.Response(200, content=request.content).json()["keys"]
        self.asked.append(keys)
        return httpx2.Response(
            200, json={"unknown": [key for key in keys if key not in self.known]}
        )


class _Bench:
    """A sweeper at noon, with its store, its index and its clock at hand."""

    def __init__(self, known: set[str] | None = None) -> None:
        self.now = _NOW
        self.stored_at = _NOW - timedelta(days=1)
        self.blobs = MemoryBlobStore(lambda: self.stored_at)
        self.index = _Index(known or set())
        self.registry = CollectorRegistry()
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self.index.handle))
        self.sweeper = Sweeper(
            self.blobs,
            IndexClient(client, "http://index/", SecretStr("hush")),
            _GRACE,
            lambda: self.now,
            IngestMetrics(self.registry),
        )

    async def store(self, *keys: str) -> None:
        for key in keys:
            await self.blobs.put(key, b"x")


async def test_only_old_orphans_go() -> None:
    """Unknown blobs older than the grace are removed; known, young and foreign ones stay."""
    old, young = timedelta(hours=2), timedelta(minutes=30)
    known, orphan, header = _key(old, 1), _key(old, 2), _key(old, 2, "header")
    fresh, foreign = _key(young, 3), "2026/11/20/0000/notes.txt"
    bench = _Bench({known})
    await bench.store(known, orphan, header, fresh, foreign)
    assert await bench.sweeper.sweep() == 2
    assert set(bench.blobs.blobs) == {known, fresh, foreign}
    assert bench.registry.get_sample_value("axial_ingest_orphans_removed_total") == 2
    assert bench.index.authorization == "Bearer hush"


async def test_slow_upload_is_left_alone() -> None:
    """A blob under an old name that was stored just now waits for its event; it is seen again later."""
    bench = _Bench()
    key = _key(timedelta(hours=3))
    bench.stored_at = _NOW - timedelta(minutes=5)
    await bench.store(key)
    assert await bench.sweeper.sweep() == 0
    assert key in bench.blobs.blobs
    bench.now = _NOW + _GRACE
    assert await bench.sweeper.sweep() == 1


async def test_outage_loses_no_place() -> None:
    """When the index is away nothing is removed, and the next sweep looks at the same blobs."""
    bench = _Bench()
    await bench.store(_key(timedelta(hours=2)))
    bench.index.is_away = True
    with pytest.raises(Unavailable):
        await bench.sweeper.sweep()
    assert len(bench.blobs.blobs) == 1
    bench.index.is_away = False
    assert await bench.sweeper.sweep() == 1


async def test_nothing_is_asked_twice() -> None:
    """What was found known is not asked again by this process; what has come of age since is."""
    first, second = _key(timedelta(hours=2)), _key(timedelta(minutes=30))
    bench = _Bench({first})
    await bench.store(first, second)
    await bench.sweeper.sweep()
    bench.now = _NOW + _GRACE
    await bench.sweeper.sweep()
    assert bench.index.asked == [[first], [second]]


async def test_questions_are_bounded() -> None:
    """A large store is asked about a thousand keys at a time."""
    bench = _Bench()
    await bench.store(*(_key(timedelta(hours=2), number) for number in range(2500)))
    assert await bench.sweeper.sweep() == 2500
    assert [len(keys) for keys in bench.index.asked] == [1000, 1000, 500]


@given(ages_minutes=st.lists(st.integers(0, 180), unique=True, max_size=20))
async def test_no_blob_within_the_grace_is_ever_asked_about(ages_minutes: list[int]) -> None:
    """Whatever is in the store, a blob whose name is younger than the grace stays."""
    bench = _Bench()
    ages = [timedelta(minutes=age) for age in ages_minutes]
    await bench.store(*(_key(age, number) for number, age in enumerate(ages)))
    removed = await bench.sweeper.sweep()
    assert removed == sum(age > _GRACE for age in ages)
    assert len(bench.blobs.blobs) == sum(age <= _GRACE for age in ages)


async def test_answer_beyond_the_question_is_ignored() -> None:
    """An index that names keys it was not asked about removes nothing of them."""
    asked, other = _key(timedelta(hours=2), 1), _key(timedelta(minutes=1), 2)
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(200, json={"unknown": [asked, other]})
    )
    client = IndexClient(httpx2.AsyncClient(transport=transport), "http://index", SecretStr(""))
    assert await client.unknown_of([asked]) == [asked]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"unknown": "all"}', b"<html>"])
async def test_strange_answer_is_an_outage(body: bytes) -> None:
    """Whatever does not say which keys are unknown, removes none."""
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=body))
    client = IndexClient(httpx2.AsyncClient(transport=transport), "http://index", SecretStr(""))
    with pytest.raises(Unavailable):
        await client.unknown_of(["a"])


async def test_run_survives_an_outage() -> None:
    """An outage is counted, and the sweeper goes on by itself; what came to its end is counted too."""
    bench = _Bench()
    await bench.store(_key(timedelta(hours=2)))
    bench.index.is_away = True
    running = asyncio.create_task(bench.sweeper.run(interval_seconds=0.001))
    failed = "axial_ingest_sweeps_failed_total"
    await eventually(lambda: (bench.registry.get_sample_value(failed) or 0) > 1)
    assert bench.registry.get_sample_value("axial_ingest_sweeps_total") == 0
    bench.index.is_away = False
    await eventually(lambda: not bench.blobs.blobs)
    await eventually(lambda: bench.registry.get_sample_value("axial_ingest_sweeps_total"))
    running.cancel()
