"""Values that make no sense are refused in words that name them; all others are told of."""

import pytest
from docs.chart import described
from support.chart import CHART, ROOT, refusal

pytestmark = pytest.mark.unit

_EXTERNAL = ("-f", str(CHART / "ci/external.yaml"))
_TRIAL = ("-f", str(CHART / "ci/trial.yaml"))


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("ingest.replicas=0", "ingest.replicas: Must be"),
        ("ingest.replicas=two", "ingest.replicas: Invalid type"),
        ("ingest.replica=2", "ingest: Additional property replica"),
        ("ingests.replicas=2", "(root): Additional property ingests"),
        ("index.env.SCRUB_DAYS=14", 'Property name of "SCRUB_DAYS" does not match'),
        ("index.resources.limits=null", "index.resources: limits is required"),
        (
            "changefeed.autoscaling.targetCPUUtilizationPercentage=170",
            "targetCPUUtilizationPercentage: ",
        ),
        ("dicomGateway.service.port=70000", "dicomGateway.service.port: "),
        ("dicomGateway.service.externalTrafficPolicy=Near", "externalTrafficPolicy: "),
        (
            "dicomGateway.service.loadBalancerSourceRanges={10.0.0.1}",
            "loadBalancerSourceRanges.0: ",
        ),
        ("edge.image=caddy", "edge.image: "),
        ("edge.image=caddy:latest", "edge.image: "),
        ("edge.trustedProxies={proxy}", "edge.trustedProxies.0: "),
        ("image.tag=latest", "image.tag: "),
        ("image.registry=https://registry.example.org", "image.registry: "),
        ("image.pullPolicy=Sometimes", "image.pullPolicy: "),
        ("config.files[0].name=x", "config.files.0: "),
        ("nats.url=http://nats:4222", "nats.url: "),
        ("nats.replicas=2", "nats.replicas: "),
        # A password in it would stand in every pod's description.
        ("database.url=postgresql://axial:secret@host/axial", "database.url: "),
        ("database.url=mysql://axial@host/axial", "database.url: "),
        ("blobs.endpoint=s3.example.org", "blobs.endpoint: "),
        ("logLevel=loud", "logLevel: "),
        ("shutdown.preStopSeconds=0", "shutdown.preStopSeconds: "),
        ("podSecurityContext.runAsUser=0", "podSecurityContext.runAsUser: "),
        ("podSecurityContext.runAsNonRoot=false", "podSecurityContext.runAsNonRoot: "),
        ("trial.size=large", "trial.size: "),
        ("ingress.hosts={https://axial.example.org}", "ingress.hosts.0: "),
        ("networkPolicy.edgeFrom={everybody}", "networkPolicy.edgeFrom.0: "),
        ("monitoring.podMonitor.interval=often", "monitoring.podMonitor.interval: "),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(value: str, complaint: str) -> None:
    """Helm names it, by the schema of the values."""
    told = refusal(*_EXTERNAL, "--set", value)
    assert "don't meet the specifications of the schema" in told
    assert complaint in told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((), "nats.url: needed"),
        (("--set", "nats.url=nats://n:4222"), "database.url: needed"),
        ((*_EXTERNAL, "--set", "blobs.bucket="), "blobs.bucket: needed"),
        ((*_EXTERNAL, "--set", "blobs.secretKey="), "blobs.accessKey and blobs.secretKey: needed"),
        (
            (*_EXTERNAL, "--set", "database.url=", "--set", "database.existingSecret=s"),
            "database.url: needed",
        ),
        ((*_TRIAL, "--set", "database.url=postgresql://a@b/c"), "database.url: trial.enabled runs"),
        ((*_EXTERNAL, "--set", "ingress.enabled=true"), "ingress.hosts: needed"),
        ((*_EXTERNAL, "--set", "gatewayApi.enabled=true"), "gatewayApi.hostnames: needed"),
        (
            (*_EXTERNAL, "--set", "gatewayApi.enabled=true,gatewayApi.hostnames={a.b}"),
            "gatewayApi.parentRefs: needed",
        ),
        (
            (
                *_EXTERNAL,
                "--set",
                "gatewayApi.enabled=true,gatewayApi.hostnames={a.b},gatewayApi.gateway.className=c",
            ),
            "gatewayApi.gateway.tlsSecret: needed",
        ),
        (
            (*_EXTERNAL, "--set", "users.registered.alice=x,users.existingSecret=s"),
            "users.registered: not beside",
        ),
        (
            (*_EXTERNAL, "--set", "users.registered.alice=x,config.options.RegisteredUsers.bob=x"),
            "config.options.RegisteredUsers: not beside",
        ),
        (
            (*_EXTERNAL, "--set", "config.options.Name=x,config.existingSecret=s"),
            "config.options: not beside",
        ),
        (
            (*_EXTERNAL, "--set", "index.autoscaling.enabled=true,index.autoscaling.minReplicas=9"),
            "index.autoscaling.minReplicas: more than maxReplicas",
        ),
        (
            (*_EXTERNAL, "--set", "edge.autoscaling.enabled=true,edge.resources.requests.cpu=null"),
            "edge.resources.requests.cpu: needed",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_values_that_do_not_go_together_are_refused(values: tuple[str, ...], told: str) -> None:
    """One line says which is missing, or too many."""
    first = refusal(*values).splitlines()[0]
    assert told in first


def test_every_value_is_told_of() -> None:
    """Each has a comment in values.yaml, from which VALUES.md is made."""
    rows = described((ROOT / "deploy/helm/axial/values.yaml").read_text(encoding="utf-8"))
    assert len(rows) > 100
    assert [row.path for row in rows if not row.meaning] == []
