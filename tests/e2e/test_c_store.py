"""C-STORE as unmodified senders do it, and what the archive has then."""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path

import httpx2
import nats
import pydicom
import pytest
from pydicom.dataset import Dataset
from support.dicoms import DicomMaker, multi_frame
from support.finding import ask, question
from support.memory import forget_peak, peak_bytes
from support.modality import TITLE, Sendable, associate, associated, data_set_of, sendable
from support.orthanc import running_orthanc
from support.system import Axial
from support.waiting import until

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.errors import AxialError
from axial.common.file_meta import read_file_meta
from axial.common.implementation import IMPLEMENTATION_CLASS_UID
from axial.common.sop_classes import VERIFICATION
from axial.common.testing.dicom_files import dicom_file, shipped_files
from axial.common.transfer_syntaxes import IMPLICIT_VR_LITTLE_ENDIAN
from axial.dimse.messages.part10 import file_head
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.proposal import Proposed

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.either_store,
    # pydicom finds fault with many of its own files, and says so; here it only reads what we wrote.
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

_PROGRAM_SECONDS = 120.0
_UNKNOWN_CLASS = "1.3.6.1.4.1.99999.1.1"
# What one instance may add to a service while it passes: pieces in hand, buffers, threads' stacks.
_MOST_GROWTH_BYTES = 48 * 1024 * 1024
_PLAIN = (IMPLICIT_VR_LITTLE_ENDIAN,)

# DCMTK's storescu is told by an option which transfer syntax to propose first, if it is not a usual one.
_STORESCU = {
    "1.2.840.10008.1.2": "-xi",
    "1.2.840.10008.1.2.1": "-xe",
    "1.2.840.10008.1.2.2": "-xb",
    "1.2.840.10008.1.2.1.99": "-xd",
    "1.2.840.10008.1.2.4.50": "-xy",
    "1.2.840.10008.1.2.4.51": "-xx",
    "1.2.840.10008.1.2.4.70": "-xs",
    "1.2.840.10008.1.2.4.80": "-xt",
    "1.2.840.10008.1.2.4.90": "-xv",
    "1.2.840.10008.1.2.4.91": "-xw",
    "1.2.840.10008.1.2.5": "-xr",
}


@pytest.fixture(scope="module")
def port(axial: Axial) -> int:
    """Name the DICOM port of the shared system."""
    if axial.dicom_port is None:
        pytest.skip("only a system of our own tells its DICOM port")
    return axial.dicom_port


@pytest.fixture
async def tidy(client: httpx2.AsyncClient) -> AsyncIterator[None]:
    """Remove what a test has stored: others send the same files."""
    before = set((await client.get("/patients")).json())
    yield
    for patient in set((await client.get("/patients")).json()) - before:
        (await client.delete(f"/patients/{patient}")).raise_for_status()


@cache
def _shipped() -> dict[Path, Sendable]:
    """What pydicom ships and can be sent; files of one SOP instance in several encodings get names of their own."""
    found: dict[Path, Sendable] = {}
    taken: set[str] = set()
    for path in shipped_files():
        try:
            instance = sendable(path.read_bytes())
        except AxialError:
            continue
        uid = instance.sop_instance_uid
        if uid in taken:
            # As long as before, so that no other byte changes; inside what is deflated it cannot be found.
            name = uid[:-3] + f"{len(taken):03}"
            data_set = instance.data_set.replace(uid.encode(), name.encode())
            if name in taken or data_set == instance.data_set:
                continue
            instance = replace(instance, sop_instance_uid=name, data_set=data_set)
        taken.add(instance.sop_instance_uid)
        found[path] = instance
    return found


async def _stored(client: httpx2.AsyncClient) -> dict[str, bytes]:
    """Read all files there are, by SOP Instance UID."""
    found = {}
    for resource in (await client.get("/instances?expand")).json():
        answer = await client.get(f"/instances/{resource['ID']}/file")
        assert answer.status_code == 200
        found[resource["MainDicomTags"]["SOPInstanceUID"]] = answer.content
    return found


def _assert_kept(file: bytes, sent: Sendable) -> None:
    """The data set is what was sent; what stands before it says so (PS3.10 7.1)."""
    assert data_set_of(file) == sent.data_set, sent.sop_instance_uid
    meta = pydicom.dcmread(BytesIO(file), stop_before_pixels=True).file_meta
    assert meta.MediaStorageSOPClassUID == sent.sop_class_uid
    assert meta.MediaStorageSOPInstanceUID == sent.sop_instance_uid
    assert meta.TransferSyntaxUID == sent.transfer_syntax
    assert meta.SourceApplicationEntityTitle == TITLE
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID


async def test_every_file_is_kept_byte_for_byte(
    port: int, client: httpx2.AsyncClient, tidy: None
) -> None:
    """All data sets that pydicom ships, in every transfer syntax, are the same bytes afterwards."""
    instances = list(_shipped().values())
    assert len(instances) > 120
    assert {instance.transfer_syntax for instance in instances} >= _STORESCU.keys()
    async with associated(port, instances) as modality:
        for instance in instances:
            assert modality.accepts(instance), instance.transfer_syntax
            assert await modality.store(instance) == 0, instance.sop_instance_uid
    stored = await _stored(client)
    for instance in instances:
        _assert_kept(stored[instance.sop_instance_uid], instance)


@asynccontextmanager
async def _storescp(folder: Path) -> AsyncIterator[int]:
    """Run DCMTK's receiver, which writes what arrives as it arrived; give its port."""
    (port,) = free_ports(1)
    command = ("/usr/bin/storescp", "-B", "+xa", "-pm", "-od", str(folder), str(port))
    receiver = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)

    async def hears() -> None:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.transport.abort()

    try:
        await until(hears, within=30.0, retry_on=(OSError,))
        yield port
    finally:
        receiver.terminate()
        await receiver.wait()


def _storescu(port: int, *arguments: str, folder: Path) -> None:
    """Send a folder with DCMTK's storescu, not pynetdicom's of the same name."""
    titles = ("-aet", TITLE, "-aec", "AXIAL")
    target = (LOOPBACK, str(port), str(folder))
    subprocess.run(
        ("/usr/bin/storescu", "-R", "-nh", "+sd", "+r", *arguments, *titles, *target),
        check=False,  # of some of pydicom's files it knows itself that they are broken
        capture_output=True,
        # Without it, Nagle's algorithm costs each instance 80 ms.
        env={**os.environ, "TCP_NODELAY": "1"},
        timeout=_PROGRAM_SECONDS,
    )


def _write(instance: Sendable, file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(_file(instance))


@pytest.mark.tools
async def test_dcmtk_sends(
    port: int, client: httpx2.AsyncClient, tidy: None, tmp_path: Path
) -> None:
    """What DCMTK's storescu sends, whatever it makes of a file, is kept as DCMTK's own storescp keeps it."""
    sent, received = tmp_path / "sent", tmp_path / "received"
    sent.mkdir()
    received.mkdir()
    for number, instance in enumerate(_shipped().values()):
        folder = sent / _STORESCU[instance.transfer_syntax]
        _write(instance, folder / f"{number}.dcm")
    async with _storescp(received) as reference:
        for folder in sent.iterdir():
            for target in (reference, port):
                await asyncio.to_thread(_storescu, target, folder.name, folder=folder)
    expected = [_padded(sendable(file.read_bytes())) for file in received.iterdir()]
    assert len(expected) > 120
    assert {instance.transfer_syntax for instance in expected} == _STORESCU.keys()
    stored = await _stored(client)
    for instance in expected:
        _assert_kept(stored[instance.sop_instance_uid], instance)


def _padded(instance: Sendable) -> Sendable:
    """Put the byte back that storescp takes off a deflated data set: it came padded (PS3.5 A.5)."""
    return replace(instance, data_set=instance.data_set + bytes(len(instance.data_set) % 2))


async def test_pynetdicom_sends(
    port: int, client: httpx2.AsyncClient, tidy: None, tmp_path: Path
) -> None:
    """The application of pynetdicom, too: plain, compressed, deflated."""
    syntaxes = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.1.99")
    chosen = [
        next(one for one in _shipped().values() if one.transfer_syntax == syntax)
        for syntax in syntaxes
    ]
    for number, instance in enumerate(chosen):
        _write(instance, tmp_path / "files" / f"{number}.dcm")
    command = (sys.executable, "-m", "pynetdicom", "storescu", LOOPBACK, str(port))
    options = ("-aet", TITLE, "-aec", "AXIAL", "-cx")
    outcome = await asyncio.to_thread(
        subprocess.run,
        (*command, str(tmp_path / "files"), *options),
        check=False,
        capture_output=True,
        text=True,
        timeout=_PROGRAM_SECONDS,
    )
    assert outcome.returncode == 0, outcome.stderr
    stored = await _stored(client)
    for instance in chosen:
        kept = stored[instance.sop_instance_uid]
        assert _read(kept) == _read(_file(instance))
        assert sendable(kept).transfer_syntax == instance.transfer_syntax


@pytest.fixture
def orthanc(port: int, tmp_path: Path) -> Iterator[tuple[httpx2.Client, int]]:
    """Run a real Orthanc that knows us; give a client of it and its DICOM port."""
    (orthanc_port,) = free_ports(1)
    wishes = {
        "DicomServerEnabled": True,
        "DicomPort": orthanc_port,
        "DicomAet": "AXIAL",
        "DicomModalities": {"axial": ["AXIAL", LOOPBACK, port]},
    }
    with running_orthanc(tmp_path, wishes) as client:
        yield client, orthanc_port


@pytest.mark.tools
async def test_orthanc_sends(
    port: int,
    client: httpx2.AsyncClient,
    orthanc: tuple[httpx2.Client, int],
    tidy: None,
    tmp_path: Path,
) -> None:
    """A real Orthanc sends on what it got, and what it is told of its sender is what Orthanc itself would tell."""
    theirs, orthanc_port = orthanc
    maker = DicomMaker()
    to_both, by_orthanc = maker.make(0), maker.make(1)
    folder = tmp_path / "to_both"
    folder.mkdir()
    (folder / "0.dcm").write_bytes(to_both.body)
    for target in (orthanc_port, port):
        await asyncio.to_thread(_storescu, target, folder=folder)
    path = f"/instances/{to_both.id}/metadata?expand"
    told, expected = (await client.get(path)).json(), theirs.get(path).json()
    for name in ("RemoteAET", "RemoteIP", "CalledAET", "Origin", "TransferSyntax", "SopClassUid"):
        assert told[name] == expected[name]
    assert (told["RemoteAET"], told["Origin"]) == (TITLE, "DicomProtocol")

    theirs.post("/instances", content=by_orthanc.body).raise_for_status()
    job = await asyncio.to_thread(
        theirs.post, "/modalities/axial/store", content=by_orthanc.id.encode()
    )
    assert job.json()["FailedInstancesCount"] == 0

    # Its association stays open for a while: only its release waits for the index.
    async def is_there() -> bool:
        return await _is_there(client, by_orthanc.id)

    await until(is_there)
    kept = (await client.get(f"/instances/{by_orthanc.id}/file")).content
    assert _read(kept) == _read(by_orthanc.body)


async def _is_there(client: httpx2.AsyncClient, instance: str) -> bool:
    return (await client.get(f"/instances/{instance}")).status_code == 200


def _file(instance: Sendable) -> bytes:
    head = file_head(
        instance.sop_class_uid, instance.sop_instance_uid, instance.transfer_syntax, "X"
    )
    return head + instance.data_set


def _read(file: bytes) -> Dataset:
    """Read a data set; its meta information is left."""
    return pydicom.dcmread(BytesIO(file))


async def test_the_malformed_fails_alone(port: int, client: httpx2.AsyncClient, tidy: None) -> None:
    """What is no instance, or another than it is called, is refused by itself; those around it are kept."""
    maker = DicomMaker()
    good = [sendable(maker.make(number).body) for number in range(6)]
    spoiled = sendable(maker.make(10).body)
    refused = [
        (replace(spoiled, data_set=b"\0" * 100_000), Status.CANNOT_UNDERSTAND),
        (replace(spoiled, data_set=b"\xff" * 2), Status.CANNOT_UNDERSTAND),
        # Larger than what the gateway hands over in one piece.
        (replace(spoiled, data_set=b"no instance " * 300_000), Status.CANNOT_UNDERSTAND),
        (replace(spoiled, sop_instance_uid="1.2.3"), Status.DOES_NOT_MATCH_SOP_CLASS),
        (replace(spoiled, data_set=_nameless()), Status.CANNOT_UNDERSTAND),
    ]
    async with associated(port, good) as modality:
        assert await modality.store(good[0]) == 0
        for (instance, status), next_one in zip(refused, good[1:], strict=True):
            assert await modality.store(instance) == status
            assert await modality.store(next_one) == 0
    for number in range(6):
        assert await _is_there(client, maker.make(number).id)
    assert not await _is_there(client, maker.make(10).id)


def _nameless() -> bytes:
    return data_set_of(dicom_file(SOPInstanceUID=None))


async def test_released_is_seen(port: int, client: httpx2.AsyncClient, tidy: None) -> None:
    """Once an association is released, whoever asks is told of all that came on it: by HTTP, by C-FIND."""
    maker = DicomMaker()
    names = maker.names(0)
    asked = question(
        "STUDY", StudyInstanceUID=names.study_instance_uid, NumberOfStudyRelatedInstances=""
    )
    for first in (0, 20):
        instances = [sendable(maker.make(first + number).body) for number in range(20)]
        async with associated(port, instances) as modality:
            for instance in instances:
                assert await modality.store(instance) == 0
        series = maker.names(first).orthanc_ids[2]
        told = (await client.get(f"/series/{series}")).json()
        assert len(told["Instances"]) == 20
        found = await asyncio.to_thread(ask, port, asked)
        assert found.values("NumberOfStudyRelatedInstances") == [str(first + 20)]


async def test_unknown_classes_are_a_setting(
    port: int, client: httpx2.AsyncClient, tidy: None
) -> None:
    """A SOP class that nobody knows is accepted as soon as, and as long as, it is allowed."""
    instance = sendable(dicom_file(SOPClassUID=_UNKNOWN_CLASS, SOPInstanceUID="1.2.3.4.5.6"))
    path = "/tools/unknown-sop-class-accepted"

    async def is_accepted() -> bool:
        modality = await associate(port, [Proposed(VERIFICATION, _PLAIN), instance.proposed])
        await modality.requestor.release()
        return modality.accepts(instance)

    async def is_refused() -> bool:
        return not await is_accepted()

    assert (await client.put(path, content="0")).status_code == 200
    await until(is_refused)
    assert (await client.put(path, content="1")).status_code == 200
    try:
        await until(is_accepted)
        async with associated(port, [instance]) as modality:
            assert await modality.store(instance) == 0
    finally:
        await client.put(path, content="0")
    await until(is_refused)
    _assert_kept((await _stored(client))[instance.sop_instance_uid], instance)


async def test_a_full_archive_says_so(
    axial: Axial, port: int, client: httpx2.AsyncClient, tidy: None
) -> None:
    """While there is no room for another event, C-STORE is answered 0xA700; afterwards the same instance goes in."""
    dicom = DicomMaker().make(0)
    instance = sendable(dicom.body)
    broker = await nats.connect(axial.nats_url)
    jetstream = broker.jetstream()
    try:
        stream = await jetstream.stream_info("DICOM")
        full = stream.config.evolve(max_bytes=stream.state.bytes + 1)
        await jetstream.update_stream(full)
        try:
            async with associated(port, [instance]) as modality:
                assert await modality.store(instance) == Status.OUT_OF_RESOURCES
                await jetstream.update_stream(stream.config)
                assert await modality.store(instance) == 0
        finally:
            await jetstream.update_stream(stream.config)
    finally:
        await broker.close()
    assert await _is_there(client, dicom.id)


async def test_64_mebibytes(axial: Axial, port: int, client: httpx2.AsyncClient) -> None:
    """A multi-frame instance passes through the gateway and ingest in a fraction of its size."""
    await _passes(axial, port, client, 64)


@pytest.mark.long
async def test_1_gibibyte(axial: Axial, port: int, client: httpx2.AsyncClient) -> None:
    """So does one of a gibibyte."""
    await _passes(axial, port, client, 1024)


async def _passes(axial: Axial, port: int, client: httpx2.AsyncClient, frames: int) -> None:
    file = multi_frame(frames)
    instance = replace(sendable(file.header), data_set=b"")
    services = [name for name in axial.programs if name.startswith(("ingest", "dicom-gateway"))]
    before = {name: forget_peak(axial, name) for name in services}
    digest = hashlib.md5(usedforsecurity=False)

    def pieces() -> Iterator[bytes]:
        pieces = file.chunks()
        yield data_set_of(next(pieces))
        yield from pieces

    async with associated(port, [instance]) as modality:
        assert await modality.store_pieces(instance, pieces()) == 0
    for name in services:
        growth = peak_bytes(axial, name) - before[name]
        print(f"{name}: {growth / 1024**2:.0f} MiB more for {frames} MiB")
        assert growth < _MOST_GROWTH_BYTES, name
    id_ = file.names.orthanc_id
    offset = None
    async with client.stream("GET", f"/instances/{id_}/file") as download:
        async for chunk in download.aiter_raw(1024 * 1024):
            piece = chunk
            if offset is None:
                offset = read_file_meta(chunk).dataset_offset
                piece = chunk[offset:]
            digest.update(piece)
    assert digest.hexdigest() == _digest(pieces())
    (await client.delete(f"/instances/{id_}")).raise_for_status()


def _digest(pieces: Iterable[bytes]) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
