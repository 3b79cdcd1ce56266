"""A ZIP file that is taken away while it is written."""

import os
import zipfile
from io import BytesIO

import pytest

from axial.index.archives.zipping import ZipPieces

pytestmark = pytest.mark.unit

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
TEXT = b"as easily deflated as text is " * 1000


def packed(*files: tuple[str, bytes, str]) -> bytes:
    """Pack files, and take each away before the next one comes."""
    pieces = ZipPieces()
    taken = []
    for name, data, syntax in files:
        pieces.add(name, data, syntax)
        taken.append(pieces.take())
        assert pieces.pending_bytes == 0
    pieces.finish()
    return b"".join([*taken, pieces.take()])


def test_members() -> None:
    """What was packed is unpacked again, under its name, for everybody to read."""
    random = os.urandom(300_000)
    data = packed(("a/b c/MR000000.dcm", TEXT, ""), ("IMAGES/IM0", random, ""))
    with zipfile.ZipFile(BytesIO(data)) as found:
        assert found.read("a/b c/MR000000.dcm") == TEXT
        assert found.read("IMAGES/IM0") == random
        assert found.comment == b"Created by Axial"
        assert found.infolist()[0].compress_size < len(TEXT) / 10
        assert all(info.external_attr >> 16 == 0o100644 for info in found.infolist())


def test_in_pieces() -> None:
    """A file may come in pieces, and be taken away before it is complete."""
    pieces = ZipPieces()
    pieces.begin("a", 3 * 100_000)
    taken = []
    for _ in range(3):
        pieces.write(os.urandom(100_000))
        taken.append(pieces.take())
    assert all(len(piece) > 50_000 for piece in taken)
    pieces.end()
    pieces.finish()
    with zipfile.ZipFile(BytesIO(b"".join([*taken, pieces.take()]))) as found:
        assert found.testzip() is None
        assert found.infolist()[0].file_size == 300_000


def test_compressed_already() -> None:
    """What a JPEG cannot be made smaller by is not tried, and is a deflate stream for whoever unpacks it."""
    data = packed(("a", TEXT, JPEG_BASELINE), ("b", TEXT, "1.2.840.10008.1.2.5"))
    with zipfile.ZipFile(BytesIO(data)) as found:
        jpeg, rle = found.infolist()
        assert found.read("a") == TEXT
        assert len(TEXT) < jpeg.compress_size < len(TEXT) + 100
        assert rle.compress_size < len(TEXT) / 10
        assert jpeg.compress_type == zipfile.ZIP_DEFLATED


def test_names_beyond_ascii() -> None:
    """A name that is not ASCII is UTF-8, and says so (bit 11); others do not."""
    data = packed(("Müller/山田", b"1", ""), ("plain", b"2", ""))
    with zipfile.ZipFile(BytesIO(data)) as found:
        assert [(info.filename, info.flag_bits >> 11 & 1) for info in found.infolist()] == [
            ("Müller/山田", 1),
            ("plain", 0),
        ]
    assert "Müller/山田".encode() in data


def test_zip64() -> None:
    """A file beyond two gibibytes is told in ZIP64, and a smaller one is not (APPNOTE 4.5.3)."""
    for size_bytes, version in ((1 << 31, 45), (1 << 30, 20)):
        pieces = ZipPieces()
        pieces.begin("a", size_bytes)
        assert int.from_bytes(pieces.take()[4:6], "little") == version
        pieces.abandon()


def test_nothing() -> None:
    """A ZIP file of nothing is one."""
    with zipfile.ZipFile(BytesIO(packed())) as found:
        assert found.namelist() == []
