"""Which deliveries somebody asks for: query arguments and bodies as values. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from axial.common.errors import BadJson, BadParameter
from axial.router.deliveries.delivery import State
from axial.router.destinations.port import DestinationKind, DestinationName

_DEFAULT_LIMIT, _LARGEST_LIMIT = 100, 1000
_BIGINT_MAX = 2**63 - 1
_STATES = {state.title(): state for state in State}
_KINDS = {kind.title(): kind for kind in DestinationKind}
_TEXTS = (*DestinationKind, "rule", "instance", "reason")


@dataclass(frozen=True, slots=True)
class Selection:
    """What deliveries have to have in common; None where it makes no difference."""

    state: State | None = None
    kind: DestinationKind | None = None
    name: str | None = None
    rule: str | None = None
    instance: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    #: The number behind which it begins.
    since: int = 0
    limit: int = _DEFAULT_LIMIT


def read_page(query: Mapping[str, str]) -> Page:
    """Read `since` and `limit`; raise BadParameter."""
    return Page(
        _number(query, "since", 0, 0, _BIGINT_MAX),
        _number(query, "limit", _DEFAULT_LIMIT, 1, _LARGEST_LIMIT),
    )


def read_query(query: Mapping[str, str]) -> Selection:
    """Read the arguments of a list; raise BadParameter."""
    state = query.get("state")
    if state is not None and state.title() not in _STATES:
        raise BadParameter(f"Argument state: one of {', '.join(_STATES)}.")
    for argument in _TEXTS:
        _check(f"Argument {argument}", query.get(argument, ""))
    name = _destination({kind: query[kind.lower()] for kind in _KINDS if kind.lower() in query})
    return Selection(
        state=None if state is None else _STATES[state.title()],
        kind=name.kind if name else None,
        name=name.name if name else None,
        rule=query.get("rule"),
        instance=query.get("instance"),
        reason=query.get("reason"),
    )


def read_body(body: bytes) -> Selection:
    """Read which dead letters are meant, all when nothing is said; raise BadJson or BadParameter."""
    try:
        members = json.loads(body or b"{}")
    except ValueError:
        raise BadJson from None
    if not isinstance(members, dict):
        raise BadParameter("Should be a JSON object.")
    unknown = members.keys() - {*_KINDS, "Rule", "Reason"}
    if unknown:
        raise BadParameter(f"Known fields are {', '.join(_KINDS)}, Rule and Reason.")
    for field, value in members.items():
        if not isinstance(value, str):
            raise BadParameter(f"Field {field}: should be a text.")
        _check(f"Field {field}", value)
    name = _destination({kind: members[kind] for kind in _KINDS if kind in members})
    return Selection(
        kind=name.kind if name else None,
        name=name.name if name else None,
        rule=members.get("Rule"),
        reason=members.get("Reason"),
    )


def can_be_kept(text: str) -> bool:
    """Tell whether Postgres knows all characters of a text: else it is kept nowhere, and nothing is called so."""
    return "\0" not in text and text.encode(errors="ignore").decode() == text


def read_number(text: str) -> int | None:
    """Read the number of a delivery; None when there can be none of this number."""
    is_number = text.isascii() and text.isdigit() and len(text) < len(str(_BIGINT_MAX))
    return int(text) if is_number else None


def destination_json(name: DestinationName) -> dict[str, str]:
    """Write a destination as rules do."""
    return {name.kind.title(): name.name}


def _destination(named: Mapping[str, Any]) -> DestinationName | None:
    if len(named) > 1:
        raise BadParameter("A destination is a modality or a peer.")
    return next((DestinationName(_KINDS[kind], name) for kind, name in named.items()), None)


def _check(place: str, text: str) -> None:
    if not can_be_kept(text):
        raise BadParameter(f"{place}: there is no such character.")


def _number(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    number = read_number(text)
    if number is None or not least <= number <= most:
        raise BadParameter(f"Argument {name}: a number from {least} to {most}.")
    return number
