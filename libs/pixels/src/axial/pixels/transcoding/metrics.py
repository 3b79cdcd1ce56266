"""What transcoding tells about itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class TranscodingMetrics:
    """Files that are written in other transfer syntaxes, in figures; their names begin with a service's."""

    def __init__(self, registry: CollectorRegistry, prefix: str) -> None:
        self.instances = Counter(
            f"{prefix}_transcoding_instances_total",
            "Instances that were to be written in another transfer syntax, by outcome: ok, impossible.",
            ["outcome"],
            registry=registry,
        )
        self.instance_duration = Histogram(
            f"{prefix}_transcoding_instance_duration_seconds",
            "Time from the first look at an instance until it is complete in another transfer syntax.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0),
            registry=registry,
        )
        self.frames = Counter(
            f"{prefix}_transcoding_frames_total",
            "Frames given to a worker to be transcoded, by outcome: ok, undecodable, crashed, late.",
            ["outcome"],
            registry=registry,
        )
        self.duration = Histogram(
            f"{prefix}_transcoding_frame_duration_seconds",
            "Time a worker takes to decode a frame and to encode it otherwise.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
            registry=registry,
        )
        self.waiting = Gauge(
            f"{prefix}_transcoding_waiting_frames",
            "Frames to be transcoded that wait for their turn.",
            registry=registry,
        )
