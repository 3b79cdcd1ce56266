"""What it takes to ask rules: the rules, the feed, the index, and who is where."""

from collections.abc import Iterable
from dataclasses import dataclass

from axial.router.rules.collecting import Collector
from axial.router.rules.deciding import Surroundings, destinations_of
from axial.router.rules.directory import KnownDirectory
from axial.router.rules.feed import FeedClient
from axial.router.rules.reading import Rules
from axial.router.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Asking:
    """The collaborators of whoever asks rules."""

    rules: Rules
    feed: FeedClient
    collector: Collector
    directory: KnownDirectory

    async def surroundings(self, rules: Iterable[Rule]) -> Surroundings:
        """Find out where the destinations of some rules are."""
        found = await self.directory.find_all(destinations_of(rules))
        return Surroundings(found, self.rules.readings.strict_aets)
