"""Paths as Orthanc compares them: by their segments."""

from starlette.types import ASGIApp, Receive, Scope, Send


class ComparePathsBySegments:
    """ASGI middleware: `//patients/./` is `/patients`, as Orthanc has it and its clients rely on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the path in its simplest form."""
        if scope["type"] == "http":
            scope["path"] = simplest(scope["path"])
        await self._app(scope, receive, send)


def simplest(path: str) -> str:
    """Leave out empty segments and dots; two dots take the segment before them away."""
    if "//" not in path and "/." not in path and not path.endswith("/"):
        return path
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    return "/" + "/".join(segments)
