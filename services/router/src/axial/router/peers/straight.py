"""What a peer is asked on behalf of whoever asks us: an instance passed on, what it is."""

from http import HTTPStatus
from typing import Any

from axial.common.elements import Overrun
from axial.common.errors import BadParameter, RemoteFailed
from axial.common.file_meta import read_file_meta
from axial.router.destinations.http_bodies import File, multipart
from axial.router.destinations.http_servers import Answer, Body, HttpServer, Unanswered
from axial.router.destinations.http_verdicts import document, foreign, of_orthanc, refused
from axial.router.destinations.port import Verdict
from axial.router.destinations.stow_verdicts import (
    REFERENCED_SOP_CLASS_UID,
    REFERENCED_SOP_INSTANCE_UID,
    REFERENCED_SOP_SEQUENCE,
    dataset,
    items,
    of_stow,
    text_of,
)
from axial.router.peers.known import KnownPeer

# File meta information is a tenth of it.
_BEGINNING_BYTES = 16 * 1024


async def store_straight(name: str, known: KnownPeer, file: File, encoding: str) -> Any:
    """Send what comes to a peer, and return its answer; raise RemoteFailed or BadParameter."""
    if known.peer.protocol == "DICOMweb":
        if encoding:
            raise BadParameter("A DICOMweb server takes no compressed body")
        noted = _Noted(file)
        answer = await _post(name, known.server, "studies", multipart(noted))
        return _stored(name, answer, noted)
    headers = {"Content-Type": "application/dicom"}
    if encoding:
        headers["Content-Encoding"] = encoding
    answer = await _post(name, known.server, "instances", Body(file, file.size_bytes, headers))
    outcome = of_orthanc(answer)
    told = document(answer)
    # What it filtered out it tells itself.
    if outcome.verdict is Verdict.DELIVERED or (isinstance(told, dict) and "Status" in told):
        return told
    raise RemoteFailed(f"Cannot send DICOM to remote peer: {name}: {outcome.reason}")


async def system_of(name: str, known: KnownPeer) -> Any:
    """Ask a peer what it is; raise RemoteFailed, or BadParameter when it is no Orthanc."""
    if known.peer.protocol == "DICOMweb":
        raise BadParameter(f"{name} is a DICOMweb server, which has no /system")
    try:
        answer = await known.server.ask("system")
    except Unanswered as error:
        raise RemoteFailed(f"No answer of peer {name}: {error.why}") from error
    told = document(answer) if answer.status == HTTPStatus.OK else None
    if isinstance(told, dict):
        return told
    outcome = foreign(answer) if answer.status < HTTPStatus.MULTIPLE_CHOICES else refused(answer)
    raise RemoteFailed(f"Peer {name}: {outcome.reason}")


async def _post(name: str, server: HttpServer, path: str, body: Body) -> Answer:
    try:
        return await server.post(path, body)
    except Unanswered as error:
        raise RemoteFailed(f"Cannot send DICOM to remote peer: {name}: {error.why}") from error


class _Noted:
    """A file whose beginning is kept while it passes."""

    def __init__(self, file: File) -> None:
        self._file = file
        self.size_bytes = file.size_bytes
        self.begun = b""

    def __aiter__(self) -> "_Noted":
        return self

    async def __anext__(self) -> bytes:
        piece = await anext(self._file)
        if len(self.begun) < _BEGINNING_BYTES:
            self.begun += piece[:_BEGINNING_BYTES]
        return piece


def _stored(name: str, answer: Answer, file: _Noted) -> dict[str, str]:
    """Name what a DICOMweb server has stored, as `/modalities/{name}/store-straight` does."""
    stored = next(iter(items(dataset(answer), REFERENCED_SOP_SEQUENCE)), {})
    uid = text_of(stored, REFERENCED_SOP_INSTANCE_UID)
    outcome = of_stow(answer, uid)
    if outcome.verdict is not Verdict.DELIVERED:
        raise RemoteFailed(f"Cannot send DICOM to remote peer: {name}: {outcome.reason}")
    if not uid:
        return _named_by(file)
    return {"SOPClassUID": text_of(stored, REFERENCED_SOP_CLASS_UID), "SOPInstanceUID": uid}


def _named_by(file: _Noted) -> dict[str, str]:
    """Name an instance by its file, as far as that does: the server has it, and has not named it."""
    try:
        meta = read_file_meta(file.begun)
    except Overrun:
        return {"SOPClassUID": "", "SOPInstanceUID": ""}
    return {
        "SOPClassUID": meta.media_storage_sop_class_uid,
        "SOPInstanceUID": meta.media_storage_sop_instance_uid,
    }
