"""What Orthanc offers and Axial does not, each with the reason that is told to whoever asks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from axial.common.identifiers import Level


@dataclass(frozen=True, slots=True)
class NotOffered:
    """Operations of one path that are answered 404, with the reason."""

    methods: tuple[str, ...]
    #: As in Orthanc's OpenAPI, with `{id}` in the place of what differs.
    path: str
    #: One sentence, without its full stop.
    reason: str
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", re.compile(re.sub(r"\{\w+\}", "[^/]+", self.path)))


_MODIFICATION = "Modifying and anonymizing are not offered by Axial yet"
_CREATION = "Making DICOM files is not offered by Axial yet"
_RECONSTRUCTION = "Reconstructing is not offered by Axial yet: `axial replay` rebuilds the index"
_EXPORT = "Writing files into a folder of the server is not offered by Axial yet"
_JOBS = "Jobs are not offered by Axial yet"
_MODALITIES = "Modalities are not offered by Axial yet"
_PEERS = "Peers are not offered by Axial yet"
_QUERIES = "Queries to modalities are not offered by Axial yet"
_COMMITMENT = "Storage commitment is not offered by Axial yet"
_WORKLISTS = "Worklists are not offered by Axial yet"


def _of_resources() -> Iterator[NotOffered]:
    """List what is done to resources of each level."""
    for level in Level:
        path = f"/{level.path_name}/{{id}}"
        yield NotOffered(("POST",), f"{path}/anonymize", _MODIFICATION)
        yield NotOffered(("POST",), f"{path}/modify", _MODIFICATION)
        yield NotOffered(("POST",), f"{path}/reconstruct", _RECONSTRUCTION)


NOT_OFFERED: tuple[NotOffered, ...] = (
    # What an archive of several processes and one history cannot mean, and will not have.
    NotOffered(("POST",), "/tools/execute-script", "Lua scripting is not offered by Axial"),
    NotOffered(
        ("POST",),
        "/tools/reset",
        "Restarting by request is not offered by Axial: options of the configuration are read when its"
        " processes start",
    ),
    NotOffered(
        ("POST",),
        "/tools/shutdown",
        "Stopping by request is not offered by Axial: who runs its processes stops them",
    ),
    NotOffered(("GET",), "/plugins/{id}", "Plugins are not offered by Axial"),
    # What is to come.
    *_of_resources(),
    NotOffered(("POST",), "/studies/{id}/merge", _MODIFICATION),
    NotOffered(("POST",), "/studies/{id}/split", _MODIFICATION),
    NotOffered(("POST",), "/instances/{id}/export", _EXPORT),
    NotOffered(("POST",), "/tools/bulk-anonymize", _MODIFICATION),
    NotOffered(("POST",), "/tools/bulk-modify", _MODIFICATION),
    NotOffered(("POST",), "/tools/create-dicom", _CREATION),
    NotOffered(("POST",), "/tools/reconstruct", _RECONSTRUCTION),
    NotOffered(("POST",), "/tools/dicom-echo", _MODALITIES),
    NotOffered(("GET",), "/jobs", _JOBS),
    NotOffered(("GET", "DELETE"), "/jobs/{id}", _JOBS),
    NotOffered(("POST",), "/jobs/{id}/cancel", _JOBS),
    NotOffered(("POST",), "/jobs/{id}/pause", _JOBS),
    NotOffered(("POST",), "/jobs/{id}/resubmit", _JOBS),
    NotOffered(("POST",), "/jobs/{id}/resume", _JOBS),
    NotOffered(("GET", "DELETE"), "/jobs/{id}/{key}", _JOBS),
    NotOffered(("GET",), "/modalities", _MODALITIES),
    NotOffered(("GET", "PUT", "DELETE"), "/modalities/{id}", _MODALITIES),
    NotOffered(("GET",), "/modalities/{id}/configuration", _MODALITIES),
    NotOffered(("POST",), "/modalities/{id}/echo", _MODALITIES),
    NotOffered(("POST",), "/modalities/{id}/find", _MODALITIES),
    NotOffered(("POST",), "/modalities/{id}/find-instance", _MODALITIES),
    NotOffered(("POST",), "/modalities/{id}/find-patient", _MODALITIES),
    NotOffered(("POST",), "/modalities/{id}/find-series", _MODALITIES),
    NotOffered(("POST",), "/modalities/{id}/find-study", _MODALITIES),
    NotOffered(("POST",), "/modalities/{id}/find-worklist", _WORKLISTS),
    NotOffered(("POST",), "/modalities/{id}/get", _MODALITIES),
    NotOffered(("POST",), "/modalities/{id}/move", _MODALITIES),
    NotOffered(("POST",), "/modalities/{id}/query", _QUERIES),
    NotOffered(("POST",), "/modalities/{id}/storage-commitment", _COMMITMENT),
    NotOffered(("POST",), "/modalities/{id}/store", _MODALITIES),
    NotOffered(("POST",), "/modalities/{id}/store-straight", _MODALITIES),
    NotOffered(("GET",), "/peers", _PEERS),
    NotOffered(("GET", "PUT", "DELETE"), "/peers/{id}", _PEERS),
    NotOffered(("GET",), "/peers/{id}/configuration", _PEERS),
    NotOffered(("POST",), "/peers/{id}/store", _PEERS),
    NotOffered(("POST",), "/peers/{id}/store-straight", _PEERS),
    NotOffered(("GET",), "/peers/{id}/system", _PEERS),
    NotOffered(("GET",), "/queries", _QUERIES),
    NotOffered(("GET", "DELETE"), "/queries/{id}", _QUERIES),
    NotOffered(("GET",), "/queries/{id}/answers", _QUERIES),
    NotOffered(("GET",), "/queries/{id}/answers/{index}", _QUERIES),
    NotOffered(("GET",), "/queries/{id}/answers/{index}/content", _QUERIES),
    NotOffered(("POST",), "/queries/{id}/answers/{index}/query-instances", _QUERIES),
    NotOffered(("POST",), "/queries/{id}/answers/{index}/query-series", _QUERIES),
    NotOffered(("POST",), "/queries/{id}/answers/{index}/query-studies", _QUERIES),
    NotOffered(("POST",), "/queries/{id}/answers/{index}/retrieve", _QUERIES),
    NotOffered(("GET",), "/queries/{id}/level", _QUERIES),
    NotOffered(("GET",), "/queries/{id}/modality", _QUERIES),
    NotOffered(("GET",), "/queries/{id}/query", _QUERIES),
    NotOffered(("POST",), "/queries/{id}/retrieve", _QUERIES),
    NotOffered(("GET",), "/storage-commitment/{id}", _COMMITMENT),
    NotOffered(("POST",), "/storage-commitment/{id}/remove", _COMMITMENT),
    NotOffered(("GET",), "/worklists", _WORKLISTS),
    NotOffered(("POST",), "/worklists/create", _WORKLISTS),
    NotOffered(("GET", "PUT", "DELETE"), "/worklists/{id}", _WORKLISTS),
)


def why_not_offered(method: str, path: str) -> str | None:
    """Say why an operation is not offered; None when Orthanc has no such operation."""
    for operation in NOT_OFFERED:
        if method in operation.methods and operation.pattern.fullmatch(path):
            return operation.reason
    return None
