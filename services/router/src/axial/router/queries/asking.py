"""Questions that are asked while the request waits: `/modalities/{id}/query`, or below an answer."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import BadParameter, NotFound, Rejected
from axial.common.identifiers import Level
from axial.router.jobs.requests import answer_json
from axial.router.queries.finding import Finder, Question
from axial.router.queries.matches import texts_of
from axial.router.queries.requests import read_index, read_query, read_question
from axial.router.queries.store import QueryStore
from axial.router.retrieval.bodies import read_object, seconds
from axial.router.retrieval.keys import NAMES


def question_routes(store: QueryStore, finder: Finder) -> APIRouter:
    """Make the routes."""
    routes = _Routes(store, finder)
    router = APIRouter()
    router.post("/modalities/{modality_id}/query")(routes.query)
    router.post("/queries/{query_id}/answers/{index}/query-studies")(routes.query_studies)
    router.post("/queries/{query_id}/answers/{index}/query-series")(routes.query_series)
    router.post("/queries/{query_id}/answers/{index}/query-instances")(routes.query_instances)
    return router


@dataclass(frozen=True, slots=True)
class _Routes:
    store: QueryStore
    finder: Finder

    async def query(self, modality_id: str, request: Request) -> Response:
        """Ask a modality what it has, by C-FIND."""
        body = await read_object(request)
        return await self._ask(modality_id, read_question(body, self.finder.remotes.dictionary))

    async def query_studies(self, query_id: str, index: str, request: Request) -> Response:
        """Ask for the studies of an answer."""
        return await self._ask_below(query_id, index, Level.STUDY, request)

    async def query_series(self, query_id: str, index: str, request: Request) -> Response:
        """Ask for the series of an answer."""
        return await self._ask_below(query_id, index, Level.SERIES, request)

    async def query_instances(self, query_id: str, index: str, request: Request) -> Response:
        """Ask for the instances of an answer."""
        return await self._ask_below(query_id, index, Level.INSTANCE, request)

    async def _ask(self, modality: str, question: Question) -> Response:
        known = await self.finder.remotes.find(modality)
        async with self.finder.find(known, question) as answers:
            query_id = await self.store.add(modality, question, answers)
        return answer_json({"ID": str(query_id), "Path": f"/queries/{query_id}"})

    async def _ask_below(
        self, query_id: str, index: str, level: Level, request: Request
    ) -> Response:
        query = await self.store.find(query_id)
        parent, place = query.question, read_index(index)
        if not 0 <= place < query.answers:
            raise BadParameter
        if level <= parent.level:
            raise NotFound
        body = await read_object(request, may_be_null=True)
        tags = read_query(body, self.finder.remotes.dictionary)
        answer = texts_of(await self.store.answer(query, place))
        for tag in NAMES[parent.level]:
            if tag not in answer:
                raise Rejected("inexistent_tag", "The answer does not tell what names it")
            tags[tag] = answer[tag]
        timeout = seconds(body)
        if timeout is None:
            timeout = parent.timeout
        question = Question(
            level, tags, normalize=parent.normalize, local_aet=parent.local_aet, timeout=timeout
        )
        return await self._ask(query.modality, question)
