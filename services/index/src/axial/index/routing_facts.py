"""What routing rules ask of instances, read from the projection."""

from collections.abc import Sequence
from typing import Any

from axial.common.identifiers import ResourceId
from axial.common.postgres import Pool, Statements, away_is_unavailable


class RoutingReads:
    """Reads what is known of instances beside their tags; `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.index.sql")

    async def facts(self, ids: Sequence[ResourceId]) -> list[dict[str, Any]]:
        """Tell it of each instance that is there, in the order in which they are named."""
        async with away_is_unavailable():
            rows = await self._pool.fetch(self._statements["find_routing_facts"], list(ids))
        return [
            {
                "ID": row["id"],
                "SOPClassUID": row["sop_class_uid"],
                "SOPInstanceUID": row["sop_instance_uid"],
                "TransferSyntaxUID": row["transfer_syntax_uid"],
                "Size": row["size_bytes"],
                "MD5": row["md5"],
                "Study": row["study_id"],
                "Series": row["series_id"],
                "SeriesIsDone": row["series_is_done"],
                "ReceivedTicks": row["received_ticks"],
                "Origin": row["protocol"],
                "RemoteAET": row["remote_aet"],
                "CalledAET": row["called_aet"],
                "RemoteIP": row["remote_ip"],
                "HttpUsername": row["http_username"],
            }
            for row in rows
        ]
