"""Jobs that send instances: what becomes of them, whatever the destination says, and wherever they were stopped."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from axial.common.errors import NoPresentationContext, NotFound, RemoteFailed, Unavailable
from axial.common.identifiers import Level, ResourceId
from axial.dimse.sending.contexts import Kind
from axial.dimse.sending.instances import Instance
from axial.dimse.sending.sub_operation import Originator
from axial.router.destinations.port import Line, Outcome, Verdict
from axial.router.index_client import Expanded, IndexClient, Outbound, Resource
from axial.router.jobs.kind import JobFailed
from axial.router.jobs.sending import SendInstances, content_of, parameters_of

pytestmark = pytest.mark.unit

SENT = Outcome(Verdict.DELIVERED, "dimse", 0)
REFUSED = Outcome(Verdict.REFUSED, "dimse", 0xA900, "refused")
AWAY = Outcome(Verdict.AWAY, reason="away")
LOST = Outcome(Verdict.AWAY, reason="lost", is_doubtful=True)

STUDY = ResourceId("s" * 44)


def _instance(number: int) -> Instance:
    return Instance(f"i{number}", "1.2", f"1.2.{number}", "1.2.840.10008.1.2.1")


class Stopped(Exception):
    """The engine wants the job to stop."""


@dataclass
class Note:
    """A job in hand; what it has is what a next replica would read."""

    parameters: Mapping[str, Any]
    content: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    id: str = "job"
    #: Steps after which it must stop.
    steps: int = 1_000_000

    async def step(self, progress: float) -> None:
        """Count."""
        assert 0.0 <= progress <= 1.0
        if not self.steps:
            raise Stopped
        self.steps -= 1

    async def write_output(self, *_: Any) -> int:
        """There is nothing to be kept."""
        raise NotImplementedError


@dataclass
class Somebody:
    """A destination that answers as it is told, by instance; and knows what it has."""

    says: Mapping[str, Outcome | Exception] = field(default_factory=dict)
    can_be_asked: bool = True
    held: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    originators: set[Originator | None] = field(default_factory=set)

    @asynccontextmanager
    async def line(self, kinds: Iterable[Kind]) -> AsyncIterator[Line]:
        """Be the line, too."""
        assert list(kinds) == [Kind("1.2", "1.2.840.10008.1.2.1")]
        yield self

    async def send(self, instance: Instance, originator: Originator | None = None) -> Outcome:
        """Take it, or not; what is lost has arrived."""
        self.sent.append(instance.id)
        self.originators.add(originator)
        outcome = self.says.get(instance.id, SENT)
        if isinstance(outcome, Exception):
            raise outcome
        if outcome in (SENT, LOST):
            self.held.append(instance.id)
        return outcome

    async def has(self, instance: Instance) -> bool | None:
        """Tell, if it can be asked."""
        self.asked.append(instance.id)
        return instance.id in self.held if self.can_be_asked else None

    async def keeps(self, instance: Instance, _md5: str) -> bool | None:
        """Tell no more than that."""
        return await self.has(instance)


@dataclass
class Told:
    """The log of exports."""

    is_wanted: bool = True
    told: list[tuple[str, ResourceId]] = field(default_factory=list)
    causes: set[str] = field(default_factory=set)
    is_away: bool = False

    async def tell(self, remote: str, sent: Sequence[Resource], cause: str) -> None:
        """Write it down."""
        if self.is_away:
            raise Unavailable
        self.told += [(remote, one.id) for one in sent]
        self.causes.add(cause)


def _index() -> IndexClient:
    """An index that has one study of three instances."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        rows = [[f"i{number}", "1.2", f"1.2.{number}", "1.2", 1, ""] for number in range(3)]
        told = {"Resources": [{"ID": STUDY, "Type": "Study"}], "Instances": rows}
        return httpx2.Response(200, json=told)

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return IndexClient(client, "http://index", SecretStr(""))


def _expanded(count: int = 3) -> Expanded:
    return Expanded(
        [Resource(STUDY, Level.STUDY)],
        [Outbound(_instance(number), 1, "") for number in range(count)],
    )


def _note(*, permissive: bool = False, originator: Originator | None = None) -> Note:
    parameters = parameters_of(
        _expanded(), "there", is_permissive=permissive, originator=originator
    )
    return Note(parameters, content_of(_expanded()))


def _kind(somebody: Somebody, told: Told | None = None, **others: Any) -> SendInstances:
    def find(_: Mapping[str, Any]) -> Somebody:
        return somebody

    exports: Any = told or Told()
    return SendInstances("Store", find, _index(), exports, **others)


async def test_all_is_sent() -> None:
    """In order; the study is told as exported, and whoever comes afterwards hears of each instance."""
    somebody, told, note = Somebody(), Told(), _note(originator=Originator("MOVER", 5))
    heard: list[Instance] = []

    async def afterwards(_: object, delivered: Sequence[Instance]) -> None:
        heard.extend(delivered)

    await _kind(somebody, told, afterwards=afterwards).run(note)
    assert somebody.sent == ["i0", "i1", "i2"]
    assert somebody.originators == {Originator("MOVER", 5)}
    assert told.told == [("there", STUDY)]
    assert [one.id for one in heard] == somebody.sent
    assert note.content["FailedInstancesCount"] == 0


async def test_the_first_failure_ends_it() -> None:
    """With the status; what arrived before is told as exported, what was refused never is."""
    somebody, told, note = Somebody({"i1": REFUSED}), Told(), _note()
    with pytest.raises(JobFailed) as failed:
        await _kind(somebody, told).run(note)
    assert failed.value.payload == {"DimseErrorStatus": 0xA900}
    assert isinstance(failed.value.error, RemoteFailed)
    assert somebody.sent == ["i0", "i1"]
    assert told.told == [("there", "i0")]
    assert note.content["FailedInstancesCount"] == 1


async def test_a_permissive_job_goes_on() -> None:
    """It succeeds, and says how many failed; the others are told one by one."""
    says: dict[str, Outcome | Exception] = {"i0": NotFound(), "i1": REFUSED}
    somebody, told, note = Somebody(says), Told(), _note(permissive=True)
    await _kind(somebody, told).run(note)
    assert somebody.sent == ["i0", "i1", "i2"]
    assert note.content["FailedInstancesCount"] == 2
    assert told.told == [("there", "i2")]


async def test_a_permissive_job_does_not_try_for_ever() -> None:
    """Of a destination that is away, the rest is counted as failed after some attempts."""
    expanded = _expanded(10)
    note = Note(parameters_of(expanded, "there", is_permissive=True), content_of(expanded))
    somebody = Somebody({f"i{number}": AWAY for number in range(10)})
    await _kind(somebody).run(note)
    assert somebody.sent == ["i0", "i1", "i2"]
    assert note.content["FailedInstancesCount"] == 10


async def test_what_was_lost_is_asked_for() -> None:
    """An answer that was lost is no failure when the destination has it; if nobody knows, it is one."""
    somebody = Somebody({"i1": LOST})
    await _kind(somebody).run(_note())
    assert somebody.sent == ["i0", "i1", "i2"]
    assert somebody.asked == ["i1"]
    with pytest.raises(JobFailed):
        await _kind(Somebody({"i1": LOST}, can_be_asked=False)).run(_note())


@pytest.mark.parametrize("can_be_asked", [True, False])
@pytest.mark.parametrize("behind", [0, 1, 2])
async def test_another_goes_on(behind: int, *, can_be_asked: bool) -> None:
    """From what was written down, which may be behind: what has arrived is sent again only if nobody can be asked."""
    somebody, note = Somebody(can_be_asked=can_be_asked), _note()
    note.steps = 3
    with pytest.raises(Stopped):
        await _kind(somebody).run(note)
    assert somebody.sent == ["i0", "i1", "i2"]
    note.state["next"] -= behind
    note.steps = 10
    await _kind(somebody).run(note)
    again = somebody.sent[3:]
    assert again == ([] if can_be_asked else ["i0", "i1", "i2"][3 - behind :])
    assert sorted(set(somebody.held)) == ["i0", "i1", "i2"]


async def test_lost_while_it_was_asked() -> None:
    """Nothing is sent by whoever has lost the job while the destination took its time to answer."""
    note = _note()

    class Slow(Somebody):
        async def has(self, instance: Instance) -> bool | None:
            note.steps = 0
            return await super().has(instance)

    note.steps = 0
    with pytest.raises(Stopped):
        await _kind(Somebody()).run(note)
    note.steps = 10
    slow = Slow()
    with pytest.raises(Stopped):
        await _kind(slow).run(note)
    assert (slow.asked, slow.sent) == (["i0"], [])


async def test_one_that_was_submitted_again_sends_everything() -> None:
    """It begins with an empty state: who asks for that wants it sent, whatever the destination has."""
    somebody = Somebody()
    await _kind(somebody).run(_note())
    await _kind(somebody).run(_note())
    assert somebody.sent == ["i0", "i1", "i2"] * 2
    assert not somebody.asked


async def test_our_own_services_are_away() -> None:
    """The job is interrupted where it is, not failed; what is told twice has one cause."""
    somebody, told, note = Somebody({"i1": Unavailable()}), Told(), _note()
    with pytest.raises(Unavailable):
        await _kind(somebody, told).run(note)
    assert not told.told
    somebody.says = {}
    told.is_away = True
    with pytest.raises(Unavailable):
        await _kind(somebody, told).run(note)
    told.is_away = False
    await _kind(somebody, told).run(note)
    assert somebody.held == ["i0", "i1", "i2"]
    assert told.told == [("there", STUDY)]
    assert len(told.causes) == 1


async def test_a_modality_that_takes_other_things() -> None:
    """Orthanc has a number of its own for that."""
    refusal = Outcome(Verdict.REFUSED, "dimse", reason="no context")
    with pytest.raises(JobFailed) as failed:
        await _kind(Somebody({"i0": refusal})).run(_note())
    assert isinstance(failed.value.error, NoPresentationContext)
    assert failed.value.payload is None


async def test_nothing_to_send() -> None:
    """Nobody is connected to."""
    note = Note(parameters_of(Expanded([], []), "there"), content_of(Expanded([], [])))
    await _kind(Somebody()).run(note)
    assert note.content == {
        "Description": "REST API",
        "InstancesCount": 0,
        "FailedInstancesCount": 0,
    }


_OUTCOMES: st.SearchStrategy[Callable[[], Outcome | Exception]] = st.sampled_from(
    [lambda: SENT, lambda: REFUSED, lambda: LOST, NotFound]
)


@given(st.lists(_OUTCOMES, max_size=6), st.lists(st.integers(0, 3), max_size=5))
async def test_however_often_it_is_stopped(
    outcomes: list[Callable[[], Outcome | Exception]], stops: list[int]
) -> None:
    """A permissive job tells as exported exactly what has arrived, and counts the rest."""
    count = len(outcomes)
    expanded = Expanded(
        [Resource(ResourceId(f"i{number}"), Level.INSTANCE) for number in range(count)],
        [Outbound(_instance(number), 1, "") for number in range(count)],
    )
    note = Note(parameters_of(expanded, "there", is_permissive=True), content_of(expanded))
    somebody = Somebody({f"i{number}": make() for number, make in enumerate(outcomes)})
    told = Told()
    for steps in stops:
        note.steps = steps
        try:
            await _kind(somebody, told).run(note)
        except Stopped:
            continue
        break
    else:
        note.steps = 1_000
        await _kind(somebody, told).run(note)
    assert {id_ for _, id_ in told.told} == set(somebody.held)
    assert note.content["FailedInstancesCount"] == count - len(set(somebody.held))
    assert len(somebody.held) == len(set(somebody.held))
