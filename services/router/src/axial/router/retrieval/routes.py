"""What a request names is retrieved: `/modalities/{id}/move`, `/modalities/{id}/get`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import BadFormat, BadType
from axial.common.orthanc_tags import TagFormat
from axial.router.jobs.kind import Submission
from axial.router.jobs.requests import JobOptions, answer_job, read_options
from axial.router.retrieval.bodies import aet_of, read_object, seconds, tag_format, tag_of
from axial.router.retrieval.keys import level_of
from axial.router.retrieval.remotes import Remotes
from axial.router.retrieval.wishes import Method, Wish, command_of_request


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What routes that retrieve something are given."""

    remotes: Remotes
    jobs: Submission
    #: Orthanc's `DicomDefaultRetrieveMethod`.
    default_method: str

    async def answer(self, wish: Wish, options: JobOptions) -> Response:
        """Submit a job that retrieves, and answer of it."""
        return await answer_job(
            self.jobs,
            options,
            wish.method.job_type,
            wish.parameters(is_permissive=options.is_permissive),
            wish.content(self.remotes.dictionary),
        )


def retrieval_routes(retrieval: Retrieval) -> APIRouter:
    """Make the routes."""
    router = APIRouter()
    remotes = retrieval.remotes

    @router.post("/modalities/{modality_id}/move")
    async def post_move(modality_id: str, request: Request) -> Response:
        """Have a modality send what is named in `Resources` to `TargetAet`, by C-MOVE."""
        body = await read_object(request)
        wish = await _wish(remotes, modality_id, Method.MOVE, body)
        return await retrieval.answer(wish, read_options(body))

    @router.post("/modalities/{modality_id}/get")
    async def post_get(modality_id: str, request: Request) -> Response:
        """Have a modality send us what is named in `Resources`, by C-GET."""
        body = await read_object(request)
        wish = await _wish(remotes, modality_id, Method.GET, body)
        return await retrieval.answer(wish, read_options(body))

    return router


async def _wish(
    remotes: Remotes, modality_id: str, method: Method, body: Mapping[str, Any]
) -> Wish:
    level, resources = body.get("Level"), body.get("Resources")
    if not isinstance(level, str) or not isinstance(resources, list):
        raise BadFormat("Must provide a JSON body containing fields Resources and Level")
    at = level_of(level)
    modality = await remotes.find(modality_id)
    target = _title(body, "TargetAet") or remotes.reach.own_aet
    return Wish(
        modality,
        method,
        target_aet=target if method is Method.MOVE else "",
        local_aet=remotes.local_aet(modality, _title(body, "LocalAet")),
        timeout=seconds(body),
        commands=[command_of_request(at, _tags(resource, remotes)) for resource in resources],
        format=tag_format(body, TagFormat.SHORT),
    )


def _title(body: Mapping[str, Any], name: str) -> str:
    """Read an AE title; empty when it is not there."""
    title = body.get(name, "")
    if not isinstance(title, str):
        raise BadType(f"String value expected in field: {name}")
    return aet_of(title)


def _tags(resource: Any, remotes: Remotes) -> dict[int, str]:
    if not isinstance(resource, dict) or not all(
        isinstance(text, str) for text in resource.values()
    ):
        raise BadFormat
    return {tag_of(name, remotes.dictionary): text for name, text in resource.items()}
