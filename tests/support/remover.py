"""A client that deletes what others stored, and brings back what was deleted."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping

from axial.common.identifiers import ResourceId
from support.logged import Logged
from support.sender import Sender

MOST_PATIENTS = 4
#: The options of a system that is busy beside what is asked of it: it packs, makes room, and keeps what was deleted.
BUSY: Mapping[str, object] = {
    "StorageCompression": True,
    "MaximumPatientCount": MOST_PATIENTS,
    "MaximumStorageSize": 1,
    "DeletionGrace": 3600,
}
# So few, that whoever stores has more to tell than this client.
_PAUSE_SECONDS = 0.2


class Remover:
    """Takes a study at random, or a deletion; others may have been there before."""

    def __init__(self, sender: Sender, chance: random.Random) -> None:
        self._sender = sender
        self._chance = chance
        self.acknowledged = 0
        #: What it was promised: `("deleted", …)`, as in `Logged.decisions`.
        self.promises: Counter[tuple[str, ResourceId | int]] = Counter()

    async def work(self, over: asyncio.Event) -> None:
        """Do one thing after another until it is over."""
        while not over.is_set():
            (act,) = self._chance.choices((self._delete, self._restore, self._empty), (3, 3, 1))
            await act()
            self.acknowledged += 1
            await asyncio.sleep(_PAUSE_SECONDS)

    def check(self, logged: Logged) -> None:
        """Each promise is a decision of its own in the log."""
        assert {decision for decision, _ in self.promises} == {"deleted", "restored"}
        assert self.promises <= logged.decisions

    async def _delete(self) -> None:
        studies = (await self._sender.send("GET", "/studies")).json
        if studies:
            study = self._chance.choice(studies)
            answer = await self._sender.send("DELETE", f"/studies/{study}", also=(404,))
            self.promises["deleted", study] += answer.status == 200

    async def _restore(self) -> None:
        if deletion := await self._deletion():
            path = f"/trash/{deletion}/restore"
            answer = await self._sender.send("POST", path, also=(404,))
            self.promises["restored", deletion] += answer.status == 200

    async def _empty(self) -> None:
        if deletion := await self._deletion():
            await self._sender.send("DELETE", f"/trash/{deletion}", also=(404,))

    async def _deletion(self) -> int | None:
        deletions = (await self._sender.send("GET", "/trash?limit=10")).json
        return int(self._chance.choice(deletions)["Deletion"]) if deletions else None
