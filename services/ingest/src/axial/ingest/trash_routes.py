"""The commands about what deletions with grace took: Axial's own."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from axial.common.errors import NotFound, StorageFull
from axial.common.events import StorageLimits, TrashEmptied, TrashRestoreRequested
from axial.common.origins import origin_of
from axial.common.outcomes import Restored
from axial.common.recorded import LogSequence, read_sequence
from axial.ingest.commands import Accepted, Commands
from axial.ingest.requests import Waiting, accepted_json, json_answer


class TrashRoutes:
    """Answers who wants something back, or gone for good."""

    def __init__(self, commands: Commands, limits: StorageLimits | None, waiting: Waiting) -> None:
        self._commands = commands
        self._limits = limits
        self._waiting = waiting

    def paths(self) -> list[tuple[str, str, Callable[[Request], Awaitable[Response]]]]:
        """List method, path and endpoint of each route."""
        return [
            ("POST", "/trash/{deletion}/restore", self.restore),
            ("DELETE", "/trash/{deletion}", self.empty),
        ]

    async def restore(self, request: Request) -> Response:
        """Bring back what a deletion took; it stays in the trash when there is no room for it."""
        wait_seconds, headers = self._waiting.of(request)
        origin = origin_of(request)
        event = TrashRestoreRequested(
            deletion=_deletion_of(request),
            limits=self._limits,
            remote_ip=origin.remote_ip,
            http_username=origin.http_username,
        )
        outcome = await self._commands.ask(event, wait_seconds)
        if isinstance(outcome, Accepted):
            return json_answer(accepted_json(outcome), HTTPStatus.ACCEPTED, headers)
        if outcome.decision == "full":
            raise StorageFull
        if outcome.restored is None:
            raise NotFound
        return json_answer(_restored_json(outcome.restored), HTTPStatus.OK, headers)

    async def empty(self, request: Request) -> Response:
        """Let go for good what a deletion took, before its time is over."""
        wait_seconds, headers = self._waiting.of(request)
        origin = origin_of(request)
        event = TrashEmptied(
            deletion=_deletion_of(request),
            by="user",
            remote_ip=origin.remote_ip,
            http_username=origin.http_username,
        )
        outcome = await self._commands.ask(event, wait_seconds)
        if isinstance(outcome, Accepted):
            return json_answer(accepted_json(outcome), HTTPStatus.ACCEPTED, headers)
        if outcome.decision == "not_found":
            raise NotFound
        return json_answer({}, HTTPStatus.OK, headers)


def _deletion_of(request: Request) -> LogSequence:
    """Read which deletion the path names; what no deletion can be called is unknown at once."""
    deletion = read_sequence(request.path_params["deletion"])
    if deletion is None:
        raise NotFound
    return deletion


def _restored_json(restored: Restored) -> dict[str, object]:
    return {
        "ID": restored.id,
        "Path": f"/{restored.level.path_name}/{restored.id}",
        "Type": restored.level.type_name,
    }
