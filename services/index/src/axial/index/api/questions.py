"""What the DICOM gateway asks for its C-FIND: matches with their attributes, as they are found."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import StreamingResponse

from axial.common.attributes import format_tag, parse_tag, vr_of
from axial.common.configuration import Configuration
from axial.common.identifiers import Level, ResourceId
from axial.common.orthanc_tags import TagFormat
from axial.common.tag_formats import brief
from axial.index.api.answers import encode
from axial.index.api.dependencies import (
    TheConfiguration,
    TheFinder,
    TheProjection,
    TheTagReader,
    TheTurns,
)
from axial.index.api.internal import refuse_strangers_here
from axial.index.find.finder import Finder
from axial.index.find.query import FindQuery
from axial.index.find.tags import TagReader
from axial.index.matching import Constraint, SequenceConstraint, read_constraints

# By which one that is gone since it was found is told from one that has nothing to tell.
_UIDS = {Level.STUDY: 0x0020000D, Level.SERIES: 0x0020000E, Level.INSTANCE: 0x00080018}
# Each costs a condition; nobody asks for as many.
_MOST_KEYS = 500
# Matches told at once: the first ones soon, and never all of a large archive in memory.
_MATCHES_A_LINE = 100

router = APIRouter(prefix="/internal", dependencies=[Depends(refuse_strangers_here)])

Tag = Annotated[int, BeforeValidator(lambda spelled: parse_tag(str(spelled)))]


class Keys(BaseModel):
    """What attributes must be, as `0010,0020`, and what some item of a sequence must have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Annotated[dict[Tag, str], Field(max_length=_MOST_KEYS)] = {}
    items: Annotated[dict[Tag, "Keys"], Field(max_length=_MOST_KEYS)] = {}


class Question(Keys):
    """What is to be found, and what is to be told of it."""

    level: Literal["patients", "studies", "series", "instances"]
    tell: Annotated[list[Tag], Field(max_length=_MOST_KEYS)]


@router.post("/find")
async def find(
    question: Question,
    finder: TheFinder,
    tag_reader: TheTagReader,
    projection: TheProjection,
    configuration: TheConfiguration,
    turns: TheTurns,
) -> StreamingResponse:
    """Answer lines of matches, with all that was acknowledged before; the last line tells whether they are all.

    What goes wrong before the first line is told as an error; later, by a body without its end.
    """
    level = Level.from_path_name(question.level)
    constraints, sequences = (
        _constraints(question, configuration),
        _sequences(question, configuration),
    )
    query = FindQuery(level, constraints=constraints, sequences=sequences)
    await projection.caught_up()
    lines = _lines(finder, tag_reader, query, frozenset(question.tell), _most(level, configuration))
    lines = turns.each(lines)
    first = await anext(lines)

    async def body() -> AsyncIterator[bytes]:
        yield first
        async for line in lines:
            yield line

    return StreamingResponse(body(), media_type="application/x-ndjson")


def _constraints(asked: Keys, configuration: Configuration) -> tuple[Constraint, ...]:
    """Read the keys; as in Orthanc, case matters in all but names."""
    return tuple(
        constraint
        for tag, text in asked.keys.items()
        for constraint in read_constraints(
            tag, text, case_sensitive=vr_of(tag) != "PN" or configuration.case_sensitive_pn
        )
    )


def _sequences(asked: Keys, configuration: Configuration) -> tuple[SequenceConstraint, ...]:
    return tuple(
        SequenceConstraint(tag, _constraints(item, configuration), _sequences(item, configuration))
        for tag, item in asked.items.items()
    )


def _most(level: Level, configuration: Configuration) -> int | None:
    if level is Level.INSTANCE:
        return configuration.limit_find_instances or None
    return configuration.limit_find_results or None


async def _lines(
    finder: Finder,
    tag_reader: TagReader,
    query: FindQuery,
    tags: frozenset[int],
    most: int | None,
) -> AsyncIterator[bytes]:
    """Write what is found, and one line more than allowed is looked for, to tell whether something is left out."""
    told, left_out = 0, False
    async for page in finder.find(query, limit=None if most is None else most + 1):
        if most is not None and told + len(page) > most:
            page, left_out = page[: most - told], True  # noqa: PLW2901 - the rest is not told
        told += len(page)
        for start in range(0, len(page), _MATCHES_A_LINE):
            ids = page[start : start + _MATCHES_A_LINE]
            yield _line(matches=await _matches(tag_reader, query.level, ids, tags))
    yield _line(complete=not left_out)


async def _matches(
    tag_reader: TagReader, level: Level, ids: list[ResourceId], tags: frozenset[int]
) -> list[dict[str, Any]]:
    uid = _UIDS.get(level)
    values = await tag_reader.values(level, ids, tags if uid is None else tags | {uid})
    return [
        {
            format_tag(tag): brief(value, TagFormat.SHORT) if isinstance(value, dict) else value
            for tag, value in values[resource_id].items()
            if value is not None and tag in tags
        }
        for resource_id in ids
        if uid is None or uid in values[resource_id]
    ]


def _line(**told: object) -> bytes:
    return encode(told) + b"\n"
