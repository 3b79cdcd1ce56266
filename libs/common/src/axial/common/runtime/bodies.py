"""What a client sends to change a setting becomes a value, or is refused as Orthanc does. Pure."""

import json
import re
from collections.abc import Callable

from axial.common.encodings import encoding_name
from axial.common.errors import BadFormat, BadParameter
from axial.common.events import SettingName
from axial.common.runtime.catalogue import TRANSFER_SYNTAXES, chosen
from axial.common.runtime.settings import VERBOSITIES

Value = bool | str | tuple[str, ...]

# A UID, or a pattern of some.
_PATTERN = re.compile(r"[0-9.*?]*")
_BOOLEANS = {"1": True, "true": True, "0": False, "false": False}


def read_value(name: SettingName, body: bytes) -> Value:
    """Read what a setting shall be; raise BadParameter or BadFormat."""
    return _READERS.get(name, _verbosity)(body.decode("utf-8", "replace"))


def _verbosity(text: str) -> Value:
    if text not in VERBOSITIES:
        raise BadParameter('Verbosity can be "default", "verbose" or "trace"')
    return text


def _encoding(text: str) -> Value:
    name = encoding_name(text)
    if name is None:
        raise BadParameter
    return name


def _boolean(text: str) -> Value:
    value = _BOOLEANS.get(text.strip())
    if value is None:
        raise BadFormat("Boolean value expected")
    return value


def _transfer_syntaxes(text: str) -> Value:
    """Choose by a pattern alone or in JSON, or by a list of patterns in JSON."""
    patterns: object
    if _PATTERN.fullmatch(text.strip()):
        # Orthanc takes what begins as a number for JSON, and so refuses the UIDs that it documents.
        patterns = text.strip()
    else:
        try:
            patterns = json.loads(text)
        except (ValueError, RecursionError):
            raise BadFormat("A UID, or a list of UIDs in JSON, expected") from None
    if isinstance(patterns, str):
        patterns = [patterns]
    if not isinstance(patterns, list) or not all(isinstance(item, str) for item in patterns):
        raise BadFormat("A UID, or a list of UIDs in JSON, expected")
    return chosen(patterns, TRANSFER_SYNTAXES)


_READERS: dict[SettingName, Callable[[str], Value]] = {
    "accepted-transfer-syntaxes": _transfer_syntaxes,
    "default-encoding": _encoding,
    "metrics": _boolean,
    "unknown-sop-class-accepted": _boolean,
}
