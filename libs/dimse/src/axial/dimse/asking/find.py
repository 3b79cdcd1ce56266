"""C-FIND: what does the peer have (PS3.4 section C.4.1)."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from axial.dimse.asking.conversation import Broken, Conversation
from axial.dimse.messages.commands import Field
from axial.dimse.messages.status import Status

# An answer without a match is none (PS3.7 section 9.1.2.2); who has a few slips of the pen is heard to the end.
_MOST_EMPTY = 100

Write = Callable[[str], bytes]
"""Writes an identifier in a transfer syntax."""


@dataclass(frozen=True, slots=True)
class Match:
    """One of the peer's answers, as it came."""

    data_set: bytes
    transfer_syntax_uid: str


class Failed(Exception):
    """The peer does not answer, and says why by a status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = status


async def find(line: Conversation, sop_class_uid: str, write: Write) -> AsyncGenerator[Match, None]:
    """Ask, and give one match after the other; closing it early cancels the question.

    Raises NotOffered, Broken or Failed. A peer that answers faster than its matches are taken has to wait; one that
    goes on answering nothing is left.
    """
    context = line.context(sop_class_uid)
    asked = await line.ask(context, Field.C_FIND_RQ, write(context.transfer_syntax))
    empty = 0
    while True:
        response = await line.response(asked)
        if response.is_last:
            break
        if not response.data_set:
            empty += 1
            if empty > _MOST_EMPTY:
                await line.abort()
                raise Broken
            continue
        try:
            yield Match(response.data_set, context.transfer_syntax)
        except GeneratorExit:
            await line.cancel(context, asked)
            raise
    if response.status != Status.SUCCESS:
        raise Failed(response.status)
