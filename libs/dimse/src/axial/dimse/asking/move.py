"""C-MOVE: the peer is to send instances to somebody that it knows (PS3.4 section C.4.2)."""

from collections.abc import AsyncGenerator

from axial.dimse.asking.conversation import Conversation
from axial.dimse.asking.counts import Step, step_of
from axial.dimse.asking.find import Write
from axial.dimse.messages.commands import Element, Field


async def move(
    line: Conversation,
    sop_class_uid: str,
    destination_aet: str,
    write: Write,
    *,
    message_id: int | None = None,
) -> AsyncGenerator[Step, None]:
    """Ask, and tell how far the peer is, until its last response; closing it early cancels.

    What the peer sends tells by whom it was asked for, and by which `message_id`. Raises NotOffered or Broken.
    """
    context = line.context(sop_class_uid)
    asked = await line.ask(
        context,
        Field.C_MOVE_RQ,
        write(context.transfer_syntax),
        {Element.MOVE_DESTINATION: destination_aet},
        message_id=message_id,
    )
    while True:
        step = step_of(await line.response(asked))
        if step.is_last:
            yield step
            return
        try:
            yield step
        except GeneratorExit:
            await line.cancel(context, asked)
            raise
