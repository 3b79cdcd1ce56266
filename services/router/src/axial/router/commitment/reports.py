"""Transactions that are kept, for all replicas."""

import json
from collections.abc import Sequence

import structlog

from axial.common.errors import Inexistent
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.dimse.messages.commitments import CommitmentReport, Reference
from axial.router.commitment.transactions import (
    Transaction,
    read_failures,
    read_references,
    settled,
    written_failures,
    written_references,
)

log = structlog.get_logger(__name__)


class Reports:
    """Keeps the last transactions (`StorageCommitmentReportsSize`); `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool, most: int) -> None:
        self._pool = pool
        #: 0 for all.
        self._most = most
        self._statements = Statements("axial.router.sql")

    async def begin(self, uid: str, remote_aet: str, requested: Sequence[Reference]) -> None:
        """Write down what a modality is about to be asked; whatever it reports from now on is taken."""
        async with (
            away_is_unavailable(),
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            await connection.execute(
                self._statements["commitment_begin"],
                uid,
                remote_aet,
                written_references(requested),
            )
            if self._most:
                await connection.execute(self._statements["commitment_forget_oldest"], self._most)

    async def withdraw(self, uid: str) -> None:
        """Forget what the modality did not take."""
        async with away_is_unavailable():
            await self._pool.execute(self._statements["commitment_withdraw"], uid)

    async def find(self, uid: str) -> Transaction:
        """Look a transaction up; raise Inexistent when there is none of this UID, or none any more."""
        row = None
        if "\0" not in uid:
            async with away_is_unavailable():
                row = await self._pool.fetchrow(self._statements["commitment_find"], uid)
        if row is None:
            raise Inexistent(f"No storage commitment transaction with UID: {uid}")
        report = None
        if row["committed"] is not None:
            report = CommitmentReport(
                uid,
                read_references(json.loads(row["committed"])),
                read_failures(json.loads(row["failed"])),
            )
        return Transaction(row["remote_aet"], read_references(json.loads(row["requested"])), report)

    async def take(self, remote_aet: str, report: CommitmentReport) -> bool:
        """Keep what a modality reports; tell whether it was asked for."""
        uid = report.transaction_uid
        async with (
            away_is_unavailable(),
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            rows = await connection.fetchval(self._statements["commitment_lock"], uid)
            if rows is None:
                log.info("commitment_report_unasked", remote_aet=remote_aet)
                return False
            whole = settled(read_references(json.loads(rows)), report)
            await connection.execute(
                self._statements["commitment_complete"],
                uid,
                remote_aet,
                written_references(whole.committed),
                written_failures(whole.failed),
            )
        log.info(
            "commitment_reported",
            remote_aet=remote_aet,
            status="failure" if whole.failed else "success",
            count=len(whole.committed),
        )
        return True
