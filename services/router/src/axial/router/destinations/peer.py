"""An Orthanc, or another Axial, as a destination: instances go to its `POST /instances`."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from axial.dimse.sending.contexts import Kind
from axial.dimse.sending.instances import Instance
from axial.router.destinations.http_bodies import File, Files, compressed, plain
from axial.router.destinations.http_line import HttpLine
from axial.router.destinations.http_metrics import HttpSendingMetrics
from axial.router.destinations.http_servers import Answer, Body, HttpServer, Unanswered
from axial.router.destinations.http_verdicts import document, of_orthanc
from axial.router.destinations.port import Outcome


class PeerLine(HttpLine):
    """The way to one Orthanc."""

    path = "instances"
    compress = False

    def body(self, file: File) -> Body:
        """Send the file alone."""
        return compressed(file) if self.compress else plain(file)

    def judge(self, answer: Answer, instance: Instance) -> Outcome:
        """Believe what it says of the instance, not the status alone."""
        del instance
        return of_orthanc(answer)

    async def has(self, instance: Instance) -> bool | None:
        """Ask by the identifier, which is the same there and here."""
        try:
            answer = await self._server.ask(f"instances/{instance.id}")
        except Unanswered:
            return None
        if answer.status == HTTPStatus.NOT_FOUND:
            return False
        # Whoever welcomes everybody with 200 has nothing.
        told = document(answer) if answer.status == HTTPStatus.OK else None
        is_there = isinstance(told, dict) and told.get("ID") == instance.id
        return True if is_there else None

    async def keeps(self, instance: Instance, md5: str) -> bool | None:
        """Ask for the file's MD5: a peer that had another file of the instance may have kept that."""
        is_there = await self.has(instance)
        if not is_there:
            return is_there
        try:
            answer = await self._server.ask(f"instances/{instance.id}/attachments/dicom/md5")
        except Unanswered:
            return None
        return answer.content.strip() == md5.encode() if answer.status == HTTPStatus.OK else None


@dataclass(frozen=True, slots=True)
class PeerDestination:
    """One Orthanc."""

    server: HttpServer
    files: Files
    metrics: HttpSendingMetrics
    #: Whether bodies are compressed by gzip.
    compress: bool = False

    @asynccontextmanager
    async def line(self, kinds: Iterable[Kind]) -> AsyncIterator[PeerLine]:
        """Prepare to send; HTTP asks for no kinds."""
        del kinds
        line = PeerLine(self.server, self.files, self.metrics)
        line.compress = self.compress
        yield line
