"""Sending what is compressed to modalities that take nothing of the kind."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import httpx2
import pytest
from pydicom import FileDataset, dcmread
from pydicom.filereader import read_dataset
from support.destinations import Destination, listening
from support.outbound import Outbox
from support.transcoding import TranscodedFiles, one_worker

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD
from axial.common.modalities import Modality
from axial.common.testing.dicom_files import shipped_file
from axial.common.testing.eventually import eventually
from axial.common.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN
from axial.dimse.reaching import Reach
from axial.dimse.sending.associations import Associations
from axial.dimse.sending.contexts import kind_of, targets
from axial.dimse.sending.instances import Conversion, Instance
from axial.router.destinations.modality import Means
from axial.router.destinations.port import Outcome, Verdict
from axial.router.index_client import IndexClient
from axial.router.settings import RouterSettings

pytestmark = pytest.mark.integration

IMPLICIT = "1.2.840.10008.1.2"
JPEG_LS, JPEG_BASELINE = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.50"
NEAR_LOSSLESS = "1.2.840.10008.1.2.4.81"


@pytest.fixture
def outbox() -> Outbox:
    """Give a compressed instance."""
    outbox = Outbox()
    outbox.put(shipped_file("MR_small_jpeg_ls_lossless.dcm").read_bytes())
    return outbox


@pytest.fixture
async def means(outbox: Outbox) -> AsyncIterator[Means]:
    """Give what sending takes."""
    associations = Associations()
    transport = httpx2.MockTransport(outbox.find)
    async with httpx2.AsyncClient(transport=transport) as client, one_worker() as transcoder:
        index = IndexClient(client, "http://index", RouterSettings().internal_token)
        files = TranscodedFiles(transcoder, outbox.files)
        reach = Reach.of(Configuration())
        conversion = Conversion(files, targets(EXPLICIT_VR_LITTLE_ENDIAN))
        yield Means(reach, outbox, STANDARD, associations, index, conversion)
    await associations.aclose()


async def send(means: Means, outbox: Outbox, port: int, **options: object) -> Outcome:
    """Send the instance."""
    known = {"AET": "DESTINATION", "Host": LOOPBACK, "Port": port, **options}
    destination = means.to(Modality.model_validate(known), timeout=10)
    instance = outbox.instances[-1]
    async with destination.line([kind_of(instance)]) as line:
        return await line.send(instance)


@asynccontextmanager
async def storescp(*options: str) -> AsyncIterator[int]:
    """Run DCMTK's storage provider; give its port."""
    (port,) = free_ports(1)
    program = await asyncio.create_subprocess_exec("/usr/bin/storescp", *options, str(port))
    try:
        await eventually(lambda: _listens(port))
        yield port
    finally:
        program.kill()
        await program.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def only_file(folder: Path) -> FileDataset:
    """Read the one file of a folder."""
    (path,) = folder.iterdir()
    return dcmread(path)


@pytest.mark.tools
async def test_a_modality_that_takes_implicit_only(
    means: Means, outbox: Outbox, tmp_path: Path
) -> None:
    """DCMTK gets the instance decompressed, with the same pixels under the same UID."""
    async with storescp("+xi", "-od", str(tmp_path)) as port:
        outcome = await send(means, outbox, port)
    assert outcome.verdict is Verdict.DELIVERED
    got = only_file(tmp_path)
    assert got.SOPInstanceUID == outbox.instances[0].sop_instance_uid
    assert got.file_meta.TransferSyntaxUID == IMPLICIT
    assert got.PixelData == dcmread(shipped_file("MR_small.dcm")).PixelData


async def test_a_modality_that_takes_it_as_it_is(means: Means, outbox: Outbox) -> None:
    """The instance goes as it is to who takes it so, whatever else is taken."""
    (instance,) = outbox.instances
    accepts = [(instance.sop_class_uid, [IMPLICIT, instance.transfer_syntax_uid])]
    with listening(Destination(accepts)) as destination:
        outcome = await send(means, outbox, destination.port)
    assert outcome.verdict is Verdict.DELIVERED
    assert destination.received[0].transfer_syntax == instance.transfer_syntax_uid


async def test_a_modality_for_which_it_is_not_allowed(means: Means, outbox: Outbox) -> None:
    """It is told that the modality does not take the instance, and nothing is sent."""
    accepts = [(outbox.instances[0].sop_class_uid, [IMPLICIT])]
    with listening(Destination(accepts)) as destination:
        outcome = await send(means, outbox, destination.port, AllowTranscoding=False)
    assert outcome.verdict is Verdict.REFUSED
    assert destination.received == []


async def test_an_instance_that_cannot_be_decoded(means: Means, outbox: Outbox) -> None:
    """A damaged instance is refused for what it is; the modality hears nothing of it."""
    (instance,) = outbox.instances
    outbox.files[instance.id] = outbox.files[instance.id][:-500]
    with listening(Destination([(instance.sop_class_uid, [IMPLICIT])])) as destination:
        outcome = await send(means, outbox, destination.port)
    assert (outcome.verdict, outcome.protocol) == (Verdict.REFUSED, "none")
    assert destination.received == []


async def test_an_association_without_it_is_not_enough(means: Means, outbox: Outbox) -> None:
    """One is kept on which nothing else was proposed: what is to be transcoded goes over another."""
    associations = Associations(60.0)
    means = replace(means, associations=associations)
    accepts = [(outbox.instances[0].sop_class_uid, [IMPLICIT])]
    with listening(Destination(accepts)) as destination:
        refused = await send(means, outbox, destination.port, AllowTranscoding=False)
        sent = await send(means, outbox, destination.port)
        await associations.aclose()
    assert (refused.verdict, sent.verdict) == (Verdict.REFUSED, Verdict.DELIVERED)
    assert destination.associations == 2


def preferring(means: Means, uid: str) -> Means:
    """Prefer a transfer syntax (`DicomScuPreferredTransferSyntax`)."""
    assert means.conversion is not None
    return replace(means, conversion=replace(means.conversion, targets=targets(uid)))


def put_uncompressed(outbox: Outbox) -> Instance:
    """Have an instance with pixels of sixteen bits, too, to be sent from now on."""
    return outbox.put(shipped_file("MR_small.dcm").read_bytes())


async def test_what_is_preferred(means: Means, outbox: Outbox) -> None:
    """Who does not take an instance as it is, is sent it in this syntax, if it takes that; else uncompressed."""
    instance = put_uncompressed(outbox)
    means = preferring(means, JPEG_LS)
    for syntaxes in ([JPEG_LS], [IMPLICIT, JPEG_LS], [IMPLICIT]):
        with listening(Destination([(instance.sop_class_uid, syntaxes)])) as destination:
            outcome = await send(means, outbox, destination.port)
        assert outcome.verdict is Verdict.DELIVERED
        (received,) = destination.received
        assert received.transfer_syntax == syntaxes[-1]
        assert received.sop_instance_uid == instance.sop_instance_uid


async def test_what_cannot_be_written_as_is_preferred(means: Means, outbox: Outbox) -> None:
    """JPEG has eight bits a sample: pixels of sixteen go uncompressed, over the same association."""
    instance = put_uncompressed(outbox)
    accepts = [(instance.sop_class_uid, [JPEG_BASELINE, IMPLICIT])]
    with listening(Destination(accepts)) as destination:
        outcome = await send(preferring(means, JPEG_BASELINE), outbox, destination.port)
    assert outcome.verdict is Verdict.DELIVERED
    assert [one.transfer_syntax for one in destination.received] == [IMPLICIT]
    assert destination.associations == 1


async def test_a_lossy_syntax_that_is_preferred(means: Means, outbox: Outbox) -> None:
    """What arrives is another instance, and says so in command and data set; nobody can tell if it was sent before."""
    instance = put_uncompressed(outbox)
    means = preferring(means, NEAR_LOSSLESS)
    accepts = [(instance.sop_class_uid, [NEAR_LOSSLESS])]
    with listening(Destination(accepts, can_find=True)) as destination:
        assert (await send(means, outbox, destination.port)).verdict is Verdict.DELIVERED
        modality = Modality.model_validate(["DESTINATION", LOOPBACK, destination.port])
        async with means.to(modality).line([kind_of(instance)]) as line:
            assert await line.has(instance) is None
    (received,) = destination.received
    assert received.sop_instance_uid != instance.sop_instance_uid
    assert received.sop_instance_uid == uid_of(received.data_set)


def uid_of(data_set: bytes) -> str:
    """Read the SOP Instance UID of a data set in explicit VR."""
    decoded = read_dataset(BytesIO(data_set), is_implicit_VR=False, is_little_endian=True)
    return str(decoded.SOPInstanceUID)
