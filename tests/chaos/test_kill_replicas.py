"""There are two of everything, and either dies under load: nothing is lost, and whoever asks does not notice."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import TypeAlias

import httpx2
import pytest
from support.agreement import Agreement
from support.destinations import Destination, listening
from support.dicoms import Dicom, DicomMaker
from support.evidence import assert_holds, assert_replays, read_history
from support.feeds import V1Reader, last_sequence
from support.killing import until_more
from support.modality import associate, data_set_of, sendable
from support.sender import Sender
from support.system import Axial, Wishes, running
from support.waiting import until

from axial.cli.ports import LOOPBACK
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.association import Aborted, Released
from axial.dimse.upper_layer.requestor import Refused

pytestmark = [pytest.mark.chaos, pytest.mark.e2e]

Question: TypeAlias = Callable[[httpx2.AsyncClient], Awaitable[httpx2.Response]]

_SERVICES = ("ingest", "index", "changefeed", "router", "dicom-gateway")
_ROUNDS = 3
_ROUTED = "test-replicas"
# What a replica says in its metrics when it is the elected one.
_LEADS = re.compile(r"^axial_\w+_leader 1\.0$", re.MULTILINE)
_CLIENTS = 6
# Gateway and ingest may die one after the other under the same instance.
_MOST_FAILURES = 3
# As long as a loaded machine needs to start five processes.
_READY_WITHIN_SECONDS = 90.0
# Before each kill, so that it meets requests at every stage; after it, as proof of life.
_FILES_BETWEEN = 36
_QUESTIONS_BETWEEN = 60
# What is read at every moment: of each service, in short and in long answers.
_PATHS = (
    "/statistics",
    "/instances?expand&since=0&limit=20",
    "/changes?last",
    "/changes?since=0&limit=50",
    "/v2/changefeed?limit=20",
    "/feed/entries?since=0&limit=50",
    "/modalities",
    "/jobs",
    "/router/destinations",
)


@pytest.mark.either_store
async def test_the_leaders_die(axial: Axial, agreements: dict[str, Agreement]) -> None:
    """One process of each service is killed, the one that leads: nothing acknowledged is lost, no question fails.

    What arrives is routed meanwhile: all of it gets there, once.
    """
    if axial.data is None:
        pytest.skip("needs processes of its own")
    async with axial.async_client() as client:
        load = await Load.behind(axial, client)
        async with load.routed(client) as received, load.running() as until_more_is_done:
            await until_more_is_done()
            killed = {name: axial.kill(name) for name in await _leaders(axial)}
            await until_more_is_done()
            await _until_back(axial, killed)
            await until_more_is_done()
        await load.contents(client)
        assert sorted(load.followed) == sorted(load.names)
        assert received == Counter(load.names)
        await agreements.setdefault(axial.url, Agreement(axial.nats_url)).check(client)


@pytest.fixture
def own(own_data: Path) -> Iterator[Axial]:
    """Run a system to be hurt for long."""
    with running(own_data, Wishes(replicas=2)) as system:
        yield system


@pytest.mark.long
async def test_either_dies(own: Axial) -> None:
    """Each process of each service alone, one after the other; in the end the log makes the same tables again."""
    async with own.async_client() as client:
        load = await Load.behind(own, client)
        async with load.running() as until_more_is_done:
            for service in _SERVICES * _ROUNDS:
                for name in own.replicas(service):
                    await until_more_is_done()
                    await _until_back(own, {name: own.kill(name)})
            await until_more_is_done()
        await assert_holds(client, await load.contents(client))
        assert load.followed == (await read_history(client)).created
        await assert_replays(own, client)


async def _leaders(axial: Axial) -> list[str]:
    """Name one replica of each service: the one that leads, where one does."""
    chosen = []
    async with httpx2.AsyncClient() as client:
        for service in _SERVICES:
            leads = {
                name: len(_LEADS.findall((await client.get(f"{axial.own_url(name)}/metrics")).text))
                for name in axial.replicas(service)
            }
            chosen.append(max(leads, key=lambda name: leads[name]))
    return chosen


async def _until_back(axial: Axial, killed: Mapping[str, int]) -> None:
    """Return when other processes have taken the places of those that were killed, and can do their work."""
    async with httpx2.AsyncClient() as client:

        async def are_back() -> bool:
            assert all(axial.pid(name) != pid for name, pid in killed.items())
            urls = [f"{axial.own_url(name)}/readyz" for name in killed]
            answers = await asyncio.gather(*map(client.get, urls))
            return all(answer.status_code == 200 for answer in answers)

        await until(
            are_back,
            within=_READY_WITHIN_SECONDS,
            # In between there is no file, or an empty one.
            retry_on=(AssertionError, OSError, ValueError, httpx2.TransportError),
        )


class Load:
    """Clients that upload, clients that ask, a follower of the feed, a modality that sends: all without end."""

    def __init__(self, axial: Axial, since: int) -> None:
        assert axial.dicom_port is not None
        self._open_client = axial.async_client
        self._dicom_port = axial.dicom_port
        self._since = since
        self._maker = DicomMaker()
        self._over = asyncio.Event()
        self._written = asyncio.Event()
        #: What the index has shown since, to whoever asks.
        self._shown: Dicom | None = None
        self._by_dicom: set[str] = set()
        self.acknowledged: dict[str, Dicom] = {}
        #: The SOP Instance UIDs that the feed has told of.
        self.followed: list[str] = []
        #: How many questions were answered.
        self.answered = 0
        #: How often a modality had to try again, because the process that had its instance in hand was killed.
        self.failed = 0

    @classmethod
    async def behind(cls, axial: Axial, client: httpx2.AsyncClient) -> "Load":
        """Prepare to follow what comes behind all that the feed has told."""
        return cls(axial, await last_sequence(client))

    @property
    def names(self) -> set[str]:
        """The SOP Instance UIDs of what was acknowledged."""
        return {dicom.names.sop_instance_uid for dicom in self.acknowledged.values()}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """Go on for the length of a block, which is given what waits until more is done."""
        work = asyncio.create_task(self._run())

        def fail_early() -> None:
            if work.done():
                work.result()

        async def until_more_is_done() -> None:
            await until_more(lambda: len(self.acknowledged), _FILES_BETWEEN, fail_early)
            await until_more(lambda: self.answered, _QUESTIONS_BETWEEN, fail_early)

        try:
            yield until_more_is_done
            self._over.set()
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        print(f"{len(self.acknowledged)} kept, {self.answered} answered, {self.failed} tried again")

    @asynccontextmanager
    async def routed(self, client: httpx2.AsyncClient) -> AsyncIterator[Counter[str]]:
        """Have what arrives in a block sent on, to a modality that can be asked; all that it got at the end of it."""
        told = sendable(self._maker.make(0).body)
        destination = Destination([(told.sop_class_uid, [told.transfer_syntax])], can_find=True)
        received: Counter[str] = Counter()
        everybody = self._maker.names(0).patient_id.rpartition("-")[0]
        rule = {
            "Trigger": "NewInstance",
            "Conditions": {"Tags": {"PatientID": {"Wildcard": f"{everybody}-*"}}},
            "Destinations": [{"Modality": _ROUTED}],
        }
        with listening(destination):
            described = {"AET": "DESTINATION", "Host": LOOPBACK, "Port": destination.port}
            assert (await client.put(f"/modalities/{_ROUTED}", json=described)).is_success
            assert (await client.put(f"/router/rules/{_ROUTED}", json=rule)).is_success
            yield received

            async def is_over() -> bool:
                return len(destination.received) >= len(self.names)

            await until(is_over, within=_READY_WITHIN_SECONDS)
            for path in (f"/router/rules/{_ROUTED}", f"/modalities/{_ROUTED}"):
                assert (await client.delete(path)).is_success
        received.update(one.sop_instance_uid for one in destination.received)

    async def _run(self) -> None:
        """Go on until told to stop; what was begun is brought to its end."""
        writers = [self._upload(number) for number in range(_CLIENTS)]
        # Numbers that no client has.
        writers.append(self._send(_CLIENTS * 1_000_000))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            for path in _PATHS:
                group.create_task(self._ask(_getting(path)))
            group.create_task(self._ask(_find))
            group.create_task(self._ask(self._read))
            async with asyncio.TaskGroup() as writing:
                for writer in writers:
                    writing.create_task(writer)
            self._written.set()

    async def contents(self, client: httpx2.AsyncClient) -> dict[str, bytes]:
        """Read what was acknowledged; each must be what was sent, of what came by DICOM the data set."""
        contents = {}
        for id_, dicom in self.acknowledged.items():
            contents[id_] = (await client.get(f"/instances/{id_}/file")).content
            same = data_set_of if id_ in self._by_dicom else bytes
            assert same(contents[id_]) == same(dicom.body)
        return contents

    async def _upload(self, number: int) -> None:
        async with self._open_client() as client:
            sender = Sender(client)
            for serial in count(number, _CLIENTS):
                if self._over.is_set():
                    return
                dicom = self._maker.make(serial)
                answer = await sender.send("POST", "/instances", dicom.body)
                assert answer.json["ID"] == dicom.id
                if answer.status == 200:
                    self._shown = dicom
                self.acknowledged[dicom.id] = dicom

    async def _ask(self, question: Question) -> None:
        """Ask again and again; each time it must be answered."""
        async with self._open_client() as client:
            while not self._over.is_set():
                answer = await question(client)
                assert answer.status_code == 200, f"{answer.url}: {answer.status_code}"
                self.answered += 1

    async def _read(self, client: httpx2.AsyncClient) -> httpx2.Response:
        """Read the file that was answered last: through any replica it is there."""
        if (dicom := self._shown) is None:
            return await client.get("/system")
        answer = await client.get(f"/instances/{dicom.id}/file")
        assert answer.status_code != 200 or answer.content == dicom.body
        return answer

    async def _follow(self) -> None:
        """Follow the feed to its end; no poll may fail."""
        async with self._open_client() as client:
            reader = V1Reader(client, self._since)
            while True:
                over = self._written.is_set()
                page = await reader.poll()
                self.followed += [entry["SopInstanceUid"] for entry in page or []]
                if page is None and over:
                    return

    async def _send(self, first: int) -> None:
        """Send one instance on each association; when one fails, the next or the next but one is served."""
        for serial in count(first):
            if self._over.is_set():
                return
            dicom = self._maker.make(serial)
            failed = 0
            while not await self._is_sent(dicom):
                failed += 1
                assert failed <= _MOST_FAILURES
            self.failed += failed
            self._by_dicom.add(dicom.id)
            self.acknowledged[dicom.id] = dicom

    async def _is_sent(self, dicom: Dicom) -> bool:
        instance = sendable(dicom.body)
        try:
            modality = await associate(self._dicom_port, [instance.proposed])
            try:
                status = await modality.store(instance)
            finally:
                await modality.requestor.release()
        except (Refused, Aborted, Released):
            return False
        assert status in {0, Status.OUT_OF_RESOURCES}, f"{status:#06x}"
        return status == 0


def _getting(path: str) -> Question:
    def get(client: httpx2.AsyncClient) -> Awaitable[httpx2.Response]:
        return client.get(path)

    return get


async def _find(client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.post("/tools/find", json={"Level": "Study", "Query": {}, "Limit": 5})
