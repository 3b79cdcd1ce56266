"""What every route that begins a job reads of it, and answers of it, in Orthanc's words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.responses import Response

from axial.common.errors import BadFormat
from axial.router.jobs.kind import Submission

_DESCRIBED: Mapping[type, str] = {bool: "Boolean", int: "Integer"}
# Priorities are kept as Postgres's and Orthanc's own integers.
_PRIORITIES = range(-(2**31), 2**31)

Value = TypeVar("Value", bool, int)


@dataclass(frozen=True, slots=True)
class JobOptions:
    """How a job is to be run."""

    #: Whether whoever asks waits for its end.
    is_synchronous: bool = True
    #: Higher ones begin first.
    priority: int = 0
    #: Whether it goes on after one of its pieces has failed.
    is_permissive: bool = False
    #: What the caller wants to find again in `/jobs/{id}`.
    user_data: Any = None


def read_options(body: Mapping[str, Any]) -> JobOptions:
    """Read the options among the fields of a body; raise BadFormat."""
    synchronous = _field(body, "Synchronous", bool)
    if synchronous is None:
        asynchronous = _field(body, "Asynchronous", bool)
        synchronous = True if asynchronous is None else not asynchronous
    priority = _field(body, "Priority", int) or 0
    if priority not in _PRIORITIES:
        raise BadFormat("Integer value expected in field: Priority")
    return JobOptions(
        is_synchronous=synchronous,
        priority=priority,
        is_permissive=_field(body, "Permissive", bool) or False,
        user_data=_json(body.get("UserData")),
    )


async def answer_job(
    jobs: Submission,
    options: JobOptions,
    type_name: str,
    parameters: Mapping[str, Any],
    content: Mapping[str, Any],
) -> Response:
    """Submit a job; answer what has become of it at its end, or at once where it will be found.

    It runs to its end also when whoever waits goes away, as in Orthanc.
    """
    job_id = await jobs.submit(
        type_name,
        parameters,
        content,
        priority=options.priority,
        user_data=options.user_data,
    )
    if options.is_synchronous:
        return answer_json(await jobs.finished(job_id))
    return answer_json({"ID": job_id, "Path": f"/jobs/{job_id}"})


def answer_json(value: object) -> Response:
    """Answer one value, its keys in order as Orthanc's are."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Half of a surrogate pair, which JSON can write and UTF-8 cannot, stays written as it came.
    body = text.encode("utf-8", "backslashreplace")
    return Response(body, media_type="application/json; charset=utf-8")


def _field(body: Mapping[str, Any], name: str, kind: type[Value]) -> Value | None:
    if name not in body:
        return None
    value = body[name]
    if type(value) is not kind:  # a bool is no number
        raise BadFormat(f"{_DESCRIBED[kind]} value expected in field: {name}")
    return value


def _json(value: Any) -> Any:
    """Check that what Python took for JSON is."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise BadFormat("UserData must be JSON") from None
    return value
