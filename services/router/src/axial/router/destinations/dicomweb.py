"""A DICOMweb server as a destination: instances are stored by STOW-RS (PS3.18 section 10.5)."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from axial.dimse.sending.contexts import Kind
from axial.dimse.sending.instances import Instance
from axial.router.destinations.http_bodies import File, Files, multipart
from axial.router.destinations.http_line import HttpLine
from axial.router.destinations.http_metrics import HttpSendingMetrics
from axial.router.destinations.http_servers import Answer, Body, HttpServer, Unanswered
from axial.router.destinations.http_verdicts import document
from axial.router.destinations.port import Outcome
from axial.router.destinations.stow_verdicts import SOP_INSTANCE_UID, of_stow, text_of


class DicomwebLine(HttpLine):
    """The way to one DICOMweb server."""

    path = "studies"
    #: Whether it may be stored under another UID than it has here.
    is_renamed = False

    def body(self, file: File) -> Body:
        """Send the file as the one part of a multipart body."""
        return multipart(file)

    def judge(self, answer: Answer, instance: Instance) -> Outcome:
        """Look for the instance among what has failed."""
        return of_stow(answer, "" if self.is_renamed else instance.sop_instance_uid)

    async def has(self, instance: Instance) -> bool | None:
        """Ask by QIDO-RS, which not all servers answer for instances of any study."""
        query = urlencode({"SOPInstanceUID": instance.sop_instance_uid, "limit": 1})
        try:
            answer = await self._server.ask(
                f"instances?{query}", {"Accept": "application/dicom+json"}
            )
        except Unanswered:
            return None
        if answer.status == HTTPStatus.NO_CONTENT:
            return False
        found = document(answer) if answer.status == HTTPStatus.OK else None
        if not isinstance(found, list):
            return None
        return any(text_of(one, SOP_INSTANCE_UID) == instance.sop_instance_uid for one in found)


@dataclass(frozen=True, slots=True)
class DicomwebDestination:
    """One DICOMweb server."""

    server: HttpServer
    files: Files
    metrics: HttpSendingMetrics
    #: Whether files are written so that they may be stored under other UIDs than they have here.
    renames: bool = False

    @asynccontextmanager
    async def line(self, kinds: Iterable[Kind]) -> AsyncIterator[DicomwebLine]:
        """Prepare to send; HTTP asks for no kinds."""
        del kinds
        line = DicomwebLine(self.server, self.files, self.metrics)
        line.is_renamed = self.renames
        yield line
