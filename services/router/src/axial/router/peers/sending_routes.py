"""`/peers/{id}/…`: what is sent to a peer, and asked of it."""

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from axial.router.bodies import read_body
from axial.router.index_client import IndexClient
from axial.router.jobs.kind import Submission
from axial.router.jobs.requests import answer_job, answer_json, read_options
from axial.router.jobs.resources import read_resources
from axial.router.jobs.sending import content_of, parameters_of
from axial.router.peers.known import KnownPeers
from axial.router.peers.rendering import render_in_job
from axial.router.peers.requests import read_store_options
from axial.router.peers.store_job import TYPE_NAME
from axial.router.peers.straight import store_straight, system_of
from axial.router.uploads import Upload

# nginx's code for a sender who left; nobody reads it but the metrics.
_CLIENT_CLOSED_REQUEST = 499


def peer_sending_routes(
    known: KnownPeers, index: IndexClient, jobs: Submission, limit_bytes: int
) -> APIRouter:
    """Make the routes that speak to peers; no instance that is passed on straight is longer than the limit."""
    router = APIRouter()

    async def system(peer_id: str) -> Response:
        """Ask a peer what it is."""
        await known.refresh()
        return answer_json(await system_of(peer_id, known.get(peer_id)))

    async def store(request: Request, peer_id: str) -> Response:
        """Send resources to a peer, as a job."""
        ids, options = read_resources(await read_body(request))
        job_options = read_options(options)
        own = read_store_options(options)
        expanded = await index.expand(ids)
        await known.refresh()
        peer = known.get(peer_id).peer
        parameters = parameters_of(expanded, peer_id, is_permissive=job_options.is_permissive)
        content = content_of(expanded) | {
            "Peer": render_in_job(peer),
            "Compress": own.compress,
            "Size": "0",
            "SizeMB": 0,
        }
        if own.transcode:
            content["Transcode"] = own.transcode
        parameters |= {"peer": peer_id, "compress": own.compress, "transcode": own.transcode}
        return await answer_job(jobs, job_options, TYPE_NAME, parameters, content)

    async def straight(request: Request, peer_id: str) -> Response:
        """Send the instance in the body to a peer, without keeping it."""
        await known.refresh()
        encoding = request.headers.get("content-encoding", "")
        try:
            upload = Upload(request, limit_bytes)
            told = await store_straight(peer_id, known.get(peer_id), upload, encoding)
        except ClientDisconnect:
            return Response(status_code=_CLIENT_CLOSED_REQUEST)
        return answer_json(told)

    for path, method, answer in (
        ("/peers/{peer_id}/store", "POST", store),
        ("/peers/{peer_id}/store-straight", "POST", straight),
        ("/peers/{peer_id}/system", "GET", system),
    ):
        router.add_api_route(path, answer, methods=[method], response_class=Response)
    return router
