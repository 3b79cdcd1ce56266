"""One replica sends for all; whoever loses its connection stops, and another goes on."""

import pytest

from axial.changefeed.testing.endpoint import Endpoint
from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.changefeed.testing.webhooks import Create, Sending
from axial.common.postgres import Connection
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.integration

_CUT_THE_LEADER = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


async def test_only_one_sends(
    writer: FeedWriter, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """With two replicas each entry is sent once; when the first goes, the second goes on where it was."""
    await create("pacs", endpoint)
    async with sending() as second_to_lead:
        async with sending() as other:
            await writer.store(Instance("1.1"))
            await eventually(lambda: len(endpoint.taken) == 4)
            assert second_to_lead.shown(
                "leader",
            ) != other.shown("leader")
        await writer.store(Instance("1.2"))
        await eventually(lambda: len(endpoint.taken) == 5)
    assert endpoint.taken_ids == [1, 2, 3, 4, 5]


async def test_a_lost_connection_is_made_up_for(
    writer: FeedWriter, connection: Connection, endpoint: Endpoint, create: Create, sending: Sending
) -> None:
    """Cut from Postgres again and again, the replicas elect anew, and everything arrives in order."""
    await create("pacs", endpoint)
    async with sending(), sending():
        for number in range(5):
            await writer.store(Instance(f"1.{number}"))
            await eventually(lambda: connection.fetch(_CUT_THE_LEADER))
        await eventually(lambda: set(endpoint.taken_ids) == set(range(1, 9)))
    assert list(dict.fromkeys(endpoint.taken_ids)) == list(range(1, 9))
