"""What rules want is written down once, in the order of its arrival."""

from dataclasses import replace

import pytest
from support.deliveries import Shelf, modality, wanted
from support.dicoms import DicomMaker

from axial.common.identifiers import ResourceId
from axial.router.deliveries.administration import Administration
from axial.router.deliveries.database import DeliveryDatabase
from axial.router.deliveries.intake import enqueue, forget
from axial.router.deliveries.selection import Page, Selection
from axial.router.deliveries.wanted import Fallback, Terms
from axial.router.index_client import Outbound
from axial.router.parts import Parts

pytestmark = pytest.mark.integration


@pytest.fixture
def outbounds(tmp_path_factory: pytest.TempPathFactory) -> list[Outbound]:
    """Give some instances."""
    shelf, maker = Shelf(tmp_path_factory.mktemp("shelf")), DicomMaker()
    return [shelf.put(maker.make(serial)) for serial in range(5)]


async def _rows(parts: Parts) -> list[tuple[str, str, str, list[str]]]:
    found = await Administration(parts.pool).find(Selection(), Page())
    return [(row["name"], row["instance"], row["state"], row["rules"]) for row in found]


async def _enqueue(parts: Parts, *args: object, **options: object) -> int:
    async with parts.pool.acquire() as connection, connection.transaction():
        return await enqueue(connection, *args, **options)  # type: ignore[arg-type] # as it is called


async def _forget(parts: Parts, outbounds: list[Outbound]) -> None:
    ids = [ResourceId(outbound.instance.id) for outbound in outbounds]
    async with parts.pool.acquire() as connection:
        await forget(connection, ids)  # type: ignore[arg-type] # what a pool lends is one


async def test_once(parts: Parts, outbounds: list[Outbound]) -> None:
    """Asked for twice, by one rule or two, in one batch or later, an instance is one delivery to each destination."""
    some = wanted(outbounds, "B", "A", rule="one")
    assert await _enqueue(parts, some) == 10
    assert await _enqueue(parts, [*some, *wanted(outbounds[:1], "A", rule="two")]) == 0
    rows = await _rows(parts)
    assert [row[:2] for row in rows] == [
        (name, outbound.instance.id) for outbound in outbounds for name in ("B", "A")
    ]
    assert rows[1][3] == ["one", "two"]
    assert {row[2] for row in rows} == {"due"}


async def test_more_urgent(parts: Parts, outbounds: list[Outbound]) -> None:
    """What another rule asks for more urgently goes earlier; what one asks for less urgently stays as it is."""
    await _enqueue(parts, wanted(outbounds[:1], "A", terms=Terms(priority=1)))
    await _enqueue(parts, wanted(outbounds[:1], "A", terms=Terms(priority=7)))
    await _enqueue(parts, wanted(outbounds[:1], "A", terms=Terms(priority=3)))
    assert (await Administration(parts.pool).get(1))["priority"] == 7


async def test_another_file(parts: Parts, outbounds: list[Outbound]) -> None:
    """An instance whose file was replaced is delivered again; the file that it was before is not sent any more."""
    replaced = replace(outbounds[0], md5="0" * 32)
    assert await _enqueue(parts, wanted(outbounds[:1], "A")) == 1
    assert await _enqueue(parts, wanted([replaced], "A")) == 1
    assert [row[2] for row in await _rows(parts)] == ["gone", "due"]


async def test_again(parts: Parts, outbounds: list[Outbound]) -> None:
    """With `again` what has ended begins anew, and what has not is left alone."""
    await _enqueue(parts, wanted(outbounds[:2], "A"))
    await parts.pool.execute("UPDATE deliveries SET state = 'delivered' WHERE id = 1")
    assert await _enqueue(parts, wanted(outbounds[:2], "A")) == 0
    assert await _enqueue(parts, wanted(outbounds[:3], "A"), again=True) == 2
    assert [row[2] for row in await _rows(parts)] == ["due", "due", "due"]


async def test_forget(parts: Parts, outbounds: list[Outbound]) -> None:
    """What was deleted is not sent any more; if it comes again it is new."""
    await _enqueue(parts, wanted(outbounds[:2], "A"))
    await parts.pool.execute("UPDATE deliveries SET state = 'delivered' WHERE id = 1")
    await _forget(parts, outbounds[:2])
    assert [row[2] for row in await _rows(parts)] == ["delivered", "gone"]
    assert await _enqueue(parts, wanted(outbounds[:2], "A")) == 2


async def test_keys_outlive_rows(parts: Parts, outbounds: list[Outbound]) -> None:
    """What was delivered long ago is not listed any more, and not sent again until the instance was deleted."""
    database = DeliveryDatabase(parts.pool, parts.presence.id, tells_exports=False)
    await _enqueue(parts, wanted(outbounds[:2], "A"))
    await parts.pool.execute(
        "UPDATE deliveries SET state = 'delivered', ended_at = now() - interval '31 days' WHERE id = 1"
    )
    assert await database.reduce(32, 10) == 0
    assert await database.reduce(30, 10) == 1
    assert [row[1] for row in await _rows(parts)] == [outbounds[1].instance.id]
    assert await _enqueue(parts, wanted(outbounds[:2], "A")) == 0
    assert await _enqueue(parts, wanted(outbounds[:1], "A"), again=True) == 1
    await _forget(parts, outbounds[:1])
    assert await _enqueue(parts, wanted(outbounds[:1], "A")) == 1


async def test_rolled_back(parts: Parts, outbounds: list[Outbound]) -> None:
    """Whoever does not commit has asked for nothing."""
    async with parts.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        some = wanted(outbounds, "A")
        assert await enqueue(connection, some) == 5  # type: ignore[arg-type] # what a pool lends is one
        await transaction.rollback()
    assert await _rows(parts) == []


async def test_terms(parts: Parts, outbounds: list[Outbound]) -> None:
    """Terms are kept with the delivery, and a fallback is a destination before anything goes to it."""
    terms = Terms(priority=5, give_up_after_seconds=60, fallback=Fallback(modality("C"), 2))
    await _enqueue(parts, wanted(outbounds[:1], "A", terms=terms))
    row = await Administration(parts.pool).get(1)
    assert (row["priority"], row["fallback_kind"], row["fallback_name"]) == (5, "modality", "C")
    (seconds,) = await parts.pool.fetchrow(
        "SELECT extract(epoch FROM give_up_at - asked_at)::integer FROM deliveries"
    ) or (0,)
    assert seconds == 60
