"""The routes of who the modalities are."""

from collections.abc import Mapping
from contextlib import suppress

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import Inexistent, NotFound, Unavailable
from axial.common.event_log import EventLog, new_envelope
from axial.common.events import ModalityChanged
from axial.common.flags import flag
from axial.common.known_modalities import KnownModalities
from axial.common.modalities import Modality
from axial.common.origins import origin_of
from axial.common.postgres import Pool
from axial.router.bodies import read_json
from axial.router.destinations.names import check_name
from axial.router.destinations.port import DestinationKind, DestinationName
from axial.router.destinations.trying_again import try_again
from axial.router.exports import SOURCE
from axial.router.jobs.requests import answer_json
from axial.router.modalities.forms import modality_named, read_modality

# What can be done to a modality, as the paths below `/modalities/{id}` are called.
_OPERATIONS = (
    "configuration",
    "echo",
    "find",
    "find-instance",
    "find-patient",
    "find-series",
    "find-study",
    "find-worklist",
    "get",
    "move",
    "query",
    "storage-commitment",
    "store",
    "store-straight",
)
_LARGEST_BYTES = 64 * 1024


def telling_routes(known: KnownModalities) -> APIRouter:
    """Make the routes that tell who they are."""
    router = APIRouter()

    async def list_modalities(request: Request) -> Response:
        """List the modalities."""
        modalities = await current(known)
        if flag(request.query_params, "expand", absent=False):
            return answer_json({name: told(one) for name, one in modalities.items()})
        return answer_json(sorted(modalities))

    async def list_operations(modality_id: str) -> Response:
        """List what can be done with a modality."""
        if modality_id not in await current(known):
            raise NotFound
        return answer_json(_OPERATIONS)

    async def get_configuration(modality_id: str) -> Response:
        """Tell all of a modality."""
        return answer_json(told(modality_named(await current(known), modality_id)))

    router.add_api_route("/modalities", list_modalities, methods=["GET"])
    router.add_api_route("/modalities/{modality_id}", list_operations, methods=["GET"])
    router.add_api_route(
        "/modalities/{modality_id}/configuration", get_configuration, methods=["GET"]
    )
    return router


def changing_routes(known: KnownModalities, log: EventLog, pool: Pool) -> APIRouter:
    """Make the routes that change them."""
    router = APIRouter()

    async def put_modality(modality_id: str, request: Request) -> Response:
        """Tell who a modality is, for all processes and for good."""
        value = await read_json(request, _LARGEST_BYTES)
        modality = read_modality(value)
        await change(request, check_name(modality_id), modality)
        # Where nothing can be noted now, it is tried again when its time has come.
        with suppress(Unavailable):
            await try_again(pool, DestinationName(DestinationKind.MODALITY, modality_id))
        return Response(headers={"Content-Type": "text/plain"})

    async def delete_modality(modality_id: str, request: Request) -> Response:
        """Forget a modality, also one of the configuration."""
        if modality_id not in await current(known):
            raise Inexistent(f"Unknown DICOM modality with symbolic name: {modality_id}")
        await change(request, modality_id, None)
        return Response(headers={"Content-Type": "text/plain"})

    async def change(request: Request, name: str, modality: Modality | None) -> None:
        origin = origin_of(request)
        event = ModalityChanged(
            name=name,
            modality=modality,
            remote_ip=origin.remote_ip,
            http_username=origin.http_username,
        )
        sequence = await log.append(event, new_envelope(SOURCE))
        # It is durable: should we be late to hear of it ourselves, it holds nonetheless.
        with suppress(Unavailable):
            await known.reached(sequence)

    router.add_api_route("/modalities/{modality_id}", put_modality, methods=["PUT"])
    router.add_api_route("/modalities/{modality_id}", delete_modality, methods=["DELETE"])
    return router


async def current(known: KnownModalities) -> Mapping[str, Modality]:
    """Give the modalities with all that was answered before, by any replica; raise Unavailable."""
    return await known.current()


def told(modality: Modality) -> dict[str, object]:
    """Write a modality as Orthanc does; there is nothing secret in it."""
    return modality.model_dump(mode="json")
