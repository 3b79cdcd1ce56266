"""What was asked of modalities, with their answers, in Postgres for all replicas."""

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from axial.common.errors import BadParameter, NotFound
from axial.common.identifiers import Level
from axial.common.orthanc_tags import Json
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.router.queries.finding import Question
from axial.router.retrieval.wishes import read_tags, written_tags

# Far below what one statement may take.
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Query:
    """A question with the number of its answers."""

    id: UUID
    #: The modality's name.
    modality: str
    question: Question
    answers: int


class QueryStore:
    """Keeps so many queries; raises Unavailable while Postgres is away."""

    def __init__(self, pool: Pool, size: int) -> None:
        self._pool = pool
        self._size = size
        self._statements = Statements("axial.router.sql")

    async def add(self, modality: str, question: Question, answers: Sequence[str]) -> UUID:
        """Keep a question and its answers, which are JSON; forget what was not used for longest."""
        query_id = uuid4()
        async with (
            away_is_unavailable(),
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            await connection.execute(
                self._statements["query_insert"],
                query_id,
                modality,
                question.level.type_name,
                json.dumps(written_tags(question.tags)),
                question.normalize,
                question.local_aet,
                question.timeout,
            )
            for place in range(0, len(answers), _AT_ONCE):
                some = answers[place : place + _AT_ONCE]
                await connection.execute(
                    self._statements["query_insert_answers"], query_id, place, some
                )
            await connection.execute(self._statements["query_lock"])
            await connection.execute(self._statements["query_forget"], self._size)
        return query_id

    async def all(self) -> list[str]:
        """List the queries."""
        async with away_is_unavailable():
            rows = await self._pool.fetch(self._statements["query_list"])
        return [str(row["id"]) for row in rows]

    async def find(self, name: str) -> Query:
        """Find a query by its identifier; raise NotFound."""
        query_id = _uuid(name)
        if query_id is None:
            raise NotFound
        async with away_is_unavailable():
            row = await self._pool.fetchrow(self._statements["query_find"], query_id)
        if row is None:
            raise NotFound
        return Query(query_id, row["modality"], _question(row), row["answers"])

    async def delete(self, name: str) -> None:
        """Forget a query, if there is one."""
        query_id = _uuid(name)
        if query_id is not None:
            async with away_is_unavailable():
                await self._pool.execute(self._statements["query_delete"], query_id)

    async def answers(self, query: Query) -> AsyncGenerator[Json, None]:
        """Read all answers, a thousand at a time; raise NotFound when they are forgotten meanwhile."""
        for place in range(0, query.answers, _AT_ONCE):
            async with away_is_unavailable():
                rows = await self._pool.fetch(
                    self._statements["query_answers"], query.id, place, _AT_ONCE
                )
            if not rows:
                raise NotFound
            for row in rows:
                yield json.loads(row["tags"])

    async def answer(self, query: Query, place: int) -> Json:
        """Read one answer; raise BadParameter when there is none."""
        if not 0 <= place < query.answers:
            raise BadParameter
        async with away_is_unavailable():
            row = await self._pool.fetchrow(self._statements["query_answer"], query.id, place)
        if row is None:
            # It was forgotten meanwhile.
            raise NotFound
        answer: Json = json.loads(row["tags"])
        return answer


def _uuid(text: str) -> UUID | None:
    try:
        known = UUID(text)
    except ValueError:
        return None
    return known if str(known) == text else None


def _question(row: Any) -> Question:
    return Question(
        Level.from_type_name(row["level"]),
        read_tags(json.loads(row["tags"])),
        row["normalize"],
        row["local_aet"],
        row["timeout"],
    )
