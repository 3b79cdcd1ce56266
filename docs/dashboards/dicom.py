"""DICOM's network: who comes, what is asked, what is sent."""

from docs.dashboards.expressions import mean, quantile, rate, worst
from docs.dashboards.panels import Dashboard, Limits, Panel, Query, Unit

DICOM = Dashboard(
    "dicom",
    "DICOM",
    "Associations of modalities and other systems with the gateway, and what is done on them.",
    (
        Panel(
            "Open associations",
            "Connections now; AXIAL_MAXIMUM_ASSOCIATIONS limits them, and whoever comes then is refused.",
            Unit.COUNT,
            (Query("sum(axial_dicom_open_associations)"),),
            Limits(100, 250),
        ),
        Panel(
            "Days until the certificate ends",
            "Of the one that the gateway shows over TLS: put a new one in its place and restart the gateway. Nothing is"
            " told without TLS.",
            Unit.COUNT,
            (
                Query(
                    "(min(axial_dicom_tls_certificate_expiry_seconds > 0) - time()) / 86400"
                    " or vector(9999)"
                ),
            ),
            Limits(30, 7, less_is_worse=True),
        ),
        Panel(
            "TLS handshakes refused",
            "In the last hour: a certificate that is not trusted, or none at all. The gateway's log says which.",
            Unit.COUNT,
            (Query("sum(increase(axial_dicom_refused_tls_handshakes_total[1h]))"),),
            Limits(1, 100),
        ),
        Panel(
            "How do associations end?",
            "Released is how they should. Aborted: by the peer, or its line. Failed: by us, see the gateway's log.",
            Unit.PER_SECOND,
            (Query(rate("axial_dicom_associations_total", "end"), "{{end}}"),),
            stacked=True,
        ),
        Panel(
            "Why are associations refused?",
            "By reason: unknown titles (DicomModalities, DicomCheckCalledAet), or too many at once.",
            Unit.PER_SECOND,
            (Query(rate("axial_dicom_refused_associations_total", "reason"), "{{reason}}"),),
            stacked=True,
        ),
        Panel(
            "What is asked, and how does it end?",
            "Requests by operation and final status: 0x0000 is success, 0xa700 no room or nobody there.",
            Unit.PER_SECOND,
            (
                Query(
                    rate("axial_dicom_operations_total", "operation, status"),
                    "{{operation}} {{status}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "How long does C-STORE take?",
            "From a request's first byte to its answer, the sender's own pace included.",
            Unit.SECONDS,
            (
                Query(quantile(0.5, "axial_dicom_store_duration_seconds"), "half of them"),
                Query(quantile(0.99, "axial_dicom_store_duration_seconds"), "99 of 100"),
                Query(mean("axial_dicom_store_duration_seconds"), "mean"),
            ),
        ),
        Panel(
            "Bytes stored",
            "By C-STORE.",
            Unit.BYTES_PER_SECOND,
            (Query(rate("axial_dicom_stored_bytes_total")),),
        ),
        Panel(
            "Instances sent",
            "By C-GET and C-MOVE; what failed was refused by the destination, or could not be written as it wants it.",
            Unit.PER_SECOND,
            (
                Query(
                    rate("axial_dicom_sent_instances_total", "operation, end"),
                    "{{operation}} {{end}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Processor time of a gateway",
            "Of one core, by process; at 1 a further replica is needed.",
            Unit.SHARE,
            (
                Query(
                    worst(
                        'rate(process_cpu_seconds_total{job="dicom-gateway"}[$__rate_interval])',
                        "instance",
                    ),
                    "{{instance}}",
                ),
            ),
        ),
    ),
)
