"""The routes of `/jobs`, as Orthanc has them."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import Inexistent, NotFound, Rejected
from axial.common.flags import flag
from axial.router.jobs.rendering import rendered
from axial.router.jobs.requests import answer_json
from axial.router.jobs.states import Action
from axial.router.jobs.store import JobStore

_SUMMARIES = {
    Action.CANCEL: "Have a job fail.",
    Action.PAUSE: "Have a job wait until it is resumed.",
    Action.RESUME: "Have a paused job go on.",
    Action.RESUBMIT: "Have a failed job begin anew.",
}
_MEANINGLESS = {
    Action.RESUME: "Only a paused job can be resumed",
    Action.RESUBMIT: "Only a failed job can be submitted again",
}


def job_routes(store: JobStore) -> APIRouter:
    """Make the routes of jobs."""
    router = APIRouter()

    async def list_jobs(request: Request) -> Response:
        """List the jobs."""
        jobs = await store.all()
        if flag(request.query_params, "expand", absent=False):
            return answer_json([rendered(job) for job in jobs])
        return answer_json([str(job.id) for job in jobs])

    async def get_job(job_id: str) -> Response:
        """Tell of a job."""
        known_id = uuid_of(job_id)
        job = None if known_id is None else await store.find(known_id)
        if job is None:
            raise NotFound
        return answer_json(rendered(job))

    async def delete_job(job_id: str) -> Response:
        """Forget a job that has ended, and what it made."""
        known_id = uuid_of(job_id)
        if known_id is None or not await store.delete(known_id):
            raise Inexistent("No job that has ended has this identifier")
        return Response(headers={"Content-Type": "text/plain"})

    router.add_api_route("/jobs", list_jobs, methods=["GET"])
    router.add_api_route("/jobs/{job_id}", get_job, methods=["GET"])
    router.add_api_route("/jobs/{job_id}", delete_job, methods=["DELETE"])
    for action in Action:
        _add_action(router, store, action)
    return router


def uuid_of(text: str) -> UUID | None:
    """Read a job's identifier; None when no job can be called so."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _add_action(router: APIRouter, store: JobStore, action: Action) -> None:
    async def act(job_id: str) -> Response:
        known_id = uuid_of(job_id)
        done = None if known_id is None else await store.act(known_id, action)
        if done is None:
            # As in Orthanc not 404.
            raise Rejected("no_such_job", "There is no such job")
        if not done:
            raise Rejected("wrong_state", _MEANINGLESS[action])
        return Response("{}", headers={"Content-Type": "application/json"})

    act.__doc__ = _SUMMARIES[action]
    router.add_api_route(f"/jobs/{{job_id}}/{action.value}", act, methods=["POST"])
