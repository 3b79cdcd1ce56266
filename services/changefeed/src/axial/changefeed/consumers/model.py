"""What is known of a named consumer."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.filters import Filter


@dataclass(frozen=True, slots=True)
class PushTarget:
    """Where a consumer's entries are sent, as its operator wants it."""

    url: str
    #: In the form of Standard Webhooks, `whsec_<base64>`; all of them sign. Neither shown nor logged.
    secrets: tuple[str, ...] = field(repr=False)
    #: Entries in one request, at most.
    batch: int = 1


@dataclass(frozen=True, slots=True)
class Push(PushTarget):
    """Where a consumer's entries are sent, and how it goes."""

    #: Attempts in a row that failed.
    failures: int = 0
    #: When the first of them did; None while all is well.
    failing_since: datetime | None = None
    #: None: at once.
    next_attempt_at: datetime | None = None
    #: Of the last attempt: an HTTP status or a kind of failure; empty before the first.
    last_status: str = ""


@dataclass(frozen=True, slots=True)
class Consumer:
    """One consumer at one moment."""

    name: str
    filter: Filter
    #: Another number after each rewind or change of the filter: what was read before may not be acknowledged.
    generation: int
    #: Everything up to here is done with: acknowledged, skipped, or not wanted.
    acknowledged: int
    created_at: datetime
    paused: bool = False
    #: Why, in the words of whoever paused it.
    paused_reason: str = ""
    #: None: it reads by itself.
    push: Push | None = None
    #: Entries behind `acknowledged` that are left out.
    skipped: frozenset[int] = frozenset()
    #: Entries that were ever left out.
    skipped_count: int = 0

    def at(self, sequence: int) -> "Consumer":
        """Return the same consumer at another position."""
        return replace(self, acknowledged=sequence)


@dataclass(frozen=True, slots=True)
class SkippedEntry:
    """An entry that an operator decided to leave out."""

    sequence: int
    reason: str
    skipped_at: datetime
    #: The last time it was delivered all the same; None: never.
    replayed_at: datetime | None = None
    #: What became of that.
    replay_result: str | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """A skipped entry that was delivered all the same, or was tried to."""

    delivered: bool
    skipped: SkippedEntry
    entry: FeedEntry
