"""C-GET: the peer sends us instances, on the association on which we ask (PS3.4 section C.4.3)."""

from collections.abc import AsyncGenerator, Awaitable, Callable

from axial.dimse.asking.conversation import Broken, Conversation
from axial.dimse.asking.counts import Step, step_of
from axial.dimse.asking.find import Write
from axial.dimse.messages.commands import Command, Element, Field, response
from axial.dimse.messages.status import Status
from axial.dimse.receiving import Received
from axial.dimse.upper_layer.association import Aborted, Association, Released
from axial.dimse.upper_layer.negotiation import Context
from axial.dimse.upper_layer.pdus import BadPdu

Take = Callable[[Association, Context, Command], Awaitable[Received]]
"""Takes an instance in whose request has come, to the end of its data set."""


async def get(
    line: Conversation, sop_class_uid: str, write: Write, take: Take
) -> AsyncGenerator[Step, None]:
    """Ask, take in what comes, and tell how far the peer is, until its last response.

    Raises NotOffered or Broken; closing it early ends the association. What `take` refuses is told to the peer, which
    counts it as failed.
    """
    context = line.context(sop_class_uid)
    asked = await line.ask(context, Field.C_GET_RQ, write(context.transfer_syntax))
    while True:
        through, command = await line.hear()
        if command.field is Field.C_STORE_RQ:
            await _store(line, through, command, take)
            continue
        answer = await line.read(through, command)
        if command.responded_to != asked:
            continue
        step = step_of(answer)
        if step.is_last:
            yield step
            return
        try:
            yield step
        except GeneratorExit:
            # Instances may be under way to us, which nobody would take any more.
            await line.abort()
            raise


async def _store(line: Conversation, context: Context, command: Command, take: Take) -> None:
    if not command.has_data_set:
        raise Broken
    try:
        # Each piece of it is waited for as long as the peer may be silent.
        received = await take(line.association, context, command)
    except (Aborted, Released, BadPdu) as error:
        raise Broken from error
    told = {Element.AFFECTED_SOP_INSTANCE_UID: command.sop_instance_uid}
    answer = response(command, Status(received.status), told, comment=received.comment)
    await line.within(line.association.send_command(context, answer))
