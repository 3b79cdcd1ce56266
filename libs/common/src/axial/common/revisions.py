"""Revisions of metadata and attachments in HTTP headers (orthanc-rest.md, C.7).

Orthanc writes `"<revision>-<MD5>"`. A bare revision, which its documentation's examples send and Orthanc itself
refuses, is taken as well: it names any content of that revision.
"""

import re
from dataclasses import dataclass

from axial.common.errors import Rejected

_FORM = re.compile(r'"?(?P<revision>\d{1,18})(?:-(?P<md5>[0-9a-fA-F]{32}))?"?')


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision, with the MD5 of what it holds; None when the sender does not name it."""

    number: int
    md5: str | None

    @property
    def etag(self) -> str:
        """Write the value of `ETag`."""
        return f'"{self.number}-{self.md5}"'


def read_revision(header: str | None) -> Revision | None:
    """Read `If-Match` or `If-None-Match`; None when absent, Rejected when it is no revision."""
    if header is None:
        return None
    found = _FORM.fullmatch(header.strip())
    if found is None:
        raise Rejected("bad_revision", "The revision must be of the form <number>-<md5>")
    md5 = found["md5"]
    return Revision(int(found["revision"]), md5 and md5.lower())
