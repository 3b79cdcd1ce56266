"""What clients write of a modality becomes one, or is refused as Orthanc does. Pure."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from axial.common.errors import AxialError, BadFormat, BadParameter, BadType, Inexistent
from axial.common.modalities import Modality

_HIGHEST_ID = 0xFFFF
_MOST_SECONDS = 2**31
# What values a field takes, unless it is a text.
_EXPECTED = {"Port": "Integer", "Timeout": "Unsigned integer", "UseDicomTls": "Boolean"}
_IMPOSSIBLE = {
    "AET": "Not an AE title in field: AET",
    "LocalAet": "Not an AE title in field: LocalAet",
    "Manufacturer": "Unknown modality manufacturer",
}


def modality_named(known: Mapping[str, Modality], name: str) -> Modality:
    """Find a modality; raise Inexistent."""
    if name not in known:
        raise Inexistent(f"No modality with symbolic name: {name}")
    return known[name]


def read_modality(value: object) -> Modality:
    """Read a modality in any of its forms; raise BadFormat or BadParameter."""
    match value:
        case Mapping():
            _check_types(value)
        case [_, _, port, *_]:
            _check_types({"Port": port})
    try:
        return Modality.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = first["loc"][:1]
        raise _refusal(str(place[0]) if place else "", first["type"], first.get("input")) from None


def _check_types(fields: Mapping[str, Any]) -> None:
    """Refuse what a configuration may say in other words, and a request may not."""
    for field, value in fields.items():
        is_flag = field.startswith("Allow") or field == "UseDicomTls"
        if (
            (is_flag and not isinstance(value, bool))
            or (field == "Timeout" and type(value) is not int)
            or (field == "Port" and isinstance(value, bool | float))
        ):
            raise _refusal(field, "", value)


def _refusal(field: str, kind: str, given: object) -> AxialError:
    expected = _EXPECTED.get(field, "Boolean" if field.startswith("Allow") else "String")
    if not field:
        return BadFormat()
    if kind in {"greater_than_equal", "less_than_equal"} and field == "Port":
        return BadParameter("A TCP port number must be in range [1..65534]")
    if expected != "String" or kind == "missing" or not isinstance(given, str):
        return BadFormat(f"{expected} value expected in field: {field}")
    return BadParameter(_IMPOSSIBLE.get(field, f"Not a possible value in field: {field}"))


def overruled(modality: Modality, options: Mapping[str, Any]) -> Modality:
    """Take what a request says of a modality instead; raise BadType or BadParameter.

    How we call ourselves is the modality's to say, if it says so.
    """
    fields = {
        "AET": _text(options, "CalledAet"),
        "Host": _text(options, "Host"),
        "Port": _port(options),
        "LocalAet": _text(options, "LocalAet"),
    }
    given = {name: value for name, value in fields.items() if value is not None}
    if modality.local_aet:
        given.pop("LocalAet", None)
    return read_modality({**modality.model_dump(mode="json"), **given}) if given else modality


def read_timeout(options: Mapping[str, Any]) -> int | None:
    """Read how many seconds a modality may take, 0 for ever; raise BadFormat."""
    if "Timeout" not in options:
        return None
    seconds = options["Timeout"]
    if type(seconds) is not int:  # a bool is no number
        raise BadFormat("Integer value expected in field: Timeout")
    if not 0 <= seconds < _MOST_SECONDS:
        raise BadFormat("Unsigned integer value expected in field: Timeout")
    return seconds


def read_originator(options: Mapping[str, Any], own_aet: str) -> tuple[str, int] | None:
    """Read whose C-MOVE a store is said to be for; raise BadType or BadParameter."""
    aet = _text(options, "MoveOriginatorAet")
    number = options.get("MoveOriginatorID", 0)
    if type(number) is not int:
        raise BadType
    if not 0 <= number <= _HIGHEST_ID:
        raise BadParameter
    if not number:
        return None
    # Titles are checked where modalities are.
    checked = read_modality({"AET": own_aet if aet is None else aet, "Host": "-", "Port": 1})
    return checked.aet, number


def read_flag(options: Mapping[str, Any], name: str, kind: type[AxialError] = BadType) -> bool:
    """Read what is wanted or not; raise as it is told."""
    value = options.get(name, False)
    if not isinstance(value, bool):
        raise kind(f"Boolean value expected in field: {name}")
    return value


def _text(options: Mapping[str, Any], name: str) -> str | None:
    value = options.get(name)
    if name in options and not isinstance(value, str):
        raise BadType
    return value


def _port(options: Mapping[str, Any]) -> int | None:
    value = options.get("Port")
    if "Port" in options and (type(value) is not int or value < 0):
        raise BadType
    return value
