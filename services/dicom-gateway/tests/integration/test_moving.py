"""C-MOVE: what the destination gets, and what whoever asked is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import httpx2
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    JPEG2000,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pynetdicom import AE, AllStoragePresentationContexts
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made at run time
    PatientRootQueryRetrieveInformationModelMove,
    StudyRootQueryRetrieveInformationModelMove,
)
from support.destinations import Destination, listening
from support.gateway import Door, door
from support.shelf import Shelf
from support.transcoding import TranscodedFiles, one_worker

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD
from axial.common.file_meta import read_file_meta
from axial.common.known_modalities import configured
from axial.common.sop_classes import MOVE_CLASSES
from axial.common.testing.dicom_files import (
    CT_IMAGE_STORAGE,
    dicom_file,
    encoded_element,
    shipped_file,
)
from axial.common.testing.eventually import eventually
from axial.dicom_gateway.destinations import Destinations
from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dicom_gateway.operations.move import Move
from axial.dicom_gateway.operations.retrieving import Retriever
from axial.dicom_gateway.router_client import RouterClient
from axial.dicom_gateway.transcoding import Transcoding
from axial.dimse.messages.commands import Element, Field, Value, decode, encode
from axial.dimse.reaching import Reach
from axial.dimse.sending.contexts import targets
from axial.dimse.sending.instances import Instance, Transcoder
from axial.dimse.upper_layer.proposal import Proposed, Titles
from axial.dimse.upper_layer.requestor import Peer, Requestor

pytestmark = pytest.mark.integration

_PLAIN = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
_CT = [(CT_IMAGE_STORAGE, _PLAIN)]


def ct(number: int) -> bytes:
    """Make a file of its own."""
    return dicom_file(SOPInstanceUID=f"1.2.3.{number}", InstanceNumber=str(number))


@dataclass(frozen=True, slots=True)
class Told:
    """A response."""

    status: int
    remaining: int | None
    completed: int | None
    failed: int | None
    warning: int | None
    failures: tuple[str, ...]


@dataclass
class Mover:
    """A gateway that can be asked to move, and somebody who asks."""

    door: Door
    shelf: Shelf
    exchanges: list[Exchange] = field(default_factory=list)

    async def move(
        self,
        destination: str = "DESTINATION",
        level: str | None = "PATIENT",
        on_first: Callable[[Callable[[], None]], None] | None = None,
        keys: Mapping[str, str] | None = None,
    ) -> list[Told]:
        """Ask for a move and hear all its responses; cancel after the first one if wanted."""
        wanted = {"PatientID": "P1"} if keys is None else keys
        return await asyncio.to_thread(self._move, destination, level, on_first, wanted)

    def _move(
        self,
        destination: str,
        level: str | None,
        on_first: Callable[[Callable[[], None]], None] | None,
        keys: Mapping[str, str],
    ) -> list[Told]:
        identifier = Dataset()
        if level is not None:
            identifier.QueryRetrieveLevel = level
        for keyword, value in keys.items():
            setattr(identifier, keyword, value)
        entity = AE("ASKER")
        model = StudyRootQueryRetrieveInformationModelMove
        entity.add_requested_context(model)
        entity.add_requested_context(PatientRootQueryRetrieveInformationModelMove)
        association = entity.associate(LOOPBACK, self.door.port)
        assert association.is_established
        told = []
        try:
            for status, failures in association.send_c_move(
                identifier, destination, model, msg_id=77
            ):
                told.append(_told(status, failures))
                if on_first is not None and len(told) == 1:
                    on_first(lambda: association.send_c_cancel(77, None, model))
        finally:
            association.release()
        return told


def _told(status: Dataset, failures: Dataset | None) -> Told:
    uids = None if failures is None else failures.get("FailedSOPInstanceUIDList")
    return Told(
        status.Status,
        status.get("NumberOfRemainingSuboperations"),
        status.get("NumberOfCompletedSuboperations"),
        status.get("NumberOfFailedSuboperations"),
        status.get("NumberOfWarningSuboperations"),
        () if uids is None else (uids,) if isinstance(uids, str) else tuple(uids),
    )


class Untouched:
    """Transcodes nothing: what does not need it must not be transcoded."""

    def open(
        self, instance_id: str, transfer_syntax_uid: str, /
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Refuse."""
        pytest.fail(f"{instance_id} was transcoded to {transfer_syntax_uid}")


def router_client(answer: Callable[[httpx2.Request], httpx2.Response]) -> RouterClient:
    """Make what asks the router, with somebody in its place."""
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return RouterClient(client, "http://router", SecretStr(""))


def open_mover(
    shelf: Shelf,
    destination: Destination | int,
    router: RouterClient | None = None,
    transcoder: Transcoder | None = None,
    **options: object,
) -> AbstractAsyncContextManager[Mover]:
    """Open a gateway that knows one destination."""
    port = destination if isinstance(destination, int) else destination.port
    configuration = Configuration.model_validate(
        {
            "DicomAet": "GATEWAY",
            "DicomAlwaysAllowMove": True,
            "DicomModalities": {"destination": ["DESTINATION", LOOPBACK, port]},
            **options,
        }
    )
    router = router or router_client(lambda _: httpx2.Response(503))
    return _opened(configuration, shelf, router, transcoder)


@asynccontextmanager
async def _opened(
    configuration: Configuration,
    shelf: Shelf,
    router: RouterClient,
    transcoder: Transcoder | None,
) -> AsyncIterator[Mover]:
    metrics = GatewayMetrics(CollectorRegistry())
    operation = Move(
        Retriever(shelf, STANDARD, lambda: "Latin1", metrics),
        shelf,
        Destinations(configuration, lambda: configured(configuration), Reach.of(configuration)),
        router,
        configuration.synchronous_c_move,
        Transcoding(configuration, lambda: configured(configuration), transcoder or Untouched()),
        targets(configuration.dicom_scu_preferred_transfer_syntax),
    )
    exchanges: list[Exchange] = []

    async def move(exchange: Exchange) -> None:
        exchanges.append(exchange)
        await operation.run(exchange)

    async with door(configuration, operations={Field.C_MOVE_RQ: move}) as opened:
        yield Mover(opened, shelf, exchanges)


@pytest.fixture
def shelf() -> Shelf:
    """Give three instances to be sent."""
    made = Shelf()
    for number in (1, 2, 3):
        made.put(ct(number))
    return made


@pytest.fixture
def destination() -> Iterator[Destination]:
    """Give a peer that takes CT images as they are."""
    with listening(Destination(_CT)) as listener:
        yield listener


async def test_every_instance_is_sent_and_told(shelf: Shelf, destination: Destination) -> None:
    """Instances arrive in order and byte for byte on one association, and say who asked, who is told of each."""
    async with open_mover(shelf, destination) as mover:
        told = await mover.move()
    assert told == [
        Told(0xFF00, 2, 1, 0, 0, ()),
        Told(0xFF00, 1, 2, 0, 0, ()),
        Told(0x0000, None, 3, 0, 0, ()),
    ]
    assert destination.associations == 1
    for number, received in enumerate(destination.received, start=1):
        file = ct(number)
        assert received.sop_instance_uid == f"1.2.3.{number}"
        assert received.data_set == file[read_file_meta(file).dataset_offset :]
        assert received.transfer_syntax == ExplicitVRLittleEndian
        assert received.originator == ("ASKER", 77)
        assert received.calling_aet == "GATEWAY"


async def test_a_destination_that_takes_implicit_only(shelf: Shelf) -> None:
    """What is uncompressed is written otherwise for it; what must not be transcoded fails alone, and is named."""
    compressed = shelf.put(shipped_file("JPEG2000.dcm").read_bytes())
    accepts = [
        (uid, [ImplicitVRLittleEndian]) for uid in (CT_IMAGE_STORAGE, compressed.sop_class_uid)
    ]
    with listening(Destination(accepts)) as destination:
        async with open_mover(shelf, destination, TranscodeDicomProtocol=False) as mover:
            told = await mover.move()
    assert told[-1] == Told(0xB000, None, 3, 1, 0, (compressed.sop_instance_uid,))
    assert [one.transfer_syntax for one in destination.received] == [ImplicitVRLittleEndian] * 3
    assert b"\x18\x00\x08\x00\x00\x001.2.3.1\0" in destination.received[0].data_set


async def test_a_destination_that_takes_nothing_compressed() -> None:
    """What is compressed is sent decompressed, with the same pixels; what cannot be decoded fails alone."""
    shelf = Shelf()
    compressed = shelf.put(shipped_file("MR_small_jpeg_ls_lossless.dcm").read_bytes())
    damaged = shelf.put(shipped_file("JPEG2000.dcm").read_bytes())
    shelf.files[damaged.id] = shelf.files[damaged.id][:-500]
    accepts = [(one.sop_class_uid, [ImplicitVRLittleEndian]) for one in (compressed, damaged)]
    async with one_worker() as transcoder:
        files = TranscodedFiles(transcoder, shelf.files)
        with listening(Destination(accepts)) as destination:
            async with open_mover(shelf, destination, transcoder=files) as mover:
                told = await mover.move()
    assert told[-1] == Told(0xB000, None, 1, 1, 0, (damaged.sop_instance_uid,))
    (received,) = destination.received
    assert (received.sop_instance_uid, received.transfer_syntax) == (
        compressed.sop_instance_uid,
        ImplicitVRLittleEndian,
    )
    uncompressed = dcmread(shipped_file("MR_small.dcm")).PixelData
    assert len(uncompressed).to_bytes(4, "little") + uncompressed in received.data_set


async def test_a_deflated_data_set_is_made_even(shelf: Shelf) -> None:
    """A deflated data set that was kept with an odd length gets its padding: DCMTK would not answer without."""
    deflated = shelf.put(shipped_file("image_dfl.dcm").read_bytes())
    assert len(shelf.files[deflated.id]) % 2
    accepts = [(deflated.sop_class_uid, [deflated.transfer_syntax_uid])]
    with listening(Destination(accepts)) as destination:
        async with open_mover(shelf, destination) as mover:
            await mover.move(level="IMAGE", keys={"SOPInstanceUID": deflated.sop_instance_uid})
    (received,) = destination.received
    file = shelf.files[deflated.id]
    assert received.data_set == file[read_file_meta(file).dataset_offset :] + b"\0"


async def test_a_destination_that_takes_compressed(shelf: Shelf) -> None:
    """What is compressed goes as it is to who takes it so."""
    compressed = shelf.put(shipped_file("JPEG2000.dcm").read_bytes())
    accepts = [*_CT, (compressed.sop_class_uid, [*_PLAIN, JPEG2000])]
    with listening(Destination(accepts)) as destination:
        async with open_mover(shelf, destination) as mover:
            told = await mover.move()
    assert told[-1] == Told(0x0000, None, 4, 0, 0, ())
    assert destination.received[-1].transfer_syntax == compressed.transfer_syntax_uid


async def test_more_kinds_than_an_association_has_contexts(shelf: Shelf) -> None:
    """Of more SOP classes than fit into one association, each instance goes on one on which its class was proposed."""
    shelf.instances.clear()
    classes = [str(context.abstract_syntax) for context in AllStoragePresentationContexts[:65]]
    for number, uid in enumerate([*classes, classes[0]]):
        shelf.put(dicom_file(SOPClassUID=uid, SOPInstanceUID=f"1.2.3.{number}"))
    with listening(Destination([(uid, _PLAIN) for uid in classes])) as destination:
        async with open_mover(shelf, destination) as mover:
            told = await mover.move()
    assert told[-1] == Told(0x0000, None, 66, 0, 0, ())
    assert destination.associations == 3


@pytest.mark.parametrize("longest", [4097, 65536])
async def test_no_pdu_is_odd_or_too_long(shelf: Shelf, longest: int) -> None:
    """Whatever the longest PDU that a destination takes, none is longer, and all fragments are even."""
    lengths: list[int] = []
    shelf.put(dicom_file(SOPInstanceUID="1.2.3.4", EncapsulatedDocument=bytes(300_000)))
    with listening(Destination(_CT, maximum_bytes=longest, lengths=lengths)) as destination:
        async with open_mover(shelf, destination) as mover:
            told = await mover.move()
    assert told[-1].completed == 4
    assert longest - 6 <= max(lengths) + 6 <= longest
    assert not any(length % 2 for length in lengths)


async def test_what_the_destination_answers_is_counted(shelf: Shelf) -> None:
    """A warning counts as one, a refusal as a failure that is named; the rest goes on."""
    with listening(Destination(_CT, statuses=(0xB000, 0xA700, 0x0000))) as destination:
        async with open_mover(shelf, destination) as mover:
            told = await mover.move()
    assert told == [
        Told(0xFF00, 2, 0, 0, 1, ()),
        Told(0xFF00, 1, 0, 1, 1, ()),
        Told(0xB000, None, 1, 1, 1, ("1.2.3.2",)),
    ]


@pytest.mark.parametrize("keys", [{"PatientName": "P"}, {"StudyInstanceUID": ""}])
async def test_an_identifier_that_names_nothing(
    shelf: Shelf, destination: Destination, keys: dict[str, str]
) -> None:
    """Without a key of its level an identifier is refused, and never means everything."""
    async with open_mover(shelf, destination) as mover:
        told = await mover.move(level="STUDY", keys=keys)
    assert [one.status for one in told] == [0xA900]
    assert shelf.asked == []


async def test_what_cannot_be_begun(shelf: Shelf, destination: Destination) -> None:
    """An unknown destination, nothing that matches, an index that is away: each has its status, and nothing is sent."""
    async with open_mover(shelf, destination) as mover:
        (unknown,) = await mover.move("NOBODY")
        (nothing,) = await mover.move(level="IMAGE", keys={"SOPInstanceUID": "9.9"})
        shelf.is_away = True
        (away,) = await mover.move()
    assert (unknown.status, nothing.status, away.status) == (0xA801, 0xC000, 0xA701)
    assert destination.associations == 0


async def test_titles_are_compared_as_orthanc_does(shelf: Shelf, destination: Destination) -> None:
    """A destination is found whatever the case of its title, and called as the configuration spells it."""
    async with open_mover(shelf, destination) as mover:
        told = await mover.move("destination")
    assert told[-1].status == 0x0000


async def test_a_destination_that_is_not_there(shelf: Shelf) -> None:
    """When nobody listens, or we are refused, all instances have failed, and are named."""
    uids = tuple(one.sop_instance_uid for one in shelf.instances)
    (nobody,) = free_ports(1)
    async with open_mover(shelf, nobody) as mover:
        assert await mover.move() == [Told(0xA702, None, 0, 3, 0, uids)]
    with listening(Destination(_CT, wants=["SOMEBODY"])) as destination:
        async with open_mover(shelf, destination) as mover:
            assert await mover.move() == [Told(0xA702, None, 0, 3, 0, uids)]
    assert destination.received == []


async def test_a_destination_that_takes_nothing_of_it(shelf: Shelf) -> None:
    """When no presentation context is accepted, all instances have failed."""
    with listening(Destination([])) as destination:
        async with open_mover(shelf, destination) as mover:
            told = await mover.move()
    assert told[-1].status == 0xA702
    assert told[-1].failed == 3


async def test_a_destination_that_breaks_off_once(shelf: Shelf) -> None:
    """The instance at which it breaks off has failed; the next one goes on a new association."""
    with listening(Destination(_CT, aborts_at=frozenset({1}))) as destination:
        async with open_mover(shelf, destination) as mover:
            told = await mover.move()
    assert told[-1] == Told(0xB000, None, 2, 1, 0, ("1.2.3.2",))
    assert destination.associations == 2


async def test_a_destination_that_always_breaks_off(shelf: Shelf) -> None:
    """After some associations that broke one after the other nobody tries again."""
    for number in (4, 5, 6):
        shelf.put(ct(number))
    with listening(Destination(_CT, aborts_at=frozenset(range(10)))) as destination:
        async with open_mover(shelf, destination) as mover:
            told = await mover.move()
    assert told[-1].status == 0xA702
    assert told[-1].failed == 6
    assert destination.associations == 3


async def test_a_file_that_is_lost_fails_alone(shelf: Shelf, destination: Destination) -> None:
    """A file that is gone, one that ends in the middle, and one of a class that is no UID do not keep the others."""
    large = b"\0" * 2_000_000
    broken = dicom_file(SOPInstanceUID="1.2.3.4", EncapsulatedDocument=large)
    shelf.put(broken)
    shelf.put(ct(5))
    shelf.instances.append(Instance("other", "no SOP class", "1.2.3.6", "1.2.840.10008.1.2"))
    shelf.lost.add("1.2.3.1")
    shelf.broken.add("1.2.3.4")
    async with open_mover(shelf, destination) as mover:
        told = await mover.move()
    assert told[-1] == Told(0xB000, None, 3, 3, 0, ("1.2.3.1", "1.2.3.4", "1.2.3.6"))
    arrived = [one.sop_instance_uid for one in destination.received]
    assert arrived == ["1.2.3.2", "1.2.3.3", "1.2.3.5"]


async def test_cancelled_in_the_middle(shelf: Shelf, destination: Destination) -> None:
    """After a cancellation the instance in hand is finished, no other one is begun, and the counts tell."""
    gate = shelf.gates["1.2.3.2"] = asyncio.Event()
    async with open_mover(shelf, destination) as mover:
        opening = asyncio.create_task(_open_when_cancelled(mover, gate))
        told = await mover.move(on_first=lambda cancel: cancel())
        await opening
    assert told == [Told(0xFF00, 2, 1, 0, 0, ()), Told(0xFE00, 1, 2, 0, 0, ())]
    assert len(destination.received) == 2


async def _open_when_cancelled(mover: Mover, gate: asyncio.Event) -> None:
    await eventually(lambda: bool(mover.exchanges))
    await mover.exchanges[0].cancelled.wait()
    gate.set()


async def test_cancelled_while_the_destination_does_not_answer(shelf: Shelf) -> None:
    """Whoever cancels need not wait for a destination that accepts connections and says nothing."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        try:
            await reader.read()
        finally:
            writer.close()

    connected = asyncio.Event()
    async with await asyncio.start_server(silent, LOOPBACK, 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with open_mover(shelf, port, DicomScuTimeout=0) as mover:
            moving = asyncio.create_task(mover.move())
            await connected.wait()
            mover.exchanges[0].cancelled.set()
            assert await moving == [Told(0xFE00, 3, 0, 0, 0, ())]


async def test_a_peer_that_leaves_is_not_sent_for(shelf: Shelf, destination: Destination) -> None:
    """When whoever asked aborts, nothing more is sent, and the destination is let go."""
    shelf.gates["1.2.3.2"] = asyncio.Event()
    async with open_mover(shelf, destination) as mover:
        peer = await Requestor.open(
            Peer(Titles("ASKER", "GATEWAY"), LOOPBACK, mover.door.port, 0.0),
            [Proposed(MOVE_CLASSES[0], (ExplicitVRLittleEndian,))],
        )
        (context,) = peer.association.agreement.contexts.values()
        elements: dict[Element, Value] = {
            Element.AFFECTED_SOP_CLASS_UID: MOVE_CLASSES[0],
            Element.MESSAGE_ID: 1,
            Element.MOVE_DESTINATION: "DESTINATION",
        }
        await peer.association.send_command(
            context, encode(Field.C_MOVE_RQ, elements, data_set=True)
        )
        await peer.association.send_data_set(
            context,
            encoded_element(0x00080052, "CS", b"PATIENT ")
            + encoded_element(0x00100020, "LO", b"P1"),
        )
        _, first = await peer.association.command()
        assert decode(first).elements[Element.STATUS] == 0xFF00
        await peer.abort()
        ended = ("axial_dicom_associations_total", {"end": "aborted"})
        await eventually(lambda: mover.door.count(ended[0], **ended[1]) == 1)
    assert len(destination.received) == 1


async def test_as_a_job(shelf: Shelf, destination: Destination) -> None:
    """With SynchronousCMove off the router is told what to send, and success is told once that is written down."""
    asked = []

    def take(request: httpx2.Request) -> httpx2.Response:
        asked.append((request.url.path, json.loads(request.content)))
        return httpx2.Response(200, json={"ID": "x", "Path": "/jobs/x"})

    router = router_client(take)
    async with open_mover(shelf, destination, router, SynchronousCMove=False) as mover:
        assert await mover.move() == [Told(0x0000, None, 3, 0, 0, ())]
    ((path, work),) = asked
    assert path == "/internal/jobs/c-move"
    assert set(work) == {"destination", "instances", "originator_aet", "originator_id"}
    assert work["destination"] == "DESTINATION"
    assert (work["originator_aet"], work["originator_id"]) == ("ASKER", 77)
    assert [row[2] for row in work["instances"]] == ["1.2.3.1", "1.2.3.2", "1.2.3.3"]
    assert destination.received == []


@pytest.mark.parametrize(("answer", "status"), [(503, 0xA702), (404, 0xA801)])
async def test_not_taken(shelf: Shelf, destination: Destination, answer: int, status: int) -> None:
    """What the router does not take is not promised."""
    router = router_client(lambda _: httpx2.Response(answer))
    async with open_mover(shelf, destination, router, SynchronousCMove=False) as mover:
        (told,) = await mover.move()
    assert told.status == status
