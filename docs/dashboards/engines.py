"""What the services stand on: the edge, SeaweedFS, processes.

NATS and Postgres do not answer Prometheus by themselves; what services see of them is among their own figures.
"""

from docs.dashboards.expressions import SERVICES, quantile, rate
from docs.dashboards.panels import Dashboard, Panel, Query, Unit

_VOLUMES = "SeaweedFS_volumeServer_"

ENGINES = Dashboard(
    "engines",
    "engines and processes",
    "The edge, SeaweedFS, the processes. For more of NATS and Postgres than the storage dashboard has, take exporters.",
    (
        Panel(
            "Processor time",
            "Of one core, by process. At 1 a process is at its limit: it needs a further replica. Workers that decode"
            " images are not in it.",
            Unit.COUNT,
            (
                Query(
                    f"rate(process_cpu_seconds_total{{{SERVICES}}}[$__rate_interval])",
                    "{{job}} {{instance}}",
                ),
            ),
        ),
        Panel(
            "Memory",
            "Resident, by process. It follows what is in hand, and does not grow with the archive.",
            Unit.BYTES,
            (Query(f"process_resident_memory_bytes{{{SERVICES}}}", "{{job}} {{instance}}"),),
        ),
        Panel(
            "Open files and connections",
            "Share of what a process may have open; at 1 nobody can connect to it.",
            Unit.SHARE,
            (
                Query(
                    f"process_open_fds{{{SERVICES}}} / process_max_fds{{{SERVICES}}}",
                    "{{job}} {{instance}}",
                ),
            ),
        ),
        Panel(
            "Since when do they run?",
            "Age of each process; one that is young again and again is restarted again and again.",
            Unit.SECONDS,
            (Query(f"time() - process_start_time_seconds{{{SERVICES}}}", "{{job}} {{instance}}"),),
        ),
        Panel(
            "Which version runs?",
            "Processes by service and version: two versions side by side only while an upgrade is on its way.",
            Unit.COUNT,
            (Query("count by (service, version) (axial_build_info)", "{{service}} {{version}}"),),
        ),
        Panel(
            "What the edge answers",
            "By status, as users see it. 503 without a service's own 503: that service cannot be reached.",
            Unit.PER_SECOND,
            (Query(rate("caddy_http_requests_total", "code", 'handler="subroute"'), "{{code}}"),),
            stacked=True,
        ),
        Panel(
            "How long does the edge take?",
            "99 of 100 answers begin within this time.",
            Unit.SECONDS,
            (
                Query(
                    quantile(
                        0.99,
                        "caddy_http_response_duration_seconds",
                        where='handler="subroute"',
                    ),
                    "99 of 100",
                ),
            ),
        ),
        Panel(
            "SeaweedFS: disk",
            "Of its volume servers. When little is left, volumes turn read-only, and uploads are answered 507.",
            Unit.BYTES,
            (
                Query(f'sum({_VOLUMES}resource{{type="avail"}})', "free"),
                Query(f"sum({_VOLUMES}total_disk_size) by (type)", "{{type}}"),
            ),
        ),
        Panel(
            "SeaweedFS: volumes that take nothing",
            "Volumes that are read-only, by reason. Space of deleted files comes back when a volume is compacted.",
            Unit.COUNT,
            (Query(f"sum by (type) ({_VOLUMES}read_only_volumes)", "{{type}}"),),
            stacked=True,
        ),
        Panel(
            "SeaweedFS: requests",
            "Of its S3 gateway, by kind and status.",
            Unit.PER_SECOND,
            (Query(rate("SeaweedFS_s3_request_total", "type, code"), "{{type}} {{code}}"),),
            stacked=True,
        ),
        Panel(
            "SeaweedFS: how long do requests take?",
            "99 of 100 of its S3 gateway's requests, by kind; each PUT waits for its disk.",
            Unit.SECONDS,
            (Query(quantile(0.99, "SeaweedFS_s3_request_seconds", "type"), "{{type}}"),),
        ),
    ),
)
