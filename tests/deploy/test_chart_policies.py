"""What holds for every pod of the chart, whatever the values."""

import json
import re
import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
from docs.generate import SETTINGS
from support.chart import CHART, ROOT, VALUES, Document, Pod, of_kind, pods, render, selects

from axial.cli.engines.binaries import script
from axial.common.configuration_file import load_configuration
from axial.common.settings import SchemaSettings, ServiceSettings

pytestmark = pytest.mark.unit

every_values = pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
_CADDYFILE = (ROOT / "deploy/edge/Caddyfile").read_text(encoding="utf-8")
# Of libpq, of uvicorn and of Caddy: all others are settings of ours.
_OF_LIBRARIES = {"PGPASSWORD", "FORWARDED_ALLOW_IPS", "XDG_DATA_HOME", "XDG_CONFIG_HOME"}


def _services(values: Path) -> list[Pod]:
    return [pod for pod in pods(render(values)) if pod.component in SETTINGS]


def _pod(values: Path, component: str) -> Pod:
    (found,) = [pod for pod in pods(render(values)) if pod.component == component]
    return found


@every_values
def test_every_service_is_there(values: Path) -> None:
    """The five, or four where DICOM is not wanted, and the edge."""
    wanted = set(SETTINGS) - ({"dicom-gateway"} if values.stem == "gateway" else set())
    assert {pod.component for pod in _services(values)} == wanted
    assert _pod(values, "edge").kind == "Deployment"


@every_values
def test_no_pod_may_do_more_than_it_must(values: Path) -> None:
    """Nobody is root, writes to its image, has a capability, a token, or a part of the node."""
    for pod in pods(render(values)):
        spec, security = pod.spec, pod.container["securityContext"]
        assert spec["securityContext"]["runAsNonRoot"] is True, pod.name
        assert spec["securityContext"].get("runAsUser", 1) > 0, pod.name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, pod.name
        assert security["allowPrivilegeEscalation"] is False, pod.name
        assert security["readOnlyRootFilesystem"] is True, pod.name
        assert security["capabilities"]["drop"] == ["ALL"], pod.name
        # The one that the "restricted" standard lets be added, for a program that carries it.
        added = ["NET_BIND_SERVICE"] if pod.component == "edge" else []
        assert security["capabilities"].get("add", []) == added, pod.name
        assert not security.get("privileged"), pod.name
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & spec.keys(), pod.name
        assert not [volume for volume in spec["volumes"] if "hostPath" in volume], pod.name
        assert spec["automountServiceAccountToken"] is False, pod.name
        assert spec["enableServiceLinks"] is False, pod.name


@every_values
def test_no_pod_takes_what_others_need(values: Path) -> None:
    """Each asks for processor and memory, may not take more memory than it says, and no more disk."""
    for pod in pods(render(values)):
        resources = pod.container["resources"]
        assert {"cpu", "memory"} <= resources["requests"].keys(), pod.name
        assert "memory" in resources["limits"], pod.name
        for volume in pod.spec["volumes"]:
            assert "emptyDir" not in volume or volume["emptyDir"]["sizeLimit"], pod.name
            # Uploads of gigabytes go to disk: in memory they would be the pod's own.
            assert volume["name"] != "spool" or "medium" not in volume.get("emptyDir", {}), pod.name


@every_values
def test_every_pod_that_stays_is_asked_how_it_is(values: Path) -> None:
    """It may take its time to start; it is started again when it hangs, and left alone when it is not ready."""
    for pod in pods(render(values)):
        if pod.kind not in {"Deployment", "StatefulSet"}:
            continue
        probes = {
            kind: pod.container[f"{kind}Probe"] for kind in ("startup", "liveness", "readiness")
        }
        assert probes["startup"]["failureThreshold"] > probes["liveness"]["failureThreshold"]
        paths = {
            kind: probe["httpGet"]["path"] for kind, probe in probes.items() if "httpGet" in probe
        }
        assert all(
            probe["httpGet"]["port"] in pod.ports for probe in probes.values() if "httpGet" in probe
        )
        if pod.component in SETTINGS:
            # Engines that are away are no reason to start a service again.
            assert paths == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}


@every_values
def test_a_pod_that_goes_has_time_to_drain(values: Path) -> None:
    """Kubernetes kills later than the service, or the edge, would have given up by itself."""
    for pod in _services(values):
        wait = pod.container["lifecycle"]["preStop"]["sleep"]["seconds"]
        drain = float(pod.environment["AXIAL_SHUTDOWN_SECONDS"])
        # The gateway waits once for requests, and once for associations.
        assert pod.spec["terminationGracePeriodSeconds"] > wait + 2 * drain, pod.name
    edge = _pod(values, "edge")
    wait = edge.container["lifecycle"]["preStop"]["sleep"]["seconds"]
    found = re.search(r"^\tgrace_period (\d+)s$", _CADDYFILE, re.MULTILINE)
    assert found
    assert edge.spec["terminationGracePeriodSeconds"] > wait + int(found[1])


def test_the_drain_is_the_services_own_unless_told() -> None:
    """Whoever says nothing gets the service's default."""
    default = ServiceSettings.model_fields["shutdown_seconds"].default
    for pod in _services(CHART / "ci/trial.yaml"):
        assert float(pod.environment["AXIAL_SHUTDOWN_SECONDS"]) == default


@every_values
def test_every_variable_is_a_setting(values: Path) -> None:
    """None is misspelt: nothing would say so, and the setting would have its default."""
    for pod in _services(values):
        fields = {f"AXIAL_{name.upper()}" for name in SETTINGS[pod.component].model_fields}
        named = {*pod.environment, *pod.secret_environment} - _OF_LIBRARIES
        assert {name for name in named if not name.startswith("ORTHANC__")} <= fields, pod.name
        names = [variable["name"] for variable in pod.container["env"]]
        assert len(set(names)) == len(names), pod.name
    edge = _pod(values, "edge")
    known = set(re.findall(r"\{\$(\w+)", _CADDYFILE))
    assert {*edge.environment, *edge.secret_environment} - _OF_LIBRARIES <= known


@every_values
def test_services_take_what_they_are_told(
    values: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings and configuration are valid, reach every engine, and close the door to whoever is nobody."""
    documents = render(values)
    made = _made_secrets(documents)
    for pod in _services(values):
        with monkeypatch.context() as patch:
            for name, value in pod.environment.items():
                patch.setenv(name, value)
            for name, reference in pod.secret_environment.items():
                elsewhere = '{"somebody": "elsewhere"}' if "USERS" in name else "elsewhere"
                patch.setenv(name, made.get((reference["name"], reference["key"]), elsewhere))
            settings = SETTINGS[pod.component]()
            # The port that others are told, and the one that is probed.
            assert settings.listen_port == pod.ports["http"]
            assert settings.internal_token.get_secret_value()
            if isinstance(settings, SchemaSettings):
                assert not settings.migrate_at_start
            file = None
            if values.stem != "secrets":
                file = tmp_path / "orthanc.json"
                (text,) = [value for (_, key), value in made.items() if key == "orthanc.json"]
                file.write_text(text)
            configuration = load_configuration(file)
            assert configuration.registered_users
            assert configuration.authentication_required
            assert configuration.dicom_port == pod.ports.get("dicom", 4242)


@every_values
def test_the_edge_takes_what_it_is_told(values: Path, tmp_path: Path) -> None:
    """Caddy understands its file with these variables."""
    edge = _pod(values, "edge")
    told = edge.environment | dict.fromkeys(edge.secret_environment, "token")
    (tmp_path / "Caddyfile").write_text(_CADDYFILE)
    done = subprocess.run(
        (script("caddy"), "adapt", "--adapter", "caddyfile", "--config", tmp_path / "Caddyfile"),
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    served = json.loads(done.stdout)["apps"]["http"]["servers"]
    assert {address for server in served.values() for address in server["listen"]} == {
        f"0.0.0.0:{port}" for port in edge.ports.values()
    }


@every_values
def test_whoever_is_asked_is_there_and_listens(values: Path) -> None:
    """Each URL among the variables names a service of the chart, a port of it, and a pod that lets the asker in."""
    documents = render(values)
    services = {
        document["metadata"]["name"]: document for document in of_kind(documents, "Service")
    }
    made = _made_secrets(documents)
    everybody = list(pods(documents))
    asked = set()
    for pod in everybody:
        secret = [
            made.get((one["name"], one["key"]), "") for one in pod.secret_environment.values()
        ]
        for value in (*pod.environment.values(), *secret):
            for name, port in re.findall(r"(test-axial-[-a-z]+|radiology[-a-z]+):(\d+)", value):
                service = services[name]
                (offered,) = [one for one in service["spec"]["ports"] if one["port"] == int(port)]
                (target,) = [one for one in everybody if _answers(service, one)]
                assert offered["targetPort"] in target.ports
                assert _is_let_in(documents, pod, target, offered["targetPort"]), (pod.name, name)
                asked.add(target.component)
    assert {"ingest", "index", "changefeed", "router", "edge"} <= asked
    assert ({"postgres", "nats", "seaweedfs"} <= asked) == (values.stem == "trial")


@every_values
def test_nobody_else_is_let_in(values: Path) -> None:
    """Only the edge and DICOM are open; a pod that nobody has thought of is closed, too."""
    documents = render(values)
    policies = of_kind(documents, "NetworkPolicy")
    if values.stem == "external":
        # Says so itself.
        assert not policies
        return
    stranger = Pod("Pod", "stranger", {"app.kubernetes.io/component": "stranger"}, {})
    for pod in pods(documents):
        assert any(selects(policy["spec"]["podSelector"], pod.labels) for policy in policies)
        open_ports = {
            port for port in pod.ports if _is_let_in(documents, stranger, pod, port, elsewhere=True)
        }
        expected = {"edge": {"http"}, "dicom-gateway": {"dicom"}}.get(pod.component, set())
        # In this one the edge is for the ingress alone, and DICOM for one network.
        assert open_ports == (set() if values.stem == "ha" else expected), pod.name


@every_values
def test_every_reference_is_to_something(values: Path) -> None:
    """Secrets and config maps are made here, or were named by whoever wrote the values."""
    documents = render(values)
    given = set(re.findall(r"[-\w.]+", values.read_text(encoding="utf-8")))
    made = {
        (document["kind"], document["metadata"]["name"]): document.get("data", {}).keys()
        for kind in ("Secret", "ConfigMap", "ServiceAccount")
        for document in of_kind(documents, kind)
    }

    def check(kind: str, name: str, *keys: str) -> None:
        assert (kind, name) in made or name in given, (kind, name)
        assert (kind, name) not in made or set(keys) <= made[kind, name], (kind, name, keys)

    for pod in pods(documents):
        check("ServiceAccount", pod.spec["serviceAccountName"])
        for reference in pod.secret_environment.values():
            check("Secret", reference["name"], reference["key"])
        for volume in pod.spec["volumes"]:
            for source in [volume, *volume.get("projected", {}).get("sources", [])]:
                if "configMap" in source:
                    check("ConfigMap", source["configMap"]["name"])
                if "secret" in source:
                    secret = source["secret"]
                    keys = [item["key"] for item in secret.get("items", [])]
                    check("Secret", secret.get("secretName") or secret["name"], *keys)
        mounted = {mount["name"] for mount in pod.container["volumeMounts"]}
        claims = {"data"} if pod.kind == "StatefulSet" else set()
        assert mounted == {volume["name"] for volume in pod.spec["volumes"]} | claims, pod.name


@every_values
def test_images_are_pinned(values: Path) -> None:
    """Each has a tag, which is not `latest`, and ours have the chart's version."""
    version = "1.2.3" if values.stem == "secrets" else _chart_version()
    for pod in pods(render(values)):
        image = pod.container["image"]
        name, _, tag = image.rpartition(":")
        assert name, image
        assert tag != "latest", image
        if name.rpartition("/")[2].startswith("axial-"):
            assert tag == version, image
            assert name.startswith("registry.example.org/axial/") == (values.stem != "trial"), image


@every_values
def test_a_node_can_be_drained(values: Path) -> None:
    """Each service has a budget for its own pods alone, and one of them may always go, even the only one."""
    documents = render(values)
    deployed = [pod for pod in pods(documents) if pod.kind == "Deployment"]
    budgets = of_kind(documents, "PodDisruptionBudget")
    for pod in deployed:
        (budget,) = [one for one in budgets if selects(one["spec"]["selector"], pod.labels)]
        assert budget["spec"]["maxUnavailable"] == 1
        assert "minAvailable" not in budget["spec"]
    assert len(budgets) == len(deployed)


@every_values
def test_pods_of_one_service_keep_apart(values: Path) -> None:
    """They go to several nodes and zones where there are, and still run where there is one."""
    for pod in pods(render(values)):
        if pod.kind != "Deployment":
            continue
        spread = {one["topologyKey"]: one for one in pod.spec["topologySpreadConstraints"]}
        assert spread.keys() == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
        for one in spread.values():
            assert one["whenUnsatisfiable"] == "ScheduleAnyway"
            assert selects(one["labelSelector"], pod.labels)


@every_values
def test_what_scales_can_be_scaled(values: Path) -> None:
    """An autoscaler has a deployment that says what share of a processor it asks for, and no number of its own."""
    documents = render(values)
    deployments = {one["metadata"]["name"]: one for one in of_kind(documents, "Deployment")}
    scaled = set()
    for scaler in of_kind(documents, "HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        assert target["kind"] == "Deployment"
        deployment = deployments[target["name"]]
        assert "replicas" not in deployment["spec"]
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        for metric in scaler["spec"]["metrics"]:
            assert metric["resource"]["name"] in container["resources"]["requests"]
        scaled.add(target["name"])
    unscaled = [one for name, one in deployments.items() if name not in scaled]
    assert all(one["spec"]["replicas"] >= 1 for one in unscaled)
    assert len(scaled) == (4 if values.stem == "ha" else 0)


@every_values
def test_selectors_find_their_own_pods_and_no_others(values: Path) -> None:
    """A deployment does not adopt another's pods, and no service sends to strangers."""
    documents = render(values)
    everybody = list(pods(documents))
    for kind in ("Deployment", "StatefulSet"):
        for document in of_kind(documents, kind):
            found = [pod for pod in everybody if selects(document["spec"]["selector"], pod.labels)]
            assert [pod.name for pod in found] == [document["metadata"]["name"]]
    for service in of_kind(documents, "Service"):
        (pod,) = [pod for pod in everybody if _answers(service, pod)]
        assert all(port["targetPort"] in pod.ports for port in service["spec"]["ports"])
    for monitor in of_kind(documents, "PodMonitor"):
        found = [pod for pod in everybody if selects(monitor["spec"]["selector"], pod.labels)]
        assert found
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            assert all(endpoint["port"] in pod.ports for pod in found)


@every_values
def test_a_job_migrates_what_services_wait_for(values: Path) -> None:
    """Each service with a schema has a job that brings it up to date, from the same image."""
    documents = render(values)
    services = {pod.component: pod for pod in _services(values)}
    jobs = [pod for pod in pods(documents) if pod.kind == "Job"]
    migrated = {}
    for job in jobs:
        _, _, module, command = job.container["command"]
        assert command == "migrate"
        service = services[module.removeprefix("axial.")]
        assert job.container["image"] == service.container["image"]
        for told in ("environment", "secret_environment"):
            ours, theirs = getattr(job, told), getattr(service, told)
            for name in ("AXIAL_DATABASE_URL", "PGPASSWORD"):
                assert ours.get(name) == theirs.get(name)
        migrated[service.component] = job
    with_schema = {
        name for name, settings in SETTINGS.items() if issubclass(settings, SchemaSettings)
    }
    assert migrated.keys() == with_schema


def test_a_changed_job_is_another_job() -> None:
    """A job cannot be changed: what it runs with is part of its name."""
    values = CHART / "ci/trial.yaml"

    def jobs(*options: str) -> set[str]:
        return {one["metadata"]["name"] for one in of_kind(render(values, *options), "Job")}

    assert jobs() == jobs("--set", "ingest.replicas=3")
    assert not jobs() & jobs("--set", "image.tag=0.9.0")


@every_values
def test_dicom_keeps_its_peers_addresses(values: Path) -> None:
    """The load balancer passes connections on to where they are taken, without putting its own address before them."""
    found = [
        one
        for one in of_kind(render(values), "Service")
        if one["metadata"]["name"].endswith("-dicom")
    ]
    assert len(found) == (values.stem != "gateway")
    for service in found:
        assert service["spec"]["type"] == "LoadBalancer"
        assert service["spec"]["externalTrafficPolicy"] == "Local"
        assert service["spec"]["ports"][0]["port"] == 4242


def _made_secrets(documents: tuple[Document, ...]) -> dict[tuple[str, str], str]:
    """What is in the chart's own secrets, by their name and key."""
    return {
        (document["metadata"]["name"], key): b64decode(value).decode()
        for document in of_kind(documents, "Secret")
        for key, value in document["data"].items()
    }


def _answers(service: Document, pod: Pod) -> bool:
    return selects({"matchLabels": service["spec"]["selector"]}, pod.labels)


def _is_let_in(
    documents: tuple[Document, ...], asker: Pod, target: Pod, port: str, *, elsewhere: bool = False
) -> bool:
    """Whether the network policies let somebody in; `elsewhere` is outside of the namespace, and of Prometheus'."""
    policies = [
        policy["spec"]
        for policy in of_kind(documents, "NetworkPolicy")
        if selects(policy["spec"]["podSelector"], target.labels)
    ]
    return not policies or any(
        {"port": port} in rule["ports"]
        and (
            "from" not in rule
            or any(
                not elsewhere and selects(peer["podSelector"], asker.labels)
                for peer in rule["from"]
                if "podSelector" in peer
            )
        )
        for policy in policies
        for rule in policy.get("ingress", [])
    )


def _chart_version() -> str:
    found = re.search(r"^appVersion: (.*)$", (CHART / "Chart.yaml").read_text(), re.MULTILINE)
    assert found
    return found[1]
