"""Killing a system's processes, and seeing that each is brought back."""

import os
import time
from collections.abc import Callable, Sequence

import httpx2

from support.system import Axial
from support.waiting import until

# PostgreSQL replays its WAL, SeaweedFS mends its volumes; a loaded machine needs its time for both.
_BACK_WITHIN_SECONDS = 90.0

# The supervisor gives up on what dies five times in a minute, as it should; a service may also end
# because its engine does.
_KILLS_A_MINUTE = 2
_MINUTE_SECONDS = 60.0


class Accidents:
    """Keeps kills as rare as accidents would be at their worst."""

    def __init__(self, a_minute: int = _KILLS_A_MINUTE) -> None:
        self._a_minute = a_minute
        self._kills: dict[str, list[float]] = {}

    def eligible(self, names: Sequence[str]) -> list[str]:
        """Return which of these programs may be killed now."""
        since = time.monotonic() - _MINUTE_SECONDS
        return [
            name
            for name in names
            if sum(kill > since for kill in self._kills.get(name, ())) < self._a_minute
        ]

    async def until_eligible(self, names: Sequence[str]) -> list[str]:
        """Wait until one of these programs may be killed; return those that may."""

        async def some() -> bool:
            return bool(self.eligible(names))

        await until(some, within=30 * _MINUTE_SECONDS)
        return self.eligible(names)

    async def happen(self, axial: Axial, names: Sequence[str]) -> None:
        """Kill programs at one moment; return when others have taken their places."""
        for name in names:
            self._kills.setdefault(name, []).append(time.monotonic())
        await kill_and_wait(axial, names)


def victims(axial: Axial) -> list[str]:
    """Everything that runs behind the edge."""
    return [name for name in axial.programs if name != "edge"]


async def kill_and_wait(axial: Axial, names: Sequence[str]) -> None:
    """Kill programs at one moment; return when other processes have taken their places."""
    killed = {name: axial.kill(name) for name in names}

    async def are_back() -> bool:
        assert axial.process is not None
        assert axial.process.poll() is None, axial.told()
        return all(
            axial.pid(name) != pid and _lives(axial.pid(name)) for name, pid in killed.items()
        )

    # In between there is no file, or an empty one.
    await until(are_back, within=_BACK_WITHIN_SECONDS, retry_on=(OSError, ValueError))


async def until_it_serves(client: httpx2.AsyncClient) -> None:
    """Return when the index, and both feeds, answer again."""

    async def serves() -> bool:
        for path in ("/statistics", "/changes?limit=1", "/v1/changefeed?limit=1"):
            try:
                if (await client.get(path)).status_code != 200:
                    return False
            except httpx2.TransportError:
                return False
        return True

    await until(serves, within=_BACK_WITHIN_SECONDS)


async def until_more(count: Callable[[], int], more: int, broken: Callable[[], None]) -> None:
    """Return when the count has grown; `broken` raises when it never will."""
    wanted = count() + more

    async def has_grown() -> bool:
        broken()
        return count() >= wanted

    await until(has_grown, within=_BACK_WITHIN_SECONDS, retry_on=())


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
