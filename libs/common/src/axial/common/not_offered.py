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
