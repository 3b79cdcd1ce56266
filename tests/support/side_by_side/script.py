"""The script, chapter by chapter: later chapters see what the earlier ones have stored."""

from collections.abc import Mapping

from support.side_by_side.chapters.annotating import ANNOTATIONS
from support.side_by_side.chapters.deleting import DELETING
from support.side_by_side.chapters.finding import FINDING
from support.side_by_side.chapters.images import IMAGES
from support.side_by_side.chapters.jobs import JOBS
from support.side_by_side.chapters.modalities import MODALITIES
from support.side_by_side.chapters.peers import PEERS
from support.side_by_side.chapters.reading import ARCHIVES, BROWSING, FILES, TAGS
from support.side_by_side.chapters.refusing import REFUSING
from support.side_by_side.chapters.retrieving import ASKING, RETRIEVING
from support.side_by_side.chapters.sending import EXPORTS, JOBS_OF_SENDING, SENDING
from support.side_by_side.chapters.server import ERRORS, SERVER
from support.side_by_side.chapters.storing import EMPTY, UPLOADS
from support.side_by_side.request import Request

_CHAPTERS: Mapping[str, tuple[Request, ...]] = {
    "empty": EMPTY,
    "uploads": UPLOADS,
    "browsing": BROWSING,
    "tags": TAGS,
    "images": IMAGES,
    "finding": FINDING,
    "annotations": ANNOTATIONS,
    "archives": ARCHIVES,
    "jobs": JOBS,
    "files": FILES,
    "errors": ERRORS,
    "exports": EXPORTS,
    "sending": SENDING,
    "jobs of sending": JOBS_OF_SENDING,
    "asking": ASKING,
    "retrieving": RETRIEVING,
    "refusing": REFUSING,
    "modalities": MODALITIES,
    "peers": PEERS,
    "server": SERVER,
    "deleting": DELETING,
}

SCRIPT: Mapping[str, Request] = {
    f"{chapter}: {request.name}": request
    for chapter, requests in _CHAPTERS.items()
    for request in requests
}
"""Every request by its name, in the order in which they are put."""

assert len(SCRIPT) == sum(map(len, _CHAPTERS.values())), "two requests have the same name"
