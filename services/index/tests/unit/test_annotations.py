"""What users attach to resources, decided by the fold: revisions, one winner, gone with the resource."""

import hashlib
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from axial.common.events import (
    AttachmentDeletionRequested,
    AttachmentWriteRequested,
    Event,
    LabelChangeRequested,
    MetadataDeletionRequested,
    MetadataWriteRequested,
    ProtectionChangeRequested,
    ResourceDeletionRequested,
)
from axial.common.identifiers import Level, resource_ids
from axial.common.outcomes import Outcome
from axial.common.recorded import LogSequence
from axial.common.testing.facts import instance_received, recorded
from axial.common.ticks import Ticks
from axial.index.fold import Fold
from axial.index.state import Position, State

pytestmark = pytest.mark.unit

IDS = resource_ids("P", "1", "1.1", "1.1.1")
OTHER = resource_ids("P", "1", "1.1", "1.1.2")


def md5(text: str) -> str:
    """Digest a value."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def written(value: str = "v", number: int = 1024, **fields: Any) -> MetadataWriteRequested:
    """Ask to write a metadata of the study."""
    fields = {"level": Level.STUDY, "resource_id": IDS.study} | fields
    return MetadataWriteRequested(number=number, value=value.encode(), **fields)


def removed(number: int = 1024, **fields: Any) -> MetadataDeletionRequested:
    """Ask to remove a metadata of the study."""
    fields = {"level": Level.STUDY, "resource_id": IDS.study} | fields
    return MetadataDeletionRequested(number=number, **fields)


def attached(content: str, **fields: Any) -> AttachmentWriteRequested:
    """Ask to attach bytes to the instance."""
    example = instance_received(content=content)
    return AttachmentWriteRequested(
        level=Level.INSTANCE,
        resource_id=IDS.instance,
        number=1025,
        blob_key=f"{content}.attachment",
        size_bytes=len(content),
        md5=example.md5,
        stored_at=example.stored_at,
        **fields,
    )


class History:
    """A fold that events are applied to, one after the other."""

    def __init__(self, *events: Event) -> None:
        self.fold = Fold(State(Position(LogSequence(0), 0, 0, Ticks(0))))
        self.sequence = 0
        for event in events:
            self.apply(event)

    def apply(self, event: Event) -> Outcome:
        """Decide one event."""
        self.sequence += 1
        return self.fold.apply(recorded(event, self.sequence))

    def told(self) -> list[str]:
        """Name the changes behind the first instance's four."""
        return [change.change_type.name for change in self.fold.effects.changes[4:]]


def test_revisions_count_from_zero_and_start_again_after_a_deletion() -> None:
    """Each change is told, a refused one is not."""
    history = History(instance_received())
    assert history.apply(written("a")).revision == 0
    assert history.apply(written("b")).revision == 1
    assert history.apply(removed()).decision == "removed"
    assert history.apply(removed()).decision == "not_found"
    assert history.apply(written("c")).revision == 0
    assert history.told() == ["UPDATED_METADATA"] * 4
    change = history.fold.effects.changes[-1]
    assert (change.level, change.resource_id, change.study_id) == (
        Level.STUDY,
        IDS.study,
        IDS.study,
    )


@pytest.mark.parametrize(
    ("fields", "decision"),
    [
        ({}, "written"),
        ({"check_revisions": True}, "conflict"),
        ({"if_revision": 0}, "written"),
        ({"if_revision": 0, "if_md5": md5("a")}, "written"),
        ({"if_revision": 0, "if_md5": md5("x")}, "conflict"),
        ({"if_revision": 1, "if_md5": md5("a")}, "conflict"),
        ({"if_revision": 0, "if_md5": md5("a"), "check_revisions": True}, "written"),
    ],
)
def test_the_table_of_revisions(fields: dict[str, Any], decision: str) -> None:
    """PUT and DELETE over an existing value (orthanc-rest.md, C.7); what is not there yet asks for nothing."""
    assert (
        History(instance_received(), written("a")).apply(written("b", **fields)).decision
        == decision
    )
    deletion = History(instance_received(), written("a")).apply(removed(**fields)).decision
    assert deletion == ("removed" if decision == "written" else decision)
    assert History(instance_received()).apply(written("b", **fields)).decision == "written"


def test_of_concurrent_writers_exactly_one_wins() -> None:
    """All have seen the same revision."""
    history = History(instance_received(), written("a"))
    decisions = [
        history.apply(written(f"w{n}", if_revision=0, if_md5=md5("a"))).decision for n in range(20)
    ]
    assert decisions == ["written"] + ["conflict"] * 19


def test_an_attachments_old_blob_is_collected_and_a_losers_too() -> None:
    """No blob is left that nobody refers to."""
    history = History(instance_received(), attached("a"), attached("b"))
    assert history.apply(attached("c", if_revision=0)).decision == "conflict"
    garbage = [key for key, _ in history.fold.effects.garbage]
    assert garbage == ["a.attachment", "c.attachment"]
    deletion = AttachmentDeletionRequested(
        level=Level.INSTANCE, resource_id=IDS.instance, number=1025
    )
    assert history.apply(deletion).decision == "removed"
    assert [key for key, _ in history.fold.effects.garbage] == [*garbage, "b.attachment"]
    assert history.told() == ["UPDATED_ATTACHMENT"] * 3


def test_nothing_is_attached_to_what_is_not_there() -> None:
    """Neither to an unknown resource nor to one of another level."""
    history = History()
    label = LabelChangeRequested(level=Level.STUDY, resource_id=IDS.study, label="x", present=True)
    for event in (written(), removed(), attached("a"), label):
        assert history.apply(event).decision == "not_found"
    assert [key for key, _ in history.fold.effects.garbage] == ["a.attachment"]
    history.apply(instance_received())
    assert history.apply(written(level=Level.SERIES)).decision == "not_found"
    assert history.told() == []


def test_what_is_attached_goes_with_its_resource() -> None:
    """Also with an instance that is overwritten, as in Orthanc; the patient's protection stays."""
    protect = ProtectionChangeRequested(
        level=Level.PATIENT, resource_id=IDS.patient, is_protected=True
    )
    history = History(instance_received(), instance_received(instance="1.1.2"), attached("a"))
    assert history.apply(protect).decision == "written"
    label = LabelChangeRequested(
        level=Level.INSTANCE, resource_id=IDS.instance, label="x", present=True
    )
    history.apply(label)
    history.apply(instance_received(content="new", overwrite="always"))
    effects = history.fold.effects
    assert effects.attachments[IDS.instance, 1025] is None
    assert effects.labels[IDS.instance, "x"] is False
    assert "a.attachment" in [key for key, _ in effects.garbage]
    assert history.fold.state.resources[IDS.patient].is_protected
    assert history.apply(attached("b")).revision == 0


def test_protection_is_a_patients() -> None:
    """Below the patient there is nothing to protect."""
    history = History(instance_received())
    event = ProtectionChangeRequested(level=Level.STUDY, resource_id=IDS.study, is_protected=True)
    assert history.apply(event).decision == "not_found"


class AgainstAModel(RuleBasedStateMachine):
    """Any order of writing, removing, deleting and storing again, compared with a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History(instance_received())
        self.model: dict[int, tuple[str, int]] = {}
        self.present = True
        self.stored = 0

    @rule(
        number=st.sampled_from([1024, 1025]), value=st.sampled_from("ab"), guess=st.integers(-1, 2)
    )
    def write(self, number: int, value: str, guess: int) -> None:
        """Write, with a guess at the revision or without one."""
        expected = None if guess < 0 else guess
        outcome = self.history.apply(written(value, number, if_revision=expected))
        there = self.model.get(number)
        if not self.present:
            assert outcome.decision == "not_found"
        elif there and expected not in (None, there[1]):
            assert outcome.decision == "conflict"
        else:
            self.model[number] = (value, there[1] + 1 if there else 0)
            assert outcome.revision == self.model[number][1]

    @rule(number=st.sampled_from([1024, 1025]))
    def remove(self, number: int) -> None:
        """Remove."""
        outcome = self.history.apply(removed(number))
        existed = self.model.pop(number, None) is not None
        assert outcome.decision == ("removed" if existed else "not_found")

    @rule()
    def delete(self) -> None:
        """Delete the study."""
        self.history.apply(ResourceDeletionRequested(level=Level.STUDY, resource_id=IDS.study))
        self.present = False
        self.model.clear()

    @rule()
    def store(self) -> None:
        """Store the instance; when it is there, nothing changes."""
        self.stored += 1
        self.history.apply(instance_received(content=str(self.stored)))
        self.present = True

    @invariant()
    def agrees(self) -> None:
        """The fold's state is the model's."""
        state = self.history.fold.state.metadata
        assert {key[1]: (m.text, m.revision) for key, m in state.items()} == self.model


TestAgainstAModel = AgainstAModel.TestCase
TestAgainstAModel.settings = settings(deadline=None)
