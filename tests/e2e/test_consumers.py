"""Named consumers as their readers meet them: by curl, beside many writers, and through kills."""

import asyncio
import json
import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.dicoms import DicomMaker
from support.feeds import Entry, all_changes, last_change
from support.killing import kill_and_wait
from support.system import Axial, running
from support.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

_FEEDS = Path(__file__).parents[2] / "docs/feeds.md"
_SESSION = re.compile(
    r"<!-- tests/e2e/test_consumers.py runs this. -->\n```bash\n(.*?)```", re.DOTALL
)


@pytest.fixture
def own(own_data: Path) -> Iterator[Axial]:
    """Run a system whose processes may be killed."""
    with running(own_data) as system:
        yield system


async def _create(client: httpx2.AsyncClient, **wish: Any) -> str:
    path = f"/feed/consumers/test-{secrets.token_hex(4)}"
    answer = await client.put(path, json=wish)
    assert answer.status_code == 201, answer.text
    return path


async def _take(client: httpx2.AsyncClient, path: str, limit: int = 7) -> list[Entry]:
    """Take one batch and acknowledge it."""
    answer = await client.get(f"{path}/entries", params={"limit": limit})
    assert answer.status_code == 200, answer.text
    page = answer.json()
    body = {"Seq": page["Last"], "Generation": page["Generation"]}
    done = await client.post(f"{path}/ack", json=body)
    assert done.status_code == 200, done.text
    entries: list[Entry] = page["Entries"]
    return entries


def test_the_session_of_the_documentation(own: Axial) -> None:
    """Each command does what its comment says."""
    found = _SESSION.search(_FEEDS.read_text())
    assert found
    with own.client() as client:
        for serial in range(2):
            client.post("/instances", content=DicomMaker().make(serial).body)
    variables = {"AXIAL": f"{own.url}", "PATH": os.environ["PATH"]}
    answers = []
    first, *commands = [line for line in found[1].splitlines() if line and line[0] != "#"]
    for command in commands:
        outcome = subprocess.run(
            ("bash", "-euc", f"{first}\n{command.replace('curl', 'curl -sS --fail-with-body', 1)}"),
            capture_output=True,
            text=True,
            check=False,
            env=variables,
        )
        assert outcome.returncode == 0, f"{command}: {outcome.stdout}{outcome.stderr}"
        answers.append(json.loads(outcome.stdout))
        if "entries" in command:
            # The second instance is left for what follows; a reader would take all.
            variables["GENERATION"] = str(answers[-1]["Generation"])
            variables["LAST"] = str(answers[-1]["Entries"][1]["Seq"] - 1)
    made, page, _, shown, _, skipped, replay, rewound, paused, resumed, _ = answers
    assert (made["Name"], made["Acknowledged"]) == ("viewer", 0)
    assert [entry["ChangeType"] for entry in page["Entries"]] == ["NewInstance"] * 2
    second = page["Entries"][1]
    assert shown["Acknowledged"] == second["Seq"] - 1
    assert shown["Oldest"]["Seq"] == second["Seq"]
    assert skipped[0]["Entry"] == replay["Entry"] == second
    assert (rewound["Acknowledged"], rewound["Generation"] > made["Generation"]) == (0, True)
    assert (paused["PausedReason"], resumed["Paused"]) == ("maintenance", False)
    with own.client() as client:
        assert client.get("/feed/consumers").json() == []


async def test_beside_writers(client: httpx2.AsyncClient) -> None:
    """A consumer that follows twenty writers has each of their changes once, in order."""
    since = await last_change(client)
    path = await _create(client)
    makers = [DicomMaker() for _ in range(20)]

    async def write(maker: DicomMaker) -> None:
        for serial in range(3):
            dicom = maker.make(serial)
            assert (await client.post("/instances", content=dicom.body)).status_code == 200
        assert (await client.delete(f"/instances/{dicom.id}")).status_code == 200

    writing = asyncio.gather(*map(write, makers))
    taken: list[Entry] = []
    while not writing.done():
        taken += await _take(client, path)
    await writing
    while more := await _take(client, path, 100):
        taken += more
    last = taken[-1]["Seq"]
    assert [entry["Seq"] for entry in taken] == list(range(since + 1, last + 1))
    changes = await all_changes(client, since, include_deleted=True)
    for change, entry in zip(changes, taken, strict=False):
        for member in ("Seq", "ChangeType", "ResourceType", "ID", "Path"):
            assert entry[member] == change[member]
    # The two feeds name each other.
    facts = [entry["Instance"]["Sequence"] for entry in taken if "Instance" in entry]
    assert facts == list(range(facts[0], facts[0] + 20 * 4))
    await client.delete(path)


async def test_a_wait_ends_through_the_edge(client: httpx2.AsyncClient) -> None:
    """A reader that waits at the edge is answered as soon as something happens."""
    path = await _create(client, Filter={"Levels": ["Instance"]})
    reading = asyncio.create_task(client.get(f"{path}/entries?wait=60"))
    _, pending = await asyncio.wait({reading}, timeout=0.5)
    assert pending
    dicom = DicomMaker().make(0)
    await client.post("/instances", content=dicom.body)
    async with asyncio.timeout(10):
        page = (await reading).json()
    assert [entry["ID"] for entry in page["Entries"]] == [dicom.id]
    await client.delete(path)


@pytest.mark.long
async def test_killed_while_reading(own: Axial) -> None:
    """Service, index and Postgres die between reading and acknowledging: nothing is lost or reordered."""
    maker = DicomMaker()
    async with own.async_client() as client:
        path = await _create(client, Start="earliest")
        taken: list[int] = []
        for round_, victims in enumerate((["changefeed"], ["postgres"], ["changefeed", "index"])):
            for serial in range(round_ * 5, round_ * 5 + 5):
                answer = await client.post("/instances", content=maker.make(serial).body)
                assert answer.json()["Status"] == "Success"
            taken += [entry["Seq"] for entry in await _take(client, path, 3)]
            in_hand = (await client.get(f"{path}/entries?limit=3")).json()["Entries"]
            await kill_and_wait(own, victims)
            again: list[Entry] = []

            async def read_again(again: list[Entry] = again) -> None:
                answer = await client.get(f"{path}/entries?limit=3")
                assert answer.status_code == 200
                again[:] = answer.json()["Entries"]

            await until(read_again, within=60, retry_on=(AssertionError, httpx2.TransportError))
            assert again == in_hand
            assert again[0]["Seq"] == taken[-1] + 1
        while more := await _take(client, path, 100):
            taken += [entry["Seq"] for entry in more]
        assert taken == list(range(1, taken[-1] + 1))
        assert taken[-1] >= 15
