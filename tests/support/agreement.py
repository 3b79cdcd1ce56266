"""The feeds are one history: each is held against the others, entry by entry."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import httpx2

from support.comparing import assert_same
from support.feed_stream import stream_entries
from support.feeds import (
    MOST_CHANGES,
    MOST_V1,
    MOST_V2,
    Away,
    Entry,
    all_changes,
    feed_entries,
    get_json,
    times,
    v1_entries,
    v2_entries,
)
from support.waiting import until

# A scenario may end with a kill.
_BACK_WITHIN_SECONDS = 90.0

# Which change of an instance tells of the same fact as an entry of Azure's feed.
_SAME_FACT = {"create": "NewInstance", "update": "NewInstance", "delete": "Deleted"}


@dataclass(slots=True)
class Agreement:
    """What the feeds have told so far; every check reads on from there."""

    #: Where the stream FEED is; somebody else's system keeps its log to itself.
    nats_url: str = ""
    #: Of Orthanc's feed, hidden ones included: `Seq` 1, 2, 3 …
    changes: list[Entry] = field(default_factory=list)
    #: Of Azure's feed, without `State`, the only part that may change later: `Sequence` 1, 2, 3 …
    instances: list[Entry] = field(default_factory=list)
    #: Of `/feed/entries`: the changes again, with all that is told of each.
    entries: list[Entry] = field(default_factory=list)

    @property
    def named(self) -> list[Entry]:
        """The entries that name an entry of Azure's feed."""
        return [entry for entry in self.entries if "Instance" in entry]

    async def check(self, client: httpx2.AsyncClient) -> None:
        """Read what is new in every feed; all must tell the same."""
        known = len(self.changes), len(self.instances)
        # In this order, so that what one names is in the next, whatever happens meanwhile.
        self.instances += _unstated(await v1_entries(client, known[1], MOST_V1))
        self.changes += await all_changes(
            client, known[0], include_deleted=True, limit=MOST_CHANGES
        )
        self.entries += await feed_entries(client, known[0])
        del self.entries[len(self.changes) :]
        for feed, name in ((self.changes, "Seq"), (self.instances, "Sequence")):
            assert_same(name, _numbers(feed, name), list(range(1, len(feed) + 1)))
        self._compare_changes(known[0])
        self._compare_instances()
        await self._compare_windows(client, known[1])
        await self._compare_names(client, known)
        await self._compare_stream(known[0])

    async def check_view(self, client: httpx2.AsyncClient) -> None:
        """Check, then see that Orthanc's clients are shown the changes of what is there, but for cleared ones."""
        await self.check(client)
        gone: set[str] = set()
        visible: list[Entry] = []
        for change in reversed(self.changes):
            if change["ChangeType"] == "Deleted":
                gone.add(change["ID"])
            elif change["ID"] not in gone:
                visible.append(change)
        visible.reverse()
        everything = await all_changes(client, limit=MOST_CHANGES)
        # What has come to rest since is told in the next check.
        shown = [change for change in everything if change["Seq"] <= len(self.changes)]
        assert_same("the view", shown, visible[len(visible) - len(shown) :])

    def _compare_changes(self, start: int) -> None:
        """`/changes` and `/feed/entries` tell the same changes, and times that never decrease."""
        assert len(self.entries) == len(self.changes)
        for change, entry in zip(self.changes[start:], self.entries[start:], strict=True):
            same = ("Seq", "ChangeType", "ResourceType", "ID", "Path")
            assert [change[name] for name in same] == [entry[name] for name in same]
            # Orthanc's form has whole seconds.
            assert change["Date"] == entry["Date"][:19].replace("-", "").replace(":", ""), entry
        moments = times(self.entries[max(start - 1, 0) :], "Date")
        assert_same("times of changes", moments, sorted(moments))

    def _compare_instances(self) -> None:
        """Each entry of Azure's feed is named by one change, which has its time and its UIDs; in one order."""
        named = [e for e in self.named if e["Instance"]["Sequence"] <= len(self.instances)]
        facts = [entry["Instance"] for entry in named]
        assert_same("named", _numbers(facts, "Sequence"), _numbers(self.instances, "Sequence"))
        moments = times(self.instances)
        # At least 100 ns apart: the last digit.
        assert all(before < after for before, after in pairwise(moments))
        assert_same("times of one fact", moments, times(named, "Date"))
        for entry, told in zip(named, self.instances, strict=True):
            fact = entry["Instance"]
            assert entry["ResourceType"] == "Instance"
            assert entry["ChangeType"] == _SAME_FACT[told["Action"]]
            assert fact["Action"] == told["Action"]
            assert fact["StudyInstanceUID"] == entry["StudyInstanceUID"] == told["StudyInstanceUid"]
            assert fact["SeriesInstanceUID"] == told["SeriesInstanceUid"]
            assert fact["SOPInstanceUID"] == told["SopInstanceUid"]

    async def _compare_windows(self, client: httpx2.AsyncClient, start: int) -> None:
        """Version 2 tells what version 1 tells."""
        since = self.instances[start]["Timestamp"] if start < len(self.instances) else ""
        if since or not start:
            windowed = _unstated(await v2_entries(client, since, limit=MOST_V2))
            expected = self.instances[start:]
            assert_same("version 2", windowed[: len(expected)], expected)

    async def _compare_names(self, client: httpx2.AsyncClient, known: tuple[int, int]) -> None:
        """An entry is found by either of its numbers; of the new ones, the first and the last are asked for."""
        new = self.entries[known[0] :]
        for entry in new[:1] + new[-1:]:
            assert await get_json(client, f"/feed/entries/{entry['Seq']}") == entry
        for told in self.instances[known[1] :][:1] + self.instances[known[1] :][-1:]:
            sequence = told["Sequence"]
            entry = await get_json(client, "/feed/entries", sequence=sequence)
            assert entry["Instance"]["Sequence"] == sequence
            assert entry == self.entries[entry["Seq"] - 1]

    async def _compare_stream(self, start: int) -> None:
        """Message n of the stream FEED is entry n, under a subject that tells its kind."""
        if not self.nats_url:
            return
        published = await stream_entries(self.nats_url, start, len(self.entries))
        assert_same("FEED", [entry for _, entry in published], self.entries[start:])
        for subject, entry in published:
            change = "".join(f"_{c.lower()}" if c.isupper() else c for c in entry["ChangeType"])
            kind = f"{entry['ResourceType'].lower()}.{change.removeprefix('_')}"
            assert subject == f"feed.{kind}"


async def assert_agreed(client: httpx2.AsyncClient, nats_url: str = "") -> None:
    """Hold the whole history against itself, from its beginning; waits for a system that is coming back."""

    async def agreed() -> None:
        await Agreement(nats_url).check_view(client)

    await until(agreed, within=_BACK_WITHIN_SECONDS, retry_on=(Away, httpx2.TransportError))


def _unstated(entries: Sequence[Entry]) -> list[Entry]:
    return [{key: value for key, value in e.items() if key != "State"} for e in entries]


def _numbers(entries: Sequence[Entry], name: str) -> list[int]:
    return [entry[name] for entry in entries]
