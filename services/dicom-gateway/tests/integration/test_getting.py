"""C-GET: what comes back on the association of whoever asks."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, build_role, evt
from pynetdicom.events import Event
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made at run time
    StudyRootQueryRetrieveInformationModelGet,
)
from support.destinations import c_store
from support.gateway import Door, door
from support.shelf import Shelf

from axial.cli.ports import LOOPBACK
from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD
from axial.common.file_meta import read_file_meta
from axial.common.testing.dicom_files import CT_IMAGE_STORAGE, dicom_file, shipped_file
from axial.common.testing.eventually import eventually
from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dicom_gateway.operations.get import Get
from axial.dicom_gateway.operations.retrieving import Retriever
from axial.dimse.messages.commands import Field

pytestmark = pytest.mark.integration

_MODEL = StudyRootQueryRetrieveInformationModelGet
_UIDS = ("1.2.3.1", "1.2.3.2", "1.2.3.3")


@dataclass
class Getter:
    """Somebody who asks a gateway, and what came."""

    door: Door
    shelf: Shelf
    #: Contexts on which instances can come, and for which of their classes the role is proposed.
    syntaxes: Sequence[str] = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
    roles: Sequence[str] = (CT_IMAGE_STORAGE,)
    classes: Sequence[str] = (CT_IMAGE_STORAGE,)
    #: What is answered to an instance.
    statuses: dict[str, int] = field(default_factory=dict)
    #: Do this instead of an answer.
    cancels_at: str = ""
    aborts_at: str = ""
    received: list[tuple[str, str, bytes]] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    async def get(self) -> list[tuple[int, int | None, int | None, int | None]]:
        """Ask for everything; return status and counts (remaining, completed, failed) of each response."""
        return await asyncio.to_thread(self._get)

    def _get(self) -> list[tuple[int, int | None, int | None, int | None]]:
        entity = AE("ASKER")
        entity.add_requested_context(_MODEL)
        for sop_class in self.classes:
            entity.add_requested_context(sop_class, list(self.syntaxes))
        association = entity.associate(
            LOOPBACK,
            self.door.port,
            ext_neg=[build_role(uid, scp_role=True) for uid in self.roles],
            evt_handlers=[(evt.EVT_C_STORE, self._store)],
        )
        assert association.is_established
        # Nobody waits for an answer on an association that is over.
        association.dimse_timeout = 1 if self.aborts_at else 60
        identifier = Dataset()
        identifier.QueryRetrieveLevel = "PATIENT"
        identifier.PatientID = "P1"
        told = [
            (
                status.get("Status"),
                status.get("NumberOfRemainingSuboperations"),
                status.get("NumberOfCompletedSuboperations"),
                status.get("NumberOfFailedSuboperations"),
            )
            for status, _ in association.send_c_get(identifier, _MODEL, msg_id=5)
        ]
        association.release()
        return told

    def _store(self, event: Event) -> int:
        uid, data_set = c_store(event)
        self.received.append((uid, str(event.context.transfer_syntax), data_set))
        if uid == self.cancels_at:
            event.assoc.send_c_cancel(5, None, _MODEL)
        if uid == self.aborts_at:
            event.assoc.abort()
        return self.statuses.get(uid, 0x0000)


@pytest.fixture
async def getter() -> AsyncIterator[Getter]:
    """Give a gateway with three instances, and somebody who can take them."""
    shelf = Shelf()
    for number, uid in enumerate(_UIDS):
        shelf.put(dicom_file(SOPInstanceUID=uid, InstanceNumber=str(number)))
    async with _opened(shelf) as made:
        yield made


@asynccontextmanager
async def _opened(shelf: Shelf, patience_seconds: float = 60.0) -> AsyncIterator[Getter]:
    configuration = Configuration.model_validate({"DicomAlwaysAllowGet": True})
    metrics = GatewayMetrics(CollectorRegistry())
    retriever = Retriever(shelf, STANDARD, lambda: "Latin1", metrics)
    operation = Get(retriever, shelf, patience_seconds, lambda _: None)
    exchanges: list[Exchange] = []

    async def get(exchange: Exchange) -> None:
        exchanges.append(exchange)
        await operation.run(exchange)

    async with door(configuration, operations={Field.C_GET_RQ: get}) as opened:
        yield Getter(opened, shelf, exchanges=exchanges)


async def test_every_instance_comes_and_is_told(getter: Getter) -> None:
    """Instances come in order and byte for byte on the same association, each told with the counts."""
    assert await getter.get() == [
        (0xFF00, 2, 1, 0),
        (0xFF00, 1, 2, 0),
        (0x0000, None, 3, 0),
    ]
    for uid, (received, syntax, data_set) in zip(_UIDS, getter.received, strict=True):
        file = getter.shelf.files[uid]
        assert (received, syntax) == (uid, ExplicitVRLittleEndian)
        assert data_set == file[read_file_meta(file).dataset_offset :]


async def test_whoever_takes_implicit_only(getter: Getter) -> None:
    """What is uncompressed is written otherwise for it; what is compressed, or of another class, fails alone."""
    compressed = getter.shelf.put(shipped_file("JPEG2000.dcm").read_bytes())
    getter.shelf.put(shipped_file("MR_small.dcm").read_bytes())
    getter.syntaxes = [ImplicitVRLittleEndian]
    getter.classes = getter.roles = (CT_IMAGE_STORAGE, compressed.sop_class_uid)
    told = await getter.get()
    assert told[-1] == (0xB000, None, 3, 2)
    assert [syntax for _, syntax, _ in getter.received] == [ImplicitVRLittleEndian] * 3


async def test_only_where_the_role_was_proposed(getter: Getter) -> None:
    """Who takes some classes as their provider is sent no others; who proposes no role at all is sent everything."""
    other = "1.2.840.10008.5.1.4.1.1.4"
    getter.classes, getter.roles = (CT_IMAGE_STORAGE, other), (other,)
    assert await getter.get() == [(0xFF00, 2, 0, 1), (0xFF00, 1, 0, 2), (0xA702, None, 0, 3)]
    assert getter.received == []


async def test_nothing_matches(getter: Getter) -> None:
    """As in Orthanc it is a failure when there is nothing to send."""
    getter.shelf.instances.clear()
    assert await getter.get() == [(0xC000, None, None, None)]


async def test_what_the_peer_answers_is_counted(getter: Getter) -> None:
    """An instance that the peer refuses has failed, and the next one is sent."""
    getter.statuses = {"1.2.3.2": 0xA700}
    assert await getter.get() == [(0xFF00, 2, 1, 0), (0xFF00, 1, 1, 1), (0xB000, None, 2, 1)]


async def test_a_file_that_is_lost_fails_alone(getter: Getter) -> None:
    """A file that is gone since it was found does not keep the others."""
    getter.shelf.lost.add("1.2.3.1")
    assert (await getter.get())[-1] == (0xB000, None, 2, 1)


async def test_cancelled_in_the_middle(getter: Getter) -> None:
    """After a cancellation the instance in hand is finished, no other one is begun, and the counts tell."""
    getter.cancels_at = "1.2.3.2"
    assert await getter.get() == [(0xFF00, 2, 1, 0), (0xFE00, 1, 2, 0)]
    assert len(getter.received) == 2


async def test_a_peer_that_leaves(getter: Getter) -> None:
    """A peer that aborts in the middle is sent nothing more, and counted as gone."""
    getter.aborts_at = "1.2.3.2"
    await getter.get()
    await eventually(
        lambda: getter.door.count("axial_dicom_associations_total", end="aborted") == 1
    )
    assert [uid for uid, _, _ in getter.received] == ["1.2.3.1", "1.2.3.2"]
