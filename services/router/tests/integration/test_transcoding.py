"""Sending what is compressed to modalities that take nothing of the kind."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from pydicom import FileDataset, dcmread
from support.destinations import Destination, listening
from support.outbound import Outbox
from support.transcoding import TranscodedFiles, one_worker

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD
from axial.common.modalities import Modality
from axial.common.testing.dicom_files import shipped_file
from axial.common.testing.eventually import eventually
from axial.dimse.reaching import Reach
from axial.dimse.sending.associations import Associations
from axial.dimse.sending.contexts import kind_of
from axial.router.destinations.modality import Means
from axial.router.destinations.port import Outcome, Verdict
from axial.router.index_client import IndexClient
from axial.router.settings import RouterSettings

pytestmark = pytest.mark.integration

IMPLICIT = "1.2.840.10008.1.2"


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
        yield Means(reach, outbox, STANDARD, associations, index, files)
    await associations.aclose()


async def send(means: Means, outbox: Outbox, port: int, **options: object) -> Outcome:
    """Send the instance."""
    known = {"AET": "DESTINATION", "Host": LOOPBACK, "Port": port, **options}
    destination = means.to(Modality.model_validate(known), timeout=10)
    (instance,) = outbox.instances
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
