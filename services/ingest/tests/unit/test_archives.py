"""ZIP archives: members come out whole; damage, secrets and bombs are refused."""

import io
import zipfile
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.common.errors import TooLarge
from axial.ingest.archives import BadArchive, files_in_archive, is_archive
from axial.ingest.spool import Spool, Spooled

pytestmark = pytest.mark.unit


def _zip(
    members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b""
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.comment = comment
    return buffer.getvalue()


def _spooled(whole: bytes) -> Spooled:
    return Spooled(whole, len(whole), "")


async def _files(whole: bytes, limit_bytes: int = 1_000_000) -> list[bytes]:
    found = []
    spools = lambda: Spool(Path("/nonexistent"), limit_bytes)  # noqa: E731 - a factory as an argument
    async with aclosing(files_in_archive(_spooled(whole), limit_bytes, spools)) as files:
        async for spool, file in files:
            async with spool:
                assert isinstance(file.body, bytes | bytearray)
                found.append(bytes(file.body))
    return found


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
async def test_members_come_out_whole(method: int) -> None:
    """Members of nested folders come in order, by every method; folders, empty files, DICOMDIR do not."""
    members = {
        "DICOMDIR": b"index",
        "a/": b"",
        "a/b/DicomDir": b"index",
        "a/1.dcm": b"one" * 1000,
        "a/b/empty": b"",
        "a/b/2": b"two",
    }
    assert await _files(_zip(members, method)) == [b"one" * 1000, b"two"]


async def test_archive_without_members_is_empty() -> None:
    """An archive of nothing is an archive."""
    whole = _zip({})
    assert is_archive(_spooled(whole))
    assert await _files(whole) == []


async def test_encrypted_archive_is_refused() -> None:
    """One encrypted member is enough: nothing is taken out."""
    whole = bytearray(_zip({"a": b"plain", "b": b"secret"}))
    last_entry = whole.rindex(b"PK\x01\x02")
    whole[last_entry + 8] |= 1
    with pytest.raises(BadArchive, match="encrypted"):
        await _files(bytes(whole))


async def test_unknown_compression_is_refused() -> None:
    """A method that nobody knows is told as such."""
    whole = bytearray(_zip({"a": b"content"}))
    whole[whole.rindex(b"PK\x01\x02") + 10] = 77
    whole[8] = 77
    with pytest.raises(BadArchive, match="unknown way"):
        await _files(bytes(whole))


@given(st.data())
async def test_damage_is_refused_or_harmless(data: st.DataObject) -> None:
    """Whatever byte is changed or wherever it ends, an archive is refused or gives back what it can: no crash."""
    whole = bytearray(_zip({"a/1": b"one" * 50, "2": bytes(range(200))}))
    position = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        del whole[position:]
    else:
        whole[position] ^= data.draw(st.integers(1, 255))
    try:
        files = await _files(bytes(whole))
    except (BadArchive, TooLarge):
        return
    assert all(file in (b"one" * 50, bytes(range(200))) for file in files)


async def test_wrong_content_is_refused() -> None:
    """A member whose checksum does not match is damage, not data."""
    whole = bytearray(_zip({"a": b"content"}, zipfile.ZIP_STORED))
    whole[whole.index(b"content")] ^= 1
    with pytest.raises(BadArchive):
        await _files(bytes(whole))


async def test_member_over_the_limit_is_refused() -> None:
    """A member that would inflate beyond the limit is refused before anything is inflated."""
    with pytest.raises(TooLarge):
        await _files(_zip({"small": b"x", "large": bytes(20_000)}), limit_bytes=10_000)


async def test_bomb_is_refused() -> None:
    """Members that are small one by one, and enormous together, are refused before anything is inflated."""
    with pytest.raises(TooLarge):
        await _files(_zip({str(number): bytes(9_000) for number in range(20)}), limit_bytes=10_000)


async def test_lying_size_is_refused() -> None:
    """A member that inflates to more than it declares is cut there, and refused for its checksum."""
    whole = bytearray(_zip({"a": bytes(5_000)}))
    entry = whole.rindex(b"PK\x01\x02")
    whole[entry + 24 : entry + 28] = (100).to_bytes(4, "little")
    with pytest.raises(BadArchive):
        await _files(bytes(whole))


async def test_enormous_directory_is_refused() -> None:
    """A central directory too large for the memory is refused before it is read."""
    whole = bytearray(_zip({"a": b"x"}) + bytes(0))
    padding = bytes(17 * 1024 * 1024)
    end = whole.rindex(b"PK\x05\x06")
    entry = whole.rindex(b"PK\x01\x02")
    grown = whole[:entry] + whole[entry:end] + padding + whole[end:]
    record = grown.rindex(b"PK\x05\x06")
    size = record - entry
    grown[record + 12 : record + 16] = size.to_bytes(4, "little")
    with pytest.raises(BadArchive, match="too many"):
        await _files(bytes(grown))


@pytest.mark.parametrize(
    ("start", "is_zip"),
    [
        (b"PK\x03\x04" + bytes(200), True),
        (b"PK\x03\x04" + bytes(124) + b"DICM" + bytes(10), False),
        (bytes(128) + b"DICM", False),
        (b"PK", False),
        (b"", False),
    ],
)
def test_magic(start: bytes, is_zip: bool) -> None:  # noqa: FBT001 - a parameter of the table above
    """A ZIP is known by its first bytes, unless they are a DICOM file's preamble."""
    assert is_archive(_spooled(start)) is is_zip
