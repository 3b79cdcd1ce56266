"""What writers do to a handful of instances that they share, and what its history must then hold."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import httpx2

from support.agreement import Agreement
from support.dicoms import DicomMaker
from support.feeds import Entry, get_json
from support.sender import Sender

# Two of each in the level above, so that a deletion sometimes leaves a sibling and sometimes takes the parents along.
PER_SERIES = 2
SLOTS = 8


class Kind(StrEnum):
    """One request; storing again is re-storing, or overwriting when the content is another."""

    STORE = "store"
    DELETE_INSTANCE = "instances"
    DELETE_SERIES = "series"
    DELETE_STUDY = "studies"
    WRITE_METADATA = "metadata"


# Where the resource that is deleted stands in `Names.orthanc_ids`.
_LEVELS = {Kind.DELETE_STUDY: 1, Kind.DELETE_SERIES: 2, Kind.DELETE_INSTANCE: 3}


@dataclass(frozen=True, slots=True)
class Act:
    """One act of one writer: on what, and with which content."""

    kind: Kind
    slot: int
    revision: int


@dataclass(slots=True)
class Promises:
    """What the system has said that it did: how often, to which resource (Orthanc's identifiers)."""

    stored: Counter[str] = field(default_factory=Counter)
    deleted: Counter[str] = field(default_factory=Counter)
    annotated: Counter[str] = field(default_factory=Counter)

    def check(self, history: Agreement) -> None:
        """Each promise has a change of its own."""
        for promised, kind in (
            (self.stored, "NewInstance"),
            (self.deleted, "Deleted"),
            (self.annotated, "UpdatedMetadata"),
        ):
            told = Counter(c["ID"] for c in history.changes if c["ChangeType"] == kind)
            for resource, times in promised.items():
                assert told[resource] >= times, f"{kind} {resource}: {told[resource]} of {times}"


class Writers:
    """Clients that act on the same instances at the same time."""

    def __init__(self, client: httpx2.AsyncClient, maker: DicomMaker) -> None:
        self._client = client
        self._maker = maker
        self.promises = Promises()
        self.acknowledged = 0

    async def run(self, acts: Sequence[Sequence[Act]]) -> None:
        """Let one writer do each of the lists, one act after the other; all end with an answer."""
        async with asyncio.TaskGroup() as group:
            for own in acts:
                group.create_task(self._write(own))

    async def _write(self, acts: Sequence[Act]) -> None:
        sender = Sender(self._client)
        for act in acts:
            if act.kind is Kind.STORE:
                dicom = self._maker.make(act.slot, act.revision)
                answer = await sender.send("POST", "/instances", dicom.body)
                self.promises.stored[dicom.id] += answer.json["Status"] == "Success"
            elif act.kind is Kind.WRITE_METADATA:
                study = self._maker.names(act.slot).orthanc_ids[1]
                path, value = f"/studies/{study}/metadata/1024", str(act.revision).encode()
                answer = await sender.send("PUT", path, value, also=(404,))
                self.promises.annotated[study] += answer.status == 200
            else:
                resource = self._maker.names(act.slot).orthanc_ids[_LEVELS[act.kind]]
                answer = await sender.send("DELETE", f"/{act.kind}/{resource}", also=(404,))
                self.promises.deleted[resource] += answer.status == 200
            self.acknowledged += 1


async def assert_coherent(client: httpx2.AsyncClient, history: Agreement) -> None:
    """Each resource comes and goes in turn, and what has come and not gone is what is listed."""
    present: dict[str, set[str]] = {
        level: set() for level in ("Patient", "Study", "Series", "Instance")
    }
    for change in history.changes:
        there = present[change["ResourceType"]]
        _NEXT.get(change["ChangeType"], _stays)(there, change)
    for level, path in (
        ("Patient", "/patients"),
        ("Study", "/studies"),
        ("Series", "/series"),
        ("Instance", "/instances"),
    ):
        assert sorted(await get_json(client, path)) == sorted(present[level])


def _comes(present: set[str], change: Entry) -> None:
    assert change["ID"] not in present, f"there already: {change}"
    present.add(change["ID"])


def _stays(present: set[str], change: Entry) -> None:
    assert change["ID"] in present, f"not there: {change}"


def _goes(present: set[str], change: Entry) -> None:
    _stays(present, change)
    present.remove(change["ID"])


_NEXT: dict[str, Callable[[set[str], Entry], None]] = {
    "NewPatient": _comes,
    "NewStudy": _comes,
    "NewSeries": _comes,
    "NewInstance": _comes,
    "Deleted": _goes,
}
