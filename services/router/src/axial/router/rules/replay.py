"""What rules would have done over a past range of the feed: told, or done."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from axial.common.errors import Unavailable
from axial.common.postgres import Connection, Pool, Statements, away_is_unavailable
from axial.router.deliveries.wanted import Wanted
from axial.router.destinations.port import DestinationName
from axial.router.jobs.kind import Work
from axial.router.rules.asking import Asking
from axial.router.rules.carrying_out import write_down
from axial.router.rules.changes import DELETED
from axial.router.rules.collecting import Portion
from axial.router.rules.deciding import Surroundings, wanted
from axial.router.rules.rule import Rule, read_rule
from axial.router.rules.store import lent

TYPE_NAME = "RoutingReplay"

_PAGE_CHANGES = 500
_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Replay:
    """What was asked for, as the job keeps it."""

    #: The rules that are asked, and the other ones that were enabled then, by name.
    asked: Mapping[str, Any]
    everywhere: Mapping[str, Any]
    #: Exclusive.
    since: int
    #: Inclusive.
    to: int
    dry_run: bool
    again: bool

    def parameters(self) -> dict[str, Any]:
        """Write it as the job's parameters."""
        return {
            "Asked": self.asked,
            "Everywhere": self.everywhere,
            "Since": self.since,
            "To": self.to,
            "DryRun": self.dry_run,
            "Again": self.again,
        }

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Replay":
        """Read the job's parameters."""
        return cls(
            parameters["Asked"],
            parameters["Everywhere"],
            parameters["Since"],
            parameters["To"],
            parameters["DryRun"],
            parameters["Again"],
        )

    def content(self) -> dict[str, Any]:
        """Write what the job shows before it has begun."""
        return {
            "Rules": sorted(self.asked),
            "Since": self.since,
            "To": self.to,
            "DryRun": self.dry_run,
            "Again": self.again,
            "Changes": 0,
            "Instances": 0,
            "Matches": dict.fromkeys(sorted(self.asked), 0),
            "Destinations": {},
            "NotSentBack": 0,
            "Deliveries": 0,
            "Examples": [],
        }


def told(
    content: Mapping[str, Any], portion: Portion, surroundings: Surroundings
) -> dict[str, Any]:
    """Add to what the job shows what rules say of some more changes. Pure."""
    matches, destinations = dict(content["Matches"]), dict(content["Destinations"])
    examples = list(content["Examples"])
    not_sent_back = content["NotSentBack"]
    for match in portion.matches:
        matches[match.rule.name] += 1
        names = [_written(each.destination) for each in wanted(match, surroundings)]
        for name in names:
            destinations[name] = destinations.get(name, 0) + 1
        not_sent_back += len(match.rule.targets) - len(names)
        if len(examples) < _EXAMPLES:
            examples.append(
                {
                    "Change": match.change.sequence,
                    "Rule": match.rule.name,
                    "Instance": match.facts.id,
                    "Destinations": names,
                }
            )
    return {
        **content,
        "Changes": content["Changes"] + len(portion.changes),
        "Instances": content["Instances"] + portion.instances,
        "Matches": matches,
        "Destinations": destinations,
        "NotSentBack": not_sent_back,
        "Examples": examples,
    }


class RoutingReplay:
    """Asks rules about a past range; with what the index knows of its instances now."""

    type_name = TYPE_NAME

    def __init__(self, asking: Asking, pool: Pool) -> None:
        self._asking = asking
        self._pool = pool
        self._statements = Statements("axial.router.sql")

    async def run(self, work: Work) -> None:
        """Go through the range, from where a replica before this one was."""
        replay = Replay.of(work.parameters)
        # A rule that is not enabled can be tried so.
        here = [replace(rule, is_enabled=True) for rule in self._read(replay.asked)]
        others = self._read(replay.everywhere)
        position = await self._resume(work, replay)
        while position < replay.to:
            position = await self._page(work, replay, position, here, [*here, *others])
            length = max(replay.to - replay.since, 1)
            await work.step((position - replay.since) / length)
        if not replay.dry_run:
            # Whoever dies from here until the job's end is told goes through the range again: that begins nothing
            # new, unless it is to be delivered again anyway.
            async with away_is_unavailable():
                await self._pool.execute(self._statements["rules_replay_forget"], UUID(work.id))

    async def _page(
        self,
        work: Work,
        replay: Replay,
        position: int,
        here: Sequence[Rule],
        everywhere: Sequence[Rule],
    ) -> int:
        kinds = frozenset[str]().union(*(rule.changes for rule in here))
        page = await self._asking.feed.after(position, kinds, _PAGE_CHANGES)
        if page.last <= position:  # the feed was set back: what was there comes again
            raise Unavailable
        changes = [
            change
            for change in page.changes
            if change.kind != DELETED and change.sequence <= replay.to
        ]
        surroundings = await self._asking.surroundings(here)
        async for portion in self._asking.collector.portions(changes, here, everywhere):
            reached = portion.changes[-1].sequence
            content = told(work.content, portion, surroundings)
            await self._note(work, replay, (position, reached), content, portion, surroundings)
            position = reached
        end = min(page.last, replay.to)
        if position < end:
            nothing = Portion([], [], 0)
            await self._note(work, replay, (position, end), work.content, nothing, surroundings)
        return end

    async def _note(
        self,
        work: Work,
        replay: Replay,
        move: tuple[int, int],
        content: dict[str, Any],
        portion: Portion,
        surroundings: Surroundings,
    ) -> None:
        if not replay.dry_run:
            deliveries = [each for match in portion.matches for each in wanted(match, surroundings)]
            content = await self._write_down(work, replay, move, content, deliveries)
        work.content = content
        work.state["Sequence"] = move[1]

    async def _write_down(
        self,
        work: Work,
        replay: Replay,
        move: tuple[int, int],
        content: dict[str, Any],
        deliveries: Sequence[Wanted],
    ) -> dict[str, Any]:
        async with lent(self._pool) as connection, connection.transaction():
            run = UUID(work.id)
            # What it has let begin itself does not begin anew because of a later change.
            began = await connection.fetchval(self._statements["rules_replay_began"], run)
            begun = await write_down(connection, deliveries, again=replay.again, asked_before=began)
            content = {**content, "Deliveries": content["Deliveries"] + begun}
            await self._move(connection, run, move, content)
        return content

    async def _move(
        self, connection: Connection, run: UUID, move: tuple[int, int], content: dict[str, Any]
    ) -> None:
        statement = self._statements["rules_replay_move"]
        if await connection.fetchval(statement, run, *move, json.dumps(content)) is None:
            # Another replica has the job by now; that is found out at the next step, here nothing may be done.
            raise Unavailable

    async def _resume(self, work: Work, replay: Replay) -> int:
        """Return where to go on; of a replay that delivers only its own row says so."""
        if replay.dry_run:
            return int(work.state.get("Sequence", replay.since))
        async with away_is_unavailable():
            row = await self._pool.fetchrow(self._statements["rules_replay"], UUID(work.id))
        if row is None:
            work.content = replay.content()
            return replay.since
        work.content = json.loads(row["content"])
        return int(row["sequence"])

    def _read(self, documents: Mapping[str, Any]) -> list[Rule]:
        readings = self._asking.rules.readings
        return [read_rule(name, documents[name], readings) for name in sorted(documents)]


def _written(name: DestinationName) -> str:
    return f"{name.kind}/{name.name}"
