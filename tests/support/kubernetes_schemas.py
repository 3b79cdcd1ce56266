"""The schemas by which Kubernetes, and what is added to it, would accept or refuse a document."""

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import jsonschema_rs

#: The oldest that the chart takes (`kubeVersion`), and the newest known.
VERSIONS = ("1.30", "1.37")

_TEXT = {"type": "string"}
_TEXTS = {"type": "object", "additionalProperties": _TEXT}
_NAME = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", "maxLength": 253}
_PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
_DURATION = {"type": "string", "pattern": "^([0-9]+(ms|s|m|h))+$"}


def _closed(required: str, **properties: object) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required.split(),
        "properties": properties,
    }


def _list(items: object) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


def _resource(api_version: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = _closed("name", name=_NAME, labels=_TEXTS, annotations=_TEXTS)
    fixed = {"apiVersion": {"const": api_version}, "kind": {"const": kind}}
    return _closed("apiVersion kind metadata spec", **fixed, metadata=metadata, spec=spec)


_EXPRESSION = _closed(
    "key operator",
    key=_TEXT,
    operator={"enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
    values=_list(_TEXT),
)
_RULE = _closed(
    "expr",
    alert=_TEXT,
    record=_TEXT,
    expr=_TEXT,
    labels=_TEXTS,
    annotations=_TEXTS,
    **{"for": _DURATION, "keep_firing_for": _DURATION},
)
_PARENT = _closed(
    "name", name=_NAME, namespace=_NAME, sectionName=_TEXT, port=_PORT, group=_TEXT, kind=_TEXT
)
_LISTENER = _closed(
    "name port protocol",
    name=_NAME,
    hostname=_TEXT,
    port=_PORT,
    protocol={"enum": ["HTTP", "HTTPS"]},
    tls=_closed(
        "certificateRefs",
        mode={"const": "Terminate"},
        certificateRefs=_list(_closed("name", name=_NAME)),
    ),
    allowedRoutes=_closed(
        "namespaces", namespaces=_closed("from", **{"from": {"enum": ["All", "Same", "Selector"]}})
    ),
)
# No package carries the schemas of these: what the chart uses of them is written down here, and nothing else passes.
_ADDED = {
    ("monitoring.coreos.com/v1", "PodMonitor"): _closed(
        "selector podMetricsEndpoints",
        jobLabel=_TEXT,
        selector=_closed("", matchLabels=_TEXTS, matchExpressions=_list(_EXPRESSION)),
        podMetricsEndpoints=_list(_closed("port", port=_TEXT, path=_TEXT, interval=_DURATION)),
    ),
    ("monitoring.coreos.com/v1", "PrometheusRule"): _closed(
        "groups",
        groups=_list(_closed("name rules", name=_TEXT, interval=_DURATION, rules=_list(_RULE))),
    ),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"): _closed(
        "parentRefs rules",
        parentRefs=_list(_PARENT),
        hostnames=_list(_TEXT),
        rules=_list(
            _closed(
                "backendRefs",
                backendRefs=_list(_closed("name port", name=_NAME, port=_PORT)),
                timeouts=_closed("request", request=_DURATION),
            )
        ),
    ),
    ("gateway.networking.k8s.io/v1", "Gateway"): _closed(
        "gatewayClassName listeners", gatewayClassName=_NAME, listeners=_list(_LISTENER)
    ),
}


def faults(document: dict[str, Any], version: str) -> Iterator[str]:
    """Tell what is wrong with a document: whatever the schema does not name is."""
    validator = _validator(document["apiVersion"], document["kind"], version)
    for error in validator.iter_errors(document):
        path = ".".join(map(str, error.instance_path))
        yield f"{document['kind']} {document['metadata']['name']}: {path}: {error.message}"


@cache
def _validator(api_version: str, kind: str, version: str) -> jsonschema_rs.Validator:
    if (api_version, kind) in _ADDED:
        schema = _resource(api_version, kind, _ADDED[api_version, kind])
        return jsonschema_rs.Draft202012Validator(schema)
    group, _, number = api_version.rpartition("/")
    name = "-".join(part for part in (kind.lower(), group.partition(".")[0], number) if part)
    schema = _read(version, name)
    return jsonschema_rs.Draft202012Validator(schema, registry=_registry(version))


@cache
def _registry(version: str) -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([("/api/_definitions.json", _read(version, "_definitions"))])


def _read(version: str, name: str) -> dict[str, Any]:
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema"
    file = folder / f"v{version}.0-local-strict" / f"{name}.json"
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema
