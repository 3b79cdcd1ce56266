"""Putting the whole script to one server."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from axial.common.testing.eventually import eventually_sync
from support.side_by_side.files import File
from support.side_by_side.request import Request


@dataclass(frozen=True, slots=True)
class Answer:
    """What is compared of a response."""

    status: int
    #: By lower-case names.
    headers: Mapping[str, str]
    content: bytes


def ask(
    client: httpx2.Client,
    script: Mapping[str, Request],
    known: Mapping[str, File],
    words: Mapping[str, object],
) -> dict[str, Answer]:
    """Put the requests in their order; return the answers by the requests' names.

    `words` may stand in requests beside the files' names. What is remembered stands in answers as the word for it.
    """
    answers = {}
    remembered: dict[str, str] = {}
    for name, request in script.items():
        response = _answer(client, request, known, {**words, **remembered})
        if request.remember:
            remembered[request.remember] = _identifier(response)
        content = response.content
        for word, identifier in remembered.items():
            content = content.replace(identifier.encode(), f"<{word}>".encode())
        headers = {header.lower(): value for header, value in response.headers.items()}
        answers[name] = Answer(response.status_code, headers, content)
    return answers


def _answer(
    client: httpx2.Client,
    request: Request,
    known: Mapping[str, File],
    words: Mapping[str, object],
) -> httpx2.Response:
    url, content = request.url(known, words), request.content(known, words)

    def once() -> httpx2.Response:
        response = client.request(request.method, url, content=content, headers=request.headers)
        if request.until:
            assert request.until.items() <= json.loads(response.content).items(), response.text
        return response

    answer: httpx2.Response = eventually_sync(once) if request.until else once()
    return answer


def _identifier(response: httpx2.Response) -> str:
    """Take the identifier of what was made; something that nothing is called when there was an error."""
    told = json.loads(response.content) if response.is_success else {}
    return str(told.get("ID", "nothing-was-made"))
