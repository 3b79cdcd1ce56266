"""Orthanc's compressed form: the very bytes, bounded steps, and every kind of damage noticed."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.common.blobs.zlib_form import STEP_BYTES, Deflater, Inflater
from axial.common.errors import Corrupted

pytestmark = pytest.mark.unit

_FILE = b"hello " * 100


def form_of(file: bytes) -> bytes:
    """Compress as Orthanc does: zlib's own function at its default level."""
    return struct.pack("<Q", len(file)) + zlib.compress(file) if file else b""


def deflated(file: bytes, chunk_bytes: int) -> bytes:
    """Compress piece by piece."""
    deflater = Deflater(len(file))
    pieces = [deflater.add(file[at : at + chunk_bytes]) for at in range(0, len(file), chunk_bytes)]
    return b"".join([*pieces, deflater.finish()])


def inflated(form: bytes, size_bytes: int, chunk_bytes: int = 7) -> bytes:
    """Inflate piece by piece."""
    inflater = Inflater(size_bytes)
    made = b""
    for at in range(0, len(form), chunk_bytes):
        inflater.add(form[at : at + chunk_bytes])
        while piece := inflater.step():
            assert len(piece) <= STEP_BYTES
            made += piece
    inflater.finish()
    return made


@given(st.binary(max_size=2000), st.integers(1, 500))
def test_the_bytes_are_orthancs_and_come_back(file: bytes, chunk_bytes: int) -> None:
    """Whatever the pieces, the form is what one call of zlib makes of the whole."""
    form = deflated(file, chunk_bytes)
    assert form == form_of(file)
    assert inflated(form, len(file), chunk_bytes) == file


def test_a_large_file_has_the_same_bytes_as_well() -> None:
    """Blocks of a stream do not depend on how it was fed."""
    file = bytes(range(251)) * 10_000 + b"\0" * 3_000_000
    form = deflated(file, 100_000)
    assert form == form_of(file)
    assert inflated(form, len(file), 3000) == file


@pytest.mark.parametrize(
    "form",
    [
        b"",
        b"abc",
        struct.pack("<Q", 600),
        form_of(_FILE)[:-9],
        form_of(_FILE)[:-1],
        form_of(_FILE) + b"x",
        struct.pack("<Q", 601) + form_of(_FILE)[8:],
        struct.pack("<Q", 1 << 62) + form_of(_FILE)[8:],
        struct.pack("<Q", 600) + form_of(_FILE + b"x")[8:],
        struct.pack("<Q", 600) + form_of(_FILE[:-1])[8:],
        struct.pack("<Q", 600) + b"\xff" * 100,
        form_of(_FILE)[:14] + b"\xff" + form_of(_FILE)[15:],
    ],
)
def test_every_damage_is_noticed(form: bytes) -> None:
    """A wrong size, a broken stream, too little and too much are one and the same error."""
    with pytest.raises(Corrupted):
        inflated(form, len(_FILE))


def test_a_bomb_is_stopped_behind_its_first_step() -> None:
    """What the stream makes beyond the file's size is never made."""
    inflater = Inflater(1000)
    inflater.add(struct.pack("<Q", 1000) + zlib.compress(b"\0" * 100_000_000))
    with pytest.raises(Corrupted):
        inflater.step()
    assert inflater.made_bytes <= STEP_BYTES


def test_a_copy_goes_on_from_where_it_was_made() -> None:
    """Inflating can be taken up again in the middle, with what follows there."""
    file = bytes(range(256)) * 4000
    form = form_of(file)
    inflater = Inflater(len(file))
    inflater.add(form)
    first = inflater.step()
    twin = inflater.copy()
    twin.add(form[twin.used_bytes :])
    rest = b""
    while piece := twin.step():
        rest += piece
    twin.finish()
    assert first + rest == file
