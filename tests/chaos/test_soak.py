"""Thousands of associations, many at once, half of them aborted in the middle: nothing is left of them."""

import asyncio
import time

import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker
from support.footprint import Footprint, footprint
from support.modality import associate, data_set_of, sendable
from support.system import Axial
from support.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.e2e, pytest.mark.either_store]

_AT_ONCE = 64
_SERVICES = ("dicom-gateway", "ingest")
# What the first hundreds cost once and for all: pools, caches, the allocator's own.
_WARM_UP = 128
_MOST_GROWTH_BYTES = 24 * 1024 * 1024
# Pools grow to their size, and no further.
_MOST_THREADS = 16
# Connections among the services are kept for a while, up to one for each association that there was at once; what half
# of all associations left behind would be more.
_MOST_FILES = _AT_ONCE


async def test_associations(axial: Axial, client: httpx2.AsyncClient) -> None:
    """Some hundreds, as often as anybody tests."""
    await _soak(axial, client, in_sequence=100, at_once=2 * _AT_ONCE)


@pytest.mark.long
async def test_many_associations(axial: Axial, client: httpx2.AsyncClient) -> None:
    """Five thousand in sequence, and five thousand 64 at a time."""
    await _soak(axial, client, in_sequence=5000, at_once=5000)


class Modalities:
    """Associations of one instance each: every other one is aborted in the middle of it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._maker = DicomMaker()
        self._serial = 0
        self.acknowledged: dict[str, Dicom] = {}
        self.aborted: set[str] = set()

    async def one(self) -> None:
        """Have one association."""
        dicom = self._maker.make(self._serial)
        self._serial += 1
        instance = sendable(dicom.body)
        modality = await associate(self._port, [instance.proposed])
        if self._serial % 2:
            self.aborted.add(dicom.id)
            await modality.break_off(instance)
            return
        assert await modality.store(instance) == 0
        self.acknowledged[dicom.id] = dicom
        await modality.requestor.release()

    async def in_sequence(self, count: int) -> None:
        """Have one after another."""
        for _ in range(count):
            await self.one()

    async def at_once(self, count: int) -> None:
        """Have 64 at any time."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self.in_sequence(count // _AT_ONCE))


async def _soak(
    axial: Axial, client: httpx2.AsyncClient, *, in_sequence: int, at_once: int
) -> None:
    if axial.dicom_port is None:
        pytest.skip("only a system of our own tells its DICOM port")
    modalities = Modalities(axial.dicom_port)
    await modalities.at_once(_WARM_UP)
    await _nobody_is_connected(axial)
    names = [name for service in _SERVICES for name in axial.replicas(service)]
    before = {name: footprint(axial, name) for name in names}
    started = time.monotonic()
    await modalities.in_sequence(in_sequence)
    await modalities.at_once(at_once)
    seconds = time.monotonic() - started
    await _nobody_is_connected(axial)
    print(f"{in_sequence} associations in sequence, {at_once} by {_AT_ONCE}: {seconds:.0f} s")
    for name in names:
        _assert_nothing_is_left(name, before[name], footprint(axial, name))
    listed = set((await client.get("/instances")).json())
    assert listed >= set(modalities.acknowledged)
    assert not listed & modalities.aborted
    for id_, dicom in modalities.acknowledged.items():
        answer = await client.get(f"/instances/{id_}/file")
        assert data_set_of(answer.content) == data_set_of(dicom.body)


def _assert_nothing_is_left(name: str, before: Footprint, after: Footprint) -> None:
    print(f"{name}: {before}; then {after}")
    assert after.resident_bytes - before.resident_bytes < _MOST_GROWTH_BYTES, name
    assert after.threads - before.threads <= _MOST_THREADS, name
    assert after.files - before.files <= _MOST_FILES, name


async def _nobody_is_connected(axial: Axial) -> None:
    """Wait until the gateways have forgotten the last of them."""
    urls = [f"{axial.own_url(name)}/metrics" for name in axial.replicas("dicom-gateway")]

    async def nobody() -> bool:
        async with httpx2.AsyncClient() as scraper:
            answers = [await scraper.get(url) for url in urls]
        return all("axial_dicom_open_associations 0.0" in answer.text for answer in answers)

    await until(nobody, within=30.0)
