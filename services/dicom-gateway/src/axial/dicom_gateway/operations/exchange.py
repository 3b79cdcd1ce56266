"""One request of a peer, and the way to answer it."""

import asyncio
from dataclasses import dataclass, field

from axial.dimse.messages.commands import Command, Elements, response
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.association import Association
from axial.dimse.upper_layer.negotiation import Context


@dataclass(slots=True)
class Exchange:
    """A request with what it takes to carry it out."""

    association: Association
    context: Context
    command: Command
    #: The data set that came with it, in the context's transfer syntax; an instance is not read into it.
    identifier: bytes = b""
    #: Set when the peer sends C-CANCEL for this request.
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    #: Responses of the peer to what we send it within this request (C-GET).
    responses: asyncio.Queue[Command] = field(default_factory=asyncio.Queue)

    async def respond(
        self,
        status: Status,
        extra: Elements | None = None,
        *,
        comment: str = "",
        data_set: bytes = b"",
    ) -> None:
        """Send a response, possibly one of several; raise Aborted when the peer is gone."""
        raw = response(self.command, status, extra, comment=comment, data_set=bool(data_set))
        await self.association.send_command(self.context, raw)
        if data_set:
            await self.association.send_data_set(self.context, data_set)
