"""What rules and questions about them are written in: JSON with names in CamelCase, and nothing that is not known."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from axial.common.errors import BadJson, BadParameter

# Names of fields and of rules, and numbers; what else a place is made of are forms that did not fit.
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9,._-]{0,63}")

# What pydantic says in the words of Python.
_REASONS = {
    "extra_forbidden": "there is no such field",
    "missing": "it is missing",
    "model_type": "should be a JSON object",
    "dict_type": "should be a JSON object",
    "list_type": "should be a list",
}

# The rest of a hostile one says nothing more.
_LONGEST_PLACE = 256

BodyT = TypeVar("BodyT", bound="Body")


class Body(BaseModel):
    """A JSON object with known members only."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        populate_by_name=False,
        hide_input_in_errors=True,
    )


def read(kind: type[BodyT], value: Any) -> BodyT:
    """Read what was JSON already; raise BadParameter, which names the field."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise _told(error) from None


def read_json(kind: type[BodyT], text: bytes) -> BodyT:
    """Read JSON; raise BadJson, or BadParameter, which names the field."""
    try:
        return kind.model_validate_json(text or b"{}")
    except ValidationError as error:
        raise _told(error) from None


def one_of(value: object, shorthand: Mapping[type, str]) -> object:
    """Write a value that stands for an object of one member as that object."""
    member = shorthand.get(type(value))
    return value if member is None else {member: value}


def _told(error: ValidationError) -> BadJson | BadParameter:
    # Where and what is wrong is told, not what was sent: a rule may name a patient.
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return BadJson()
    where = ".".join(str(part) for part in first["loc"] if _PART.fullmatch(str(part)))
    reason = str(first["msg"]).removeprefix("Value error, ")
    reason = _REASONS.get(first["type"], reason)
    return BadParameter(f"{where[:_LONGEST_PLACE] or 'The body'}: {reason}")
