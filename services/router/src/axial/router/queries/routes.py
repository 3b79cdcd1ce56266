"""`/queries`: what was asked of modalities, with their answers, as Orthanc tells them."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from axial.common.dictionary import Dictionary
from axial.common.flags import flag
from axial.common.identifiers import Level
from axial.common.orthanc_tags import TagFormat
from axial.common.tag_formats import in_format
from axial.router.jobs.requests import answer_json
from axial.router.queries.lists import answer_list
from axial.router.queries.requests import read_index
from axial.router.queries.store import QueryStore
from axial.router.retrieval.wishes import in_full

# In the order in which Orthanc looks for them.
_FORMATS = {
    "simplify": TagFormat.SIMPLIFIED,
    "short": TagFormat.SHORT,
    "full": TagFormat.FULL,
}
_OPERATIONS = ["answers", "level", "modality", "query", "retrieve"]
# As Orthanc lists them, the first with a slip of the pen.
_ANSWER_OPERATIONS = {
    Level.PATIENT: "query-study",
    Level.STUDY: "query-series",
    Level.SERIES: "query-instances",
}


def query_routes(store: QueryStore, dictionary: Dictionary) -> APIRouter:
    """Make the routes."""
    routes = _Routes(store, dictionary)
    router = APIRouter()
    router.get("/queries")(routes.all)
    router.get("/queries/{query_id}")(routes.operations)
    router.delete("/queries/{query_id}")(routes.delete)
    router.get("/queries/{query_id}/level")(routes.level)
    router.get("/queries/{query_id}/modality")(routes.modality)
    router.get("/queries/{query_id}/query")(routes.question)
    router.get("/queries/{query_id}/answers")(routes.answers)
    router.get("/queries/{query_id}/answers/{index}")(routes.answer_operations)
    router.get("/queries/{query_id}/answers/{index}/content")(routes.content)
    return router


@dataclass(frozen=True, slots=True)
class _Routes:
    store: QueryStore
    dictionary: Dictionary

    async def all(self) -> Response:
        """List the queries that are kept."""
        return answer_json(await self.store.all())

    async def operations(self, query_id: str) -> Response:
        """List what can be done with a query."""
        await self.store.find(query_id)
        return answer_json(_OPERATIONS)

    async def delete(self, query_id: str) -> Response:
        """Forget a query."""
        await self.store.delete(query_id)
        return _text("")

    async def level(self, query_id: str) -> Response:
        """Tell at which level was asked."""
        return _text((await self.store.find(query_id)).question.level.type_name)

    async def modality(self, query_id: str) -> Response:
        """Tell which modality was asked."""
        return _text((await self.store.find(query_id)).modality)

    async def question(self, query_id: str, request: Request) -> Response:
        """Tell what was asked."""
        query = await self.store.find(query_id)
        full = in_full(query.question.tags, self.dictionary)
        return answer_json(in_format(full, _format(request.query_params)))

    async def answers(self, query_id: str, request: Request) -> Response:
        """List the answers, or tell them all."""
        query = await self.store.find(query_id)
        if not flag(request.query_params, "expand", absent=False):
            return answer_json([str(place) for place in range(query.answers)])
        format_ = _format(request.query_params)
        answers = self.store.answers(query)
        return await answer_list(in_format(answer, format_) async for answer in answers)

    async def answer_operations(self, query_id: str, index: str) -> Response:
        """List what can be done with an answer."""
        query = await self.store.find(query_id)
        await self.store.answer(query, read_index(index))
        children = [
            operation
            for level, operation in _ANSWER_OPERATIONS.items()
            if level >= query.question.level
        ]
        return answer_json(["content", "retrieve", *children])

    async def content(self, query_id: str, index: str, request: Request) -> Response:
        """Tell one answer."""
        query = await self.store.find(query_id)
        answer = await self.store.answer(query, read_index(index))
        return answer_json(in_format(answer, _format(request.query_params)))


def _format(query: QueryParams) -> TagFormat:
    return next((format_ for name, format_ in _FORMATS.items() if name in query), TagFormat.FULL)


def _text(text: str) -> Response:
    # Like Orthanc without a character set, which Starlette would add by itself.
    return Response(text, headers={"Content-Type": "text/plain"})
