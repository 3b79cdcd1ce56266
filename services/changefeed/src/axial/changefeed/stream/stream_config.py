"""Which configuration the stream of the feed is made with, and under which one it is not written to."""

from nats.js import api

# JetStream's word for "no limit", and what some clients write for it.
_UNLIMITED = (None, 0, -1)
# A stream may say that it begins at 1, or say nothing.
_BEGINS_AT_ONE = (None, 0, 1)


def wanted_config(name: str, prefix: str, replicas: int, max_age_seconds: int) -> api.StreamConfig:
    """Describe the stream: everything on disk, nothing limited but perhaps by age, nobody may remove."""
    return api.StreamConfig(
        name=name,
        description="Axial's change feed: a message's sequence is the change's Seq.",
        subjects=[f"{prefix}.>"],
        retention=api.RetentionPolicy.LIMITS,
        storage=api.StorageType.FILE,
        max_age=max_age_seconds,
        num_replicas=replicas,
        deny_delete=True,
        deny_purge=True,
        allow_direct=True,
        # A server older than 2.12 ignores it: then each message is published by itself.
        allow_atomic=True,
    )


def why_refused(found: api.StreamConfig, wanted: api.StreamConfig) -> str | None:
    """Say in one clause what would let this stream lose entries or hold others' messages; None if nothing.

    Replicas, placement, compression and the like are the operator's to choose.
    """
    limits = (found.max_msgs, found.max_bytes, found.max_msgs_per_subject, found.max_msg_size)
    faults = {
        "it is not kept in files": found.storage != api.StorageType.FILE,
        "it does not keep what was read": found.retention != api.RetentionPolicy.LIMITS,
        "it is limited in messages or bytes": any(limit not in _UNLIMITED for limit in limits),
        "its max_age is not AXIAL_FEED_MAX_AGE_SECONDS": (found.max_age or 0) != wanted.max_age,
        "its subjects are others": found.subjects != wanted.subjects,
        "it is fed by another stream": bool(found.mirror or found.sources),
        "it renames subjects": found.subject_transform is not None,
        "it does not begin at 1": found.first_seq not in _BEGINS_AT_ONE,
        "messages may be deleted": not found.deny_delete,
        "it may be purged": not found.deny_purge or found.allow_rollup_hdrs,
        "it is sealed, or does not acknowledge": found.sealed or found.no_ack,
    }
    return next((reason for reason, present in faults.items() if present), None)
