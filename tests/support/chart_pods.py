"""The pods of the trial chart as processes of this machine; run as a program, in namespaces of its own.

Each process has its pod's variables, a root that it cannot write to, and its volumes where the chart mounts them. All
share one network in which the chart's services are names of loopback. What is not tried is who they run as: the
programs are the repository's own, which belong to somebody. Tells what it has seen as one line of JSON.
"""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from axial.cli.engines.binaries import postgres_program
from support.chart import CHART, ROOT, Document, Pod, of_kind, pods, render
from support.dicoms import DicomMaker

_SCRATCH = Path("/mnt")
# The proxy before the edge is this program.
_OPTIONS = ("--set", "edge.service.port=8042", "--set", "edge.trustedProxies={127.0.0.0/8}")
_CLIENT = "198.51.100.7"
_PATIENCE_SECONDS = 180
_NOBODY = "unshare --user --map-user=1000 --map-group=1000 --"


class Cluster:
    """Starts pods, and remembers their processes."""

    def __init__(self, documents: tuple[Document, ...]) -> None:
        self.secrets = {
            (document["metadata"]["name"], key): base64.b64decode(value).decode()
            for document in of_kind(documents, "Secret")
            for key, value in document["data"].items()
        }
        self._files = {
            document["metadata"]["name"]: document["data"]
            for document in of_kind(documents, "ConfigMap")
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        names = [document["metadata"]["name"] for document in of_kind(documents, "Service")]
        (_SCRATCH / "hosts").write_text("".join(f"127.0.0.1 {name}\n" for name in names))
        _run("ip link set lo up")
        _run(f"mount --bind {_SCRATCH}/hosts /etc/hosts")

    def start(self, pod: Pod) -> subprocess.Popen[bytes]:
        """Run a pod's container as Kubernetes would, but for its image."""
        folder = _SCRATCH / pod.name
        skeleton, root = folder / "skeleton", folder / "root"
        root.mkdir(parents=True)
        volumes = {name: self._fill(folder, name, volume) for name, volume in _volumes(pod)}
        steps = []
        for mount in pod.container["volumeMounts"]:
            inside = f"{root}{mount['mountPath']}"
            (skeleton / mount["mountPath"].lstrip("/")).mkdir(parents=True, exist_ok=True)
            steps.append(f"mount --bind {volumes[mount['name']]} {inside}")
            if mount.get("readOnly"):
                steps.append(f"mount -o remount,bind,ro {inside}")
        # Without an upper layer nothing can be written to it.
        overlay = f"mount -t overlay none -o lowerdir={skeleton}:/ {root}"
        shared = [f"mount --rbind {path} {root}{path}" for path in ("/proc", "/dev", "/sys")]
        shared.append(f"mount --bind {_SCRATCH}/hosts {root}/etc/hosts")
        environment = {
            "PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}",
            **pod.environment,
            **{
                name: self.secrets[reference["name"], reference["key"]]
                for name, reference in pod.secret_environment.items()
            },
        }
        command = pod.container.get("command") or _IMAGES[pod.component](pod, volumes, environment)
        # Not chroot: who is in one may not become somebody else, as Postgres must.
        enter = [f"cd {root}", "pivot_root . .", "umount -l .", 'exec "$@"']
        script = " && ".join([overlay, *shared, *steps, *enter])
        with (_SCRATCH / f"{pod.name}.log").open("ab") as log:
            process = subprocess.Popen(
                ("unshare", "--mount", "sh", "-c", script, "sh", *command),
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes[pod.name] = process
        return process

    def _fill(self, folder: Path, name: str, volume: Document) -> Path:
        target = folder / "volumes" / name
        target.mkdir(parents=True)
        for source in [volume, *volume.get("projected", {}).get("sources", [])]:
            if "secret" in source:
                secret = source["secret"]
                of = secret.get("secretName") or secret["name"]
                for item in secret["items"]:
                    (target / item["path"]).write_text(self.secrets[of, item["key"]])
            if "configMap" in source:
                for key, text in self._files[source["configMap"]["name"]].items():
                    (target / key).write_text(text)
        return target


def _volumes(pod: Pod) -> Iterator[tuple[str, Document]]:
    yield from ((volume["name"], volume) for volume in pod.spec["volumes"])
    if pod.kind == "StatefulSet":
        yield "data", {}


def _seaweedfs(_pod: Pod, _volumes: dict[str, Path], environment: dict[str, str]) -> list[str]:
    """Do what its image does."""
    environment["PYTHONPATH"] = str(ROOT / "libs/cli/src/axial/cli/engines")
    return ["python", "-B", str(ROOT / "deploy/images/seaweedfs.py")]


def _postgres(pod: Pod, volumes: dict[str, Path], environment: dict[str, str]) -> list[str]:
    """Do what its image does: make the database, then run the server as somebody who is not root."""
    (volumes["tmp"] / "password").write_text(environment["POSTGRES_PASSWORD"])
    data = f"{pod.container['volumeMounts'][0]['mountPath']}/data"
    programs = {name: f"{_NOBODY} {postgres_program(name)}" for name in ("initdb", "postgres")}
    options = " ".join((*pod.container["args"][1:], "-clisten_addresses=*"))
    script = (
        f"{programs['initdb']} -D {data} -U axial --pwfile=/tmp/password -A scram-sha-256"
        f" {environment['POSTGRES_INITDB_ARGS']}"
        f" && echo 'CREATE DATABASE axial' | {programs['postgres']} --single -D {data} postgres"
        f" && exec {programs['postgres']} -D {data} {options}"
    )
    environment["LC_ALL"] = "C"
    return ["sh", "-c", script]


#: What stands in for an image's own entry point.
_IMAGES: dict[str, Callable[[Pod, dict[str, Path], dict[str, str]], list[str]]] = {
    "seaweedfs": _seaweedfs,
    "postgres": _postgres,
}


def _run(command: str) -> None:
    subprocess.run(command.split(), check=True)


def _ask(url: str, token: str = "", body: bytes | None = None) -> tuple[int, bytes]:
    headers = {"X-Forwarded-For": _CLIENT} | ({"Authorization": f"Basic {token}"} if token else {})
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - our own URLs
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


def _readiness(served: list[Pod]) -> dict[str, int]:
    """Probe as the kubelet does."""
    found = {}
    for pod in served:
        path = pod.container["readinessProbe"]["httpGet"]["path"]
        found[pod.component], _ = _ask(f"http://127.0.0.1:{pod.ports['http']}{path}")
    return found


def _until_ready(served: list[Pod]) -> dict[str, int]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while set((states := _readiness(served)).values()) != {200} and time.monotonic() < deadline:
        time.sleep(0.5)
    return states


def _until_awaited(served: list[Pod]) -> None:
    """Wait until a service says that it waits for its schema."""
    logs = [_SCRATCH / f"{pod.name}.log" for pod in served]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if sum("migration_awaited" in log.read_text() for log in logs) == len(logs):
            return
        time.sleep(0.5)


def observe() -> dict[str, Any]:
    """Install, test, use, and stop."""
    documents = render(CHART / "ci/trial.yaml", *_OPTIONS)
    cluster = Cluster(documents)
    by_kind = {
        kind: [pod for pod in pods(documents) if pod.kind == kind]
        for kind in ("StatefulSet", "Deployment", "Job", "Pod")
    }
    served = by_kind["Deployment"]
    for pod in (*by_kind["StatefulSet"], *served):
        cluster.start(pod)
    migrated = {job.container["command"][2].removeprefix("axial.") for job in by_kind["Job"]}
    _until_awaited([pod for pod in served if pod.component in migrated])
    seen: dict[str, Any] = {"before": _readiness(served)}
    jobs = [cluster.start(job) for job in by_kind["Job"]]
    seen["jobs"] = [job.wait(_PATIENCE_SECONDS) for job in jobs]
    seen["ready"] = _until_ready(served)
    seen["checks"] = {
        check.name: cluster.start(check).wait(_PATIENCE_SECONDS) for check in by_kind["Pod"]
    }
    ((user, password),) = json.loads(cluster.secrets["test-axial-secrets", "users"]).items()
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    edge, dicom = "http://test-axial-edge:8042", DicomMaker().make(0)
    status, told = _ask(f"{edge}/instances", token, dicom.body)
    instance = f"{edge}/instances/{json.loads(told)['ID']}"
    seen["upload"] = status
    seen["same"] = _ask(f"{instance}/file", token)[1] == dicom.body
    seen["client"] = _ask(f"{instance}/metadata/RemoteIP", token)[1].decode()
    for pod in served:
        cluster.processes[pod.name].send_signal(signal.SIGTERM)
    seen["stopped"] = {
        pod.component: cluster.processes[pod.name].wait(pod.spec["terminationGracePeriodSeconds"])
        for pod in served
    }
    return seen


def main() -> None:
    """Observe where nothing of it is left behind: mounts, network and processes end with this one."""
    _run(f"mount -t tmpfs none {_SCRATCH}")
    try:
        seen = observe()
    except BaseException:
        for log in sorted(_SCRATCH.glob("*.log")):
            last = re.sub(r"(?m)^", "  ", log.read_text()[-2000:])
            sys.stderr.write(f"{log.name}\n{last}\n")
        raise
    sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    main()
