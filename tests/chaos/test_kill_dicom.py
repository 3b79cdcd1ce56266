"""Modalities send while what they send to is killed in turn: what they were told is stored, is stored."""

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from support.dicoms import Dicom, DicomMaker
from support.killing import kill_and_wait, until_it_serves, until_more
from support.modality import Modality, Sendable, associate, data_set_of, sendable
from support.system import Axial, Wishes, running

from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.association import Aborted, Released
from axial.dimse.upper_layer.requestor import Refused

pytestmark = [pytest.mark.chaos, pytest.mark.e2e]

_MODALITIES = 4
# Before each kill, so that it meets instances at every stage; after it, as proof of life.
_INSTANCES_BETWEEN = 24
# Before the next association: short, so that every outage is met by many attempts.
_BACK_OFF_SECONDS = 0.1
_ON_AN_ASSOCIATION = 10


@pytest.fixture(params=["directory"])
def axial(request: pytest.FixtureRequest, own_data: Path) -> Iterator[Axial]:
    """Run a system to be hurt: which blob store it has, makes no difference to a modality."""
    with running(own_data, Wishes(request.param)) as system:
        yield system


class Sending:
    """Modalities that send without end; `acknowledged` is what they were promised."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._maker = DicomMaker()
        self._over = asyncio.Event()
        self.acknowledged: dict[str, Dicom] = {}
        #: Attempts that came to nothing: refused with a status, or lost with the association.
        self.refused = self.lost = 0

    async def run(self) -> None:
        """Send until told to stop; every instance that was begun is brought to its end."""
        async with asyncio.TaskGroup() as group:
            for number in range(_MODALITIES):
                group.create_task(self._modality(number))

    def stop(self) -> None:
        """Begin no more instances."""
        self._over.set()

    async def _modality(self, number: int) -> None:
        serials = count(number, _MODALITIES)
        serial = next(serials)
        while not self._over.is_set():
            try:
                dicom = self._maker.make(serial)
                modality = await associate(self._port, [sendable(dicom.body).proposed])
                try:
                    for _ in range(_ON_AN_ASSOCIATION):
                        dicom = self._maker.make(serial)
                        if not await self._sent(modality, sendable(dicom.body)):
                            break
                        self.acknowledged[dicom.id] = dicom
                        serial = next(serials)
                finally:
                    await modality.requestor.release()
            except (Refused, Aborted, Released):
                self.lost += 1
            await asyncio.sleep(_BACK_OFF_SECONDS)

    async def _sent(self, modality: Modality, instance: Sendable) -> bool:
        status = await modality.store(instance)
        assert status in {0, Status.OUT_OF_RESOURCES}, f"{status:#06x}"
        self.refused += status != 0
        return status == 0


@pytest.mark.long
async def test_kill_what_stores(axial: Axial) -> None:
    """Gateway, ingest and log die under load; each instance with a successful answer is there, byte for byte."""
    assert axial.dicom_port is not None
    sending = Sending(axial.dicom_port)
    async with axial.async_client() as client:
        task = asyncio.create_task(sending.run())

        def fail_early() -> None:
            if task.done():
                task.result()

        def acknowledged() -> int:
            return len(sending.acknowledged)

        for names in (["dicom-gateway"], ["ingest", "ingest-2"], ["nats"]):
            await until_more(acknowledged, _INSTANCES_BETWEEN, fail_early)
            await kill_and_wait(axial, names)
        await until_more(acknowledged, _INSTANCES_BETWEEN, fail_early)
        sending.stop()
        await task
        await until_it_serves(client)

        print(f"{acknowledged()} kept, {sending.refused} refused, {sending.lost} associations lost")
        assert sending.lost
        listed = set((await client.get("/instances")).json())
        assert listed >= set(sending.acknowledged)
        for id_, dicom in sending.acknowledged.items():
            answer = await client.get(f"/instances/{id_}/file")
            assert data_set_of(answer.content) == data_set_of(dicom.body)
    verified = axial.run("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
