"""What the fold makes of blobs that were looked at."""

from collections.abc import Callable

import pytest

from axial.common.events import (
    AttachmentCompressionChangeRequested,
    AttachmentDeletionRequested,
    AttachmentWriteRequested,
    BlobFoundDamaged,
    BlobFoundSound,
    Damage,
    Event,
    ResourceDeletionRequested,
)
from axial.common.identifiers import Level, resource_ids
from axial.common.recorded import LogSequence
from axial.common.testing.facts import instance_received, recorded
from axial.common.ticks import Ticks
from axial.index.fold import Fold
from axial.index.state import Damaged, Position, State

pytestmark = pytest.mark.unit

IDS = resource_ids("P", "1", "1.1", "1.1.1")
FIRST = instance_received().model_copy(update={"header": None, "header_blob_key": "header"})
ATTACHED = AttachmentWriteRequested(
    level=Level.INSTANCE,
    resource_id=IDS.instance,
    number=1025,
    blob_key="attached",
    size_bytes=1,
    md5=FIRST.md5,
    stored_at=FIRST.stored_at,
)
#: By number, the blobs of the instance.
KEYS = {1: FIRST.blob_key, 3: "header", 1025: "attached"}


def found(number: int, damage: Damage = "missing", key: str | None = None) -> BlobFoundDamaged:
    """Tell that a blob of the instance is damaged."""
    return BlobFoundDamaged(
        level=Level.INSTANCE,
        resource_id=IDS.instance,
        number=number,
        blob_key=key or KEYS[number],
        damage=damage,
    )


def sound(number: int) -> BlobFoundSound:
    """Tell that a blob of the instance is whole again."""
    return BlobFoundSound(
        level=Level.INSTANCE, resource_id=IDS.instance, number=number, blob_key=KEYS[number]
    )


class History:
    """A log that begins with an instance and what is attached to it, folded in one batch."""

    def __init__(self) -> None:
        self.fold = Fold(State(Position(LogSequence(0), 0, 0, Ticks(0))))
        self.apply(FIRST, ATTACHED)

    def apply(self, *events: Event) -> list[str]:
        """Fold some events; return what was decided."""
        return [
            self.fold.apply(recorded(event, self.fold.state.position.log_sequence + 1)).decision
            for event in events
        ]

    @property
    def damaged(self) -> dict[str, Damaged | None]:
        """What is to be written."""
        return self.fold.effects.damaged


@pytest.mark.parametrize("number", KEYS)
def test_twice_told_is_once(number: int) -> None:
    """A file, a header and an attachment; another damage is news, and since when stays."""
    history = History()
    told = history.apply(found(number), found(number), found(number, "corrupted"))
    assert told == ["noted", "outdated", "noted"]
    assert history.damaged == {
        KEYS[number]: Damaged(
            KEYS[number], Level.INSTANCE, IDS.instance, number, "corrupted", Ticks(1_003)
        )
    }


def test_nobody_but_operators_is_told() -> None:
    """The feeds are of what the archive holds, and that has not changed."""
    history = History()
    before = (history.fold.state.position.ticks, len(history.fold.effects.changes))
    history.apply(found(1), sound(1))
    assert (history.fold.state.position.ticks, len(history.fold.effects.changes)) == before


def test_a_blob_that_is_whole_again_is_forgotten() -> None:
    """Once; of one that is not known to be damaged it is no news."""
    history = History()
    assert history.apply(sound(1), found(1), sound(1), sound(1)) == [
        "outdated",
        "noted",
        "noted",
        "outdated",
    ]
    assert history.damaged == {FIRST.blob_key: None}


@pytest.mark.parametrize(
    "event",
    [
        found(1, key="another"),
        found(3, key=FIRST.blob_key),
        found(1026, key="attached"),
        found(1).model_copy(update={"level": Level.SERIES}),
        found(1).model_copy(update={"resource_id": IDS.series}),
    ],
)
def test_what_is_not_in_use_is_no_damage(event: BlobFoundDamaged) -> None:
    """The blob must be the present one of that resource and number."""
    history = History()
    assert history.apply(event) == ["outdated"]
    assert history.damaged == {}


def replaced() -> Event:
    """Put other bytes in the place of the instance."""
    return instance_received(content="second", overwrite="always")


def recoded() -> Event:
    """Keep the file in another blob."""
    return AttachmentCompressionChangeRequested(
        level=Level.INSTANCE,
        resource_id=IDS.instance,
        number=1,
        from_blob_key=FIRST.blob_key,
        blob_key="recoded",
        is_compressed=True,
        stored_size_bytes=1,
        stored_md5=FIRST.md5,
        stored_at=FIRST.stored_at,
    )


def deleted() -> Event:
    """Delete the study."""
    return ResourceDeletionRequested(resource_id=IDS.study)


def detached() -> Event:
    """Remove the attachment."""
    return AttachmentDeletionRequested(level=Level.INSTANCE, resource_id=IDS.instance, number=1025)


def rewritten() -> Event:
    """Attach other bytes."""
    return ATTACHED.model_copy(update={"blob_key": "other"})


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        (replaced, {1, 3, 1025}),
        (deleted, {1, 3, 1025}),
        (recoded, {1}),
        (detached, {1025}),
        (rewritten, {1025}),
    ],
)
def test_damage_goes_with_the_blob(change: Callable[[], Event], gone: set[int]) -> None:
    """Whatever leaves a blob to the collector forgets its damage, and it cannot be told of any more."""
    history = History()
    history.apply(*(found(number) for number in KEYS))
    history.apply(change())
    assert set(history.damaged) == {KEYS[number] for number in KEYS.keys() - gone}
    assert set(history.apply(*(found(number) for number in gone))) == {"outdated"}
    assert {KEYS[number] for number in gone} <= {key for key, _ in history.fold.effects.garbage}
