"""What one replica was told, the other knows as soon as the first has answered."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest

from axial.common.event_log import new_envelope
from axial.common.events import ModalityChanged
from axial.common.known_modalities import KnownModalities
from axial.common.modalities import Modality
from axial.common.peers import Peer
from axial.common.service import background
from axial.router.destinations.http_servers import HttpServer
from axial.router.destinations.http_ways import Manner
from axial.router.destinations.port import DestinationKind, DestinationName
from axial.router.parts import Parts
from axial.router.peers.known import KnownPeers
from axial.router.queries.opening import build_remotes
from axial.router.rules.directory import KnownDirectory
from axial.router.rules.loops import Whereabouts
from axial.router.rules.opening import current_peers

pytestmark = pytest.mark.integration

OpenParts = Callable[[], AbstractAsyncContextManager[Parts]]


async def _nobody() -> dict[str, Peer]:
    return {}


async def test_modalities(parts: Parts) -> None:
    """A replica that is late to hear of a modality waits until it has, and then asks and recognises it."""
    late = KnownModalities(parts.log, parts.configuration)
    remotes = build_remotes(replace(parts, modalities=late))
    directory = KnownDirectory(late.current, _nobody)
    modality = Modality.model_validate(["THEM", "127.0.0.1", 104])
    event = ModalityChanged(name="them", modality=modality, remote_ip="", http_username="")
    await parts.log.append(event, new_envelope("axial/test"))
    # From here on, whoever wrote it has answered.
    name = DestinationName(DestinationKind.MODALITY, "them")
    async with asyncio.TaskGroup() as group:
        found = group.create_task(remotes.find("them"))
        recognised = group.create_task(directory.find_all([name]))
        async with background(late.run()):
            assert await found == modality
            assert await recognised == {name: Whereabouts(aet="THEM")}


async def test_peers(open_parts: OpenParts) -> None:
    """A peer that one replica has just been told of is recognised by the other as a sender."""

    def connect(peer: Peer) -> HttpServer:
        return HttpServer(peer, manner=Manner.of(one.configuration))

    async with open_parts() as one, open_parts() as other:
        told, asked = (KnownPeers(parts.pool, parts.bell, {}, connect) for parts in (one, other))
        directory = KnownDirectory(other.modalities.current, current_peers(asked))
        name = DestinationName(DestinationKind.PEER, "them")
        await told.put("them", Peer.model_validate({"Url": "http://192.0.2.7/"}))
        hidden = {"Url": "http://192.0.2.7/", "SenderUsername": "they"}
        await told.put("hidden", Peer.model_validate(hidden))
        other_name = DestinationName(DestinationKind.PEER, "hidden")
        assert await directory.find_all([name, other_name]) == {
            name: Whereabouts(addresses=frozenset({"192.0.2.7"})),
            other_name: Whereabouts(http_username="they"),
        }
        await told.aclose()
        await asked.aclose()
