"""The rules as they are read: where they are, and by which configuration they are understood."""

from axial.common.configuration import Configuration
from axial.common.postgres import Connection, away_is_unavailable
from axial.router.rules.book import RuleBook, book_of, configured_rules
from axial.router.rules.rule import readings_of
from axial.router.rules.store import RuleStore, all_rules


class Rules:
    """Reads all rules; Unavailable while Postgres is away. BadConfiguration when the configuration's are wrong."""

    def __init__(self, configuration: Configuration, store: RuleStore) -> None:
        self.readings = readings_of(configuration)
        self.configured = configured_rules(configuration, self.readings)
        self.store = store

    async def now(self) -> RuleBook:
        """Return the rules as they are now."""
        return book_of(*await self.store.all(), self.configured, self.readings)

    async def book(self, connection: Connection) -> RuleBook:
        """Return the rules as a connection sees them."""
        async with away_is_unavailable():
            generation, stored = await all_rules(connection)
        return book_of(generation, stored, self.configured, self.readings)
