"""Jobs in Orthanc's JSON, with their errors."""

import dataclasses
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from axial.common.errors import (
    AxialError,
    BadFormat,
    JobCancelled,
    NotDicom,
    NotFound,
    RemoteFailed,
    Unavailable,
)
from axial.router.jobs.faults import CANCELLED, Fault, fault_of
from axial.router.jobs.job import Job
from axial.router.jobs.kind import JobFailed
from axial.router.jobs.rendering import rendered
from axial.router.jobs.states import JobState

pytestmark = pytest.mark.unit

_BEGUN = datetime(2026, 11, 21, 18, 44, 23, 313876, UTC)
_JOB = Job(
    id=uuid.UUID("0e2b03d5-2501-4afc-ad7c-22cd809124aa"),
    type_name="Archive",
    state=JobState.RUNNING,
    priority=3,
    content={"Description": "REST API"},
    user_data={"mine": True},
    progress=0.25,
    fault=None,
    created_at=_BEGUN,
    changed_at=_BEGUN,
    runtime_seconds=10.0004,
    told_at=_BEGUN + timedelta(seconds=12),
)


def test_running() -> None:
    """All fields of Orthanc; it is estimated to go on as fast as it did."""
    assert rendered(_JOB) == {
        "ID": "0e2b03d5-2501-4afc-ad7c-22cd809124aa",
        "Type": "Archive",
        "State": "Running",
        "Priority": 3,
        "Progress": 25,
        "ErrorCode": 0,
        "ErrorDescription": "Success",
        "ErrorDetails": "",
        "CreationTime": "20261121T184423.313876",
        "Timestamp": "20261121T184435.313876",
        "EstimatedTimeOfArrival": "20261121T184505.315076",
        "EffectiveRuntime": 10.0,
        "Content": {"Description": "REST API"},
        "UserData": {"mine": True},
    }


def test_failed() -> None:
    """A failure is told by Orthanc's number and words, with the status of the peer."""
    fault = fault_of(JobFailed(RemoteFailed("C-STORE was refused."), {"DimseErrorStatus": 42752}))
    shown = rendered(dataclasses.replace(_JOB, state=JobState.FAILURE, fault=fault))
    assert shown["ErrorCode"] == 9
    assert shown["ErrorDescription"] == "Error in the network protocol"
    assert shown["ErrorDetails"] == "C-STORE was refused"
    assert shown["ErrorPayload"] == {"Type": "Dimse", "Content": {"DimseErrorStatus": 42752}}
    assert shown["CompletionTime"] == "20261121T184423.313876"
    assert "EstimatedTimeOfArrival" not in shown


def test_cancelled() -> None:
    """A cancelled job has failed, with an error of its own."""
    shown = rendered(dataclasses.replace(_JOB, state=JobState.FAILURE, fault=CANCELLED))
    assert (shown["ErrorCode"], shown["ErrorDetails"]) == (37, "")


@pytest.mark.parametrize(
    "error",
    [
        RemoteFailed("refused"),
        NotFound(),
        JobCancelled(),
        BadFormat("no list"),
        NotDicom("no_preamble", "no file"),
        Unavailable(),
    ],
)
def test_raised_again(error: AxialError) -> None:
    """Whoever waits for a job is told its error as if it had happened to them, details and all."""
    again = fault_of(error).error()
    assert type(again) is type(error)
    assert again.message.rstrip(".") == error.message.rstrip(".")


def test_not_ours() -> None:
    """Of what should not have happened nothing is told; an error of a newer process is one of these."""
    assert fault_of(KeyError("name of a patient")) == Fault("AxialError")
    for fault in (Fault("AxialError"), Fault("ErrorOfTomorrow"), Fault("Mapping")):
        assert (fault.code, fault.description) == (-1, "Internal error")
