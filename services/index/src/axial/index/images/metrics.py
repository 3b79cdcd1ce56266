"""What the decoding of frames tells about itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class ImageMetrics:
    """Frames and the processes that decode them, in figures."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.frames = Counter(
            "axial_index_image_frames_total",
            "Frames given to a worker, by outcome: ok, undecodable, crashed, late.",
            ["outcome"],
            registry=registry,
        )
        self.duration = Histogram(
            "axial_index_image_duration_seconds",
            "Time a worker takes to decode a frame and to encode what is wanted.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
            registry=registry,
        )
        self.waiting = Gauge(
            "axial_index_image_waiting_requests",
            "Requests for frames that wait for their turn.",
            registry=registry,
        )
