"""What the gateway counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from axial.dimse.messages.status import Status

# Seconds: from one small instance on a quick disk to gigabytes over a slow line.
_STORE_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 300.0)


class GatewayMetrics:
    """The figures of one gateway process; no label carries what a peer says."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.open_associations = Gauge(
            "axial_dicom_open_associations",
            "Connections of peers that are open, established or not.",
            registry=registry,
        )
        self._associations = Counter(
            "axial_dicom_associations_total",
            "Associations that ended, by how: released, aborted, failed (by our abort), or refused.",
            ["end"],
            registry=registry,
        )
        self._refused = Counter(
            "axial_dicom_refused_associations_total",
            "Associations that were rejected, by reason.",
            ["reason"],
            registry=registry,
        )
        self._handshakes = Counter(
            "axial_dicom_refused_tls_handshakes_total",
            "Connections that ended before they were encrypted: no certificate, an unknown one, no TLS at all.",
            registry=registry,
        )
        self.certificate_expiry = Gauge(
            "axial_dicom_tls_certificate_expiry_seconds",
            "When the certificate ends that peers are shown, as Unix time; 0 where DICOM is not spoken over TLS.",
            registry=registry,
        )
        self._operations = Counter(
            "axial_dicom_operations_total",
            "Requests that were carried out, by operation and final status.",
            ["operation", "status"],
            registry=registry,
        )
        self._sent = Counter(
            "axial_dicom_sent_instances_total",
            "Instances that were asked for, by operation and end: sent or failed.",
            ["operation", "end"],
            registry=registry,
        )
        self._stored = Histogram(
            "axial_dicom_store_duration_seconds",
            "Time from a C-STORE request to its successful answer.",
            buckets=_STORE_BUCKETS,
            registry=registry,
        )
        self._stored_bytes = Counter(
            "axial_dicom_stored_bytes_total",
            "Bytes of instances that were kept.",
            registry=registry,
        )

    def sent(self, operation: str, *, failed: bool) -> None:
        """Count an instance that was sent to somebody, or should have been."""
        self._sent.labels(operation, "failed" if failed else "sent").inc()

    def ended(self, end: str) -> None:
        """Count the end of an association."""
        self._associations.labels(end).inc()

    def refused(self, reason: str) -> None:
        """Count why an association was rejected; that it ended so is counted with the others."""
        self._refused.labels(reason).inc()

    def handshake_refused(self) -> None:
        """Count a connection on which TLS did not come about."""
        self._handshakes.inc()

    def answered(self, operation: str, status: Status) -> None:
        """Count the final answer of an operation."""
        self._operations.labels(operation, f"{status:#06x}").inc()

    def stored(self, size_bytes: int, seconds: float) -> None:
        """Count an instance that was kept."""
        self._stored.observe(seconds)
        self._stored_bytes.inc(size_bytes)
