"""The way in: uploads, the log, the projection."""

from docs.dashboards.expressions import USERS, mean, or_zero, quantile, rate, worst
from docs.dashboards.panels import Dashboard, Limits, Panel, Query, Unit

INGEST = Dashboard(
    "ingest",
    "ingest and projection",
    "From an upload to the index: how much comes, what is refused, where the time goes, whether the index keeps up.",
    (
        Panel(
            "Replicas that project",
            "Exactly one does at a time. With none nothing new is seen; uploads are taken all the same.",
            Unit.COUNT,
            (Query("sum(axial_index_leader)"),),
            Limits(1, 1, less_is_worse=True),
        ),
        Panel(
            "Events not projected",
            "More than a moment's worth means that the index is away, or slower than what arrives.",
            Unit.COUNT,
            (Query(worst("axial_index_lag_events")),),
            Limits(1000, 100_000),
        ),
        Panel(
            "Answered without an outcome",
            "Uploads of the last hour that were answered 202, as the index was late; nothing is lost.",
            Unit.COUNT,
            (Query("sum(increase(axial_ingest_late_outcomes_total[1h]))"),),
            Limits(1, 100),
        ),
        Panel(
            "Bytes received",
            "Of instances that were taken, from DICOM and HTTP.",
            Unit.BYTES_PER_SECOND,
            (Query(rate("axial_ingest_received_bytes_total")),),
        ),
        Panel(
            "Answers",
            "What senders are told, by status. 400 is theirs; 503 an engine that is away, 507 a full disk or a limit.",
            Unit.PER_SECOND,
            (Query(rate("axial_ingest_http_requests_total", "status", USERS), "{{status}}"),),
            stacked=True,
        ),
        Panel(
            "Why was something refused?",
            "Files that were not taken, by reason; ingest's log has a line for each.",
            Unit.PER_SECOND,
            (Query(rate("axial_ingest_refused_total", "code"), "{{code}}"),),
            stacked=True,
        ),
        Panel(
            "Where does the time go?",
            "Mean time of an accepted instance in each step: spool is the sender, blob the storage, append the log,"
            " projection the index.",
            Unit.SECONDS,
            (Query(mean("axial_ingest_step_duration_seconds", "step"), "{{step}}"),),
            stacked=True,
        ),
        Panel(
            "How slow are the slowest?",
            "99 of 100 instances are through each step within this time.",
            Unit.SECONDS,
            (Query(quantile(0.99, "axial_ingest_step_duration_seconds", "step"), "{{step}}"),),
        ),
        Panel(
            "Events projected",
            "What the index has decided, by type of event and decision.",
            Unit.PER_SECOND,
            (Query(rate("axial_index_events_total", "type, decision"), "{{type}}: {{decision}}"),),
            stacked=True,
        ),
        Panel(
            "How long does a commit take?",
            "From loading a batch to having told its outcomes. What grows here is Postgres: its disk, or its memory.",
            Unit.SECONDS,
            (
                Query(quantile(0.5, "axial_index_batch_duration_seconds"), "half of them"),
                Query(quantile(0.99, "axial_index_batch_duration_seconds"), "99 of 100"),
            ),
        ),
        Panel(
            "Events per commit",
            "Under load many events share a commit; at 256 the projection is at its limit.",
            Unit.COUNT,
            (Query(mean("axial_index_batch_size_events"), "events"),),
        ),
        Panel(
            "Orphan blobs",
            "Blobs that no event names, removed in the last hour: uploads that broke off between storage and log."
            " Searches that failed are made up for by the next.",
            Unit.COUNT,
            (
                Query("sum(increase(axial_ingest_orphans_removed_total[1h]))", "removed"),
                Query("sum(increase(axial_ingest_sweeps_failed_total[1h]))", "searches failed"),
                Query(or_zero("sum(increase(axial_ingest_sweeps_total[1h]))"), "searches"),
            ),
        ),
    ),
)
