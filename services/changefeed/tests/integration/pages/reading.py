"""Questions of every kind, random and repeated, and what a service answers to them."""

from dataclasses import dataclass
from random import Random

import httpx2

from axial.changefeed.azure.windows import round_trip
from axial.changefeed.reading.change_types import ChangeType
from axial.changefeed.testing.feed_writer import FIRST_TICKS, FeedWriter, Instance
from axial.common.identifiers import Level
from axial.common.ticks import Ticks

#: Rows begin shortly before the end of a block, so that a short history is in two blocks of each feed.
FIRST_CHANGE, FIRST_ENTRY = 3 * 1024 - 30, 5 * 1024 - 10


@dataclass(frozen=True)
class Answered:
    """What can be compared of an answer."""

    status: int
    body: bytes
    watermark: str


async def ask(client: httpx2.AsyncClient, path: str) -> Answered:
    """Read a page."""
    answer = await client.get(path)
    headers = answer.headers
    name = "X-Changes-Watermark" if path.startswith("/changes") else "X-Changefeed-Watermark"
    return Answered(answer.status_code, answer.content, headers.get(name, ""))


def questions(random: Random, count: int) -> list[str]:
    """Invent paths; few enough that they are asked again and again."""
    kinds = (_changes, _changes, _first_version, _second_version, _second_version)
    latest = ["/v2/changefeed/latest", "/v1/changefeed/latest?includeMetadata=false"]
    return [
        "/changes?last",
        "/changes",
        *latest,
        *(random.choice(kinds)(random) for _ in range(count)),
    ]


def _changes(random: Random) -> str:
    words = [f"limit={random.choice([0, 1, 3, 10, 50])}"]
    if random.random() < 0.7:
        words.append(f"since={FIRST_CHANGE + random.randrange(80)}")
    if random.random() < 0.3:
        words.append(f"to={FIRST_CHANGE + random.randrange(120)}")
    if random.random() < 0.2:
        words.append("type=" + random.choice(["NewInstance", "NewStudy;StableStudy", "Deleted"]))
    if random.random() < 0.3:
        words.append("include-deleted=true")
    return "/changes?" + "&".join(words)


def _first_version(random: Random) -> str:
    offset = FIRST_ENTRY + random.randrange(40)
    return f"/v1/changefeed?offset={offset}&limit={random.choice([1, 5, 20])}&{_metadata(random)}"


def _second_version(random: Random) -> str:
    start = random.randrange(30)
    window = f"startTime={_moment(start)}&endTime={_moment(start + random.choice([1, 5, 20, 999]))}"
    page = f"offset={random.choice([0, 0, 2, 7])}&limit={random.choice([1, 5, 100])}"
    return f"/v2/changefeed?{window}&{page}&{_metadata(random)}"


def _metadata(random: Random) -> str:
    return random.choice(["includeMetadata=true", "includeMetadata=false"])


def _moment(second: int) -> str:
    return round_trip(Ticks(FIRST_TICKS + second * 10_000_000)).replace("+", "%2B")


async def act(writer: FeedWriter, random: Random, *, clearing: bool = True) -> None:
    """Store, update, delete one or several, store again, tell of a study, or clear."""
    known = [Instance(f"1.{n}", study=f"1.2.{n % 3}", series=f"1.2.{n % 3}.1") for n in range(9)]
    present = [instance for instance in known if instance.ids.instance in writer.present]
    absent = [instance for instance in known if instance not in present]
    kind = random.choices(["store", "update", "delete", "tell", "clear"], [6, 3, 3, 2, 1])[0]
    if kind == "clear" and clearing:
        await writer.clear()
    elif kind == "update" and present:
        await writer.update(random.choice(present))
    elif kind == "delete" and present:
        await writer.delete(*random.sample(present, random.randint(1, min(3, len(present)))))
    elif kind == "tell" and present:
        study = random.choice(present).ids.study
        await writer.change(ChangeType.STABLE_STUDY, Level.STUDY, study)
    elif absent:
        await writer.store(random.choice(absent))
