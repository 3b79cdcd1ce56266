"""A job in Orthanc's JSON (orthanc-rest.md, C.4)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from axial.router.jobs.job import Job
from axial.router.jobs.states import JobState

# Below it nothing can be said of what is left.
_LEAST_PROGRESS = 0.01


def rendered(job: Job) -> dict[str, Any]:
    """Write what `/jobs/{id}` answers."""
    fault = job.fault
    shown: dict[str, Any] = {
        "ID": str(job.id),
        "Type": job.type_name,
        "State": job.state.value,
        "Priority": job.priority,
        "Progress": round(100 * job.progress),
        "ErrorCode": 0 if fault is None else fault.code,
        "ErrorDescription": "Success" if fault is None else fault.description,
        "ErrorDetails": "" if fault is None else fault.details,
        "CreationTime": _time(job.created_at),
        "Timestamp": _time(job.told_at),
        "EffectiveRuntime": round(job.runtime_seconds, 3),
        "Content": job.content,
        "UserData": job.user_data,
    }
    if fault is not None and fault.payload is not None:
        shown["ErrorPayload"] = fault.payload
    if job.state in (JobState.SUCCESS, JobState.FAILURE):
        shown["CompletionTime"] = _time(job.changed_at)
    arrival = estimated_arrival(job)
    if arrival is not None:
        shown["EstimatedTimeOfArrival"] = _time(arrival)
    return shown


def estimated_arrival(job: Job) -> datetime | None:
    """Estimate when a job that runs will be through, if it goes on as it went; None when that cannot be said."""
    if job.state is not JobState.RUNNING or job.progress <= _LEAST_PROGRESS:
        return None
    left_seconds = job.runtime_seconds / job.progress * (1.0 - job.progress)
    return job.told_at + timedelta(seconds=left_seconds)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S.%f}"
