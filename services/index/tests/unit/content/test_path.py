"""Paths into a file."""

import pytest

from axial.common.dictionary import STANDARD, Attribute, Dictionary
from axial.common.errors import Inexistent
from axial.index.content.path import ContentPath, read_path

pytestmark = pytest.mark.unit

SEQUENCE, UID = 0x00081140, 0x00081150


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ContentPath()),
        ("0008-1150", ContentPath(tag=UID)),
        ("0008,1150", ContentPath(tag=UID)),
        ("00081150", ContentPath(tag=UID)),
        ("ReferencedSOPClassUID/", ContentPath(tag=UID)),
        ("0008-1140/0", ContentPath(((SEQUENCE, 0),))),
        ("0008-1140//12/0008-1150", ContentPath(((SEQUENCE, 12),), UID)),
        ("0008-1140/1/0008-1140/2", ContentPath(((SEQUENCE, 1), (SEQUENCE, 2)))),
    ],
)
def test_paths(text: str, path: ContentPath) -> None:
    """Tags and numbers take turns; what ends with a number is an item."""
    assert read_path(text, STANDARD) == path


@pytest.mark.parametrize(
    "text",
    [
        "Nothing",
        "0008-1140/x",
        "0008-1140/-1",
        "0008-1140/²",
        "0008-1140/" + "9" * 11,
        "0008-1140/0/" * 200,
    ],
)
def test_what_leads_nowhere(text: str) -> None:
    """A name of no attribute, what is no number, or a path without end is not there."""
    with pytest.raises(Inexistent):
        read_path(text, STANDARD)


def test_a_configured_name() -> None:
    """Names of the configuration lead somewhere, too."""
    dictionary = Dictionary([Attribute(0x009900C2, "LO", "Ours", "ME")])
    assert read_path("Ours", dictionary) == ContentPath(tag=0x009910C2)
