"""From what work costs to what an archive needs: cores, disks, and what is exhausted first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Mean instance of the mix in docs/capacity.md, and how many of them a study has.
INSTANCES_A_STUDY = 160
_MEGABYTES_AN_INSTANCE = 0.51
# Nine tenths of a year's work fall into 250 days of ten hours; the busiest hour has twice the mean of those.
_BUSY_HOURS = 2500
_SHARE_OF_BUSY_HOURS = 0.9
_BURST = 2
# So that a burst within the hour, or the loss of a machine, finds room.
_BUSY_AT_MOST = 0.5
_SECONDS_AN_HOUR = 3600

#: What comes with each instance that arrives: how often, and which measured work it is.
_WORK_AN_INSTANCE = {
    # Half of what arrives comes from modalities that send well; the dearer of both ways.
    "C-STORE 520 KB": 1.0,
    # Read once by a radiologist, and once more as a prior.
    "download 520 KB": 2.0,
    # Three readers of the feed, a hundred changes at a time.
    "/changes, 100": 0.03,
    # For each study twenty looks at a list and ten at a patient.
    "list of 25 studies": 20 / INSTANCES_A_STUDY,
    "find by PatientID": 10 / INSTANCES_A_STUDY,
}
_ARRIVAL = "C-STORE 520 KB"
_UPLOAD = "upload 520 KB"
_SENDING = "upload, send 520 KB by DICOM"
# Of one thread each, and of one replica: the others stand by.
_LED = ("index", "changefeed")


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured: seconds of a processor for one operation, and bytes that stay of one instance."""

    #: By work, by process.
    cpu: Mapping[str, Mapping[str, float]]
    #: By engine.
    kept_bytes: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive to be planned."""

    name: str
    studies_a_year: int

    @property
    def instances_a_year(self) -> int:
        """How many instances arrive."""
        return self.studies_a_year * INSTANCES_A_STUDY

    @property
    def peak(self) -> float:
        """Instances a second in the busiest hour."""
        busy = self.instances_a_year * _SHARE_OF_BUSY_HOURS / _BUSY_HOURS
        return _BURST * busy / _SECONDS_AN_HOUR


ARCHIVES = (
    Archive("hospital, 300,000 studies a year", 300_000),
    Archive("network of ten", 3_000_000),
    Archive("nation, 45 million", 45_000_000),
)


def cost_of_an_instance(costs: Costs) -> dict[str, float]:
    """Add up what one instance costs each process in its time: it arrives, is sent on, read, listed, told of."""
    total: dict[str, float] = {}

    def add(work: Mapping[str, float], times: float) -> None:
        for process, seconds in work.items():
            total[process] = total.get(process, 0.0) + times * seconds

    for name, times in _WORK_AN_INSTANCE.items():
        add(costs.cpu[name], times)
    # What sending costs is what is left when the upload before it is taken off.
    add(costs.cpu[_SENDING], 1.0)
    add(costs.cpu[_UPLOAD], -1.0)
    return {process: max(0.0, seconds) for process, seconds in total.items()}


def limits(costs: Costs) -> dict[str, float]:
    """Instances a second at which the one thread of a leader is busy all the time, by service."""
    return {process: 1 / costs.cpu[_ARRIVAL][process] for process in _LED}


def cores(costs: Costs, archive: Archive) -> dict[str, float]:
    """Tell how many cores each service needs in the busiest hour, half of them idle."""
    return {
        process: archive.peak * seconds / _BUSY_AT_MOST
        for process, seconds in cost_of_an_instance(costs).items()
    }


def lines(costs: Costs) -> Iterator[str]:
    """Write the tables of the page."""
    names = list(cost_of_an_instance(costs))
    yield "| archive | instances a year | a second, at the peak | blobs a year | log a year | Postgres a year |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for archive in ARCHIVES:
        instances = archive.instances_a_year
        log, database = (instances * costs.kept_bytes[e] / 1e9 for e in ("nats", "postgres"))
        blobs = instances * _MEGABYTES_AN_INSTANCE / 1e6
        yield (
            f"| {archive.name} | {instances / 1e6:,.0f} million | {archive.peak:,.0f}"
            f" | {blobs:,.0f} TB | {log:,.0f} GB | {database:,.0f} GB |"
        )
    yield "\nCores, of which half are idle in the busiest hour:\n"
    yield f"| archive | {' | '.join(names)} | all |"
    yield f"| --- |{' ---: |' * (len(names) + 1)}"
    for archive in ARCHIVES:
        needed = cores(costs, archive)
        cells = [f"{needed[name]:.1f}" for name in names]
        yield f"| {archive.name} | {' | '.join(cells)} | {sum(needed.values()):.0f} |"
    yield "\nWhere one thread leads, and no replica helps:\n"
    yield f"| leader | instances a second | {' | '.join(a.name for a in ARCHIVES)} |"
    yield f"| --- | ---: |{' ---: |' * len(ARCHIVES)}"
    for process, limit in sorted(limits(costs).items(), key=lambda item: item[1]):
        shares = " | ".join(f"{archive.peak / limit:.0%}" for archive in ARCHIVES)
        yield f"| {process} | {limit:.0f} | {shares} |"
