"""Sending to a modality that behaves well, or badly: what became of the instance, and how sure that is."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from pynetdicom.pdu import A_ASSOCIATE_RQ
from support.destinations import Destination, listening
from support.gateway import door
from support.outbound import Outbox
from support.raw_peer import Basket

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.clients.ingest import Arrival
from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD
from axial.common.errors import NotFound, Unavailable
from axial.common.modalities import Modality
from axial.common.testing.dicom_files import CT_IMAGE_STORAGE, dicom_file
from axial.common.testing.eventually import eventually
from axial.common.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN
from axial.dimse.messages.commands import Field
from axial.dimse.reaching import Reach
from axial.dimse.sending.associations import Associations, Open
from axial.dimse.sending.contexts import kind_of
from axial.dimse.sending.instances import Instance
from axial.dimse.sending.sub_operation import Originator
from axial.dimse.upper_layer.negotiation import accept_pdu, agree
from axial.dimse.upper_layer.pdus import RELEASE_RP, RELEASE_RQ, data_pdu
from axial.dimse.upper_layer.proposal import Proposed, Titles
from axial.dimse.upper_layer.requestor import Peer, Requestor
from axial.router.destinations.modality import Means
from axial.router.destinations.port import Line, Outcome, Verdict
from axial.router.index_client import IndexClient
from axial.router.settings import RouterSettings

pytestmark = pytest.mark.integration

TAKES = [(CT_IMAGE_STORAGE, [EXPLICIT_VR_LITTLE_ENDIAN])]
# Long enough for a loaded machine, when an answer does come.
_PATIENCE_SECONDS = 10
_SHORT_SECONDS = 1


@pytest.fixture
def outbox() -> Outbox:
    """Give three instances."""
    outbox = Outbox()
    for number in (1, 2, 3):
        outbox.put(dicom_file(SOPInstanceUID=f"1.2.3.{number}"))
    return outbox


class _Silent(Basket):
    """Takes everything in, and never says so."""

    async def store(self, arrival: Arrival, file: bytes) -> str:
        """Keep silent."""
        await super().store(arrival, file)
        return await asyncio.Future()


class _Anything:
    """Takes whatever is proposed."""

    def transfer_syntax(self, _: str, proposed: Sequence[str]) -> str:
        """Choose the first."""
        return proposed[0]

    def refusal(self, _: str, __: Field) -> None:
        """Refuse nothing."""


@asynccontextmanager
async def speaking(
    first: Callable[[bytes], bytes], then: bytes | None = b"", heard: bytearray | None = None
) -> AsyncIterator[int]:
    """Answer the first PDU, and what is said after it, or hang up then; give the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readexactly(6)
            writer.write(first(head + await reader.readexactly(int.from_bytes(head[2:], "big"))))
            await reader.read(1)
            if then is None:
                writer.transport.abort()
                return
            writer.write(then)
            while said := await reader.read(65536):
                if heard is not None:
                    heard.extend(said)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the other side has gone
        finally:
            writer.close()

    async with await asyncio.start_server(answer, LOOPBACK, 0) as server:
        yield server.sockets[0].getsockname()[1]


class Network:
    """This process's side of all modalities."""

    def __init__(self, outbox: Outbox, means: Means) -> None:
        self.outbox = outbox
        self.means = means

    @asynccontextmanager
    async def line(self, port: int, patience: int = _PATIENCE_SECONDS) -> AsyncIterator[Line]:
        """Open a line to a modality that listens on a port."""
        modality = Modality.model_validate(["DESTINATION", LOOPBACK, port])
        destination = self.means.to(modality, timeout=patience)
        kinds = [kind_of(one) for one in self.outbox.instances]
        async with destination.line(kinds) as line:
            yield line

    async def send(self, port: int, instance: Instance) -> Outcome:
        """Send one instance on a line of its own."""
        async with self.line(port) as line:
            return await line.send(instance)


@pytest.fixture
async def network(outbox: Outbox) -> AsyncIterator[Network]:
    """Keep associations for as long as a test may take."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        return outbox.find(request)

    associations = Associations(60.0)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        index = IndexClient(client, "http://index", RouterSettings().internal_token)
        reach = Reach.of(Configuration())
        yield Network(outbox, Means(reach, outbox, STANDARD, associations, index))
    await associations.aclose()


async def test_statuses(network: Network, outbox: Outbox) -> None:
    """Each answer becomes a verdict with the status; the association survives all of them."""
    with listening(Destination(TAKES, statuses=(0x0000, 0xB007, 0xA900))) as destination:
        async with network.line(destination.port) as line:
            outcomes = [await line.send(one, Originator("MOVER", 7)) for one in outbox.instances]
    assert [(one.verdict, one.status) for one in outcomes] == [
        (Verdict.DELIVERED, 0x0000),
        (Verdict.DELIVERED, 0xB007),
        (Verdict.REFUSED, 0xA900),
    ]
    assert {one.originator for one in destination.received} == {("MOVER", 7)}
    assert destination.associations == 1


async def test_an_association_is_used_again(network: Network, outbox: Outbox) -> None:
    """The next line to the same modality goes over what is open; two at once have one each."""
    with listening(Destination(TAKES)) as destination:
        for instance in outbox.instances:
            await network.send(destination.port, instance)
        assert destination.associations == 1
        async with network.line(destination.port) as one, network.line(destination.port) as other:
            await one.send(outbox.instances[0])
            await other.send(outbox.instances[1])
        assert destination.associations == 2
        await network.means.associations.aclose()
        assert (await network.send(destination.port, outbox.instances[0])).status == 0
        assert destination.associations == 3


async def test_an_association_is_not_kept_for_ever(outbox: Outbox, network: Network) -> None:
    """After the delay it is released, and the modality has its place back."""
    destination = Destination(TAKES)
    with listening(destination):
        kept = network.means.associations
        kept._keep_seconds = 0.05  # noqa: SLF001 - what the configuration counts in whole seconds
        await network.send(destination.port, outbox.instances[0])
        await eventually(lambda: not kept._kept)  # noqa: SLF001
        await network.send(destination.port, outbox.instances[1])
    assert destination.associations == 2


async def test_a_modality_that_has_ended_the_association(network: Network, outbox: Outbox) -> None:
    """It was kept, and the modality restarts: the next instance goes over another one."""
    first = Destination(TAKES)
    with listening(first):
        await network.send(first.port, outbox.instances[0])
    second = Destination(TAKES)
    with listening(second, port=first.port):
        outcome = await network.send(first.port, outbox.instances[1])
        assert outcome.verdict is Verdict.DELIVERED
    assert [one.sop_instance_uid for one in second.received] == ["1.2.3.2"]


async def test_a_modality_that_does_not_wait(network: Network, outbox: Outbox) -> None:
    """An instance takes long to be read, and the modality hangs up meanwhile: it goes over another association."""
    first, second, _ = outbox.instances
    gate = outbox.gates[second.id] = asyncio.Event()
    with listening(Destination(TAKES, patience_seconds=2.5)) as destination:
        async with network.line(destination.port, 4) as line:
            assert (await line.send(first)).verdict is Verdict.DELIVERED
            sending = asyncio.create_task(line.send(second))
            await eventually(lambda: destination.ended == 1)
            gate.set()
            assert (await sending).verdict is Verdict.DELIVERED
    assert [one.sop_instance_uid for one in destination.received] == ["1.2.3.1", "1.2.3.2"]


async def test_nobody_there(network: Network, outbox: Outbox) -> None:
    """Nothing was sent, and nothing is doubtful; why is told without an address."""
    (port,) = free_ports(1)
    outcome = await network.send(port, outbox.instances[0])
    assert outcome == Outcome(
        Verdict.AWAY,
        reason='DicomAssociation - connecting to AET "DESTINATION": cannot connect: Connection refused',
    )


async def test_a_modality_that_does_not_know_us(network: Network, outbox: Outbox) -> None:
    """An operator can mend it: it is away, and says why."""
    with listening(Destination(TAKES, wants=("SOMEBODY",))) as destination:
        outcome = await network.send(destination.port, outbox.instances[0])
    assert outcome.verdict is Verdict.AWAY
    assert not outcome.is_doubtful
    assert outcome.reason.endswith(
        "association rejected: calling AE title not recognized (rejected-permanent)"
    )


async def test_a_modality_that_takes_other_things(network: Network, outbox: Outbox) -> None:
    """There is no presentation context: this will never work."""
    with listening(Destination([])) as destination:
        outcome = await network.send(destination.port, outbox.instances[0])
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.reason == 'Unable to negotiate a presentation context with AET "DESTINATION"'


async def test_a_file_that_cannot_be_rewritten(network: Network, outbox: Outbox) -> None:
    """The modality takes another encoding, and the file is damaged: others go over the same association."""
    damaged, whole, _ = outbox.instances
    outbox.files[damaged.id] = outbox.files[damaged.id][:-3]
    with listening(Destination([(CT_IMAGE_STORAGE, [IMPLICIT_VR_LITTLE_ENDIAN])])) as destination:
        async with network.line(destination.port) as line:
            refused = await line.send(damaged)
            sent = await line.send(whole)
    assert (refused.verdict, refused.status, refused.is_doubtful) == (Verdict.REFUSED, 0, False)
    assert sent.verdict is Verdict.DELIVERED
    assert [one.transfer_syntax for one in destination.received] == [IMPLICIT_VR_LITTLE_ENDIAN]
    assert destination.associations == 1


async def test_a_modality_that_aborts(network: Network, outbox: Outbox) -> None:
    """At one instance, whose fate nobody knows then; it can still be reached, and takes the next."""
    with listening(Destination(TAKES, aborts_at=frozenset({0}))) as destination:
        async with network.line(destination.port) as line:
            broken = await line.send(outbox.instances[0])
            sent = await line.send(outbox.instances[1])
    assert (broken.verdict, broken.is_doubtful) == (Verdict.FAILED, True)
    assert broken.reason.endswith("the peer ended the association")
    assert sent.verdict is Verdict.DELIVERED


async def test_a_modality_that_is_silent(network: Network, outbox: Outbox) -> None:
    """It has got everything and does not answer: it is away, and may have kept it."""
    async with (
        door(Configuration(), ingest=_Silent()) as opened,
        network.line(opened.port, _SHORT_SECONDS) as line,
    ):
        outcome = await line.send(outbox.instances[0])
    assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, True)
    assert outcome.is_broken
    assert outcome.reason.endswith("no response in time")


@pytest.mark.parametrize("said", [b"HTTP/1.1 400", b"\x02\0\xff\xff\xff\xff", RELEASE_RQ])
async def test_who_is_no_modality(network: Network, outbox: Outbox, said: bytes) -> None:
    """Whatever listens there and says something else to a request for an association: nothing is sent to it."""
    async with speaking(lambda _: said) as port:
        outcome = await network.send(port, outbox.instances[0])
    assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, False)


def accept(request: bytes) -> bytes:
    """Accept whatever is proposed."""
    pdu = A_ASSOCIATE_RQ()
    pdu.decode(request)
    primitive = pdu.to_primitive()
    agreement, answers = agree(primitive, _Anything())
    return accept_pdu(primitive, agreement, answers, 16384)


@pytest.mark.parametrize("said", [RELEASE_RQ, data_pdu(1, b"?", command=True, last=True)])
async def test_a_modality_that_breaks_the_rules(
    network: Network, outbox: Outbox, said: bytes
) -> None:
    """It takes an instance and answers what is no response: it may have kept it, and can be reached."""
    async with speaking(accept, said) as port:
        outcome = await network.send(port, outbox.instances[0])
    assert (outcome.verdict, outcome.is_doubtful) == (Verdict.FAILED, True)


async def test_a_modality_that_leaves_is_answered(network: Network, outbox: Outbox) -> None:
    """It asks for a release in the place of a response, and is not aborted for that (PS3.8 section 9.2)."""
    heard = bytearray()
    async with speaking(accept, RELEASE_RQ, heard) as port:
        await network.send(port, outbox.instances[0])
        await eventually(lambda: heard.endswith(RELEASE_RP))


async def test_a_modality_that_leaves_an_association_that_is_kept() -> None:
    """Nothing is under way on it: the release is answered at once, and it is not used again."""
    heard = bytearray()
    associations = Associations(60.0)
    peer = Peer(Titles("WE", "THEY"), LOOPBACK, 0, _PATIENCE_SECONDS)
    proposed = [Proposed(*TAKES[0][:1], (EXPLICIT_VR_LITTLE_ENDIAN,))]
    async with speaking(lambda request: accept(request) + RELEASE_RQ, b"", heard) as port:
        requestor = await Requestor.open(replace(peer, port=port), proposed)
        await associations.give_back(peer, Open(requestor, proposed))
        await eventually(lambda: associations._watching == set())  # noqa: SLF001
        assert await associations.take(peer, lambda _: True) is None
        # The first byte was read to wait for it.
        await eventually(lambda: bytes(heard) == RELEASE_RP[1:])
    await associations.aclose()


async def test_a_modality_that_aborts_in_the_middle(network: Network, outbox: Outbox) -> None:
    """Of a large instance, which it cannot have then: nothing is doubtful, and it can be reached."""
    large = outbox.put(dicom_file(SOPInstanceUID="1.2.3.9", EncapsulatedDocument=bytes(16_000_000)))
    async with speaking(accept, None) as port:
        outcome = await network.send(port, large)
    assert (outcome.verdict, outcome.is_doubtful) == (Verdict.FAILED, False)


async def test_a_modality_that_takes_more_by_now(network: Network, outbox: Outbox) -> None:
    """What was refused when a kept association was negotiated is asked for again, once on each line."""
    instance = outbox.instances[0]
    with listening(Destination([])) as destination:
        assert (await network.send(destination.port, instance)).verdict is Verdict.REFUSED
        assert (await network.send(destination.port, instance)).verdict is Verdict.REFUSED
        assert destination.associations == 2
        destination.take(TAKES)
        assert (await network.send(destination.port, instance)).verdict is Verdict.DELIVERED
        assert destination.associations == 3


async def test_a_host_that_is_none(network: Network, outbox: Outbox) -> None:
    """What cannot be a name is told as what cannot be reached, not as an error of ours."""
    modality = Modality.model_validate(["DESTINATION", "two..dots", 104])
    async with network.means.to(modality).line([kind_of(outbox.instances[0])]) as line:
        outcome = await line.send(outbox.instances[0])
    assert outcome.verdict is Verdict.AWAY
    assert outcome.reason.endswith("cannot connect: not a host name")


@pytest.mark.tools
@pytest.mark.parametrize(
    ("option", "verdict", "is_doubtful"),
    [
        (("--refuse",), Verdict.AWAY, False),
        (("--abort-after",), Verdict.FAILED, True),
        ((), Verdict.DELIVERED, False),
    ],
    ids=str,
)
async def test_dcmtk(
    network: Network,
    outbox: Outbox,
    tmp_path: Path,
    option: tuple[str, ...],
    verdict: Verdict,
    *,
    is_doubtful: bool,
) -> None:
    """DCMTK's storescp behaves badly by request; each way is told apart."""
    (port,) = free_ports(1)
    program = ("/usr/bin/storescp", *option, "-od", str(tmp_path), str(port))
    storer = await asyncio.create_subprocess_exec(*program)
    try:
        await eventually(lambda: _listens(port))
        async with network.line(port, _SHORT_SECONDS) as line:
            outcome = await line.send(outbox.instances[0])
    finally:
        storer.kill()
        await storer.wait()
    assert (outcome.verdict, outcome.is_doubtful) == (verdict, is_doubtful)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


async def test_what_is_wrong_here(network: Network, outbox: Outbox) -> None:
    """A file that is gone, or an index that is away, is no word about the modality; the line stays as it was."""
    lost, kept, _ = outbox.instances
    del outbox.files[lost.id]
    with listening(Destination(TAKES)) as destination:
        async with network.line(destination.port) as line:
            with pytest.raises(NotFound):
                await line.send(lost)
            outbox.is_away = True
            with pytest.raises(Unavailable):
                await line.send(kept)
            outbox.is_away = False
            assert (await line.send(kept)).verdict is Verdict.DELIVERED
    assert destination.associations == 1


async def test_asking_what_a_modality_has(network: Network, outbox: Outbox) -> None:
    """By C-FIND with all keys that a strict archive wants; on one association."""
    there, absent, _ = outbox.instances
    with listening(Destination(TAKES, can_find=True)) as destination:
        async with network.line(destination.port) as line:
            await line.send(there)
            assert await line.has(there) is True
            assert await line.has(absent) is False
    assert destination.associations == 2
    asked = destination.asked[0]
    assert (asked.QueryRetrieveLevel, asked.SOPInstanceUID) == ("IMAGE", "1.2.3.1")
    assert (asked.StudyInstanceUID, asked.SeriesInstanceUID) == ("1.2", "1.2.3")


async def test_asking_a_modality_that_has_hung_up(network: Network, outbox: Outbox) -> None:
    """It ends what nothing happens on between two questions, and is asked on another association."""
    instance = outbox.instances[0]
    destination = Destination(TAKES, can_find=True)
    (port,) = free_ports(1)
    async with network.line(port) as line:
        for _ in range(2):
            with listening(destination, port=port):
                assert await line.has(instance) is False
    assert len(destination.asked) == 2


async def test_modalities_that_cannot_be_asked(network: Network, outbox: Outbox) -> None:
    """One that offers no C-FIND, one that fails to answer, one that is not there: nobody knows."""
    instance = outbox.instances[0]
    for destination in (Destination(TAKES), Destination(TAKES, can_find=True, find_status=0xC000)):
        with listening(destination):
            async with network.line(destination.port) as line:
                assert await line.has(instance) is None
    (port,) = free_ports(1)
    async with network.line(port) as line:
        assert await line.has(instance) is None
