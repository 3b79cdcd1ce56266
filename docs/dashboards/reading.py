"""The way out to users: resources, files, images."""

from docs.dashboards.expressions import USERS, or_zero, quantile, rate
from docs.dashboards.panels import Dashboard, Panel, Query, Unit

READING = Dashboard(
    "reading",
    "reading",
    "What users ask of the index: browsing, files, images, other transfer syntaxes.",
    (
        Panel(
            "Answers",
            "Of the index, by status. 404 and 400 are the callers'; 503 is Postgres, the log or the blob store away.",
            Unit.PER_SECOND,
            (Query(rate("axial_index_http_requests_total", "status", USERS), "{{status}}"),),
            stacked=True,
        ),
        Panel(
            "What is asked most?",
            "The ten busiest routes.",
            Unit.PER_SECOND,
            (
                Query(
                    f"topk(10, {rate('axial_index_http_requests_total', 'method, route', USERS)})",
                    "{{method}} {{route}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "What takes longest?",
            "The ten slowest routes: 99 of 100 answers are complete within this time. Archives take as long as they are"
            " large.",
            Unit.SECONDS,
            (
                Query(
                    "topk(10, "
                    + quantile(
                        0.99, "axial_index_http_request_duration_seconds", "method, route", USERS
                    )
                    + ")",
                    "{{method}} {{route}}",
                ),
            ),
        ),
        Panel(
            "Frames decoded",
            "By outcome. Undecodable is the file's fault; crashed and late are told in the index's log.",
            Unit.PER_SECOND,
            (Query(rate("axial_index_image_frames_total", "outcome"), "{{outcome}}"),),
            stacked=True,
        ),
        Panel(
            "How long does a frame take?",
            "In a worker, waiting not included.",
            Unit.SECONDS,
            (
                Query(quantile(0.5, "axial_index_image_duration_seconds"), "half of them"),
                Query(quantile(0.99, "axial_index_image_duration_seconds"), "99 of 100"),
            ),
        ),
        Panel(
            "Who waits for a worker?",
            "More than a few for long: give the index more image workers, or more replicas.",
            Unit.COUNT,
            (
                Query("sum(axial_index_image_waiting_requests)", "images"),
                Query("sum(axial_index_transcoding_waiting_frames)", "frames to be transcoded"),
            ),
        ),
        Panel(
            "Instances transcoded",
            "By outcome. Impossible: no codec for it, and the file was sent as it is or refused.",
            Unit.PER_SECOND,
            (
                Query(
                    or_zero(rate("axial_index_transcoding_instances_total", "outcome")),
                    "{{outcome}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "How long does transcoding take?",
            "Of an instance, from the first look at it until it is complete.",
            Unit.SECONDS,
            (
                Query(
                    quantile(0.5, "axial_index_transcoding_instance_duration_seconds"),
                    "half of them",
                ),
                Query(
                    quantile(0.99, "axial_index_transcoding_instance_duration_seconds"),
                    "99 of 100",
                ),
            ),
        ),
        Panel(
            "Requests refused at the door",
            "By service and reason: many wrong credentials may be somebody who guesses; too many requests are a crowd.",
            Unit.PER_SECOND,
            tuple(
                Query(
                    or_zero(rate(f"axial_{service}_http_refused_total", "reason")),
                    f"{service} {{{{reason}}}}",
                )
                for service in ("ingest", "index", "changefeed", "router")
            ),
            stacked=True,
        ),
    ),
)
