"""The routes of C-ECHO, which tells whether a modality is there."""

from contextlib import aclosing

from fastapi import APIRouter, Request
from pydicom.uid import generate_uid
from starlette.responses import Response

from axial.common.errors import BadFormat, NoPresentationContext, RemoteFailed
from axial.common.known_modalities import KnownModalities
from axial.common.modalities import Modality
from axial.common.sop_classes import FIND_CLASSES
from axial.dimse.asking import proposals
from axial.dimse.asking.conversation import Broken, Conversation, NotOffered, conversation
from axial.dimse.asking.echo import echo
from axial.dimse.asking.find import Failed, find
from axial.dimse.messages.elements import ElementWriter, Written
from axial.dimse.messages.repertoires import ASCII, Repertoire
from axial.dimse.messages.status import Status
from axial.dimse.reaching import Reach
from axial.dimse.upper_layer.requestor import Peer, Refused
from axial.router.bodies import read_json
from axial.router.modalities.forms import modality_named, read_flag, read_modality, read_timeout
from axial.router.modalities.managing import current

_LARGEST_BYTES = 64 * 1024
_QUERY_RETRIEVE_LEVEL = 0x00080052
_STUDY_INSTANCE_UID = 0x0020000D
_STUDY_ROOT = FIND_CLASSES[1]
_PLAIN = Repertoire("", (ASCII,))


def echo_routes(known: KnownModalities, reach: Reach, *, checks_find: bool) -> APIRouter:
    """Make the routes; `checks_find` is what holds unless a request says otherwise."""
    router = APIRouter()

    async def echo_modality(modality_id: str, request: Request) -> Response:
        """Ask a modality whether it is there (C-ECHO)."""
        options = await read_json(request, _LARGEST_BYTES, empty={})
        modality = modality_named(await current(known), modality_id)
        return await ask(modality, options)

    async def echo_anybody(request: Request) -> Response:
        """Ask whoever the body describes whether it is there (C-ECHO)."""
        body = await read_json(request, _LARGEST_BYTES)
        if not isinstance(body, dict | list):
            raise BadFormat
        return await ask(read_modality(body), body)

    async def ask(modality: Modality, body: object) -> Response:
        options = body if isinstance(body, dict) else {}
        finds = read_flag({"CheckFind": checks_find, **options}, "CheckFind", BadFormat)
        timeout = read_timeout(options)
        try:
            await check(reach.peer(modality, timeout=timeout), finds=finds)
        except (Refused, Broken) as error:
            said = f'DicomAssociation - connecting to AET "{modality.aet}": {error}'
            raise RemoteFailed(said) from error
        except NotOffered as error:
            said = f'Unable to negotiate a presentation context with AET "{modality.aet}"'
            raise NoPresentationContext(said) from error
        except Failed as error:
            raise RemoteFailed(f"DIMSE status 0x{error.status:04X}") from error
        return Response("{}", headers={"Content-Type": "application/json"})

    router.add_api_route("/modalities/{modality_id}/echo", echo_modality, methods=["POST"])
    router.add_api_route("/tools/dicom-echo", echo_anybody, methods=["POST"])
    return router


async def check(peer: Peer, *, finds: bool) -> None:
    """Ask for an echo, and for a study that there is not; raise Refused, Broken, NotOffered or Failed."""
    contexts = (*proposals.ECHO, *proposals.FIND) if finds else proposals.ECHO
    async with conversation(peer, contexts) as line:
        status = await echo(line)
        if status != Status.SUCCESS:
            raise Failed(status)
        if finds:
            await _find_nothing(line)


async def _find_nothing(line: Conversation) -> None:
    elements = [
        Written(_QUERY_RETRIEVE_LEVEL, "CS", "STUDY"),
        Written(_STUDY_INSTANCE_UID, "UI", str(generate_uid())),
    ]

    def write(transfer_syntax_uid: str) -> bytes:
        return ElementWriter(transfer_syntax_uid).data_set(elements, _PLAIN)

    async with aclosing(find(line, _STUDY_ROOT, write)) as matches:
        async for _ in matches:
            pass
