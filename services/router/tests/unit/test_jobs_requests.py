"""What submitters say about how a job is to run."""

from typing import Any

import pytest

from axial.common.errors import BadFormat
from axial.router.jobs.requests import JobOptions, read_options

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("body", "options"),
    [
        ({}, JobOptions()),
        ({"Asynchronous": True}, JobOptions(is_synchronous=False)),
        ({"Synchronous": False}, JobOptions(is_synchronous=False)),
        ({"Synchronous": True, "Asynchronous": True}, JobOptions()),
        ({"Priority": -7, "Permissive": True}, JobOptions(priority=-7, is_permissive=True)),
        ({"UserData": {"a": [1]}}, JobOptions(user_data={"a": [1]})),
    ],
)
def test_options(body: dict[str, Any], options: JobOptions) -> None:
    """As Orthanc reads them: `Synchronous` decides before `Asynchronous`."""
    assert read_options(body) == options


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Synchronous": "yes"}, "Boolean value expected in field: Synchronous"),
        ({"Asynchronous": 1}, "Boolean value expected in field: Asynchronous"),
        ({"Permissive": None}, "Boolean value expected in field: Permissive"),
        ({"Priority": 1.0}, "Integer value expected in field: Priority"),
        ({"Priority": True}, "Integer value expected in field: Priority"),
        ({"Priority": 2**31}, "Integer value expected in field: Priority"),
        ({"UserData": float("nan")}, "UserData must be JSON"),
        ({"UserData": ["\ud800"]}, "UserData must be JSON"),
    ],
)
def test_refused(body: dict[str, Any], message: str) -> None:
    """Fields of another type are refused in Orthanc's words."""
    with pytest.raises(BadFormat, match=message):
        read_options(body)
