"""What requests for queries say, read as Orthanc reads it. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from axial.common.dictionary import Dictionary
from axial.common.errors import BadFormat, BadType, UnknownTag
from axial.router.queries.finding import Question
from axial.router.retrieval.bodies import member, read_aet, seconds
from axial.router.retrieval.identifiers import Keys
from axial.router.retrieval.keys import level_of

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}")
# An item in an item in an item: worklists have two.
_DEEPEST = 8


def read_question(body: Mapping[str, Any], dictionary: Dictionary) -> Question:
    """Read what is to be asked; raise BadFormat or BadParameter."""
    level = body.get("Level")
    if not isinstance(level, str):
        raise BadFormat("The JSON body must contain field Level")
    normalize = member(body, "Normalize", bool, "a Boolean")
    tags = read_query(body, dictionary)
    return Question(
        level_of(level),
        tags,
        normalize=True if normalize is None else normalize,
        local_aet=read_aet(body, "LocalAet"),
        timeout=seconds(body),
    )


def read_query(body: Mapping[str, Any], dictionary: Dictionary) -> dict[int, str]:
    """Read the field `Query`: texts by the names of attributes."""
    query = member(body, "Query", dict, "a JSON object") or {}
    tags = {dictionary.parse(name.strip()): text for name, text in query.items()}
    if None in tags or not all(isinstance(text, str) for text in tags.values()):
        raise BadFormat("Associative array of DICOM tags to strings expected in field: Query")
    return {tag: text for tag, text in tags.items() if tag is not None}


def read_keys(query: Mapping[str, Any], dictionary: Dictionary, depth: int = 0) -> Keys:
    """Read keys among which may be sequences, as worklists have them; raise BadFormat, BadType or UnknownTag."""
    if depth > _DEEPEST:
        raise BadFormat("Sequences are nested too deeply")
    keys: dict[int, Any] = {}
    for name, value in query.items():
        tag = dictionary.parse(name.strip())
        if tag is None:
            raise UnknownTag(f"Unknown DICOM tag: {name}")
        if isinstance(value, str):
            keys[tag] = value
        elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
            keys[tag] = [read_keys(item, dictionary, depth + 1) for item in value]
        else:
            raise BadType("Strings, or lists of objects for sequences, expected in the query")
    return keys


def read_index(text: str) -> int:
    """Read which answer is meant; raise BadType when it is no number."""
    if not _NUMBER.fullmatch(text):
        raise BadType("Syntax error in some user-supplied data")
    return int(text)
