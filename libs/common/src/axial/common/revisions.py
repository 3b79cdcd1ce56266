"""Revisions of metadata and attachments in HTTP headers (orthanc-rest.md, C.7).

Orthanc writes `"<revision>-<MD5>"`. A bare revision, which its documentation's examples send and Orthanc itself
refuses, is taken as well: it names any content of that revision. What stands behind the dash need not be an MD5:
then it is that of no content.
"""

import re
from dataclasses import dataclass

from axial.common.errors import BadParameter

_FORM = re.compile(r'"?(?P<revision>\d{1,18})(?:-(?P<content>[^"]+))?"?')
_MD5 = re.compile("[0-9a-f]{32}")
_NO_CONTENT = "0" * 32


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
    """Read `If-Match` or `If-None-Match`; None when absent, BadParameter when it is no revision."""
    if header is None:
        return None
    found = _FORM.fullmatch(header.strip())
    if found is None:
        raise BadParameter("The revision must be of the form <number>-<md5>")
    content = found["content"]
    if content is None:
        return Revision(int(found["revision"]), None)
    md5 = content.lower() if _MD5.fullmatch(content.lower()) else _NO_CONTENT
    return Revision(int(found["revision"]), md5)
