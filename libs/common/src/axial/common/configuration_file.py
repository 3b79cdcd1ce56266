"""The configuration's one file, in Orthanc's own format: JSON with comments.

`ORTHANC__SECTION__OPTION` in the environment overrides the file, as in Orthanc's images. An unknown option
is a warning that names it; a bad value is one clear error at start.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import json5
from pydantic import ValidationError

from axial.common.configuration import BadConfiguration, Configuration

_ENVIRONMENT_PREFIX = "ORTHANC__"


def load_configuration(
    path: Path | None, environment: Mapping[str, str] = os.environ
) -> Configuration:
    """Read the file and the overrides; raise BadConfiguration with one line that names the culprit."""
    options = _read_file(path) if path else {}
    for keys, value in _overrides(environment):
        _put(options, keys, value)
    known = {field.alias for field in Configuration.model_fields.values() if field.alias}
    unknown = tuple(sorted(name for name in options if name not in known))
    try:
        return Configuration.model_validate(
            {name: value for name, value in options.items() if name in known}
            | {"unknown": unknown},
            context={"folder": path.parent if path else Path()},
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"][:1])
        raise BadConfiguration(f"option {where}: {first['msg']}") from None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise BadConfiguration(f"{path}: {reason}") from error
    try:
        options = json5.loads(text)
    except ValueError as error:
        raise BadConfiguration(f"{path}: {str(error).splitlines()[0]}") from error
    if not isinstance(options, dict):
        raise BadConfiguration(f"{path}: must be a JSON object")
    return options


def _overrides(environment: Mapping[str, str]) -> Iterator[tuple[list[str], Any]]:
    """Read ORTHANC__DICOM_AET and ORTHANC__DICOM_WEB__ENABLE: underscores separate words, two of them levels."""
    names = {_screaming(f.alias): f.alias for f in Configuration.model_fields.values() if f.alias}
    for variable, text in sorted(environment.items()):
        if not variable.startswith(_ENVIRONMENT_PREFIX):
            continue
        first, *rest = variable.removeprefix(_ENVIRONMENT_PREFIX).split("__")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        yield [names.get(first, first), *rest], value


def _screaming(name: str) -> str:
    """Turn DicomAet into DICOM_AET, as Orthanc's images spell it."""
    return "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(name)).upper()


def _put(options: dict[str, Any], keys: list[str], value: object) -> None:
    for key in keys[:-1]:
        child = options.setdefault(key, {})
        if not isinstance(child, dict):
            raise BadConfiguration(f"option {keys[0]}: is not a section")
        options = child
    options[keys[-1]] = value
