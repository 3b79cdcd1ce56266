"""Storage commitment, on associations of ours: asked for as its user, reported as its provider (PS3.4 annex J)."""

import asyncio
from collections.abc import Awaitable, Callable

from axial.common.sop_classes import STORAGE_COMMITMENT
from axial.dimse.asking.conversation import Broken, Conversation
from axial.dimse.messages.commands import Command, Element, Field, encode, response
from axial.dimse.messages.commitments import (
    REQUEST_ACTION,
    STORAGE_COMMITMENT_INSTANCE,
    BadCommitment,
    CommitmentReport,
    CommitmentRequest,
    read_report,
    write_report,
    write_request,
)
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.association import Released
from axial.dimse.upper_layer.negotiation import Context

# There is one on an association.
_MESSAGE_ID = 1

Take = Callable[[CommitmentReport], Awaitable[Status]]
"""Takes a report in, and says what its sender is told."""


async def request_commitment(line: Conversation, request: CommitmentRequest, take: Take) -> int:
    """Ask for it, and return the status of the answer; what is committed is reported later.

    Raises NotOffered or Broken. A peer may report even before it answers.
    """
    context = line.context(STORAGE_COMMITMENT)
    command = encode(
        Field.N_ACTION_RQ,
        {
            Element.REQUESTED_SOP_CLASS_UID: STORAGE_COMMITMENT,
            Element.MESSAGE_ID: _MESSAGE_ID,
            Element.REQUESTED_SOP_INSTANCE_UID: STORAGE_COMMITMENT_INSTANCE,
            Element.ACTION_TYPE_ID: REQUEST_ACTION,
        },
        data_set=True,
    )
    await _send(line, context, command, write_request(request, context.transfer_syntax))
    while True:
        through, heard = await line.hear()
        if heard.field is Field.N_EVENT_REPORT_RQ:
            await _answer(line, through, heard, take)
            continue
        answer = await line.read(through, heard)
        if heard.responded_to == _MESSAGE_ID:
            return answer.status


async def hear_reports(line: Conversation, take: Take, leave: asyncio.Event) -> None:
    """Take in what the peer reports on the association on which it was asked, until it is time to leave.

    Raises Broken when the peer ends it first.
    """
    while (heard := await _next(line, leave)) is not None:
        context, command = heard
        if command.field is not Field.N_EVENT_REPORT_RQ:
            raise Broken
        await _answer(line, context, command, take)


async def _next(line: Conversation, leave: asyncio.Event) -> tuple[Context, Command] | None:
    """Wait for what the peer says; None when it is time to leave, and it says nothing."""
    hearing = asyncio.ensure_future(line.hear())
    leaving = asyncio.ensure_future(leave.wait())
    try:
        await asyncio.wait({hearing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return hearing.result() if hearing.done() else None
    except Broken as error:
        if isinstance(error.__cause__, Released):
            await line.association.release()
        raise
    finally:
        for task in (hearing, leaving):
            task.cancel()
        await asyncio.gather(hearing, leaving, return_exceptions=True)


async def report_commitment(line: Conversation, report: CommitmentReport) -> int:
    """Tell what is committed, and return the status of the answer; raise NotOffered or Broken."""
    context = line.context(STORAGE_COMMITMENT)
    command = encode(
        Field.N_EVENT_REPORT_RQ,
        {
            Element.AFFECTED_SOP_CLASS_UID: STORAGE_COMMITMENT,
            Element.MESSAGE_ID: _MESSAGE_ID,
            Element.AFFECTED_SOP_INSTANCE_UID: STORAGE_COMMITMENT_INSTANCE,
            Element.EVENT_TYPE_ID: report.event,
        },
        data_set=True,
    )
    await _send(line, context, command, write_report(report, context.transfer_syntax))
    return (await line.response(_MESSAGE_ID)).status


async def _send(line: Conversation, context: Context, command: bytes, data_set: bytes) -> None:
    await line.within(line.association.send_command(context, command))
    await line.within(line.association.send_data_set(context, data_set))


async def _answer(line: Conversation, context: Context, command: Command, take: Take) -> None:
    raw = await line.data_set(context) if command.has_data_set else b""
    try:
        status = await take(read_report(command, raw, context.transfer_syntax))
    except BadCommitment as bad:
        status = bad.status
    about = {Element.AFFECTED_SOP_INSTANCE_UID: STORAGE_COMMITMENT_INSTANCE}
    await line.within(line.association.send_command(context, response(command, status, about)))
