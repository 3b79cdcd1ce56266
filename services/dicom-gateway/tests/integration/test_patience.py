"""How long a peer may be silent: between its requests, while it waits, and when we want to stop."""

import asyncio

import pytest
from support.gateway import Door, door

from axial.cli.ports import LOOPBACK
from axial.common.configuration import Configuration
from axial.common.sop_classes import FIND_CLASSES
from axial.common.testing.eventually import eventually
from axial.common.transfer_syntaxes import IMPLICIT_VR_LITTLE_ENDIAN
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dimse.messages.commands import Element, Elements, Field, decode, encode
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.association import Aborted
from axial.dimse.upper_layer.proposal import Proposed, Titles
from axial.dimse.upper_layer.requestor import Peer, Refused, Requestor

pytestmark = pytest.mark.integration

OPTIONS = {"DicomAlwaysAllowFind": True}


class SlowFind:
    """A question whose answer takes as long as the test wants."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.found = asyncio.Event()

    async def __call__(self, exchange: Exchange) -> None:
        """Answer at last."""
        self.begun.set()
        await self.found.wait()
        await exchange.respond(Status.SUCCESS)


async def _associate(opened: Door) -> Requestor:
    peer = Peer(Titles("VIEWER", "AXIAL"), LOOPBACK, opened.port, 0.0)
    return await Requestor.open(peer, [Proposed(FIND_CLASSES[0], (IMPLICIT_VR_LITTLE_ENDIAN,))])


async def _ask(peer: Requestor) -> None:
    (context,) = peer.association.agreement.contexts.values()
    elements: Elements = {
        Element.AFFECTED_SOP_CLASS_UID: FIND_CLASSES[0],
        Element.MESSAGE_ID: 1,
    }
    await peer.association.send_command(context, encode(Field.C_FIND_RQ, elements))


async def _answer(peer: Requestor) -> int:
    _, raw = await peer.association.command()
    return int(decode(raw).elements[Element.STATUS])


async def _hear_the_end(peer: Requestor) -> None:
    with pytest.raises(Aborted):
        await peer.association.command()
    await peer.abort()


async def test_silence_ends_an_association() -> None:
    """After `DicomScpTimeout`, it is aborted; nothing is left of it."""
    options = OPTIONS | {"DicomScpTimeout": 1}
    async with door(Configuration.model_validate(options)) as opened:
        peer = await _associate(opened)
        await _hear_the_end(peer)
        assert opened.count("axial_dicom_associations_total", end="aborted") == 1


async def test_who_waits_for_us_may_be_silent() -> None:
    """The time runs while the peer could ask something, not while it waits for what it asked."""
    slow = SlowFind()
    options = OPTIONS | {"DicomScpTimeout": 1}
    async with door(Configuration.model_validate(options), find=slow) as opened:
        waiting, silent = await _associate(opened), await _associate(opened)
        await _ask(waiting)
        await slow.begun.wait()
        # What was silent as long is gone by then, and so is another that began later.
        for peer in (silent, await _associate(opened)):
            await _hear_the_end(peer)
        slow.found.set()
        assert await _answer(waiting) == Status.SUCCESS
        # And from now on it runs again.
        await _hear_the_end(waiting)


async def test_a_stop_finishes_what_is_in_hand() -> None:
    """Who is silent is sent away, asked or not; who comes is not let in; who waits gets the answer."""
    slow = SlowFind()
    options = OPTIONS | {"DicomScpTimeout": 0}
    async with door(Configuration.model_validate(options), find=slow) as opened:
        waiting, silent = await _associate(opened), await _associate(opened)
        reader, writer = await asyncio.open_connection(LOOPBACK, opened.port)
        await _ask(waiting)
        await slow.begun.wait()
        await eventually(lambda: opened.count("axial_dicom_open_associations") == 3)
        stopping = asyncio.create_task(opened.acceptor.close(60.0))
        await _hear_the_end(silent)
        assert await reader.read() == b""
        writer.close()
        assert not opened.acceptor.is_open
        with pytest.raises(Refused):
            await _associate(opened)
        assert not stopping.done()
        slow.found.set()
        assert await _answer(waiting) == Status.SUCCESS
        await waiting.release()
        await stopping
