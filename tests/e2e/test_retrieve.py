"""C-GET and C-MOVE by programs that others wrote: DCMTK's, pynetdicom's, Debian's Orthanc."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2
import pytest
from pydicom import dcmread
from support.dicoms import Dicom, DicomMaker, multi_frame
from support.memory import peak_bytes
from support.orthanc import running_orthanc
from support.system import Axial, Wishes, running
from support.waiting import eventually_sync

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.file_meta import read_file_meta
from axial.common.testing.dicom_files import shipped_file

pytestmark = [pytest.mark.e2e, pytest.mark.tools]

_PROGRAM_SECONDS = 120.0
_FILES = ("MR_small_bigendian.dcm", "rtplan.dcm", "image_dfl.dcm", "SC_rgb.dcm")
# That of `rtplan.dcm`.
_STUDY = "1.22.333.4.555555.6.7777777777777777777777777777"
# What a retrieval may add to the gateway, however long an instance is: pieces in hand, and buffers of sockets.
_MOST_GROWTH_BYTES = 64 * 1024 * 1024


def ask(axial: Axial, *program: str, keys: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a program against the DICOM port."""
    arguments = [word for key in keys for word in ("-k", key)]
    return subprocess.run(
        (*program, *arguments, "-aec", "AXIAL", LOOPBACK, str(axial.dicom_port)),
        capture_output=True,
        text=True,
        check=False,
        timeout=_PROGRAM_SECONDS,
    )


def pynetdicom(program: str) -> tuple[str, ...]:
    """Name one of pynetdicom's applications."""
    return (sys.executable, "-m", "pynetdicom", program)


def data_sets(folder: Path) -> set[bytes]:
    """Read the data sets of the files that a program has written."""
    return {data_set(file.read_bytes()) for file in folder.iterdir()}


def data_set(file: bytes) -> bytes:
    """Take the data set out of a file."""
    return file[read_file_meta(file).dataset_offset :]


def stored(client: httpx2.Client, count: int) -> list[Dicom]:
    """Store files of one series."""
    maker = DicomMaker()
    made = [maker.make(number) for number in range(count)]
    for dicom in made:
        assert client.post("/instances", content=dicom.body).is_success
    return made


@pytest.mark.parametrize("program", [("/usr/bin/getscu", "+B"), pynetdicom("getscu")])
def test_what_was_just_stored_can_be_got(
    axial: Axial, tmp_path: Path, program: tuple[str, ...]
) -> None:
    """Files whose upload has been answered come back on the next association, byte for byte."""
    with axial.client() as client:
        made = stored(client, 5)
    keys = ["QueryRetrieveLevel=STUDY", f"StudyInstanceUID={made[0].names.study_instance_uid}"]
    done = ask(axial, *program, "-S", "-od", str(tmp_path), keys=keys)
    assert done.returncode == 0, done.stderr
    got = list(tmp_path.iterdir())
    assert len(got) == 5
    if program[0] == "/usr/bin/getscu":
        assert data_sets(tmp_path) == {data_set(dicom.body) for dicom in made}


@pytest.fixture(scope="module")
def ports() -> tuple[int, int, int]:
    """Choose where Orthanc, a moving program and a storing program listen."""
    orthanc, mover, storer = free_ports(3)
    return orthanc, mover, storer


@pytest.fixture(scope="module")
def archive(module_data: Path, ports: tuple[int, int, int]) -> Iterator[Axial]:
    """Run a system that knows those three, with some files in it."""
    modalities = {
        "orthanc": ["ORTHANC", LOOPBACK, ports[0]],
        "mover": ["MOVESCU", LOOPBACK, ports[1]],
        "storer": ["STORER", LOOPBACK, ports[2]],
    }
    options = {"DicomModalities": modalities, "DicomAlwaysAllowGet": True}
    with running(module_data, Wishes(configuration=options)) as system:
        with system.client() as client:
            for name in _FILES:
                assert client.post("/instances", content=shipped_file(name).read_bytes()).is_success
        yield system


@pytest.fixture(scope="module")
def orthanc(
    tmp_path_factory: pytest.TempPathFactory, archive: Axial, ports: tuple[int, int, int]
) -> Iterator[httpx2.Client]:
    """Run Debian's Orthanc, which knows that system."""
    wishes = {
        "DicomServerEnabled": True,
        "DicomPort": ports[0],
        "DicomModalities": {"axial": ["AXIAL", LOOPBACK, archive.dicom_port]},
    }
    with running_orthanc(tmp_path_factory.mktemp("orthanc"), wishes) as client:
        yield client


def test_orthanc_retrieves_everything(archive: Axial, orthanc: httpx2.Client) -> None:
    """Orthanc finds the studies, has each moved to itself, and then holds the instances that Axial holds."""
    wanted = {"Level": "Study", "Query": {"PatientID": "", "StudyInstanceUID": ""}}
    query = orthanc.post("/modalities/axial/query", json=wanted).json()["Path"]
    assert len(orthanc.get(f"{query}/answers").json()) == len(_FILES)
    retrieved = orthanc.post(f"{query}/retrieve", content="ORTHANC")
    assert retrieved.is_success, retrieved.text
    with archive.client() as client:
        ours = client.get("/instances").json()
        assert set(orthanc.get("/instances").json()) == set(ours)
        for instance in ours:
            theirs = orthanc.get(f"/instances/{instance}/metadata/RemoteAET")
            assert theirs.text == "AXIAL"


@pytest.mark.parametrize(
    ("study", "target", "status"),
    [("1.2.3.4.5", "ORTHANC", "0xC000"), (_STUDY, "NOBODY", "0xA801")],
)
def test_orthanc_hears_of_failure(
    orthanc: httpx2.Client, study: str, target: str, status: str
) -> None:
    """A study that is not there, and a destination that nobody knows, are told by Orthanc's own API."""
    wanted = {
        "Level": "Study",
        "Resources": [{"StudyInstanceUID": study}],
        "TargetAet": target,
    }
    refused = orthanc.post("/modalities/axial/move", json=wanted)
    assert status in refused.json()["Details"]


@pytest.mark.parametrize("by_pynetdicom", [False, True], ids=["dcmtk", "pynetdicom"])
def test_moved_to_whoever_asks(
    archive: Axial, ports: tuple[int, int, int], tmp_path: Path, *, by_pynetdicom: bool
) -> None:
    """A program that listens itself is sent what it asks for, by a list of two patients."""
    program = (
        (*pynetdicom("movescu"), "--store", "--store-port", str(ports[1]), "--store-aet", "MOVESCU")
        if by_pynetdicom
        else ("/usr/bin/movescu", "+P", str(ports[1]))
    )
    keys = ["QueryRetrieveLevel=PATIENT", "PatientID=id00001\\4MR1"]
    done = ask(archive, *program, "-aem", "MOVESCU", "-od", str(tmp_path), keys=keys)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.iterdir())) == 2, done.stderr


def test_got_uncompressed(archive: Axial, tmp_path: Path) -> None:
    """A program that takes nothing compressed gets a compressed instance decompressed, pixel by pixel."""
    name = "emri_small_jpeg_ls_lossless.dcm"
    with archive.client() as client:
        stored = client.post("/instances", content=shipped_file(name).read_bytes())
        assert stored.is_success
    compressed = dcmread(shipped_file(name))
    keys = ["QueryRetrieveLevel=STUDY", f"StudyInstanceUID={compressed.StudyInstanceUID}"]
    done = ask(archive, "/usr/bin/getscu", "-S", "-od", str(tmp_path), keys=keys)
    assert done.returncode == 0, done.stderr
    (got,) = map(dcmread, tmp_path.iterdir())
    assert not got.file_meta.TransferSyntaxUID.is_compressed
    assert (got.pixel_array == dcmread(shipped_file("emri_small.dcm")).pixel_array).all()


def test_200_mebibytes_written_otherwise(
    archive: Axial, ports: tuple[int, int, int], tmp_path: Path
) -> None:
    """A multi-frame instance of 200 MiB is moved to who takes implicit VR only, and got, in little memory."""
    file = multi_frame(200)
    with archive.client() as client:
        uploaded = client.post(
            "/instances", content=file.chunks(), headers={"Content-Length": str(file.size_bytes)}
        )
        assert uploaded.is_success
    before = peak_bytes(archive, "dicom-gateway")
    keys = ["QueryRetrieveLevel=STUDY", f"StudyInstanceUID={file.names.study_instance_uid}"]
    storer = subprocess.Popen(
        ("/usr/bin/storescp", "+xi", "+B", "-od", tmp_path, "-aet", "STORER", str(ports[2]))
    )
    try:
        eventually_sync(lambda: _echo(ports[2]))
        moved = ask(archive, "/usr/bin/movescu", "-v", "-S", "-aem", "STORER", keys=keys)
    finally:
        storer.terminate()
        storer.wait()
    assert moved.returncode == 0, moved.stderr
    (arrived,) = tmp_path.iterdir()
    with arrived.open("rb") as received:
        meta = read_file_meta(received.read(8192))
        assert meta.transfer_syntax_uid == "1.2.840.10008.1.2"
        received.seek(-200 * file.FRAME_BYTES, 2)
        for number in range(200):
            assert received.read(file.FRAME_BYTES)[:8] == number.to_bytes(8, "little")
    arrived.unlink()
    got = ask(archive, "/usr/bin/getscu", "-S", "--ignore", keys=keys)
    assert got.returncode == 0, got.stderr
    assert peak_bytes(archive, "dicom-gateway") - before < _MOST_GROWTH_BYTES


def _echo(port: int) -> bool:
    done = subprocess.run(
        ("/usr/bin/echoscu", LOOPBACK, str(port)), capture_output=True, check=False
    )
    return done.returncode == 0
