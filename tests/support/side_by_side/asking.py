"""Putting the whole script to one server."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

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
    client: httpx2.Client, script: Mapping[str, Request], known: Mapping[str, File]
) -> dict[str, Answer]:
    """Put the requests in their order; return the answers by the requests' names."""
    answers = {}
    for name, request in script.items():
        response = client.request(
            request.method,
            request.url(known),
            content=request.content(known),
            headers=request.headers,
        )
        headers = {header.lower(): value for header, value in response.headers.items()}
        answers[name] = Answer(response.status_code, headers, response.content)
    return answers
