"""The feeds: who reads them, how far behind, and what is pushed."""

from docs.dashboards.expressions import or_zero, quantile, rate, worst
from docs.dashboards.panels import Dashboard, Limits, Panel, Query, Unit

FEEDS = Dashboard(
    "feeds",
    "feeds",
    "The change feeds in every form: reads, named consumers, webhooks, event streams, the stream in NATS.",
    (
        Panel(
            "Up to when are the feeds complete?",
            "How far the last time in the feeds is behind the clock: about a minute on an idle archive. Much more, and"
            " nothing is projected.",
            Unit.SECONDS,
            (Query("time() - max(axial_changefeed_high_water_timestamp_seconds)"),),
            Limits(120, 300),
        ),
        Panel(
            "Reads refused",
            "In the last hour, as the projection had not reached the log's end in time.",
            Unit.COUNT,
            (Query("sum(increase(axial_changefeed_not_caught_up_total[1h]))"),),
            Limits(1, 100),
        ),
        Panel(
            "Entries not in NATS yet",
            "Of the stream FEED; its consumers see the others late. Below zero while the database is behind, as after a"
            " restore.",
            Unit.COUNT,
            (Query(worst("axial_changefeed_feed_stream_lag")),),
            Limits(1000, 100_000),
        ),
        Panel(
            "Reads",
            "Pages by feed: changes is Orthanc's; v1, v2, latest are Azure's; entries are for consumers and streams.",
            Unit.PER_SECOND,
            (Query(rate("axial_changefeed_reads_total", "feed"), "{{feed}}"),),
            stacked=True,
        ),
        Panel(
            "How old is what consumers have not acknowledged?",
            "By named consumer. What stays up is away, slow, or stuck at one entry: GET /feed/consumers/{name}.",
            Unit.SECONDS,
            (
                Query(
                    worst("axial_changefeed_consumer_oldest_age_seconds", "consumer"),
                    "{{consumer}}",
                ),
            ),
        ),
        Panel(
            "How many entries are consumers behind?",
            "Wanted or not.",
            Unit.COUNT,
            (Query(worst("axial_changefeed_consumer_lag_entries", "consumer"), "{{consumer}}"),),
        ),
        Panel(
            "What consumers have left out",
            "Entries skipped, ever, by consumer, and who is paused.",
            Unit.COUNT,
            (
                Query(
                    worst("axial_changefeed_consumer_skipped_entries", "consumer"),
                    "{{consumer}}: skipped",
                ),
                Query(
                    worst("axial_changefeed_consumer_paused", "consumer"), "{{consumer}}: paused"
                ),
            ),
        ),
        Panel(
            "Webhooks",
            "Attempts by consumer and result. Unreachable and refused ones are tried again; gone waits for somebody.",
            Unit.PER_SECOND,
            (
                Query(
                    rate("axial_changefeed_push_deliveries_total", "consumer, result"),
                    "{{consumer}} {{result}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "How long do endpoints take?",
            "From a webhook's request to the head of its answer.",
            Unit.SECONDS,
            (
                Query(quantile(0.5, "axial_changefeed_push_duration_seconds"), "half of them"),
                Query(quantile(0.99, "axial_changefeed_push_duration_seconds"), "99 of 100"),
            ),
        ),
        Panel(
            "Who listens?",
            "Event streams that are open, and reads that wait for something to find. In the last hour: streams"
            " that were refused as too many were open, or ended as their reader took nothing.",
            Unit.COUNT,
            (
                Query("sum(axial_changefeed_open_streams)", "event streams"),
                Query("sum(axial_changefeed_waiting_polls)", "waiting reads"),
                Query("sum(increase(axial_changefeed_refused_streams_total[1h]))", "refused"),
                Query("sum(increase(axial_changefeed_slow_readers_total[1h]))", "too slow"),
            ),
        ),
        Panel(
            "How long do reads wait for the projection?",
            "99 of 100 wait no longer than this until they may answer.",
            Unit.SECONDS,
            (
                Query(quantile(0.5, "axial_changefeed_projection_wait_seconds"), "half of them"),
                Query(quantile(0.99, "axial_changefeed_projection_wait_seconds"), "99 of 100"),
            ),
        ),
        Panel(
            "Pages and metadata from memory",
            "Share that needed neither Postgres nor the blob store; more memory may help when it is low under load.",
            Unit.SHARE,
            tuple(
                Query(
                    or_zero(
                        f"{rate(f'axial_changefeed_{cache}_cache_hits_total')} / ("
                        f"{rate(f'axial_changefeed_{cache}_cache_hits_total')} + "
                        f"{rate(f'axial_changefeed_{cache}_cache_misses_total')} > 0)"
                    ),
                    name,
                )
                for cache, name in (("page", "pages"), ("metadata", "metadata"))
            ),
        ),
    ),
)
