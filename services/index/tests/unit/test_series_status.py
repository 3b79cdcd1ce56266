"""How complete a series is."""

import pytest

from axial.index.series_status import expected_instances, series_status

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, None),
        ({"ImagesInAcquisition": "4"}, None),
        ({"ImagesInAcquisition": "4", "NumberOfTemporalPositions": "3"}, 12),
        ({"NumberOfSlices": "5", "NumberOfTimeSlices": "2"}, 10),
        ({"NumberOfSlices": "5"}, None),
        ({"CardiacNumberOfImages": " +7 "}, 7),
        ({"ImagesInAcquisition": "4", "CardiacNumberOfImages": "7"}, 7),
        (
            {
                "ImagesInAcquisition": "4",
                "NumberOfTemporalPositions": "",
                "CardiacNumberOfImages": "7",
            },
            None,
        ),
        (
            {
                "ImagesInAcquisition": "2",
                "NumberOfTemporalPositions": "2",
                "CardiacNumberOfImages": "7",
            },
            4,
        ),
        ({"CardiacNumberOfImages": "0"}, None),
        ({"CardiacNumberOfImages": "-4"}, None),
        ({"CardiacNumberOfImages": "4.0"}, None),
        ({"CardiacNumberOfImages": "1_0"}, None),
        ({"CardiacNumberOfImages": "٤"}, None),
        ({"CardiacNumberOfImages": "9" * 5000}, None),
    ],
)
def test_expected_instances(tags: dict[str, str], expected: int | None) -> None:
    """The first complete promise counts, if it is a number above zero."""
    assert expected_instances(tags) == expected


@pytest.mark.parametrize(
    ("expected", "indexes", "status"),
    [
        (None, ["1"], "Unknown"),
        (4, [], "Missing"),
        (4, ["1", "2", "3"], "Missing"),
        (4, ["1", "2", "3", "4"], "Complete"),
        (4, ["4", "3", "2", " 1"], "Complete"),
        (4, ["1", "2", "3", "4", "5"], "Inconsistent"),
        (4, ["0"], "Inconsistent"),
        (4, ["-1"], "Inconsistent"),
        (4, ["1", "1"], "Inconsistent"),
        (4, ["1", ""], "Unknown"),
        (4, ["one"], "Unknown"),
        (1, ["1.0"], "Unknown"),
        (1, ["+1"], "Complete"),
    ],
)
def test_series_status(expected: int | None, indexes: list[str], status: str) -> None:
    """Each instance must have its own place among those promised."""
    assert series_status(expected, indexes) == status
