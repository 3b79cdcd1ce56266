"""The named consumers of one process, put together."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from axial.changefeed.consumers.administration import Administration
from axial.changefeed.consumers.metrics import ConsumerMetrics
from axial.changefeed.consumers.news import News
from axial.changefeed.consumers.outlook import Outlooks
from axial.changefeed.consumers.readers import Readers
from axial.changefeed.consumers.reading_routes import reader_routes
from axial.changefeed.consumers.redelivery import Redelivery
from axial.changefeed.consumers.routes import consumer_routes
from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.consumers.token_routes import token_routes
from axial.changefeed.consumers.token_store import TokenStore
from axial.changefeed.consumers.watch import ConsumerWatch
from axial.changefeed.entries.long_poll import LongPolls
from axial.changefeed.settings import ChangefeedSettings
from axial.common.routes import add_routes


@dataclass(frozen=True, slots=True)
class NamedConsumers:
    """What the rest of the process uses of the consumers."""

    router: APIRouter
    #: Endless work, to be run beside the server.
    work: tuple[Coroutine[Any, Any, None], ...]


def named_consumers(
    settings: ChangefeedSettings,
    store: ConsumerStore,
    tokens: TokenStore,
    polls: LongPolls,
    redelivery: Redelivery,
    registry: CollectorRegistry,
) -> NamedConsumers:
    """Make the routes of the consumers, and what keeps them fresh."""
    entries, projection = polls.entries, polls.projection
    metrics = ConsumerMetrics(registry)
    news = News(settings.database_url)
    outlooks = Outlooks(entries, projection)
    administration = Administration(store, entries, outlooks, settings.maximum_consumers)
    watch = ConsumerWatch(store, entries, outlooks, metrics, settings.consumer_refresh_seconds)
    router = APIRouter()
    add_routes(
        router,
        consumer_routes(administration, store),
        reader_routes(Readers(store, entries, polls, news, redelivery, metrics)),
        token_routes(tokens),
    )
    return NamedConsumers(router, (watch.run(), news.listen()))
