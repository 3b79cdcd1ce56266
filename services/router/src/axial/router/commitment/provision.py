"""What modalities ask of us and report to us, as the gateway hands it over."""

import json

from axial.common.errors import Inexistent
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.router.commitment.answering import TYPE_NAME
from axial.router.commitment.bodies import RequestBody
from axial.router.commitment.correspondents import Correspondents
from axial.router.commitment.transactions import rows_of
from axial.router.jobs.kind import Submission


class Provision:
    """Makes a job of each request."""

    def __init__(self, pool: Pool, jobs: Submission, correspondents: Correspondents) -> None:
        self._pool = pool
        self._jobs = jobs
        self._correspondents = correspondents
        self._statements = Statements("axial.router.sql")

    async def take(self, body: RequestBody) -> None:
        """Write a request down, to be answered by any replica; raise Inexistent when nobody is known by this title.

        The same one once more, as of who has not heard our response, is no second one. Another one under the UID of a
        transaction that is not over is told that this is in use.
        """
        modality = await self._correspondents.calling(body.remote_aet, body.remote_ip)
        if modality is None:
            raise Inexistent("No modality has this AE title")
        references = rows_of(body.value().references)
        in_hand = await self._in_hand(body)
        if references in in_hand:
            return
        await self._jobs.submit(
            TYPE_NAME,
            {
                "transaction_uid": body.transaction_uid,
                "references": references,
                "remote_aet": body.remote_aet,
                "remote_ip": body.remote_ip,
                "called_aet": body.called_aet,
                "is_duplicate": bool(in_hand),
            },
            {
                "CalledAet": body.called_aet,
                "Description": "",
                "RemoteAet": modality.aet,
                "TransactionUid": body.transaction_uid,
            },
        )

    async def _in_hand(self, body: RequestBody) -> list[list[list[str]]]:
        """List what the modality is still to be told about under this UID."""
        async with away_is_unavailable():
            rows = await self._pool.fetch(
                self._statements["commitment_in_hand"], body.transaction_uid, body.remote_aet
            )
        return [json.loads(row["requested"]) for row in rows]
