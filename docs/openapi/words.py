"""The words in which operations are described."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
#: Media types, each with the schema of what is sent.
Content: TypeAlias = dict[str, Schema]
#: By status.
Answers: TypeAlias = dict[int, Content]

STRING: Schema = {"type": "string"}
BINARY: Schema = {"type": "string", "format": "binary"}
BOOLEAN: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
OBJECT_SCHEMA: Schema = {"type": "object"}

JSON: Content = {"application/json": {}}
OBJECT: Content = {"application/json": OBJECT_SCHEMA}
LIST: Content = {"application/json": {"type": "array"}}
NAMES: Content = {"application/json": {"type": "array", "items": STRING}}
TEXT: Content = {"text/plain": STRING}
BYTES: Content = {"application/octet-stream": BINARY}
NOTHING: Content = {}


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument that may be left out."""

    name: str
    text: str
    schema: Schema = field(default_factory=lambda: STRING)
    where: str = "query"
    required: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent with a request; one of the media types, of which the service believes none."""

    text: str
    content: Content
    required: bool = True


@dataclass(frozen=True, slots=True)
class Described:
    """An operation: what can be asked of it, and what it answers when all is well."""

    answers: Answers
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None


def flag(name: str, text: str) -> Parameter:
    """Describe an argument that is true without a value."""
    schema = {"type": "string", "enum": ["", "0", "1", "false", "true"]}
    return Parameter(name, text, schema)


def presence(name: str, text: str) -> Parameter:
    """Describe an argument of which only the presence counts."""
    return Parameter(name, text, STRING)


def count(name: str, text: str) -> Parameter:
    """Describe a number that is not negative."""
    return Parameter(name, text, COUNT)


def header(name: str, text: str) -> Parameter:
    """Describe a header of the request."""
    return Parameter(name, text, STRING, "header")


def ok(content: Content) -> Answers:
    """Answer 200."""
    return {200: content}


def json_body(text: str, schema: Schema, *, required: bool = True) -> Body:
    """Describe a JSON body."""
    return Body(text, {"application/json": schema}, required)


def members(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    """Describe an object by its members."""
    return {
        "type": "object",
        "properties": properties,
        **({"required": list(required)} if required else {}),
    }


def array(items: Schema) -> Schema:
    """Describe an array."""
    return {"type": "array", "items": items}


PREFER = header(
    "Prefer", "`respond-async`: do not wait for the index; 202 with the event's number."
)
IF_MATCH = header("If-Match", "The revision that is to be changed, as an `ETag` told it.")
IF_NONE_MATCH = header(
    "If-None-Match", "The revision that the caller has: 304 if it is still the one."
)
RANGE = header("Range", "One range of bytes.")
IF_RANGE = header("If-Range", "The revision that `Range` is meant for.")
FILENAME = Parameter("filename", "The name of the file in `Content-Disposition`.")
FORMATS = (
    presence("short", "Tags by their numbers."),
    presence("full", "Tags by their numbers, with their names and types."),
    presence("simplify", "Tags by their names."),
)
#: Of what is asked of somebody else, who refuses, fails or is away.
REMOTE: Answers = {500: TEXT}
#: A command: answered when the index has carried it out, or accepted.
ACCEPTED: Answers = {202: OBJECT}
