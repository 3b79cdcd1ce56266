"""What is found under the paths."""

import os
import zipfile
from pathlib import Path

import pytest

from axial.cli.importing.sources import Source, Unreadable, find

pytestmark = pytest.mark.unit

DICOM = bytes(128) + b"DICM" + b"content"


def _found(*paths: Path) -> dict[str, bytes | str]:
    """Map each label to the content that can be read, or to the reason why it cannot."""
    found: dict[str, bytes | str] = {}
    for source in find(paths):
        if isinstance(source, Unreadable):
            found[source.label] = source.reason
        else:
            with source.open() as file:
                found[source.label] = file.read()
            assert len(found[source.label]) == source.size_bytes
    return found


def test_folders_are_searched_to_the_bottom_in_order(tmp_path: Path) -> None:
    """Every file below is found, sorted, whatever its name ends in."""
    for name in ("b/2.dcm", "b/1", "a/deep/down/IM0001", "c.txt"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    assert list(_found(tmp_path)) == [
        str(tmp_path / name) for name in ("c.txt", "a/deep/down/IM0001", "b/1", "b/2.dcm")
    ]


def test_what_is_not_a_file_does_not_block(tmp_path: Path) -> None:
    """A pipe is passed over, and a link to nothing is told."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    assert _found(tmp_path) == {str(tmp_path / "link"): "a link to nothing"}


def test_an_archive_is_its_members(tmp_path: Path) -> None:
    """Members are named by archive and path; each can be read, and read again."""
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.mkdir("series")
        file.writestr("series/1.dcm", DICOM)
        file.writestr("series/2.dcm", b"two")
    expected = {f"{archive}!series/1.dcm": DICOM, f"{archive}!series/2.dcm": b"two"}
    assert _found(archive) == expected
    assert _found(tmp_path) == expected
    (first, _) = find([archive])
    assert isinstance(first, Source)
    for _ in range(2):
        with first.open() as opened:
            assert opened.read() == DICOM


def test_a_dicom_file_with_a_zips_first_bytes_is_a_dicom_file(tmp_path: Path) -> None:
    """The preamble may hold anything (PS3.10 7.1), so it does not make an archive."""
    file = tmp_path / "image"
    file.write_bytes(b"PK\x03\x04" + DICOM[4:])
    assert _found(file) == {str(file): file.read_bytes()}


def test_a_broken_archive_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    """One archive that cannot be opened does not keep the other files from being sent."""
    broken = tmp_path / "a.zip"
    broken.write_bytes(b"PK\x03\x04" + b"nonsense" * 50)
    (tmp_path / "b").write_bytes(b"fine")
    found = _found(tmp_path)
    assert str(found[str(broken)]).startswith("not a readable ZIP archive")
    assert found[str(tmp_path / "b")] == b"fine"


def test_a_touched_file_is_another_one(tmp_path: Path) -> None:
    """The identity stays from run to run, and changes with the time or the size of the file."""
    file = tmp_path / "image"
    file.write_bytes(b"one")
    identities = {_identity(file), _identity(file)}
    assert len(identities) == 1
    os.utime(file, ns=(1, 1))
    identities.add(_identity(file))
    file.write_bytes(b"three")
    os.utime(file, ns=(1, 1))
    identities.add(_identity(file))
    assert len(identities) == 3


def _identity(file: Path) -> str:
    (source,) = find([file])
    assert isinstance(source, Source)
    return source.identity
