"""Everything outbound: deliveries, rules, jobs."""

from docs.dashboards.expressions import quantile, rate, worst
from docs.dashboards.panels import Dashboard, Limits, Panel, Query, Unit

_DESTINATION = "kind, destination"

ROUTING = Dashboard(
    "routing",
    "routing and jobs",
    "What is on its way to modalities and peers, what rules decide, what jobs do.",
    (
        Panel(
            "Replicas that carry rules out",
            "Exactly one does at a time; with none nothing is routed, and nothing is lost.",
            Unit.COUNT,
            (Query("sum(axial_router_rules_leader)"),),
            Limits(1, 1, less_is_worse=True),
        ),
        Panel(
            "Changes that rules have not seen",
            "Rules follow the feed; more than a moment's worth means that they are interrupted, or slow.",
            Unit.COUNT,
            (Query(worst("axial_router_rules_lag_changes")),),
            Limits(1000, 100_000),
        ),
        Panel(
            "How long does a job wait?",
            "Of those that could be begun, the oldest: above minutes ConcurrentJobs is too small, or no router runs.",
            Unit.SECONDS,
            (Query(worst("axial_router_job_waiting_seconds")),),
            Limits(60, 900),
        ),
        Panel(
            "Deliveries that wait",
            "By destination: due, and those in hand.",
            Unit.COUNT,
            (
                Query(
                    "sum by (kind, destination) ("
                    + worst(
                        "axial_router_deliveries", f"{_DESTINATION}, state", 'state=~"due|sending"'
                    )
                    + ")",
                    "{{kind}} {{destination}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "How long has the oldest been waiting?",
            "By destination. What stays up is away, slower than what is to be delivered, or fails again and again.",
            Unit.SECONDS,
            (
                Query(
                    worst("axial_router_delivery_oldest_age_seconds", _DESTINATION),
                    "{{kind}} {{destination}}",
                ),
            ),
        ),
        Panel(
            "Away, or given up",
            "Destinations that are away show 1; deliveries that were given up are counted: GET /router/dead-letters.",
            Unit.COUNT,
            (
                Query(
                    worst("axial_router_destination_away", _DESTINATION),
                    "{{kind}} {{destination}}: away",
                ),
                Query(
                    worst("axial_router_deliveries", _DESTINATION, 'state="dead"'),
                    "{{kind}} {{destination}}: given up",
                ),
            ),
        ),
        Panel(
            "Attempts",
            "By destination and verdict: failed and away are tried again, refused are given up.",
            Unit.PER_SECOND,
            (
                Query(
                    rate("axial_router_delivery_attempts_total", f"{_DESTINATION}, verdict"),
                    "{{kind}} {{destination}} {{verdict}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "From decision to delivery",
            "95 of 100 deliveries take no longer than this.",
            Unit.SECONDS,
            (
                Query(
                    quantile(0.95, "axial_router_delivery_duration_seconds", _DESTINATION),
                    "{{kind}} {{destination}}",
                ),
            ),
        ),
        Panel(
            "What rules match",
            "Instances by rule; what rules have looked at, of all.",
            Unit.PER_SECOND,
            (
                Query(rate("axial_router_rules_matches_total", "rule"), "{{rule}}"),
                Query(rate("axial_router_rules_instances_total"), "looked at"),
            ),
        ),
        Panel(
            "Jobs",
            "By state. Retry: what a job needs is away, and it goes on by itself. Failure: GET /jobs?expand says why.",
            Unit.COUNT,
            (Query(worst("axial_router_jobs", "state"), "{{state}}"),),
            stacked=True,
        ),
        Panel(
            "How do jobs end?",
            "By type and state, in the last hour.",
            Unit.COUNT,
            (
                Query(
                    "sum by (type, state) (increase(axial_router_jobs_left_total[1h])) > 0",
                    "{{type}} {{state}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "How long do jobs take?",
            "95 of 100 are in hand no longer than this, by type.",
            Unit.SECONDS,
            (Query(quantile(0.95, "axial_router_job_duration_seconds", "type"), "{{type}}"),),
        ),
    ),
)
