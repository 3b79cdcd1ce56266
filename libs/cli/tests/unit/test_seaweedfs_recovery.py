"""Mending volumes: what is cut, and what is left alone."""

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from axial.cli.engines.seaweedfs_recovery import mend_volumes

pytestmark = pytest.mark.unit

SUPERBLOCK = bytes([3, 0, 0, 0, 0, 0, 0, 0])


def _needle(number: int, body: bytes) -> bytes:
    bare = struct.pack(">IQi", 0xC00C1E, number, len(body)) + body + bytes(4 + 8)
    return bare + bytes(8 - len(bare) % 8)


def _write(folder: Path, bodies: list[bytes]) -> tuple[Path, Path]:
    """Write a volume as SeaweedFS does: data, then index, needle by needle."""
    data, index = bytearray(SUPERBLOCK), bytearray()
    for number, body in enumerate(bodies, start=1):
        index += struct.pack(">QIBi", number, len(data) // 8, 0, len(body) or -1)
        data += _needle(number, body)
    files = folder / "axial_1.dat", folder / "axial_1.idx"
    for file, content in zip(files, (data, index), strict=True):
        file.write_bytes(content)
    return files


def test_a_healthy_volume_is_left_alone(tmp_path: Path) -> None:
    """Neither file of a volume that ends where its index ends is touched."""
    data, index = _write(tmp_path, [b"one", b"", b"three" * 9])
    before = data.read_bytes(), index.read_bytes()
    assert mend_volumes(tmp_path) == []
    assert (data.read_bytes(), index.read_bytes()) == before


def test_an_empty_volume_is_left_alone(tmp_path: Path) -> None:
    """A volume that nobody wrote to yet is healthy."""
    _, index = _write(tmp_path, [])
    assert mend_volumes(tmp_path) == []
    assert index.exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bodies=st.lists(st.binary(min_size=1, max_size=60), min_size=2, max_size=8),
    lost=st.integers(1, 30),
    torn=st.binary(min_size=1, max_size=15),
)
def test_whole_needles_are_never_cut(
    tmp_path: Path, bodies: list[bytes], lost: int, torn: bytes
) -> None:
    """However much of the index is missing, only bytes after the last whole needle go."""
    data, index = _write(tmp_path, bodies)
    whole, entries = data.read_bytes(), index.read_bytes()
    index.write_bytes(entries[: max(17, len(entries) - lost)])
    data.write_bytes(whole + torn)
    assert mend_volumes(tmp_path) == ["axial_1"]
    assert data.read_bytes() == whole
    assert not index.exists()


def test_data_that_are_not_understood_are_not_cut(tmp_path: Path) -> None:
    """When the index points at something else than it says, nothing is touched."""
    data, index = _write(tmp_path, [b"one", b"two"])
    content = bytearray(data.read_bytes())
    content[-24:] = b"\xff" * 24
    content[len(SUPERBLOCK) + len(_needle(1, b"one")) + 4] = 0xFF
    data.write_bytes(bytes(content) + b"torn")
    before = data.read_bytes()
    assert mend_volumes(tmp_path) == []
    assert data.read_bytes() == before
    assert index.exists()


def test_another_format_is_left_alone(tmp_path: Path) -> None:
    """A volume of a version that this code does not know is SeaweedFS's own affair."""
    data, _ = _write(tmp_path, [b"one"])
    data.write_bytes(b"\x02" + data.read_bytes()[1:] + b"torn")
    before = data.read_bytes()
    assert mend_volumes(tmp_path) == []
    assert data.read_bytes() == before
