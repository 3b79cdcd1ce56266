"""Queries and retrievals put together, for `app.py`."""

from collections.abc import Sequence

from fastapi import APIRouter

from axial.common.dictionary import Dictionary
from axial.common.routes import add_routes
from axial.router.jobs.kind import Kind, Submission
from axial.router.parts import Parts
from axial.router.queries.asking import question_routes
from axial.router.queries.find_routes import find_routes
from axial.router.queries.finding import Finder
from axial.router.queries.metrics import QueryMetrics
from axial.router.queries.retrieving import retrieve_routes
from axial.router.queries.routes import query_routes
from axial.router.queries.store import QueryStore
from axial.router.retrieval.getting import GetJobs
from axial.router.retrieval.moving import MoveJobs
from axial.router.retrieval.numbers import MoveNumbers
from axial.router.retrieval.remotes import Remotes
from axial.router.retrieval.routes import Retrieval, retrieval_routes


def build_remotes(parts: Parts) -> Remotes:
    """Make what asks modalities."""
    return Remotes(
        parts.modalities.current,
        parts.reach,
        Dictionary(parts.configuration.dictionary),
        lambda: parts.runtime.settings.default_encoding,
    )


def retrieval_kinds(parts: Parts, remotes: Remotes) -> Sequence[Kind]:
    """Make the kinds of jobs that retrieve."""
    return (
        MoveJobs(remotes, MoveNumbers(parts.pool), parts.move_news, parts.index),
        GetJobs(remotes, parts.ingest, parts.index, lambda: parts.runtime.settings),
    )


def build_queries(parts: Parts, remotes: Remotes, jobs: Submission) -> APIRouter:
    """Make the routes of queries and retrievals."""
    configuration = parts.configuration
    finder = Finder(remotes, QueryMetrics(parts.registry))
    retrieval = Retrieval(remotes, jobs, configuration.dicom_default_retrieve_method)
    store = QueryStore(parts.pool, configuration.query_retrieve_size)
    router = APIRouter()
    add_routes(
        router,
        question_routes(store, finder),
        query_routes(store, remotes.dictionary),
        retrieve_routes(store, retrieval),
        find_routes(finder),
        retrieval_routes(retrieval),
    )
    return router
