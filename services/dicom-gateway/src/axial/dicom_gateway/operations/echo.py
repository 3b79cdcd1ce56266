"""C-ECHO: the peer asks whether we are there (PS3.4 annex A)."""

from axial.dicom_gateway.operations.exchange import Exchange
from axial.dimse.messages.status import Status


async def echo(exchange: Exchange) -> None:
    """Say yes."""
    await exchange.respond(Status.SUCCESS)
