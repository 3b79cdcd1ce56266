"""What every process tells of itself: what it runs, and what it takes of the machine."""

from importlib.metadata import version

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector


def tell_of_process(registry: CollectorRegistry, service: str) -> None:
    """Register the process's figures under the names that Prometheus's own tools use for them, with what is running."""
    # Read from /proc when somebody asks; of the workers that decode images it knows nothing.
    ProcessCollector(registry=registry)
    Gauge(
        "axial_build_info",
        "1, with the service and its version.",
        ["service", "version"],
        registry=registry,
    ).labels(service, version("axial-common")).set(1)
