"""Webhooks as their owners meet them: a consumer with a URL, and signed events that arrive there."""

import base64
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook
from support.dicoms import DicomMaker
from support.feeds import all_changes, last_change, last_sequence
from support.killing import kill_and_wait
from support.system import Axial, running
from support.waiting import until
from support.webhooks import Hook

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

_FEEDS = Path(__file__).parents[2] / "docs/feeds.md"
_EXAMPLE = re.compile(
    r"<!-- tests/e2e/test_webhooks.py runs this. -->\n```python\n(.*?)```", re.DOTALL
)


@pytest.fixture
def hook() -> Iterator[Hook]:
    """Run an endpoint that takes everything."""
    hook = Hook()
    with hook.running():
        yield hook


@pytest.fixture
def secret() -> str:
    """Make a secret as a user would: 32 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture
def own(own_data: Path) -> Iterator[Axial]:
    """Run a system whose processes may be killed."""
    with running(own_data) as system:
        yield system


async def _create(client: httpx2.AsyncClient, hook: Hook, secret: str, **more: Any) -> str:
    path = f"/feed/consumers/hook-{secrets.token_hex(4)}"
    wish = {"Push": {"Url": hook.url, "Secrets": [secret]}, **more}
    answer = await client.put(path, json=wish)
    assert answer.status_code == 201, answer.text
    return path


async def _caught_up(client: httpx2.AsyncClient, hook: Hook, since: int) -> None:
    """Wait until the endpoint has all there is behind a number; order is checked, repetitions are not."""
    last = await last_change(client)

    async def complete() -> None:
        # More may come meanwhile: what rests becomes stable.
        first = list(dict.fromkeys(hook.ids))[: last - since]
        assert first == list(range(since + 1, last + 1))

    await until(complete, within=60)


def _verifier() -> Callable[[str, dict[str, str], bytes], bool]:
    """Run the example of the documentation; return its function."""
    found = _EXAMPLE.search(_FEEDS.read_text())
    assert found
    names: dict[str, Any] = {}
    exec(found[1], names)  # noqa: S102 - it is our own document that is under test
    verify: Callable[[str, dict[str, str], bytes], bool] = names["verify"]
    return verify


async def test_what_happens_arrives(client: httpx2.AsyncClient, hook: Hook, secret: str) -> None:
    """Storing and deleting an instance is told in Azure's words, the rest in ours, all of it signed."""
    since, offset = await last_change(client), await last_sequence(client)
    path = await _create(client, hook, secret, Start={"Seq": since})
    dicom = DicomMaker().make(0)
    await client.post("/instances", content=dicom.body)
    await client.delete(f"/instances/{dicom.id}")
    await _caught_up(client, hook, since)
    verify = _verifier()
    taken = list(hook.taken)
    for posted in taken:
        Webhook(secret).verify(posted.body, dict(posted.headers))
        assert verify(secret, dict(posted.headers), posted.body)
        assert not verify(secret, dict(posted.headers), posted.body + b" ")
    azures = {
        posted.event["type"]: posted.event["data"]
        for posted in taken
        if posted.event["type"].startswith("Microsoft.HealthcareApis.")
    }
    names = dicom.names
    assert set(azures) == {
        "Microsoft.HealthcareApis.DicomImageCreated",
        "Microsoft.HealthcareApis.DicomImageDeleted",
    }
    for number, data in enumerate(azures.values(), offset + 1):
        assert data["imageStudyInstanceUid"] == names.study_instance_uid
        assert data["imageSeriesInstanceUid"] == names.series_instance_uid
        assert data["imageSopInstanceUid"] == names.sop_instance_uid
        assert data["sequenceNumber"] == number
    changes = (await all_changes(client, since, include_deleted=True))[: len(taken)]
    assert [(c["Seq"], c["Path"]) for c in changes if c["ResourceType"] != "Instance"] == [
        (int(posted.event["id"]), posted.event["subject"])
        for posted in taken
        if posted.event["type"].startswith("org.axial.")
    ]
    assert (await client.delete(path)).status_code == 200


async def test_the_button(client: httpx2.AsyncClient, hook: Hook, secret: str) -> None:
    """`POST …/test` tells whether the endpoint takes what we send."""
    path = await _create(client, hook, secret)
    told = (await client.post(f"{path}/test")).json()
    assert (told["Delivered"], told["Status"], told["Error"]) == (True, 204, None)
    # What other tests have stored may come to rest meanwhile.
    types = [posted.event["type"] for posted in hook.taken]
    assert types.count("org.axial.test") == 1
    answer = await client.get(path)
    assert secret not in answer.text
    await client.delete(path)


async def test_a_poisonous_entry(client: httpx2.AsyncClient, hook: Hook, secret: str) -> None:
    """What the endpoint cannot take is skipped by an operator, recorded, and delivered again later."""
    since = await last_change(client)
    poison = since + 2
    hook.refused = {str(poison)}
    path = await _create(client, hook, secret, Start={"Seq": since})
    await client.post("/instances", content=DicomMaker().make(0).body)

    async def stuck() -> None:
        consumer = (await client.get(path)).json()
        assert consumer["Acknowledged"] == poison - 1
        assert consumer["Push"]["Failures"] > 0
        assert consumer["Push"]["LastStatus"] == "500"

    await until(stuck)
    skip = {"Seq": poison, "Reason": "the endpoint cannot read it"}
    assert (await client.post(f"{path}/skip", json=skip)).status_code == 200
    last = await last_change(client)

    async def gone_on() -> None:
        expected = [n for n in range(since + 1, last + 1) if n != poison]
        assert hook.ids[: len(expected)] == expected

    await until(gone_on)
    hook.refused = set()
    answer = await client.post(f"{path}/skipped/{poison}/replay")
    assert answer.json()["Delivered"] is True
    assert poison in hook.ids
    await client.delete(path)


@pytest.mark.long
async def test_killed(own: Axial, secret: str) -> None:
    """The service and the endpoint die while files come in: every entry arrives, in order."""
    hook, maker = Hook(), DicomMaker()
    async with own.async_client() as client:
        with hook.running():
            path = await _create(client, hook, secret, Start="earliest")
        for round_ in range(2):
            for serial in range(round_ * 10, round_ * 10 + 10):
                answer = await client.post("/instances", content=maker.make(serial).body)
                assert answer.json()["Status"] == "Success"
            with hook.running():
                # Nobody waits for the pause that the endpoint's absence has earned it.
                assert (await client.post(f"{path}/resume")).status_code == 200
                before = len(hook.taken)
                await until(lambda before=before: _more(hook, before), within=60)  # type: ignore[misc]
                await kill_and_wait(own, ["changefeed"])
            await until(lambda: _answers(client), within=60)
        with hook.running():
            await _caught_up(client, hook, 0)


async def _more(hook: Hook, before: int) -> bool:
    return len(hook.taken) > before


async def _answers(client: httpx2.AsyncClient) -> bool:
    return (await client.get("/changes")).status_code == 200
