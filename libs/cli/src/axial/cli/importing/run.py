"""Send many sources at once, in bounded memory, until done or interrupted."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from axial.cli.importing.journal import Journal
from axial.cli.importing.report import Report
from axial.cli.importing.sources import Source, Unreadable
from axial.cli.importing.upload import Hopeless, Outcome, Status, Uploader

# Enough that no thread waits for the search; each is a few hundred bytes.
_QUEUE_PER_THREAD = 4


class Run:
    """One import: when `stopping` is set, what is under way is finished, and nothing more is begun.

    It sets `stopping` itself when the server will take nothing from us.
    """

    def __init__(
        self,
        uploader: Uploader,
        journal: Journal,
        *,
        concurrency: int,
        stopping: threading.Event,
        progressed: Callable[[], None],
    ) -> None:
        self._uploader = uploader
        self._journal = journal
        self._concurrency = concurrency
        self._stopping = stopping
        self._progressed = progressed
        self._under_way: dict[Future[Outcome], Source] = {}
        self._report = Report()

    def send(self, sources: Iterable[Source | Unreadable]) -> Report:
        """Send what the journal does not have; return what became of it."""
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="upload") as threads:
            for source in sources:
                if self._stopping.is_set():
                    break
                if isinstance(source, Unreadable):
                    self._finish(source, Outcome(Status.FAILED, source.reason))
                elif self._journal.has(source):
                    self._report.skipped()
                    self._progressed()
                else:
                    self._settle(self._concurrency * _QUEUE_PER_THREAD - 1)
                    self._under_way[threads.submit(self._uploader.send, source)] = source
            self._settle(0)
        return self._report

    def _settle(self, enough: int) -> None:
        """Wait until no more than `enough` are under way."""
        while len(self._under_way) > enough:
            if self._stopping.is_set():
                for future in self._under_way:
                    future.cancel()
            done, _ = wait(self._under_way, return_when=FIRST_COMPLETED)
            for future in done:
                self._settle_one(self._under_way.pop(future), future)

    def _settle_one(self, source: Source, future: Future[Outcome]) -> None:
        if future.cancelled():
            return
        try:
            outcome = future.result()
        except Hopeless as error:
            self._report.hopeless = str(error)
            self._stopping.set()
            return
        if outcome.acknowledged:
            self._journal.add(source)
        self._finish(source, outcome)

    def _finish(self, source: Source | Unreadable, outcome: Outcome) -> None:
        self._report.finished(source, outcome)
        self._progressed()
