"""What operators are shown, asked of a running system by Debian's Prometheus: no question is left without an answer."""

import asyncio
import math
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import httpx2
import pytest
from docs.dashboards import DASHBOARDS
from support.dicoms import Dicom, DicomMaker
from support.modality import associated, sendable
from support.monitoring import Prometheus, monitoring
from support.promql import selectors
from support.system import CLIENT_TIMEOUT_SECONDS, Axial
from support.webhooks import Hook

from axial.cli.ports import LOOPBACK
from axial.common.testing.eventually import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.either_store]

_JPEG_2000 = "1.2.840.10008.1.2.4.90"
# What Grafana would put in: as long as a scenario takes.
_OVER = "1m"
# Of two replicas one has counted something twice after three; the slowest figure is measured every quarter of a minute.
_MOST_ROUNDS = 12
_ROUND_SECONDS = 5.0
# Panels that a healthy system leaves empty, each with the alert whose test shows that the metric is asked rightly.
_EMPTY = {
    "Why are associations refused?": "AxialAssociationsRefused",
}
# What alerts select that a healthy system does not have: what failed, what was refused, what is not configured. The
# metric itself is there under other labels, but for those that have none before the first time.
_ABSENT_LABELS = ('status="507"', 'status=~"5..', "reason=", 'mode="reject"', "status!~")
_ABSENT_METRICS = {"axial_dicom_refused_associations_total"}


#: Where it is asked, and what.
Question: TypeAlias = tuple[str, str]


@dataclass
class Acts:
    """A little of everything that figures tell of, over HTTP and DICOM; again, it is done with other instances."""

    client: httpx2.AsyncClient
    axial: Axial
    hook: Hook
    #: Where what is got may lie.
    folder: Path
    name: str = field(default_factory=lambda: f"watched-{secrets.token_hex(4)}")
    maker: DicomMaker = field(default_factory=DicomMaker)
    serials: int = 0

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        """Ask for something that is answered well."""
        answer = await self.client.request(method, path, **more)
        assert answer.is_success, (method, path, answer.text)
        return answer.json() if "json" in answer.headers.get("content-type", "") else None

    async def prepare(self) -> None:
        """Make consumers, a peer, which is the system itself, and a rule that sends there."""
        await self.ask("PUT", f"/feed/consumers/{self.name}", json={})
        push = {"Url": self.hook.url, "Secrets": ["whsec_" + "A" * 43 + "="]}
        await self.ask("PUT", f"/feed/consumers/{self.name}-hook", json={"Push": push})
        await self.ask("PUT", f"/peers/{self.name}", json={"Url": f"{self.axial.url}/"})
        rule = {
            "Trigger": "NewInstance",
            "Conditions": {"Tags": {"PatientID": self.maker.make(0).names.patient_id}},
            "Destinations": [{"Peer": self.name}],
        }
        await self.ask("PUT", f"/router/rules/{self.name}", json=rule)

    async def tidy(self) -> None:
        """Leave nothing behind that others would meet."""
        for path in (
            f"/router/rules/{self.name}",
            f"/peers/{self.name}",
            f"/feed/consumers/{self.name}",
            f"/feed/consumers/{self.name}-hook",
        ):
            await self.ask("DELETE", path)

    async def perform(self) -> None:
        """Store by both ways, look, read feeds, let an archive be made, be refused."""
        by_http, by_dicom = (self.maker.make(self.serials + step) for step in range(2))
        self.serials += 2
        path = f"/instances/{by_http.id}"
        await self.ask("POST", "/instances", content=by_http.body)
        refused = await self.client.post("/instances", content=b"no instance")
        assert refused.status_code == 400
        await self._speak_dicom(by_dicom)
        await self.ask("GET", f"{path}/preview")
        await self.ask("GET", f"{path}/file", params={"transcode": _JPEG_2000})
        for feed in ("/changes", "/v2/changefeed", "/v1/changefeed/latest"):
            await self.ask("GET", feed)
        entries = f"/feed/consumers/{self.name}/entries"
        page = await self.ask("GET", entries, params={"limit": 5})
        acknowledged = {"Seq": page["Last"], "Generation": page["Generation"]}
        await self.ask("POST", f"/feed/consumers/{self.name}/ack", json=acknowledged)
        patient = f"/patients/{by_http.names.orthanc_ids[0]}/archive"
        job = await self.ask("POST", patient, json={"Asynchronous": True})
        await eventually(lambda: self._has_ended(job["Path"]))
        deliveries = f"/router/deliveries?rule={self.name}&state=Delivered"
        await eventually(lambda: self._count(deliveries, self.serials))

    async def _speak_dicom(self, dicom: Dicom) -> None:
        """Store an instance, and get it back."""
        assert self.axial.dicom_port is not None
        instance = sendable(dicom.body)
        async with associated(self.axial.dicom_port, [instance]) as modality:
            assert await modality.store(instance) == 0
        keys = ("QueryRetrieveLevel=STUDY", f"StudyInstanceUID={dicom.names.study_instance_uid}")
        options = [option for key in keys for option in ("-k", key)]
        getscu = await asyncio.create_subprocess_exec(
            *("/usr/bin/getscu", "-S", "-od", str(self.folder), *options),
            *(LOOPBACK, str(self.axial.dicom_port)),
        )
        assert await getscu.wait() == 0

    async def _has_ended(self, path: str) -> bool:
        return bool((await self.ask("GET", path))["State"] == "Success")

    async def _count(self, path: str, least: int) -> bool:
        return len((await self.ask("GET", path))["Deliveries"]) >= least


@pytest.fixture
def hook() -> Iterator[Hook]:
    """Run an endpoint that takes everything."""
    hook = Hook()
    with hook.running():
        yield hook


async def test_every_question_has_an_answer(axial: Axial, hook: Hook, tmp_path: Path) -> None:
    """After a little of everything each query of each dashboard has a value, and each alert looks at what is there."""
    if axial.data is None:
        pytest.skip("only a system of our own tells where its services are")
    has_s3 = "seaweedfs" in axial.programs
    with monitoring(axial, tmp_path) as (prometheus, edge):
        await eventually(lambda: prometheus.values("min(up)") == [1.0])
        async with httpx2.AsyncClient(base_url=edge, timeout=CLIENT_TIMEOUT_SECONDS) as client:
            acts = Acts(client, axial, hook, tmp_path)
            await acts.prepare()
            try:
                await _let_figures_move(prometheus, acts, _questions(has_s3=has_s3))
                await eventually(lambda: _look_at_alerts(prometheus, has_s3=has_s3))
            finally:
                await acts.tidy()


async def _let_figures_move(prometheus: Prometheus, acts: Acts, unanswered: set[Question]) -> None:
    """Do everything again until every question is answered: what is counted for the first time has not grown yet."""

    def all_answered() -> None:
        for place, expression in sorted(unanswered):
            if any(not math.isnan(value) for value in prometheus.values(expression)):
                unanswered.remove((place, expression))
        assert not unanswered

    for _ in range(_MOST_ROUNDS):
        await acts.perform()
        await eventually(lambda: _is_told(prometheus, acts))
        with suppress(AssertionError):
            await eventually(all_answered, within=_ROUND_SECONDS)
            return
    all_answered()


def _questions(*, has_s3: bool) -> set[Question]:
    return {
        (
            f"{dashboard.name}: {panel.title}",
            query.expression.replace("$__rate_interval", _OVER),
        )
        for dashboard in DASHBOARDS
        for panel in dashboard.panels
        for query in panel.queries
        if panel.title not in _EMPTY and ("SeaweedFS" not in query.expression or has_s3)
    }


def _is_told(prometheus: Prometheus, acts: Acts) -> bool:
    """Tell whether Prometheus has heard of what was done last."""
    delivered = f'sum(axial_router_delivery_attempts_total{{destination="{acts.name}"}})'
    return sum(prometheus.values(delivered)) >= acts.serials


def _look_at_alerts(prometheus: Prometheus, *, has_s3: bool) -> None:
    rules = prometheus.rules()
    assert {rule["name"] for rule in rules} >= set(_EMPTY.values())
    for rule in rules:
        assert rule["health"] == "ok", (rule["name"], rule.get("lastError"))
        prometheus.values(rule["query"])
        for selector in selectors(rule["query"]):
            if selector in _ABSENT_METRICS or (selector.startswith("SeaweedFS") and not has_s3):
                continue
            asked = selector
            if any(label in selector for label in _ABSENT_LABELS):
                asked = selector.partition("{")[0] or "up"
            assert prometheus.values(f"count({asked})"), (rule["name"], asked)
