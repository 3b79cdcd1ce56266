"""The overview: is all well, in ten seconds."""

from docs.dashboards.expressions import SERVICES, USERS, or_zero, quantile, rate, worst
from docs.dashboards.panels import Dashboard, Limits, Panel, Query, Unit

_HTTP = ("ingest", "index", "changefeed", "router")

OVERVIEW = Dashboard(
    "overview",
    "overview",
    "Is anything away, late, lost or full? Each figure is green when all is well; the other dashboards tell more.",
    (
        Panel(
            "What fires?",
            "Alerts that fire now. docs/alerts.md says of each what it means and what to do.",
            Unit.COUNT,
            (Query(or_zero('count(ALERTS{alertname=~"Axial.+", alertstate="firing"})')),),
            Limits(1, 1),
        ),
        Panel(
            "Who does not answer?",
            "Processes that Prometheus cannot reach. Their logs say why; others of the same service go on meanwhile.",
            Unit.COUNT,
            (Query(or_zero(f"count(up{{{SERVICES}}} == 0)")),),
            Limits(1, 2),
        ),
        Panel(
            "How late is the index?",
            "Age of the oldest event that is not projected. Above some seconds, look at the ingest dashboard.",
            Unit.SECONDS,
            (Query(worst("axial_index_lag_seconds")),),
            Limits(10, 60),
        ),
        Panel(
            "How late are consumers?",
            "Age of the oldest entry that some named consumer wants and has not acknowledged; the feeds dashboard tells"
            " whose.",
            Unit.SECONDS,
            (Query(or_zero(worst("axial_changefeed_consumer_oldest_age_seconds"))),),
            Limits(300, 900),
        ),
        Panel(
            "How late are deliveries?",
            "For how long the oldest delivery has been waiting; the routing dashboard tells where to.",
            Unit.SECONDS,
            (Query(or_zero(worst("axial_router_delivery_oldest_age_seconds"))),),
            Limits(300, 1800),
        ),
        Panel(
            "What was given up?",
            "Deliveries that nobody tries any more: GET /router/dead-letters tells why; replay or discard them.",
            Unit.COUNT,
            (
                Query(
                    or_zero(
                        "sum("
                        + worst("axial_router_deliveries", "kind, destination", 'state="dead"')
                        + ")"
                    )
                ),
            ),
            Limits(1, 100),
        ),
        Panel(
            "What is damaged?",
            "Files that are not what was stored: GET /tools/damaged-blobs names them; restore them from a backup.",
            Unit.COUNT,
            (Query(f"sum({worst('axial_index_damaged_blobs', 'damage')})"),),
            Limits(1, 1),
        ),
        Panel(
            "How much room is left?",
            "Of the disk with the least, of those that services see: spool, blobs in a folder, engines on the same"
            " machine. Other disks are for whoever watches their machines.",
            Unit.SHARE,
            (
                Query(
                    "min(axial_ingest_disk_free_bytes / axial_ingest_disk_size_bytes"
                    " or axial_router_disk_free_bytes / axial_router_disk_size_bytes)"
                ),
            ),
            Limits(0.2, 0.1, less_is_worse=True),
        ),
        Panel(
            "Instances received",
            "By outcome. Accepted: the index was late, and nothing is lost. Full, expired: not stored, and the sender"
            " was told.",
            Unit.PER_SECOND,
            (Query(rate("axial_ingest_instances_total", "outcome"), "{{outcome}}"),),
            stacked=True,
        ),
        Panel(
            "How long do answers take?",
            "99 of 100 requests are answered within this time; waiting reads of feeds are left out.",
            Unit.SECONDS,
            tuple(
                Query(
                    quantile(0.99, f"axial_{service}_http_request_duration_seconds", where=where),
                    service,
                )
                for service, where in (("ingest", USERS), ("index", USERS), ("router", USERS))
            ),
        ),
        Panel(
            "Answers that blame us",
            "Statuses from 500 on, by service; 507 is a full disk or a limit, 503 an engine or another service away.",
            Unit.PER_SECOND,
            tuple(
                Query(
                    or_zero(
                        rate(
                            f"axial_{service}_http_requests_total", where=f'status=~"5..", {USERS}'
                        )
                    ),
                    service,
                )
                for service in _HTTP
            ),
            stacked=True,
        ),
    ),
)
