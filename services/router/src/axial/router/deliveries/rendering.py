"""Deliveries and destinations, as JSON."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from axial.common.ticks import from_datetime, iso_utc
from axial.router.deliveries.delivery import State
from axial.router.deliveries.selection import Page, destination_json
from axial.router.deliveries.standing import DestinationStanding
from axial.router.destinations.port import DestinationKind, DestinationName


def delivery_json(row: Any) -> dict[str, object]:
    """Write a delivery."""
    return {
        "ID": row["id"],
        "Destination": _destination(row["kind"], row["name"]),
        "Instance": row["instance"],
        "MD5": row["md5"],
        "Size": row["size_bytes"],
        "Seq": row["change_sequence"],
        "Rules": row["rules"],
        "Priority": row["priority"],
        "State": row["state"].title(),
        "Attempts": row["attempts"],
        "Asked": _date(row["asked_at"]),
        "LastAttempt": _date(row["attempted_at"]),
        "NextAttempt": _date(row["next_attempt_at"]),
        "Ended": _date(row["ended_at"]),
        "Protocol": row["protocol"],
        "Status": row["status"],
        "Reason": row["reason"],
        "Doubtful": row["is_doubtful"],
        "PossibleDuplicate": row["is_duplicate"],
        "Fallback": row["fallback_kind"]
        and _destination(row["fallback_kind"], row["fallback_name"]),
        "DeleteAfterDelivery": [
            one | {"State": one["State"].title()} for one in json.loads(row["deletions"] or "[]")
        ],
    }


def page_json(rows: Sequence[Any], page: Page) -> dict[str, object]:
    """Write a part of the list of deliveries, with where the next part begins."""
    return {
        "Deliveries": [delivery_json(row) for row in rows],
        "Last": rows[-1]["id"] if rows else page.since,
        "Done": len(rows) < page.limit,
    }


def standing_json(standing: DestinationStanding) -> dict[str, object]:
    """Write how a destination stands."""
    return {
        "Destination": destination_json(standing.name),
        "Deliveries": {state.title(): standing.counts.get(state, 0) for state in State},
        "Oldest": _date(standing.oldest_at),
        "OldestAgeSeconds": round(standing.oldest_seconds, 3),
        "DeliveredLastMinute": standing.delivered_last_minute,
        "LastDelivered": _date(standing.last_delivered_at),
        "Away": standing.failures > 0,
        "Failures": standing.failures,
        "FailingSince": _date(standing.failing_since),
        "NextAttempt": _date(standing.open_until),
        "LastAttempt": _date(standing.attempted_at),
        "Protocol": standing.protocol,
        "Status": standing.status,
        "Reason": standing.reason,
    }


def _destination(kind: str, name: str) -> dict[str, str]:
    return destination_json(DestinationName(DestinationKind(kind), name))


def _date(moment: datetime | None) -> str | None:
    return None if moment is None else iso_utc(from_datetime(moment))
