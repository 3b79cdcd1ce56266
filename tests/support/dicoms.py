"""Valid DICOM files, each different, made fast: one real header with other names patched in."""

import hashlib
import io
import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

import pydicom
from pydicom.data import get_testdata_file

# Rows and columns of 16 bits: with the header's 6 KB, files of 20 KB and of 520 KB.
SMALL_PIXELS = 84
LARGE_PIXELS = 512

# How the files are spread: small series, so that a test of a few hundred files has several of each.
_PER_SERIES = 20
_SERIES_PER_STUDY = 2
_STUDIES_PER_PATIENT = 2

# Every name has one length, so that patching never moves a byte. 2.25 takes any integer (PS3.5 B.2).
_DIGITS = 31
_RUN = 10**20  # serial numbers below it belong to one run
_PATIENT = "AXIAL-%09d-%05d"
_INSTANCE_NUMBER = "%08d"

# What stands in the template where the names go: found again nowhere else in it.
_PLACEHOLDERS = (
    _PATIENT % (999_999_999, 99_999),
    "2.25.1" + "9" * (_DIGITS - 1),
    "2.25.2" + "9" * (_DIGITS - 1),
    "2.25.3" + "9" * (_DIGITS - 1),
    "98765432",
)


@dataclass(frozen=True, slots=True)
class Names:
    """What identifies one instance."""

    patient_id: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str

    @property
    def orthanc_ids(self) -> tuple[str, str, str, str]:
        """Patient, study, series and instance as Orthanc names them (SHA-1 of the joined names)."""
        joined = (self.patient_id, self.study_instance_uid, self.series_instance_uid)
        parts = (*joined, self.sop_instance_uid)
        return tuple(_spell("|".join(parts[:count])) for count in range(1, 5))  # type: ignore[return-value]

    @property
    def orthanc_id(self) -> str:
        """The instance as Orthanc names it."""
        return self.orthanc_ids[3]


@dataclass(frozen=True, slots=True)
class Dicom:
    """One file."""

    names: Names
    body: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """The instance as Orthanc names it."""
        return self.names.orthanc_id


class DicomMaker:
    """Makes the files of one run; serial number and revision say which, and two runs share no name."""

    def __init__(
        self,
        pixels: int = SMALL_PIXELS,
        run: int | None = None,
        per_series: int = _PER_SERIES,
    ) -> None:
        self._run = secrets.randbelow(10**9) if run is None else run
        self._per_series = per_series
        self.template = _template(pixels)
        self._places = [_places(self.template, text.encode()) for text in _PLACEHOLDERS]
        self._content_at = len(self.template) - pixels * pixels * 2

    def names(self, serial: int) -> Names:
        """The names of the file with this serial number, counted from 0."""
        series = serial // self._per_series
        study = series // _SERIES_PER_STUDY
        return Names(
            _PATIENT % (self._run, study // _STUDIES_PER_PATIENT),
            self._uid(1, study),
            self._uid(2, series),
            self._uid(3, serial),
        )

    def make(self, serial: int, revision: int = 0) -> Dicom:
        """Make one file; another revision has the same names and other pixels."""
        buffer = bytearray(self.template)
        self.patch(buffer, 0, serial, revision)
        return Dicom(self.names(serial), bytes(buffer))

    def patch(self, buffer: bytearray, at: int, serial: int, revision: int = 0) -> None:
        """Turn the copy of `template` that stands in the buffer at `at` into another file."""
        names = self.names(serial)
        new = (
            names.patient_id,
            names.study_instance_uid,
            names.series_instance_uid,
            names.sop_instance_uid,
            _INSTANCE_NUMBER % (serial % self._per_series + 1),
        )
        for places, text in zip(self._places, new, strict=True):
            for place in places:
                buffer[at + place : at + place + len(text)] = text.encode()
        content = at + self._content_at
        buffer[content : content + 16] = b"%08d%08d" % (serial % 10**8, revision)

    def _uid(self, kind: int, number: int) -> str:
        return f"2.25.{kind * 10 ** (_DIGITS - 1) + self._run * _RUN + number}"


@dataclass(frozen=True, slots=True)
class MultiFrame:
    """One huge file that is never in memory as a whole."""

    names: Names
    header: bytes
    frames: int

    FRAME_BYTES = 1024 * 1024

    @property
    def size_bytes(self) -> int:
        """How long the file is."""
        return len(self.header) + self.frames * self.FRAME_BYTES

    def chunks(self) -> Iterator[bytes]:
        """The file in pieces; no two frames are alike, so that none can be swapped or lost unseen."""
        yield self.header
        frame = bytearray(random.Random(0).randbytes(self.FRAME_BYTES))  # noqa: S311 - pixels
        for number in range(self.frames):
            frame[:8] = number.to_bytes(8, "little")
            yield bytes(frame)

    def md5(self) -> str:
        """The digest of the whole file."""
        digest = hashlib.md5(usedforsecurity=False)
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()


def multi_frame(frames: int) -> MultiFrame:
    """Describe a file of so many frames of one MiB each."""
    side = 1024
    names = DicomMaker().names(0)
    dataset = _dataset(names)
    dataset.Rows = dataset.Columns = side
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    dataset.NumberOfFrames = frames
    del dataset.PixelPaddingValue
    dataset.PixelData = b""
    header = _write(dataset)
    # The length of the pixel data is the last field before them (PS3.5 7.1.2).
    length = frames * MultiFrame.FRAME_BYTES
    return MultiFrame(names, header[:-4] + length.to_bytes(4, "little"), frames)


def _template(pixels: int) -> bytes:
    *names, number = _PLACEHOLDERS
    dataset = _dataset(Names(*names))
    dataset.Rows = dataset.Columns = pixels
    dataset.InstanceNumber = number
    # Noise, so that nothing on the way can shrink it.
    dataset.PixelData = random.Random(0).randbytes(pixels * pixels * 2)  # noqa: S311 - pixels
    return _write(dataset)


def _dataset(names: Names) -> pydicom.FileDataset:
    """A scanner's CT header of 200 elements, private ones and sequences among them, under our names."""
    path = get_testdata_file("CT_small.dcm", download=False)
    assert isinstance(path, str)
    dataset = pydicom.dcmread(path)
    dataset.PatientID = names.patient_id
    dataset.StudyInstanceUID = names.study_instance_uid
    dataset.SeriesInstanceUID = names.series_instance_uid
    dataset.SOPInstanceUID = names.sop_instance_uid
    dataset.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.UID(names.sop_instance_uid)
    del dataset[0xFFFC, 0xFFFC]
    return dataset


def _write(dataset: pydicom.FileDataset) -> bytes:
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _places(template: bytes, text: bytes) -> list[int]:
    places = []
    place = template.find(text)
    while place >= 0:
        places.append(place)
        place = template.find(text, place + 1)
    assert places
    return places


def _spell(joined: str) -> str:
    digest = hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()
    return "-".join(digest[at : at + 8] for at in range(0, 40, 8))
