"""Arguments in a query."""

import pytest
from starlette.datastructures import QueryParams

from axial.common.errors import BadParameter, BadType, UnknownTag
from axial.common.flags import flag
from axial.common.orthanc_tags import TagFormat
from axial.index.api.arguments import count, tag_format, tags

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", TagFormat.FULL),
        ("short", TagFormat.SHORT),
        ("short=false", TagFormat.SHORT),
        ("full&short", TagFormat.SHORT),
        ("full&short&simplify", TagFormat.SIMPLIFIED),
    ],
)
def test_tag_format(query: str, expected: TagFormat) -> None:
    """The format that is named counts, the simplest of several."""
    assert tag_format(QueryParams(query), TagFormat.FULL) is expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", None),
        ("expand", True),
        ("expand=1", True),
        ("expand=true", True),
        ("expand=0", False),
        ("expand=false", False),
    ],
)
def test_flag(query: str, expected: bool | None) -> None:  # noqa: FBT001 - a table's column
    """A flag is read as Orthanc reads it; when it is absent the route decides."""
    for absent in (True, False):
        assert flag(QueryParams(query), "expand", absent=absent) is (
            absent if expected is None else expected
        )


@pytest.mark.parametrize("value", ["maybe", "True", "2", "off"])
def test_bad_flag(value: str) -> None:
    """What is neither true nor false is refused."""
    with pytest.raises(BadParameter):
        flag(QueryParams({"expand": value}), "expand", absent=True)


def test_count() -> None:
    """A count is a number that Postgres can take, or absent."""
    assert count(QueryParams(""), "limit") is None
    assert count(QueryParams("limit=007"), "limit") == 7
    assert count(QueryParams("limit=9999999999999999999"), "limit") == 2**63 - 1
    for value in ("", "-1", "+1", "1.0", "²", "1" * 5000):
        with pytest.raises(BadType):
            count(QueryParams({"limit": value}), "limit")


def test_tags() -> None:
    """Tags are read in every spelling, in one argument or in several."""
    query = QueryParams("t=0010,0020,PatientName;0010-0040&t=00100030&t=")
    assert tags(query, "t") == {0x00100020, 0x00100010, 0x00100040, 0x00100030}
    with pytest.raises(UnknownTag):
        tags(QueryParams("t=PatientNaam"), "t")
