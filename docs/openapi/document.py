"""The document: every operation of every service, described; what is missing or superfluous fails."""

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from docs.openapi.archives import ARCHIVES
from docs.openapi.commitment import COMMITMENT
from docs.openapi.deliveries import DELIVERIES
from docs.openapi.feeds import FEEDS
from docs.openapi.jobs import JOBS
from docs.openapi.modalities import MODALITIES
from docs.openapi.peers import PEERS
from docs.openapi.pictures import PICTURES
from docs.openapi.queries import QUERIES
from docs.openapi.resources import RESOURCES
from docs.openapi.rules import RULES
from docs.openapi.tools import TOOLS
from docs.openapi.words import STRING, Content, Described, Parameter, Schema
from docs.routes import Operation

from axial.common.access.permissions import Permissions
from axial.common.access.roles import consumer
from axial.common.identifiers import Level

#: By operation, with `{level}` for patients, studies, series and instances as far as the operation exists there.
DESCRIPTIONS: Mapping[str, Described] = {
    **RESOURCES,
    **ARCHIVES,
    **PICTURES,
    **TOOLS,
    **FEEDS,
    **JOBS,
    **MODALITIES,
    **PEERS,
    **QUERIES,
    **COMMITMENT,
    **DELIVERIES,
    **RULES,
}

_PARAMETER = re.compile(r"\{(\w+)\}")
_LEVEL_NAMES = {level.path_name: level for level in Level}
_ID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{8}){4}$"}
_PATH_SCHEMAS: Mapping[str, Schema] = {
    "id": _ID,
    "version": {"enum": ["v1", "v1.0", "v1.0-prerelease", "v2", "v2.0"]},
    "sequence": {"type": "integer", "minimum": 0},
    "file": {"enum": ["swagger-ui-bundle.js", "swagger-ui.css"]},
    "frame": {"type": "integer", "minimum": 0},
    "delivery_id": {"type": "integer", "minimum": 1},
    "kind": {"enum": ["modality", "peer"]},
}
# What `id` is, where it names no resource; by the path's first part.
_OTHER_IDS: Mapping[str, Schema] = {
    "jobs": {"type": "string", "format": "uuid"},
    "queries": {"type": "string", "format": "uuid"},
    "modalities": {"type": "string", "pattern": "^[0-9A-Za-z_-]+$"},
    "peers": {"type": "string", "pattern": "^[0-9A-Za-z_-]+$"},
    "storage-commitment": {"type": "string", "pattern": "^[0-9.]{1,64}$"},
}
_REFUSALS = {
    "4XX": {"$ref": "#/components/responses/Refused"},
    "503": {"$ref": "#/components/responses/Later"},
}
_COMPONENTS = {
    "responses": {
        "Refused": {
            "description": "Orthanc's error JSON, sent as text; nothing for 401 and 405.",
            "content": {"text/plain": {"schema": STRING}, "application/json": {"schema": {}}},
        },
        "Later": {
            "description": "Something is away: try again later.",
            "content": {"text/plain": {"schema": STRING}},
        },
    },
    "securitySchemes": {
        "users": {"type": "http", "scheme": "basic"},
        "consumers": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token of a named consumer: for that consumer and the feeds.",
        },
    },
}
_USERS: list[dict[str, Any]] = [{}, {"users": []}]
_CONSUMERS: list[dict[str, Any]] = [*_USERS, {"consumers": []}]
_PERMISSIONS = Permissions()


class Undescribed(Exception):
    """Routes and descriptions do not go together."""


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """Write the OpenAPI document; raises `Undescribed`."""
    paths: dict[str, dict[str, Any]] = {}
    used: set[str] = set()
    for operation in operations:
        key = _key(operation)
        used.add(key)
        item = paths.setdefault(operation.path, {})
        item[operation.method.lower()] = _operation(operation, DESCRIPTIONS[key])
    if superfluous := DESCRIPTIONS.keys() - used:
        raise Undescribed(f"described, and not there: {sorted(superfluous)}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Axial",
            "version": version("axial-common"),
            "description": "Orthanc's REST API, the change feed of the Azure DICOM service, and Axial's own feeds.",
        },
        "security": _USERS,
        "paths": paths,
        "components": _COMPONENTS,
    }


def _key(operation: Operation) -> str:
    """Find under which name an operation is described: its own, or that of all levels."""
    first, _, rest = operation.path.removeprefix("/").partition("/")
    general = f"{operation.method} /{{level}}/{rest}".rstrip("/")
    for name in (operation.name, general if first in _LEVEL_NAMES else ""):
        if name in DESCRIPTIONS:
            return name
    raise Undescribed(f"{operation.name} is described nowhere in docs/openapi")


def _operation(operation: Operation, told: Described) -> dict[str, Any]:
    first = operation.path.removeprefix("/").partition("/")[0]
    names = _PARAMETER.findall(operation.path)
    schemas = {**_PATH_SCHEMAS, "id": _OTHER_IDS.get(first, _ID)}
    described: dict[str, Any] = {
        "tags": ["azure" if "changefeed" in operation.path else first],
        "summary": operation.summary,
        "operationId": _PARAMETER.sub(r"\1", operation.name).replace(" /", "_").replace("/", "_"),
        "parameters": [
            *(_parameter(_path_parameter(name, schemas.get(name, STRING))) for name in names),
            *(_parameter(parameter) for parameter in told.parameters),
        ],
        "responses": {
            **{
                str(status): {
                    "description": _DESCRIPTIONS_OF_STATUSES[status],
                    **({"content": _content(content)} if content else {}),
                }
                for status, content in sorted(told.answers.items())
            },
            **_REFUSALS,
        },
    }
    permission = _PERMISSIONS.of(operation.method, operation.path)
    described["description"] = f"Takes the role `{permission.least.name.lower()}`."
    if permission.given_to(consumer("{name}")):
        described["security"] = _CONSUMERS
    if told.body:
        described["requestBody"] = {
            "description": told.body.text,
            "required": told.body.required,
            "content": _content(told.body.content),
        }
    return described


_DESCRIPTIONS_OF_STATUSES = {
    200: "Done, or found.",
    201: "Made.",
    202: "In the log; the index follows.",
    204: "There is none.",
    206: "A range.",
    304: "The caller has it.",
    500: "A modality or a peer refused, failed, or is away; Orthanc's error JSON tells which.",
}


def _content(content: Content) -> dict[str, Any]:
    return {media_type: {"schema": dict(schema)} for media_type, schema in content.items()}


def _path_parameter(name: str, schema: Schema) -> Parameter:
    return Parameter(name, "", schema, "path", required=True)


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.where,
        **({"description": parameter.text} if parameter.text else {}),
        **({"required": True} if parameter.required else {}),
        "schema": dict(parameter.schema),
    }
