"""C-ECHO: is the peer there (PS3.4 annex A)."""

from axial.common.sop_classes import VERIFICATION
from axial.dimse.asking.conversation import Conversation
from axial.dimse.messages.commands import Field


async def echo(line: Conversation) -> int:
    """Ask, and return the status of the answer; raise NotOffered or Broken."""
    context = line.context(VERIFICATION)
    return (await line.response(await line.ask(context, Field.C_ECHO_RQ))).status
