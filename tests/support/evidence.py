"""What must hold of a system's whole history, whatever happened to it."""

from dataclasses import dataclass

import httpx2

from support.feeds import (
    MOST_CHANGES,
    MOST_V1,
    MOST_V2,
    Entry,
    all_changes,
    get_json,
    times,
    v1_entries,
    v2_entries,
)
from support.system import Axial


@dataclass(frozen=True, slots=True)
class History:
    """Both feeds from their first entry to their last."""

    changes: list[Entry]
    entries: list[Entry]

    @property
    def created(self) -> list[str]:
        """The SOP Instance UIDs of Azure's create entries, in order."""
        return [entry["SopInstanceUid"] for entry in self.entries if entry["Action"] == "create"]

    @property
    def alive(self) -> set[str]:
        """The SOP Instance UIDs whose last entry is no deletion."""
        last = {entry["SopInstanceUid"]: entry["Action"] for entry in self.entries}
        return {name for name, action in last.items() if action != "delete"}


async def read_history(client: httpx2.AsyncClient) -> History:
    """Read both feeds; every number from 1 on must occur once, in order, and times never decrease."""
    changes = await all_changes(client, include_deleted=True, limit=MOST_CHANGES)
    entries = await v1_entries(client, limit=MOST_V1)
    assert [change["Seq"] for change in changes] == list(range(1, len(changes) + 1))
    assert [entry["Sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    for moments in ([change["Date"] for change in changes], times(entries)):
        assert moments == sorted(moments)
    assert await v2_entries(client, limit=MOST_V2) == entries
    return History(changes, entries)


async def assert_holds(client: httpx2.AsyncClient, contents: dict[str, bytes]) -> None:
    """The system holds exactly these instances, byte for byte."""
    listed: list[str] = await get_json(client, "/instances")
    assert len(listed) == len(set(listed))
    assert set(listed) == set(contents)
    for instance, content in contents.items():
        answer = await client.get(f"/instances/{instance}/file")
        assert answer.status_code == 200, instance
        assert answer.content == content, instance
    statistics = await get_json(client, "/statistics")
    assert statistics["CountInstances"] == len(contents)
    assert int(statistics["TotalUncompressedSize"]) == sum(map(len, contents.values()))


async def assert_replays(axial: Axial, client: httpx2.AsyncClient) -> None:
    """The log reproduces the tables, and all parts of the system agree with one another."""
    before = await read_history(client)
    replayed = axial.run("replay")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    after = await read_history(client)
    # What came to rest meanwhile is told behind it.
    assert after.changes[: len(before.changes)] == before.changes
    assert after.entries[: len(before.entries)] == before.entries
    verified = axial.run("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
