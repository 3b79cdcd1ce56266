"""What the Azure feed's parameters mean."""

import pytest

from axial.changefeed.azure.query import (
    InvalidQuery,
    SequenceQuery,
    TimeQuery,
    fold_names,
    has_window,
    read_include_metadata,
    read_v1,
    read_v2,
)
from axial.changefeed.azure.versions import (
    ApiVersion,
    NotAVersion,
    UnsupportedVersion,
    read_version,
)
from axial.changefeed.azure.windows import FINAL, FIRST, Window

pytestmark = pytest.mark.unit


def test_defaults() -> None:
    """Nothing given: the documented defaults of each version."""
    assert read_v1({}) == SequenceQuery(0, 10, include_metadata=True)
    assert read_v2({}) == TimeQuery(Window(FIRST, FINAL), 0, 100, include_metadata=True)
    assert read_include_metadata({}) is True


def test_names_fold_and_the_first_value_counts() -> None:
    """`Limit=5&LIMIT=6` is a limit of 5."""
    parameters = fold_names([("Limit", "5"), ("LIMIT", "6"), ("INCLUDEMETADATA", "False")])
    assert read_v1(parameters) == SequenceQuery(0, 5, include_metadata=False)


def test_window_of_sequences_ends_at_the_last_number() -> None:
    """Offset and limit together never leave 64 bits."""
    assert read_v1({"offset": "9223372036854775807", "limit": "100"}).through == 2**63 - 1
    assert read_v1({"offset": "10", "limit": "5"}).through == 15


def test_blank_time_is_absent() -> None:
    """An empty bound is no bound; an empty number is an error."""
    assert read_v2({"starttime": " ", "endtime": ""}).window == Window(FIRST, FINAL)
    with pytest.raises(
        InvalidQuery, match=r"^The query parameter 'Limit' is invalid\. The value '' is"
    ):
        read_v2({"limit": ""})


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"limit": "0", "offset": "-1", "starttime": "x", "endtime": "x"}, "EndTime"),
        ({"limit": "0", "offset": "-1", "starttime": "x", "includemetadata": "x"}, "includeMetadata"),
        ({"limit": "0", "offset": "-1", "starttime": "x"}, "Limit"),
        ({"offset": "-1", "starttime": "x"}, "Offset"),
        ({"limit": "2147483648"}, "Limit"),
        ({"limit": "1" * 5000}, "Limit"),
        ({"limit": "٣"}, "Limit"),
    ],
)  # fmt: skip
def test_first_error_only(parameters: dict[str, str], name: str) -> None:
    """Of several errors the alphabetically first is told."""
    with pytest.raises(InvalidQuery, match=f"^The query parameter '{name}' is invalid"):
        read_v2(parameters)


def test_which_version_an_unversioned_query_means() -> None:
    """Naming a time means version 2, however it is spelt."""
    assert has_window(fold_names([("startTime", "x")]))
    assert has_window(fold_names([("ENDTIME", "")]))
    assert not has_window(fold_names([("limit", "1")]))


@pytest.mark.parametrize(
    ("segment", "version"),
    [
        ("v1", ApiVersion.V1),
        ("v1.0", ApiVersion.V1),
        ("v1.0-prerelease", ApiVersion.V1),
        ("v2", ApiVersion.V2),
        ("v2.0", ApiVersion.V2),
    ],
)
def test_versions(segment: str, version: ApiVersion) -> None:
    """Every form of a version that exists is understood."""
    assert read_version(segment) is version


def test_other_versions() -> None:
    """A version that does not exist is told apart from what is no version."""
    for segment in ("v3", "v0", "v2.1", "v2.0-prerelease"):
        with pytest.raises(UnsupportedVersion, match=f"^{segment[1:]}$"):
            read_version(segment)
    for segment in ("vfoo", "1", "v", "v1.", "v-1", "v1.0-"):
        with pytest.raises(NotAVersion):
            read_version(segment)
