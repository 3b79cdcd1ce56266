"""C-FIND: a peer asks what there is (PS3.4 section C.4.1)."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

import structlog

from axial.common.dictionary import Dictionary
from axial.common.encodings import ENCODINGS
from axial.common.errors import AxialError, Rejected
from axial.dicom_gateway.index_client import IndexClient, Page
from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.operations.exchange import Exchange
from axial.dicom_gateway.operations.questions import Answers, Match, question_of
from axial.dimse.messages.elements import ElementWriter
from axial.dimse.messages.identifiers import read_identifier
from axial.dimse.messages.repertoires import repertoires
from axial.dimse.messages.status import Status

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Find:
    """Answers one match after the other, while the index finds them."""

    index: IndexClient
    own_aet: str
    dictionary: Dictionary
    #: The character set of texts that name none, at the moment.
    default_encoding: Callable[[], str]
    metrics: GatewayMetrics

    async def run(self, exchange: Exchange) -> None:
        """Answer the matches, and then how it ended."""
        status, comment = await self._answer(exchange)
        self.metrics.answered("c-find", status)
        await exchange.respond(status, comment=comment)

    async def _answer(self, exchange: Exchange) -> tuple[Status, str]:
        syntax, default_encoding = exchange.context.transfer_syntax, self.default_encoding()
        identifier = read_identifier(
            exchange.identifier, syntax, self.dictionary, ENCODINGS[default_encoding]
        )
        question = question_of(identifier)
        if question is None:
            return Status.DOES_NOT_MATCH_SOP_CLASS, "Query/Retrieve Level is missing or unknown"
        answers = Answers(
            identifier,
            self.own_aet,
            self.dictionary,
            repertoires(identifier.character_set, default_encoding),
        )
        pending = Status.PENDING_WITH_WARNING if question.is_loose else Status.PENDING
        telling = _Telling(exchange, answers, ElementWriter(syntax), pending)
        try:
            async with aclosing(self.index.matches(question.asked)) as pages:
                return await telling.run(pages)
        except AxialError as error:
            log.info("find_failed", error=type(error).__name__)
            return _status_of(error), error.message


@dataclass(frozen=True, slots=True)
class _Telling:
    """Sends matches to one peer, until they are all told or it cancels."""

    exchange: Exchange
    answers: Answers
    writer: ElementWriter
    pending: Status

    async def run(self, pages: AsyncGenerator[Page, None]) -> tuple[Status, str]:
        cancelled = self.exchange.cancelled
        while (page := await _next(pages, cancelled)) is not None:
            for match in page.matches:
                if cancelled.is_set():
                    break
                await self._send(match)
            if page.is_cut:
                # So Orthanc tells that there would have been more.
                return Status.CANCELLED, "Too many matches"
            if page.is_last:
                return Status.SUCCESS, ""
        return Status.CANCELLED, ""

    async def _send(self, match: Match) -> None:
        elements, repertoire = self.answers.answer(match)
        await self.exchange.respond(
            self.pending, data_set=self.writer.data_set(elements, repertoire)
        )
        # A peer that reads fast never makes us wait; but others want their turn, and it may cancel.
        await asyncio.sleep(0)


async def _next(pages: AsyncGenerator[Page, None], cancelled: asyncio.Event) -> Page | None:
    """Wait for the next page; None as soon as the peer cancels."""
    coming = asyncio.ensure_future(anext(pages))
    cancelling = asyncio.ensure_future(cancelled.wait())
    try:
        await asyncio.wait({coming, cancelling}, return_when=asyncio.FIRST_COMPLETED)
        return None if cancelled.is_set() else coming.result()
    finally:
        for task in (coming, cancelling):
            task.cancel()
        await asyncio.gather(coming, cancelling, return_exceptions=True)


def _status_of(error: AxialError) -> Status:
    """Tell what the peer can do about it (PS3.4 table C.4-1)."""
    return Status.CANNOT_UNDERSTAND if isinstance(error, Rejected) else Status.OUT_OF_RESOURCES
