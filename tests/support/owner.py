"""A client that stores, overwrites and deletes its own instances, and knows what must be there."""

import asyncio
import random
from dataclasses import dataclass, field

from support.dicoms import DicomMaker
from support.sender import Acknowledged, Broken, Sender

# Two series of one study; small, so that the same instance is stored, replaced and deleted often.
PER_SERIES = 6
_SERIALS = 2 * PER_SERIES


@dataclass(slots=True)
class Expected:
    """What an instance may be now."""

    #: Nothing, or the content of the last acknowledged upload.
    content: bytes | None = None
    #: Contents (None: a deletion) of attempts whose connection was lost: one that a service still had in
    #: hand then may have come after everything since.
    loose: list[bytes | None] = field(default_factory=list)

    def allows(self, found: bytes | None) -> bool:
        """Whether this may be found."""
        return found == self.content or found in self.loose


class Owner:
    """Works on a study of its own, one request at a time, so that it always knows the order of things."""

    def __init__(
        self,
        sender: Sender,
        maker: DicomMaker,
        number: int,
        chance: random.Random,
        *,
        is_alone: bool = True,
    ) -> None:
        self._sender = sender
        self._maker = maker
        self._first = number * _SERIALS
        self._chance = chance
        #: Nobody else has a hand in the study, and nothing of it is recycled.
        self._is_alone = is_alone
        self._revision = 0
        self.acknowledged = 0
        self.expected = {
            self._id(self._first + position): Expected() for position in range(_SERIALS)
        }

    async def work(self, over: asyncio.Event) -> None:
        """Do one thing after another until it is over; what was begun is brought to its end."""
        while not over.is_set():
            (act,) = self._chance.choices(
                (self._store, self._delete_instance, self._delete_series), (8, 2, 1)
            )
            await act(self._first + self._chance.randrange(_SERIALS))
            self.acknowledged += 1

    async def _store(self, serial: int) -> None:
        self._revision += 1
        dicom = self._maker.make(serial, self._revision)
        answer = await self._sender.send("POST", "/instances", dicom.body)
        if answer.json["Status"] not in ("Success", "Accepted") and answer.attempts == 1:
            raise Broken(f"new content was taken for known content: {answer.json}")
        self._note(dicom.id, dicom.body, answer)

    async def _delete_instance(self, serial: int) -> None:
        await self._delete(f"/instances/{self._id(serial)}", [serial])

    async def _delete_series(self, serial: int) -> None:
        series = serial - serial % PER_SERIES
        path = f"/series/{self._maker.names(serial).orthanc_ids[2]}"
        await self._delete(path, list(range(series, series + PER_SERIES)))

    async def _delete(self, path: str, serials: list[int]) -> None:
        expected = [self.expected[self._id(serial)] for serial in serials]
        certain = self._is_alone and all(
            one.content is not None and not one.loose for one in expected
        )
        answer = await self._sender.send("DELETE", path, also=(404,))
        if answer.status == 404 and answer.attempts == 1 and certain:
            raise Broken(f"{path}: 404, but it was acknowledged")
        for serial in serials:
            self._note(self._id(serial), None, answer)

    def _note(self, instance: str, content: bytes | None, answer: Acknowledged) -> None:
        expected = self.expected[instance]
        expected.content = content
        expected.loose += [content] * bool(answer.lost)

    def _id(self, serial: int) -> str:
        return self._maker.names(serial).orthanc_id
