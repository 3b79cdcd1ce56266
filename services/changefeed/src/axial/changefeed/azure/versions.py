"""The versions of the API that a path may name (dicom-server, `docs/api-versioning.md`)."""

import re
from enum import Enum

#: The value of the header `api-supported-versions`.
SUPPORTED_VERSIONS = "1.0-prerelease, 1, 2"

#: The spellings of versions that clients use.
SPELLINGS = ("v1", "v1.0", "v1.0-prerelease", "v2", "v2.0")

_VERSION = re.compile(
    r"v(?P<major>[0-9]{1,9})(?:\.(?P<minor>[0-9]{1,9}))?(?:-(?P<status>[A-Za-z][A-Za-z0-9]*))?"
)


class ApiVersion(Enum):
    """The two behaviours behind all the spellings of a version."""

    V1 = 1
    V2 = 2


class NotAVersion(ValueError):
    """The path segment is not of the form of a version: there is no such route."""


class UnsupportedVersion(ValueError):
    """The path segment names a version that does not exist; the message is that version."""


def read_version(segment: str) -> ApiVersion:
    """Read `v1`, `v1.0`, `v1.0-prerelease`, `v2` or `v2.0`; raise NotAVersion or UnsupportedVersion."""
    match = _VERSION.fullmatch(segment)
    if match is None:
        raise NotAVersion
    version = (int(match["major"]), int(match["minor"] or 0), (match["status"] or "").lower())
    if version in ((1, 0, ""), (1, 0, "prerelease")):
        return ApiVersion.V1
    if version == (2, 0, ""):
        return ApiVersion.V2
    raise UnsupportedVersion(segment.removeprefix("v"))
