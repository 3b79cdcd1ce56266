"""Moments as the Azure feed reads them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.changefeed.azure.windows import (
    FINAL,
    FIRST,
    NotATime,
    NoTimeZone,
    read_moment,
    round_trip,
)
from axial.common.ticks import Ticks, from_datetime

pytestmark = pytest.mark.unit

AT = from_datetime(datetime(2023, 4, 26, 18, 23, 40, 902519, UTC)) + 3


@pytest.mark.parametrize(
    "text",
    [
        "2023-04-26T11:23:40.9025193-07:00",
        "2023-04-26T11:23:40.9025193-07:0",
        "2023-04-26T11:23:40.9025193-07",
        "2023-04-27T01:23:40.9025193+7:00",
        "2023-04-27T01:23:40.9025193+7:0",
        "2023-04-27T01:23:40.9025193+7",
        "2023-04-26T18:23:40.9025193Z",
        "2023-04-26 18:23:40.90251934Z",
        " 2023-04-26T18:23:40.90251925Z ",
    ],
)
def test_accepted_forms(text: str) -> None:
    """All forms of dicom-server's own tests name the same tick."""
    assert read_moment(text) == AT


def test_rfc_1123() -> None:
    """The form of HTTP dates is read, and its weekday must be right."""
    assert read_moment("Wed, 26 Apr 2023 18:23:40 GMT") == AT - 9_025_193
    with pytest.raises(NotATime):
        read_moment("Thu, 26 Apr 2023 18:23:40 GMT")


@pytest.mark.parametrize(
    "text",
    [
        "foo",
        "2023-04-26T11:23:40X",
        "2023-04-26T11:23:40+101:00",
        "2023-04-26T11:23:40+15",
        "2023-04-26T11:23:40+07:60",
        "2023-02-30T11:23:40Z",
        "2023-04-26T10:00:00 02:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "٢٠٢٣-04-26T11:23:40Z",
    ],
)
def test_refused_forms(text: str) -> None:
    """What is no moment is refused."""
    with pytest.raises(NotATime):
        read_moment(text)


@pytest.mark.parametrize(
    "text", ["2023-04-26T11:23:40.9025193", "2023-04-26", "4/26/2023 5:38:06 PM"]
)
def test_zone_is_mandatory(text: str) -> None:
    """A time without a zone is refused for that reason."""
    with pytest.raises(NoTimeZone):
        read_moment(text)


def test_bounds() -> None:
    """The first and the last tick of .NET's calendar can be written and read."""
    assert round_trip(FIRST) == "0001-01-01T00:00:00.0000000+00:00"
    assert round_trip(FINAL) == "9999-12-31T23:59:59.9999999+00:00"
    assert read_moment("0001-01-01T00:00:00Z") == FIRST
    assert read_moment("9999-12-31T23:59:59.9999999Z") == FINAL


@given(st.integers(FIRST, FINAL))
def test_round_trip(ticks: int) -> None:
    """Every tick reads back as it was written."""
    assert read_moment(round_trip(Ticks(ticks))) == ticks


@given(
    st.datetimes(
        min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(9998, 1, 1),  # noqa: DTZ001
        timezones=st.builds(
            timezone, st.integers(-14 * 60, 14 * 60).map(lambda m: timedelta(minutes=m))
        ),
    )
)
def test_agrees_with_datetime(moment: datetime) -> None:
    """Any moment in any zone is the tick that Python's own calendar says."""
    assert read_moment(moment.isoformat()) == from_datetime(moment)
