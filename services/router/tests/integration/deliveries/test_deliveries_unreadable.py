"""An instance that cannot be sent for a reason of ours does not hold up the others."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.deliveries import Delivering, Reticent, Shelf, receiving, wanted

from axial.common.errors import NotFound, Unavailable
from axial.router.deliveries.wanted import Terms
from axial.router.index_client import Outbound

pytestmark = pytest.mark.integration

_ONCE = Terms(maximum_attempts=1)


class Damaged(Shelf):
    """Files of which some cannot be read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.errors: dict[str, Exception] = {}

    @asynccontextmanager
    async def open(self, instance_id: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Read a file, or raise what is the matter with it."""
        if instance_id in self.errors:
            raise self.errors[instance_id]
        async with super().open(instance_id) as pieces:
            yield pieces


@pytest.fixture
def shelf(tmp_path: Path) -> Damaged:
    """Give an empty folder for files."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    return Damaged(folder)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NotFound(), "Its file is missing here."),
        (Unavailable(), "Its file cannot be read here."),
        (RuntimeError("whatever"), "It cannot be sent: an error of ours."),
    ],
    ids=["missing", "unreadable", "our error"],
)
async def test_others_go_on(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
    shelf: Damaged,
    neighbours: Any,
    error: Exception,
    reason: str,
) -> None:
    """It is a dead letter with its reason, and the others arrive in order; all while its row is in the archive."""
    neighbours.answers["/internal/outbound"] = lambda _: httpx2.Response(
        200, json={"Resources": [], "Instances": []}
    )
    outbounds = make(4)
    shelf.errors[outbounds[1].instance.id] = error
    with receiving(destination()) as pacs:
        async with delivering(PACS=pacs.port) as replica:
            await replica.enqueue(wanted(outbounds, "PACS", terms=_ONCE))
            rows = await replica.until(delivered=3, dead=1)
    assert [row["reason"] for row in rows if row["state"] == "dead"] == [reason]
    assert [one.sop_instance_uid for one in pacs.received] == [
        outbounds[place].instance.sop_instance_uid for place in (0, 2, 3)
    ]


async def test_an_outage_is_nobodys_fault(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
    shelf: Damaged,
) -> None:
    """As long as no file can be read, none is given up; then all go in order."""
    outbounds = make(3)
    away = Unavailable()
    asked: list[str] = []

    class Away(dict[str, Exception]):
        def __contains__(self, instance_id: object) -> bool:
            asked.append(str(instance_id))
            return len(asked) < 12

        def __getitem__(self, instance_id: str) -> Exception:
            return away

    shelf.errors = Away()
    with receiving(destination()) as pacs:
        async with delivering(PACS=pacs.port) as replica:
            await replica.enqueue(wanted(outbounds, "PACS", terms=_ONCE))
            await replica.until(delivered=3)
    assert [one.sop_instance_uid for one in pacs.received] == [
        outbound.instance.sop_instance_uid for outbound in outbounds
    ]
    assert outbounds[1].instance.id in asked[:11], "another one was tried before it was found out"
