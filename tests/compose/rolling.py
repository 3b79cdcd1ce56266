"""Every container is restarted, then killed, during an upload: nothing is lost, and both feeds are gapless."""

import asyncio
from collections.abc import Callable

import httpx2
from support.agreement import assert_agreed
from support.dicoms import Dicom, DicomMaker
from support.evidence import assert_holds, read_history
from support.killing import until_it_serves
from support.sender import Sender
from support.system import CLIENT_TIMEOUT_SECONDS

from compose.stack import Stack

_INSTANCES = 2000
# Not as fast as they could be: the upload is to last as long as the restarts do.
_CLIENTS = 2


class Upload:
    """Clients that together send a number of instances, and more as long as something goes on meanwhile."""

    def __init__(self, stack: Stack, first: int) -> None:
        self._stack = stack
        self._maker = DicomMaker()
        self._serial = first
        self._least = first + _INSTANCES
        self._over = False
        self.acknowledged: dict[str, Dicom] = {}

    async def run(self, meanwhile: list[tuple[Callable[[str], None], str]]) -> None:
        """Send while one thing after the other is done to containers."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_CLIENTS):
                group.create_task(self._client())
            for act, name in meanwhile:
                before = len(self.acknowledged)
                await asyncio.to_thread(act, name)
                print(f"{name}: {len(self.acknowledged) - before} acknowledged meanwhile")
            self._over = True

    async def _client(self) -> None:
        async with client_of(self._stack) as client:
            sender = Sender(client)
            while self._serial < self._least or not self._over:
                dicom = self._maker.make(self._serial)
                self._serial += 1
                answer = await sender.send("POST", "/instances", dicom.body)
                assert answer.json["ID"] == dicom.id
                assert answer.json["Status"] in ("Success", "AlreadyStored", "Accepted")
                assert answer.attempts > 1 or answer.json["Status"] != "AlreadyStored"
                self.acknowledged[dicom.id] = dicom


def client_of(stack: Stack) -> httpx2.AsyncClient:
    """Open a client of the archive, as its one user."""
    return httpx2.AsyncClient(base_url=stack.url, timeout=CLIENT_TIMEOUT_SECONDS)


async def survives(stack: Stack) -> None:
    """Restart each container, then kill each, under an upload; hold the whole history against what was promised."""
    upload = Upload(stack, 0)
    names = stack.containers()
    await upload.run([(act, name) for act in (stack.restart, stack.kill) for name in names])
    await asyncio.to_thread(stack.until_healthy, names)
    async with client_of(stack) as client:
        await until_it_serves(client)
        await assert_holds(client, {id_: d.body for id_, d in upload.acknowledged.items()})
        history = await read_history(client)
        sent = sorted(d.names.sop_instance_uid for d in upload.acknowledged.values())
        assert sorted(history.created) == sent
        assert {entry["Action"] for entry in history.entries} == {"create"}
        await assert_agreed(client)
    print(f"{len(upload.acknowledged)} instances are there, each told once in both feeds")
