"""The whole system on one machine, as stages of programs."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from axial.cli.engines import caddy, nats, postgres, seaweedfs
from axial.cli.engines.caddy import BlobAccess, Tls, Upstreams
from axial.cli.engines.seaweedfs import SeaweedPorts
from axial.cli.environment import write_environment
from axial.cli.folder import DataFolder
from axial.cli.ports import LOOPBACK, Port, remembered_ports
from axial.cli.program import Program
from axial.cli.services import service

BUCKET = "axial"

_SEAWEED_PORTS = tuple(f"seaweedfs.{field}" for field in SeaweedPorts.__slots__)
# Ingest is bound by Python's one running thread a process, and needs no coordination: two keep two cores busy.
_LEAST_INGESTS = 2
_GATEWAY = "dicom-gateway"
_ENGINE_PORTS = ("postgres", "nats", "nats.monitoring", *_SEAWEED_PORTS)


class Blobs(StrEnum):
    """Where the bytes are kept."""

    S3 = "s3"
    DIRECTORY = "directory"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one system is asked to be."""

    port: Port
    #: None when DICOM is not spoken.
    dicom_port: Port | None
    bind: str
    blobs: Blobs
    config: Path | None = None
    compresses: bool = False
    #: None for plain HTTP.
    tls: Tls | None = None
    #: How many processes of each service there are.
    replicas: int = 1


def replicas(service_name: str, count: int) -> list[str]:
    """Name the processes of a service: `index`, `index-2`."""
    return [service_name, *(f"{service_name}-{number}" for number in range(2, count + 1))]


def stages(folder: DataFolder, wishes: Wishes) -> list[list[Program]]:
    """Prepare the data folders; return engines, services, edge.

    A stage starts when the one before it is ready, and stops before it.
    """
    ingests = replicas("ingest", max(wishes.replicas, _LEAST_INGESTS))
    indexes, changefeeds, routers, gateways = (
        replicas(name, wishes.replicas) for name in ("index", "changefeed", "router", _GATEWAY)
    )
    inner = (*ingests, *indexes, *changefeeds, *routers)
    ports = remembered_ports(folder.run / "ports.json", (*_ENGINE_PORTS, *inner, *gateways))

    def urls(names: list[str]) -> str:
        return " ".join(f"http://{LOOPBACK}:{ports[name]}" for name in names)

    def of(names: list[str]) -> tuple[Port, ...]:
        return tuple(ports[name] for name in names)

    engines = [
        postgres.prepare(folder.of("postgres"), ports["postgres"], replicas=wishes.replicas),
        nats.prepare(folder.of("nats"), ports["nats"], ports["nats.monitoring"]),
    ]
    edge_token = folder.secret("edge-token")
    environment = {
        "AXIAL_DATABASE_URL": postgres.url(ports["postgres"]),
        "AXIAL_NATS_URL": nats.url(ports["nats"]),
        "AXIAL_INGEST_URLS": urls(ingests),
        "AXIAL_INDEX_URL": urls(indexes),
        "AXIAL_CHANGEFEED_URL": urls(changefeeds),
        "AXIAL_ROUTER_URL": urls(routers),
        "AXIAL_SPOOL_DIR": str(folder.of("spool")),
        "AXIAL_INTERNAL_TOKEN": folder.secret("internal-token"),
        "AXIAL_EDGE_TOKEN": edge_token,
        # What /system tells is where the system really listens, whatever the file says.
        "ORTHANC__HTTP_PORT": str(wishes.port),
        **({"ORTHANC__DICOM_PORT": str(wishes.dicom_port)} if wishes.dicom_port else {}),
        # How Azure's events name the archive.
        "AXIAL_SERVICE_HOST_NAME": f"localhost:{wishes.port}",
        "AXIAL_LOG_FORMAT": "json",
    }
    folder.of("spool").mkdir(exist_ok=True)
    if wishes.blobs is Blobs.S3:
        data = folder.of("seaweedfs")
        seaweed_ports = SeaweedPorts.of([ports[name] for name in _SEAWEED_PORTS])
        engines.append(seaweedfs.prepare(data, seaweed_ports))
        keys = seaweedfs.credentials(data)
        environment |= {
            "AXIAL_BLOB_URL": seaweedfs.url(seaweed_ports, BUCKET),
            "AXIAL_BLOB_ACCESS_KEY": keys.access_key,
            "AXIAL_BLOB_SECRET_KEY": keys.secret_key,
        }
        access = BlobAccess(edge_token, s3_endpoint=f"http://{LOOPBACK}:{seaweed_ports.s3}")
    else:
        folder.of("blobs").mkdir(exist_ok=True)
        environment["AXIAL_BLOB_URL"] = folder.of("blobs").as_uri()
        access = BlobAccess(edge_token, folder=folder.of("blobs").absolute())
    keeping = ("postgres", "nats", "seaweedfs" if wishes.blobs is Blobs.S3 else "blobs")
    environment["AXIAL_ENGINE_FOLDERS"] = os.pathsep.join(str(folder.of(name)) for name in keeping)
    write_environment(folder, environment)
    services = [service(name, ports[name], environment, config=wishes.config) for name in inner]
    edge = caddy.prepare(
        folder.of("edge"),
        wishes.port,
        Upstreams(of(ingests), of(indexes), of(changefeeds), of(routers)),
        blobs=access,
        tls=wishes.tls,
        bind=wishes.bind,
        compresses=wishes.compresses,
    )
    # What others connect to stops before what it needs: the gateway finishes the instances that it has in hand.
    doors = [edge]
    if wishes.dicom_port:
        told = {"AXIAL_DICOM_HOST": wishes.bind}
        # All listen on the one port; the kernel shares the connections out among them.
        doors += [
            service(
                name,
                ports[name],
                environment | told,
                config=wishes.config,
                address=f"dicom://{wishes.bind}:{wishes.dicom_port}",
            )
            for name in gateways
        ]
    return [engines, services, doors]
