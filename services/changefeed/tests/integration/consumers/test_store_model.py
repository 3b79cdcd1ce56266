"""The store beside a model of it: any sequence of calls leaves both with the same consumers."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from axial.changefeed.consumers.model import Consumer, PushTarget
from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.entries.filters import Filter
from axial.common.errors import NotFound
from axial.common.migrate import migrate
from axial.common.postgres import Pool, connect, open_pool

pytestmark = pytest.mark.integration

T = TypeVar("T")

_MAXIMUM = 3
_LATER = datetime(2026, 11, 22, tzinfo=UTC)

names = st.sampled_from(["a", "a", "b", "c", "d"])
sequences = st.integers(0, 12)
filters = st.sampled_from([Filter(), Filter(modalities=frozenset({"CT", "MR"}))])
targets = st.sampled_from(
    [None, PushTarget("http://a/", ("one", "two"), 5), PushTarget("http://b/", ())]
)
#: The present generation, or one from before.
freshness = st.booleans()


@dataclass
class Modelled:
    """What the model knows of one consumer."""

    wanted: Filter
    target: PushTarget | None
    acknowledged: int
    generation: int
    paused: str | None = None
    failures: int = 0
    skipped: dict[int, str] = field(default_factory=dict)


class StoreMachine(RuleBasedStateMachine):
    """Calls the store and the model by turns; each run has tables of its own."""

    database_url: str
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, Modelled] = {}
        self.generations: dict[str, int] = {}
        self.pool: Pool
        self.opened = open_pool(self.database_url, "changefeed", size=1)
        self.run(self._open())
        self.store = ConsumerStore(self.pool)

    async def _open(self) -> None:
        connection = await connect(self.database_url, "changefeed")
        await connection.execute("DROP SCHEMA IF EXISTS changefeed CASCADE")
        await migrate(connection, "changefeed", "axial.changefeed.migrations")
        await connection.close()
        self.pool = await self.opened.__aenter__()

    def teardown(self) -> None:
        """Let go of the database."""
        self.run(self.opened.__aexit__(None, None, None))

    def run(self, call: Awaitable[T]) -> T:
        """Wait for a call."""

        async def wait() -> T:
            return await call

        return self.loop.run_until_complete(wait())

    def known(self, name: str, call: Awaitable[Any]) -> bool:
        """Call what raises NotFound for an unknown consumer; tell whether it is known."""
        try:
            self.run(call)
        except NotFound:
            assert name not in self.model
            return False
        assert name in self.model
        return True

    def generation(self, name: str, *, fresh: bool) -> int:
        """Return a generation to act with."""
        now = self.model[name].generation if name in self.model else 1
        return now if fresh else self.generations.get(name, 0) - 1

    def renewed(self, name: str) -> None:
        """Learn the generation, which must be one that was never there."""
        generation = self.run(self.store.get(name)).generation
        assert generation > max(self.generations.values(), default=0)
        self.model[name].generation = self.generations[name] = generation

    @initialize(push=targets)
    def begin(self, push: PushTarget | None) -> None:
        """Have somebody there, whatever is called."""
        self.create("a", Filter(), push, 5)
        self.create("b", Filter(), None, 0)

    @rule(name=names, wanted=filters, push=targets, start=sequences)
    def create(self, name: str, wanted: Filter, push: PushTarget | None, start: int) -> None:
        """Make a consumer, if there is room."""
        made = self.run(self.store.create(name, wanted, push, start, _MAXIMUM))
        assert made is (name not in self.model and len(self.model) < _MAXIMUM)
        if made:
            self.model[name] = Modelled(wanted, push, start, 0)
            self.renewed(name)

    @rule(name=names, wanted=filters, push=targets)
    def replace(self, name: str, wanted: Filter, push: PushTarget | None) -> None:
        """Change a consumer; secrets that are not given are kept."""
        replaced = self.run(self.store.replace(name, wanted, push))
        before = self.model.get(name)
        if before is None:
            assert not replaced
            return
        kept = before.target.secrets if before.target else ()
        if push and not push.secrets:
            push = PushTarget(push.url, kept, push.batch)
        if push and not push.secrets:
            assert not replaced
            return
        assert replaced
        changed = before.wanted != wanted
        before.wanted, before.target, before.failures = wanted, push, 0
        if changed:
            self.renewed(name)

    @rule(name=names)
    def delete(self, name: str) -> None:
        """Forget a consumer."""
        if self.known(name, self.store.delete(name)):
            del self.model[name]

    @rule(name=names, sequence=sequences, fresh=freshness, how=st.integers(0, 2))
    def acknowledge(self, name: str, sequence: int, how: int, *, fresh: bool) -> None:
        """Move on, in one of the three ways; only ever forward, and in the present generation."""
        generation = self.generation(name, fresh=fresh)
        current = name in self.model and fresh
        if how == 0:
            assert self.run(self.store.acknowledge(name, generation, sequence)) is current
        elif how == 1:
            assert self.run(self.store.note_success(name, generation, sequence, "200")) is current
        else:
            self.run(self.store.pass_over([(name, generation, sequence), ("nobody", 1, 1)]))
        if current:
            consumer = self.model[name]
            consumer.acknowledged = max(consumer.acknowledged, sequence)
            if how == 1:
                consumer.failures = 0

    @rule(name=names, fresh=freshness)
    def fail(self, name: str, *, fresh: bool) -> None:
        """Count a failure, in the present generation only."""
        since = self.run(
            self.store.note_failure(name, self.generation(name, fresh=fresh), "500", _LATER)
        )
        assert (since is not None) is (name in self.model and fresh)
        if since is not None:
            self.model[name].failures += 1

    @rule(name=names, sequence=sequences)
    def rewind(self, name: str, sequence: int) -> None:
        """Go anywhere, into a new generation."""
        if self.known(name, self.store.rewind(name, sequence)):
            self.model[name].acknowledged = sequence
            self.renewed(name)

    @rule(name=names, reason=st.sampled_from(["", "lunch"]))
    def pause(self, name: str, reason: str) -> None:
        """Rest."""
        if self.known(name, self.store.pause(name, reason)):
            self.model[name].paused = reason

    @rule(name=names)
    def resume(self, name: str) -> None:
        """Go on, without the old failures."""
        if self.known(name, self.store.resume(name)):
            self.model[name].paused = None
            self.model[name].failures = 0

    @rule(name=names, sequence=sequences, reason=st.sampled_from(["x", "y"]))
    def skip(self, name: str, sequence: int, reason: str) -> None:
        """Leave out what is not acknowledged; the first reason stays."""
        skipped = self.run(self.store.skip(name, sequence, reason))
        consumer = self.model.get(name)
        assert skipped is (consumer is not None and consumer.acknowledged < sequence)
        if skipped and consumer:
            consumer.skipped.setdefault(sequence, reason)

    @rule(name=names, sequence=sequences)
    def replay(self, name: str, sequence: int) -> None:
        """Only what was left out can be marked."""
        known = name in self.model and sequence in self.model[name].skipped
        try:
            marked = self.run(self.store.mark_replayed(name, sequence, "204"))
        except NotFound:
            assert not known
        else:
            assert known
            assert marked.replay_result == "204"

    @invariant()
    def the_same(self) -> None:
        """What the store shows is what the model knows."""
        consumers = self.run(self.store.all())
        assert {c.name: _seen(c) for c in consumers} == {
            name: _expected(modelled) for name, modelled in self.model.items()
        }
        for name, modelled in self.model.items():
            skipped = self.run(self.store.skipped(name))
            assert {s.sequence: s.reason for s in skipped} == modelled.skipped


def _seen(consumer: Consumer) -> tuple[object, ...]:
    push = consumer.push
    return (
        consumer.filter,
        push and (push.url, push.secrets, push.batch),
        consumer.acknowledged,
        consumer.generation,
        (consumer.paused, consumer.paused_reason),
        push and (push.failures, push.failing_since is not None),
        (consumer.skipped, consumer.skipped_count),
    )


def _expected(modelled: Modelled) -> tuple[object, ...]:
    target = modelled.target
    ahead = {sequence for sequence in modelled.skipped if sequence > modelled.acknowledged}
    return (
        modelled.wanted,
        target and (target.url, target.secrets, target.batch),
        modelled.acknowledged,
        modelled.generation,
        (modelled.paused is not None, modelled.paused or ""),
        target and (modelled.failures, modelled.failures > 0),
        (ahead, len(modelled.skipped)),
    )


def test_store_and_model(database_url: str) -> None:
    """Whatever is called in whatever order."""
    with asyncio.Runner() as runner:
        StoreMachine.database_url = database_url
        StoreMachine.loop = runner.get_loop()
        run_state_machine_as_test(
            StoreMachine,
            settings=settings(
                max_examples=60,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
