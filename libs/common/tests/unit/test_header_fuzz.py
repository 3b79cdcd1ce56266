"""Whatever bytes come, a header or a refusal comes out."""

import json
import re
from io import BytesIO

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from axial.common.datasets import read_tree
from axial.common.dicom_json import dicom_json
from axial.common.errors import NotDicom
from axial.common.header import Body, Header, read_header
from axial.common.refusals import REFUSALS
from axial.common.testing.dicom_files import shipped_file

pytestmark = pytest.mark.unit

# One of each encoding, nested and flat, with and without file meta information; short enough for
# hypothesis to print.
SEEDS = [
    shipped_file(name).read_bytes()[:7_000]
    for name in (
        "CT_small.dcm",
        "MR_small_implicit.dcm",
        "MR_small_bigendian.dcm",
        "image_dfl.dcm",
        "liver_1frame.dcm",
        "rtplan.dcm",
        "test-SR.dcm",
        "ExplVR_BigEndNoMeta.dcm",
        "chrKoreanMulti.dcm",
        "explicit_VR-UN.dcm",
        "UN_sequence.dcm",
    )
]

# What decides about structure: lengths, item tags, VRs, group 0002, escape sequences.
TELLING = st.sampled_from(
    [
        b"\xff\xff\xff\xff",
        b"\xfe\xff\x00\xe0",
        b"\xfe\xff\x0d\xe0",
        b"\xfe\xff\xdd\xe0",
        b"\xff\xfe\xe0\x00",
        b"\xff\xfe\xe0\xdd",
        b"SQ\0\0",
        b"UN\0\0",
        b"OB\0\0",
        b"\0\0\0\0",
        b"\2\0\x10\0",
        b"\xe0\x7f\x10\0",
        b"\x7f\xe0\0\x10",
        b"\x1b$B",
        b"\\",
    ]
)


@st.composite
def mutated_files(draw: st.DrawFn) -> bytes:
    """A real file with some bytes overwritten, cut out, put in, and perhaps the end missing."""
    content = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(min_value=1, max_value=8))):
        position = draw(st.integers(min_value=0, max_value=len(content)))
        removed = draw(st.sampled_from([0, 1, 2, 4, 8, 100]))
        content[position : position + removed] = draw(st.one_of(TELLING, st.binary(max_size=12)))
    if draw(st.booleans()):
        del content[draw(st.integers(min_value=0, max_value=len(content))) :]
    return bytes(content)


def header_or_code(body: Body) -> Header | str:
    """What became of a body; any other exception is what these tests are looking for."""
    try:
        return read_header(body)
    except NotDicom as error:
        refused = error
    assert refused.code in REFUSALS
    return refused.code


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=mutated_files())
def test_a_damaged_file_is_read_or_refused(body: bytes) -> None:
    """What is accepted can be read again from what was kept, and shown as JSON."""
    result = header_or_code(body)
    assert header_or_code(memoryview(body)) == result
    if isinstance(result, Header):
        assert result.study_instance_uid
        assert "\0" not in "".join(result.main_dicom_tags.values())
        again = read_header(result.raw)
        assert again.main_dicom_tags == result.main_dicom_tags
        assert again.raw == result.raw
        shown = json.loads(dicom_json(result.raw))
        assert all(re.fullmatch("[0-9A-F]{8}", key) for key in shown)


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=600))
@example(b"")
@example(b"\2\0")
@example(bytes(132) + b"DICM")
@example(bytes(128) + b"DICM\2\0\x10\0UI\0\0")
def test_random_bytes_are_read_or_refused(body: bytes) -> None:
    """Bytes that nobody wrote as DICOM: bare, after a prefix, and as what was kept."""
    header_or_code(body)
    header_or_code(bytes(128) + b"DICM" + body)
    read_tree(bytes(128) + b"DICM" + body)
    json.loads(dicom_json(body))


@settings(max_examples=100, deadline=None)
@given(seed=st.sampled_from(SEEDS), share=st.floats(min_value=0, max_value=1))
def test_a_cut_file_is_read_or_refused(seed: bytes, share: float) -> None:
    """Any cut; from memory and from an open file the answer is the same."""
    body = seed[: int(len(seed) * share)]
    assert header_or_code(BytesIO(body)) == header_or_code(body)
