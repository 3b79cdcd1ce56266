"""Jobs as our other services ask for them; the edge lets nobody else through."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from axial.common.configuration import Configuration
from axial.common.internal import refuse_strangers
from axial.router.jobs.archives import ARCHIVE, MEDIA, sizes
from axial.router.jobs.kind import Submission
from axial.router.jobs.requests import JobOptions, answer_job, answer_json
from axial.router.jobs.states import JobState
from axial.router.jobs.store import JobStore


class ArchiveWish(BaseModel):
    """An archive that nobody waits for; the index has seen to it that it can be made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["Archive", "Media"]
    #: What the index is asked for it.
    path: Annotated[str, Field(pattern="^/(patients|studies|series|tools)/")]
    body: dict[str, Any]
    instances: int
    uncompressed_bytes: int
    transfer_syntax_uid: str | None
    priority: int
    user_data: Any


def internal_job_routes(
    jobs: Submission, store: JobStore, configuration: Configuration
) -> APIRouter:
    """Make the routes."""

    async def refuse_strangers_here(request: Request) -> None:
        refuse_strangers(request, configuration)

    router = APIRouter(prefix="/internal/jobs", dependencies=[Depends(refuse_strangers_here)])

    async def keep_archive(wish: ArchiveWish) -> Response:
        """Begin to keep an archive, and answer where it will be found."""
        content = {
            "Description": "REST API",
            "InstancesCount": wish.instances,
            **dict(sizes("ArchiveSize", 0)),
            **dict(sizes("UncompressedSize", wish.uncompressed_bytes)),
        }
        if wish.transfer_syntax_uid is not None:
            content["Transcode"] = wish.transfer_syntax_uid
        return await answer_job(
            jobs,
            JobOptions(is_synchronous=False, priority=wish.priority, user_data=wish.user_data),
            MEDIA if wish.type == MEDIA else ARCHIVE,
            {"path": wish.path, "body": wish.body},
            content,
        )

    async def count() -> Response:
        """Answer how many jobs there are, as Orthanc counts them."""
        counts = await store.counts()

        def of(*states: JobState) -> int:
            return sum(counts.get(state, 0) for state in states)

        return answer_json(
            {
                "pending": of(JobState.PENDING, JobState.RETRY),
                "running": of(JobState.RUNNING, JobState.PAUSED),
                "success": of(JobState.SUCCESS),
                "failed": of(JobState.FAILURE),
            }
        )

    router.add_api_route("/archive", keep_archive, methods=["POST"])
    router.add_api_route("/counts", count, methods=["GET"])
    return router
