"""Forms: each file comes out whole, however the body was cut."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.common.errors import TooLarge
from axial.ingest.multipart import BadForm, boundary_of, files_in_form
from axial.ingest.spool import Spool

pytestmark = pytest.mark.unit

_BOUNDARY = b"b0undary"


def _form(files: list[bytes], *, fields: int = 0, end: bytes = b"--\r\n") -> bytes:
    parts = [
        b'--%s\r\nContent-Disposition: form-data; name="note"\r\n\r\nPK\x03\x04\r\n' % _BOUNDARY
    ] * fields
    parts += [
        b'--%s\r\nContent-Disposition: form-data; name="f"; filename="%d.dcm"\r\n'
        b"Content-Type: application/dicom\r\n\r\n%s\r\n" % (_BOUNDARY, number, content)
        for number, content in enumerate(files)
    ]
    return b"".join(parts) + b"--%s%s" % (_BOUNDARY, end)


async def _pieces(whole: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(whole), size):
        yield whole[at : at + size]


async def _files(body: bytes, size: int, limit_bytes: int = 100_000) -> list[bytes]:
    found = []
    spools = lambda: Spool(Path("/nonexistent"), limit_bytes)  # noqa: E731 - a factory as an argument
    async for file in files_in_form(_pieces(body, size), _BOUNDARY, spools):
        assert isinstance(file.body, bytes | bytearray)
        found.append(bytes(file.body))
    return found


# Contents made of what a boundary is made of, so that near misses are common.
_contents = st.lists(
    st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--", b"b0und", b"x", b"\0"]), max_size=12).map(
        b"".join
    ),
    min_size=1,
    max_size=4,
)


@given(files=_contents, fields=st.integers(0, 2), size=st.integers(1, 80))
async def test_any_cut_gives_the_same_files(files: list[bytes], fields: int, size: int) -> None:
    """Files come out byte by byte as they went in, in order; plain fields are passed over."""
    assert await _files(_form(files, fields=fields), size) == files


@pytest.mark.parametrize("end", [b"", b"\r\n", b"-"])
async def test_form_without_its_end_is_refused(end: bytes) -> None:
    """A form that stops before its closing boundary is not taken for a whole one."""
    with pytest.raises(BadForm):
        await _files(_form([b"content"], end=end), 20)


async def test_garbage_is_refused() -> None:
    """A body that does not begin with the boundary is no form."""
    with pytest.raises(BadForm):
        await _files(b"no form at all", 5)


async def test_endless_part_headers_are_refused() -> None:
    """Headers of a part do not fill the memory."""
    with pytest.raises(BadForm):
        await _files(b"--%s\r\nX: %s" % (_BOUNDARY, b"a" * 10_000), 1000)


async def test_limit_holds_for_each_file() -> None:
    """One file over the limit is refused."""
    with pytest.raises(TooLarge):
        await _files(_form([bytes(2000)]), 500, limit_bytes=1000)


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('Multipart/Form-Data; charset=utf-8; boundary="a b"', b"a b"),
        ("application/dicom", None),
        ("", None),
        ('multipart/related; type="application/dicom"; boundary=abc', None),
    ],
)
def test_boundary(content_type: str, boundary: bytes | None) -> None:
    """Only forms have a boundary that matters."""
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "x" * 300,
    ],
)
async def test_bad_boundary_is_refused(content_type: str) -> None:
    """A form must tell a boundary of sensible length."""
    with pytest.raises(BadForm):  # noqa: PT012 - the length is only looked at by the reader
        boundary = boundary_of(content_type)
        assert boundary is not None
        async for _ in files_in_form(_pieces(b"x", 1), boundary, lambda: Spool(Path(), 1)):
            pass
