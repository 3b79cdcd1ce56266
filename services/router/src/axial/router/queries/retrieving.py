"""`/queries/{id}/retrieve`: what a query has found is retrieved."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import BadFormat, BadParameter, BadType
from axial.common.orthanc_tags import Json, TagFormat
from axial.router.jobs.requests import read_options
from axial.router.queries.matches import texts_of
from axial.router.queries.requests import read_index
from axial.router.queries.store import Query, QueryStore
from axial.router.retrieval.bodies import MOST_SECONDS, NULL, aet_of, json_in, read_text, tag_format
from axial.router.retrieval.routes import Retrieval
from axial.router.retrieval.wishes import Command, Method, Wish, command_of_answer, method_of


def retrieve_routes(store: QueryStore, retrieval: Retrieval) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    async def retrieve(
        query: Query, commands: Sequence[Command], body: Mapping[str, Any]
    ) -> Response:
        wish = await _wish(retrieval, query, commands, body)
        return await retrieval.answer(wish, read_options(body))

    @router.post("/queries/{query_id}/retrieve")
    async def retrieve_all(query_id: str, request: Request) -> Response:
        """Retrieve all answers."""
        body = await _body(request)
        query = await store.find(query_id)
        # Of each answer only what is retrieved by is kept: there may be many.
        commands = [_command(query, answer) async for answer in store.answers(query)]
        return await retrieve(query, commands, body)

    @router.post("/queries/{query_id}/answers/{index}/retrieve")
    async def retrieve_one(query_id: str, index: str, request: Request) -> Response:
        """Retrieve one answer."""
        body = await _body(request)
        query = await store.find(query_id)
        answer = await store.answer(query, read_index(index))
        return await retrieve(query, [_command(query, answer)], body)

    return router


async def _body(request: Request) -> Mapping[str, Any]:
    """Read options; a text that is no JSON object is the title of whoever shall have it."""
    text = await read_text(request)
    value = json_in(text)
    if isinstance(value, dict):
        return value
    if isinstance(value, bool | list) or text.strip() == NULL:
        raise BadFormat("Must provide a JSON object, or an AE title")
    title = value if isinstance(value, str) else text
    return {"TargetAet": title} if title.strip() else {}


async def _wish(
    retrieval: Retrieval, query: Query, commands: Sequence[Command], body: Mapping[str, Any]
) -> Wish:
    remotes = retrieval.remotes
    modality = await remotes.find(query.modality)
    own = remotes.reach.own_aet
    target = aet_of(_field(body, "TargetAet", str) or "") or own
    asked = _field(body, "RetrieveMethod", str)
    method = method_of(asked, modality, retrieval.default_method)
    local = remotes.local_aet(modality, query.question.local_aet)
    if method is Method.GET and target not in {own, local}:
        if asked == Method.GET:
            raise BadParameter("By C-GET instances come here, not to another TargetAet")
        # Nobody else can be sent anything but by C-MOVE.
        method = Method.MOVE
    timeout = _field(body, "Timeout", int)
    if timeout is None or timeout < 0:
        timeout = query.question.timeout
    elif timeout > MOST_SECONDS:
        raise BadParameter
    return Wish(
        modality,
        method,
        target_aet=target,
        local_aet=local,
        timeout=timeout,
        commands=commands,
        format=tag_format(body, TagFormat.SHORT),
    )


def _command(query: Query, answer: Json) -> Command:
    return command_of_answer(query.question.level, texts_of(answer))


def _field(body: Mapping[str, Any], name: str, kind: type) -> Any:
    value = body.get(name)
    if value is not None and type(value) is not kind:  # a bool is no number
        raise BadType
    return value
