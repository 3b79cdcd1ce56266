"""Each operation of a system's own OpenAPI document as a request that it must understand."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from support.dicoms import Dicom

CONSUMER = "operations"
#: The archive itself.
RULE = "operations"
PEER = "operations"
MODALITY = "operations"
_METHODS = ("put", "get", "post", "delete")


@dataclass(frozen=True, slots=True)
class Operation:
    """What may be asked, and what the document says about it."""

    method: str
    path: str
    described: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Write it as documentations do."""
        return f"{self.method} {self.path}"

    @property
    def shape(self) -> str:
        """Leave out how the parameters of the path are called."""
        return re.sub(r"\{\w+\}", "{}", self.name)

    @property
    def required(self) -> dict[str, str]:
        """The arguments that it cannot do without: one of the values that each may have."""
        return {
            parameter["name"]: parameter["schema"].get("enum", [""])[-1]
            for parameter in self.described.get("parameters", ())
            if parameter["in"] == "query" and parameter.get("required")
        }

    @property
    def statuses(self) -> frozenset[int]:
        """The statuses of a request that nothing is wrong with."""
        return frozenset(
            int(status) for status in self.described["responses"] if "X" not in status
        ) - {503}

    def media_types(self, status: int) -> frozenset[str]:
        """The media types that an answer may have."""
        return frozenset(self.described["responses"][str(status)].get("content", {}))


@dataclass(frozen=True, slots=True)
class Places:
    """What stands in the place of the parameters of a path."""

    #: An image.
    dicom: Dicom
    #: An instance that holds a PDF file.
    document: str
    #: A job that has made an archive.
    job: str
    #: A delivery that has come to its end.
    delivery: int
    #: A query of ours that has an answer.
    query: str
    #: A storage commitment transaction that has succeeded.
    commitment: str
    others: Mapping[str, str] = field(
        default_factory=lambda: {
            "id": "nothing",
            "index": "0",
            "key": "nothing",
            "frame": "0",
            "version": "v2",
            "sequence": "1",
            "label": "operations",
            "path": "0010-0020",
            "file": "swagger-ui.css",
            "deletion": "1",
        }
    )

    def path(self, operation: Operation) -> str:
        """Fill in the parameters."""
        level, _, rest = operation.path.removeprefix("/").partition("/")
        names = {"name": CONSUMER if level == "feed" else "1025"}
        if level in _LEVELS:
            names["id"] = self.dicom.names.orthanc_ids[_LEVELS.index(level)]
            names["name"] = "1025"
        if level == "jobs":
            names |= {"id": self.job, "key": "archive"}
        names |= {
            "modalities": {"id": MODALITY},
            "peers": {"id": PEER},
            "queries": {"id": self.query},
            "storage-commitment": {"id": self.commitment},
        }.get(level, {})
        if level == "router":
            names |= {"kind": "modality", "delivery_id": str(self.delivery)}
            names["name"] = RULE if rest.startswith("rules/") else MODALITY
        if rest.endswith("/pdf"):
            names["id"] = self.document
        return operation.path.format_map({**self.others, **names})


_LEVELS = ("patients", "studies", "series", "instances")


def operations_of(document: Mapping[str, Any]) -> list[Operation]:
    """List the operations of a document in an order in which each finds what it needs."""
    found = [
        Operation(method.upper(), path, described)
        for path, item in document["paths"].items()
        for method, described in item.items()
    ]
    return sorted(found, key=_turn)


def _turn(operation: Operation) -> tuple[int, int, str]:
    """First what makes something, then questions, then commands; at last deletions, those of the deepest first."""
    turn = _METHODS.index(operation.method.lower())
    if operation.name == "POST /instances":
        turn = -1
    deepest_first = -operation.path.count("/") if operation.method == "DELETE" else 0
    level = operation.path.split("/")[1]
    if operation.method == "DELETE" and level in _LEVELS:
        return turn, deepest_first, f"{9 - _LEVELS.index(level)}{operation.path}"
    return turn, deepest_first, operation.path


def body_of(operation: Operation, dicom: Dicom, told: Callable[[str], bytes]) -> bytes:
    """Write the body of a request; `told` gives what a GET of a path was answered."""
    if operation.method in {"GET", "DELETE"}:
        return b""
    if operation.name == "POST /instances" or operation.path.endswith("/store-straight"):
        return dicom.body
    if operation.name in {"PUT /modalities/{id}", "POST /tools/dicom-echo"}:
        return told(f"/modalities/{MODALITY}/configuration")
    if operation.name.startswith("PUT /tools/"):
        return told(operation.path)  # as it is
    return json.dumps(_json_of(operation, dicom, told)).encode()


def _json_of(operation: Operation, dicom: Dicom, told: Callable[[str], bytes]) -> Any:
    """Write what is asked; 0 is the value of a metadata and an attachment, and no protection."""
    if operation.path == "/router/rules/test":
        return {"Instance": dicom.id}
    if operation.name == "PUT /peers/{id}":
        return {"Url": json.loads(told(f"/peers/{PEER}/configuration"))["Url"]}
    if operation.path.endswith("/ack"):
        consumer = json.loads(told(f"/feed/consumers/{CONSUMER}"))
        return {"Seq": 0, "Generation": consumer["Generation"]}
    return _BODIES.get(operation.path, 0 if operation.method == "PUT" else {})


_STUDIES = {"Level": "Study", "Query": {}}
_BELOW = dict.fromkeys(("PatientID", "StudyInstanceUID", "SeriesInstanceUID"), "1.2.3.4")
_BODIES: Mapping[str, Any] = {
    **{f"/tools/create-{kind}": [] for kind in ("archive", "media", "media-extended")},
    "/tools/find": _STUDIES,
    "/tools/count-resources": _STUDIES,
    "/tools/bulk-content": {"Resources": []},
    "/tools/bulk-delete": {"Resources": []},
    "/modalities/{id}/store": {"Resources": []},
    "/peers/{id}/store": {"Resources": []},
    "/modalities/{id}/query": _STUDIES,
    **{f"/modalities/{{id}}/find-{level}": _BELOW for level in ("study", "series", "instance")},
    "/modalities/{id}/move": {"Level": "Study", "Resources": []},
    "/modalities/{id}/get": {"Level": "Study", "Resources": []},
    "/modalities/{id}/storage-commitment": {"Resources": []},
    "/router/rules/{name}": {"Trigger": "StableStudy", "Destinations": [{"Modality": MODALITY}]},
    "/router/rules/replay": {"Rules": [RULE]},
    "/feed/consumers/{name}": {"Start": "earliest"},
    "/feed/consumers/{name}/skip": {"Seq": 1, "Reason": "operations"},
    "/feed/consumers/{name}/rewind": {"Seq": 0},
}
