"""Revisions as they stand in headers."""

import pytest

from axial.common.errors import BadParameter
from axial.common.revisions import Revision, read_revision

pytestmark = pytest.mark.unit

MD5 = "5d41402abc4b2a76b9719d911017c592"


@pytest.mark.parametrize(
    ("header", "revision"),
    [
        (f'"3-{MD5}"', Revision(3, MD5)),
        (f"3-{MD5.upper()}", Revision(3, MD5)),
        ('"0"', Revision(0, None)),
        ("12", Revision(12, None)),
        (None, None),
    ],
)
def test_orthancs_form_and_a_bare_number(header: str | None, revision: Revision | None) -> None:
    """Quotes may be left out, and so may the MD5, as the documentation's examples do."""
    assert read_revision(header) == revision


@pytest.mark.parametrize("header", ["", "*", "abc", "1-", f'W/"1-{MD5}"', "-1"])
def test_anything_else_is_refused(header: str) -> None:
    """A client that believes in another kind of tag must not be taken at its word."""
    with pytest.raises(BadParameter):
        read_revision(header)


@pytest.mark.parametrize("header", ["1-xyz", f"1-{MD5}-", '"1-€"'])
def test_what_is_no_md5_is_that_of_no_content(header: str) -> None:
    """Orthanc compares the text as it is: such a revision is well-formed, and never the present one."""
    assert read_revision(header) == Revision(1, "0" * 32)


def test_the_tag_is_orthancs() -> None:
    """As `test_revisions_metadata` of Orthanc's own tests has it."""
    assert Revision(0, MD5).etag == f'"0-{MD5}"'
