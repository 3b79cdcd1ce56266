"""Revisions as they stand in headers."""

import pytest

from axial.common.errors import Rejected
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


@pytest.mark.parametrize(
    "header", ["", "*", "abc", "1-", "1-xyz", f'W/"1-{MD5}"', "-1", f"1-{MD5}-"]
)
def test_anything_else_is_refused(header: str) -> None:
    """A client that believes in another kind of tag must not be taken at its word."""
    with pytest.raises(Rejected):
        read_revision(header)


def test_the_tag_is_orthancs() -> None:
    """As `test_revisions_metadata` of Orthanc's own tests has it."""
    assert Revision(0, MD5).etag == f'"0-{MD5}"'
