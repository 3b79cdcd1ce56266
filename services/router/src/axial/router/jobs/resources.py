"""What every route that sends resources reads of its body, in Orthanc's words."""

import json
import re
from collections.abc import Mapping
from typing import Any

from axial.common.errors import BadFormat
from axial.common.identifiers import ResourceId

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{8}){4}")


def read_resources(body: bytes) -> tuple[list[ResourceId], Mapping[str, Any]]:
    """Read an identifier as it is or in JSON, a list of some, or an object with `Resources` and options.

    Return the identifiers and the options; raise BadFormat.
    """
    text = body.decode("utf-8", "replace").strip()
    request: Any = text
    if not _ID.fullmatch(text):
        try:
            request = json.loads(text)
        except (ValueError, RecursionError):
            raise BadFormat("Must provide a JSON value") from None
    if isinstance(request, str):
        request = [request]
    options: Mapping[str, Any] = {}
    if isinstance(request, dict):
        options = request
        if "Resources" not in options:
            raise BadFormat('Missing field in JSON: "Resources"')
        request = options["Resources"]
        if not isinstance(request, list):
            raise BadFormat('JSON field "Resources" must contain an array')
    if not isinstance(request, list):
        raise BadFormat("Must provide a JSON object, or a JSON array of strings")
    return [_identifier(one) for one in request], options


def _identifier(given: object) -> ResourceId:
    if not isinstance(given, str):
        raise BadFormat("Resources to be exported must be specified as a JSON array of strings")
    if not _ID.fullmatch(given.strip()):
        raise BadFormat("Not a valid Orthanc identifier among the resources")
    return ResourceId(given.strip().lower())
