"""Which role each operation takes: the one table, for all services.

Two rules stand for what is not listed. A GET is reading: nothing that a GET tells is for administrators alone. Anything
else is the administrators', so that what was forgotten is open to nobody by accident; but a test fails for an operation
of ours that neither is a GET nor stands here. HEAD and OPTIONS take what GET does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from axial.common.access.roles import Principal, Role
from axial.common.access.templates import Templates
from axial.common.identifiers import Level
from axial.common.not_offered import NOT_OFFERED


@dataclass(frozen=True, slots=True)
class Permission:
    """What an operation takes."""

    least: Role
    #: Of a named consumer, whoever's own it is.
    consumer: str | None = None

    def given_to(self, who: Principal) -> bool:
        """Whether somebody may ask for it."""
        if who.role >= self.least:
            return True
        return bool(self.consumer) and who.consumer == self.consumer


_CONSUMER = "/feed/consumers/{name}"

#: Of a named consumer: its own reader may do it too.
OF_CONSUMERS: dict[str, Role] = {
    f"GET {_CONSUMER}": Role.READ,
    f"GET {_CONSUMER}/entries": Role.READ,
    f"GET {_CONSUMER}/skipped": Role.READ,
    f"POST {_CONSUMER}/ack": Role.WRITE,
    f"POST {_CONSUMER}/skip": Role.ADMIN,
    f"POST {_CONSUMER}/skipped/{{sequence}}/replay": Role.ADMIN,
}

_FEEDS = (
    "GET /changes",
    "GET /changefeed",
    "GET /changefeed/latest",
    "GET /{version}/changefeed",
    "GET /{version}/changefeed/latest",
    "GET /feed/entries",
    "GET /feed/entries/{sequence}",
    "GET /feed/events",
)
# Questions too long for a URL.
_QUESTIONS = (
    "POST /router/rules/test",
    "POST /tools/bulk-content",
    "POST /tools/count-resources",
    "POST /tools/create-archive",
    "POST /tools/create-media",
    "POST /tools/create-media-extended",
    "POST /tools/find",
    "POST /tools/lookup",
)
_WRITING = (
    "POST /instances",
    "POST /tools/bulk-delete",
    # Empties caches, as it does in Orthanc.
    "POST /tools/invalidate-tags",
    "PUT /patients/{id}/protected",
    # Whoever may delete may have it back, or gone for good.
    "POST /trash/{deletion}/restore",
    "DELETE /trash/{deletion}",
    "DELETE /jobs/{id}",
    "DELETE /jobs/{id}/{key}",
    "POST /jobs/{id}/cancel",
    "POST /jobs/{id}/pause",
    "POST /jobs/{id}/resubmit",
    "POST /jobs/{id}/resume",
    "POST /modalities/{id}/echo",
    "POST /modalities/{id}/find",
    "POST /modalities/{id}/find-instance",
    "POST /modalities/{id}/find-patient",
    "POST /modalities/{id}/find-series",
    "POST /modalities/{id}/find-study",
    "POST /modalities/{id}/find-worklist",
    "POST /modalities/{id}/get",
    "POST /modalities/{id}/move",
    "POST /modalities/{id}/query",
    "POST /modalities/{id}/storage-commitment",
    "POST /modalities/{id}/store",
    "POST /modalities/{id}/store-straight",
    "POST /peers/{id}/store",
    "POST /peers/{id}/store-straight",
    "DELETE /queries/{id}",
    "POST /queries/{id}/answers/{index}/query-instances",
    "POST /queries/{id}/answers/{index}/query-series",
    "POST /queries/{id}/answers/{index}/query-studies",
    "POST /queries/{id}/answers/{index}/retrieve",
    "POST /queries/{id}/retrieve",
    "POST /storage-commitment/{id}/remove",
    # Connects to whatever address it is told.
    "POST /tools/dicom-echo",
)
_ADMINISTRATION = (
    "DELETE /changes",
    "DELETE /exports",
    f"PUT {_CONSUMER}",
    f"DELETE {_CONSUMER}",
    f"POST {_CONSUMER}/pause",
    f"POST {_CONSUMER}/resume",
    f"POST {_CONSUMER}/rewind",
    f"POST {_CONSUMER}/test",
    f"POST {_CONSUMER}/token",
    f"DELETE {_CONSUMER}/token",
    "PUT /modalities/{id}",
    "DELETE /modalities/{id}",
    "PUT /peers/{id}",
    "DELETE /peers/{id}",
    "POST /router/dead-letters/discard",
    "POST /router/dead-letters/replay",
    "POST /router/dead-letters/{delivery_id}/discard",
    "POST /router/dead-letters/{delivery_id}/replay",
    "POST /router/destinations/{kind}/{name}/give-up",
    "POST /router/destinations/{kind}/{name}/retry",
    "POST /router/rules/replay",
    "PUT /router/rules/{name}",
    "DELETE /router/rules/{name}",
    "PUT /tools/accepted-transfer-syntaxes",
    "PUT /tools/default-encoding",
    "PUT /tools/log-level",
    "PUT /tools/log-level-dicom",
    "PUT /tools/log-level-generic",
    "PUT /tools/log-level-http",
    "PUT /tools/log-level-jobs",
    "PUT /tools/log-level-lua",
    "PUT /tools/log-level-plugins",
    "PUT /tools/log-level-sqlite",
    "PUT /tools/metrics",
    "PUT /tools/unknown-sop-class-accepted",
)


def _of_resources() -> Iterator[tuple[str, Role]]:
    """List what is done to resources of each level."""
    for level in Level:
        path = f"/{level.path_name}/{{id}}"
        if level is not Level.INSTANCE:
            yield f"POST {path}/archive", Role.READ
            yield f"POST {path}/media", Role.READ
        yield f"POST {path}/attachments/{{name}}/verify-md5", Role.READ
        yield f"DELETE {path}", Role.WRITE
        for item in ("attachments/{name}", "labels/{label}", "metadata/{name}"):
            yield f"PUT {path}/{item}", Role.WRITE
            yield f"DELETE {path}/{item}", Role.WRITE
        yield f"POST {path}/attachments/{{name}}/compress", Role.WRITE
        yield f"POST {path}/attachments/{{name}}/uncompress", Role.WRITE


def _told_why_not() -> Iterator[tuple[str, Role]]:
    """List what Orthanc has and Axial has not: whoever might write is told so."""
    for operation in NOT_OFFERED:
        for method in operation.methods:
            if method != "GET":
                yield f"{method} {operation.path}", Role.WRITE


#: The role that each operation takes which is listed, as `POST /instances`.
LISTED: dict[str, Role] = {
    **dict.fromkeys(_FEEDS, Role.FEED),
    **dict.fromkeys(_QUESTIONS, Role.READ),
    **dict.fromkeys(_WRITING, Role.WRITE),
    **dict.fromkeys(_ADMINISTRATION, Role.ADMIN),
    **OF_CONSUMERS,
    **dict(_of_resources()),
    **dict(_told_why_not()),
}

_READING = Permission(Role.READ)
_EVERYTHING = Permission(Role.ADMIN)
_INTERNAL = Permission(Role.SERVICE)
_CONSUMER_SEGMENT = _CONSUMER.split("/").index("{name}")


class Permissions:
    """Finds what an operation takes."""

    def __init__(self) -> None:
        self._plain: dict[tuple[str, str], Permission] = {}
        self._templates: dict[str, Templates[Permission]] = {}
        for name, role in LISTED.items():
            method, _, path = name.partition(" ")
            permission = Permission(role, "" if name in OF_CONSUMERS else None)
            if "{" in path:
                self._templates.setdefault(method, Templates()).add(path, permission)
            else:
                self._plain[method, path] = permission

    def of(self, method: str, path: str) -> Permission:
        """Tell what a request takes; the path is in its simplest form."""
        if method in {"HEAD", "OPTIONS"}:
            method = "GET"
        if plain := self._plain.get((method, path)):
            return plain
        if path == "/internal" or path.startswith("/internal/"):
            return _INTERNAL
        templates = self._templates.get(method)
        found = templates.find(path) if templates else None
        if found is None:
            return _READING if method == "GET" else _EVERYTHING
        if found.consumer is None:
            return found
        return Permission(found.least, path.split("/")[_CONSUMER_SEGMENT])
