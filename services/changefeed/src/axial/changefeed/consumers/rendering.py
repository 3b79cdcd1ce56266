"""Consumers and what they get, as JSON."""

import json
import time
from collections.abc import Sequence
from datetime import datetime

from axial.changefeed.consumers.batches import Batch
from axial.changefeed.consumers.model import Consumer, Push, Replay, SkippedEntry
from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.rendering import render
from axial.changefeed.reading.high_water import HighWater
from axial.common.ticks import TICKS_PER_SECOND, Ticks, from_datetime, from_nanoseconds, iso_utc


def age_seconds(ticks: Ticks) -> float:
    """Tell how long ago a time was, by this machine's clock."""
    return max(from_nanoseconds(time.time_ns()) - ticks, 0) / TICKS_PER_SECOND


def render_consumer(consumer: Consumer, oldest: FeedEntry | None, high_water: HighWater) -> bytes:
    """Write a consumer, its secrets only by their number."""
    return _json(
        {
            "Name": consumer.name,
            "Created": _date(consumer.created_at),
            "Filter": consumer.filter.to_json(),
            "Generation": consumer.generation,
            "Acknowledged": consumer.acknowledged,
            "Lag": max(high_water.change_sequence - consumer.acknowledged, 0),
            "Oldest": oldest
            and {
                "Seq": oldest.sequence,
                "Date": iso_utc(oldest.ticks),
                "AgeSeconds": round(age_seconds(oldest.ticks), 3),
            },
            "Paused": consumer.paused,
            "PausedReason": consumer.paused_reason,
            "Skipped": consumer.skipped_count,
            "Push": consumer.push and _push(consumer.push),
        }
    )


def render_batch(consumer: Consumer, batch: Batch) -> bytes:
    """Write what a consumer's reader gets, with what it acknowledges it by."""
    tail = {"Generation": consumer.generation, "Last": batch.last, "Done": batch.done}
    entries = b",".join(map(render, batch.entries))
    return b'{"Entries":[' + entries + b"]," + _json(tail)[1:]


def render_skipped(skipped: SkippedEntry, entry: FeedEntry | None) -> bytes:
    """Write an entry that was left out, with what it tells if that is known."""
    members = {
        "Seq": skipped.sequence,
        "Reason": skipped.reason,
        "SkippedAt": _date(skipped.skipped_at),
        "ReplayedAt": _date(skipped.replayed_at),
        "ReplayResult": skipped.replay_result,
    }
    return _json(members)[:-1] + b',"Entry":' + (render(entry) if entry else b"null") + b"}"


def render_replay(replay: Replay) -> bytes:
    """Write what became of a replay, with the entry."""
    document = render_skipped(replay.skipped, replay.entry)
    return _json({"Delivered": replay.delivered})[:-1] + b"," + document[1:]


def render_names(consumers: Sequence[Consumer]) -> bytes:
    """Write the names of consumers only."""
    return _json([consumer.name for consumer in consumers])


def render_list(documents: Sequence[bytes]) -> bytes:
    """Write an array of documents that are written already."""
    return b"[" + b",".join(documents) + b"]"


def _push(push: Push) -> dict[str, object]:
    return {
        "Url": push.url,
        "Secrets": len(push.secrets),
        "Batch": push.batch,
        "Failures": push.failures,
        "FailingSince": _date(push.failing_since),
        "NextAttempt": _date(push.next_attempt_at),
        "LastStatus": push.last_status,
    }


def _date(moment: datetime | None) -> str | None:
    return None if moment is None else iso_utc(from_datetime(moment))


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
