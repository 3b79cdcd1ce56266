"""Every setting under which a stream could lose an entry, or hold what is none, is a reason not to write."""

from dataclasses import replace

import pytest
from nats.js import api

from axial.changefeed.stream.stream_config import wanted_config, why_refused

pytestmark = pytest.mark.unit

WANTED = wanted_config("FEED", "feed", replicas=1, max_age_seconds=0)


def test_what_we_make_ourselves_is_taken() -> None:
    """The stream as it is wanted has no fault, nor has one that spells "no limit" in numbers."""
    assert why_refused(WANTED, WANTED) is None
    spelled_out = replace(WANTED, max_msgs=-1, max_bytes=-1, max_age=0.0, first_seq=1)
    assert why_refused(spelled_out, WANTED) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"num_replicas": 3},
        {"placement": api.Placement(cluster="east")},
        {"compression": api.StoreCompression.S2},
        {"allow_atomic": None},
        {"allow_direct": False},
        {"description": "ours"},
    ],
)
def test_what_an_operator_may_choose(changed: dict[str, object]) -> None:
    """What changes neither contents nor their safety is not ours to judge."""
    assert why_refused(WANTED.evolve(**changed), WANTED) is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"storage": api.StorageType.MEMORY}, "files"),
        ({"retention": api.RetentionPolicy.WORK_QUEUE}, "what was read"),
        ({"retention": api.RetentionPolicy.INTEREST}, "what was read"),
        ({"max_msgs": 1000}, "limited"),
        ({"max_bytes": 1 << 30}, "limited"),
        ({"max_msgs_per_subject": 1}, "limited"),
        ({"max_msg_size": 100}, "limited"),
        ({"max_age": 3600.0}, "max_age"),
        ({"subjects": ["feed.>", "more.>"]}, "subjects"),
        ({"subjects": ["feed.instance.>"]}, "subjects"),
        ({"sources": [api.StreamSource(name="OTHER")]}, "another stream"),
        ({"mirror": api.StreamSource(name="OTHER")}, "another stream"),
        ({"subject_transform": api.SubjectTransform(src="feed.>", dest="x.>")}, "renames"),
        ({"first_seq": 1000}, "begin at 1"),
        ({"deny_delete": False}, "deleted"),
        ({"deny_purge": False}, "purged"),
        ({"allow_rollup_hdrs": True}, "purged"),
        ({"sealed": True}, "sealed"),
        ({"no_ack": True}, "acknowledge"),
    ],
)
def test_what_could_lose_entries_or_hold_others(changed: dict[str, object], reason: str) -> None:
    """Each such setting is refused, in words that name it."""
    assert reason in str(why_refused(WANTED.evolve(**changed), WANTED))


def test_the_age_limit_must_be_the_one_that_was_asked_for() -> None:
    """Neither more nor less: a setting that has no effect is worse than one that is refused."""
    aged = wanted_config("FEED", "feed", replicas=1, max_age_seconds=3600)
    assert why_refused(aged, aged) is None
    assert why_refused(WANTED, aged) is not None
