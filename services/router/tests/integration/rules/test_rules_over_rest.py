"""Rules over REST: made, changed, tried on an instance and on the past."""

import json
from functools import partial
from typing import Any

import pytest
from support.archive import Archive
from support.routing import Doors, OpenReplica, Replica, blocked

from axial.common.events import ResourceDeletionRequested
from axial.common.identifiers import Level, resource_ids
from axial.common.postgres import connect
from axial.common.testing.eventually import eventually
from axial.common.testing.facts import instance_received
from axial.router.rules import replay

pytestmark = pytest.mark.integration

RULE = {"Trigger": "NewInstance", "Destinations": [{"Modality": "pacs"}]}


async def test_rules_are_made_and_changed(replica: Replica) -> None:
    """What was put is what is shown; a revision guards against others; the configuration's rules are read-only."""
    client = replica.client
    path = "/router/rules/mine"
    made = await client.put(path, json=RULE)
    assert (made.status_code, made.json()) == (201, RULE)
    shown = await client.get(path)
    assert (shown.json(), shown.headers["etag"]) == (RULE, made.headers["etag"])
    changed = await client.put(
        path, json=RULE | {"Priority": 3}, headers={"If-Match": made.headers["etag"]}
    )
    assert changed.status_code == 200
    # The revision of before is nobody's any more, also of a rule that is made anew.
    late = {"If-Match": made.headers["etag"]}
    assert (await client.put(path, json=RULE, headers=late)).status_code == 409
    assert (await client.delete(path, headers=late)).status_code == 409
    assert (await client.get("/router/rules")).json() == ["fixed", "mine"]
    told = (await client.get("/router/rules?expand")).json()
    assert told["mine"] == {
        "Source": "Stored",
        "Revision": changed.headers["etag"].strip('"'),
        "Rule": RULE | {"Priority": 3},
    }
    assert told["fixed"]["Source"] == "Configuration"
    assert (await client.get("/router/rules/fixed")).json()["Enabled"] is False
    assert (await client.put("/router/rules/fixed", json=RULE)).status_code == 403
    assert (await client.delete("/router/rules/fixed")).status_code == 403
    now = {"If-Match": changed.headers["etag"]}
    assert (await client.delete(path, headers=now)).status_code == 200
    for gone in (await client.get(path), await client.delete(path)):
        assert gone.status_code == 404
    assert (await client.put(path, json=RULE, headers=now)).status_code == 409


async def test_whether_there_is_one(replica: Replica) -> None:
    """`*` stands for any revision, to make a rule only anew or only change it; a known one need not be read again."""
    client = replica.client
    path = "/router/rules/mine"
    some, none = {"If-Match": "*"}, {"If-None-Match": "*"}
    assert (await client.put(path, json=RULE, headers=some)).status_code == 409
    made = await client.put(path, json=RULE, headers=none)
    assert made.status_code == 201
    assert (await client.put(path, json=RULE, headers=none)).status_code == 409
    known = {"If-None-Match": made.headers["etag"]}
    again = await client.get(path, headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (
        304,
        b"",
        made.headers["etag"],
    )
    assert (await client.put(path, json=RULE, headers=some)).status_code == 200
    assert (await client.get(path, headers=known)).status_code == 200
    for wrong in (known, some | none, {"If-Match": "mine"}):
        assert (await client.put(path, json=RULE, headers=wrong)).status_code == 400
    assert (await client.delete(path, headers=some)).status_code == 200


async def test_what_is_not_understood_any_more(replica: Replica) -> None:
    """A rule of a name that the configuration's `Dictionary` has lost is shown with what is wrong; others are asked."""
    await replica.put("one")
    lost = json.dumps(RULE | {"Conditions": {"Tags": {"Scanner": "A1"}}})
    await replica.parts.pool.execute("INSERT INTO rules VALUES ('lost', 7, 0, $1)", lost)
    told = (await replica.client.get("/router/rules?expand")).json()
    assert "Problem" not in told["one"]
    assert told["lost"]["Problem"] == "Conditions.Tags: no attribute is called 'Scanner'"
    answer = await replica.client.post("/router/rules/replay", json={})
    assert list(answer.json()["Matches"]) == ["one"]


async def test_what_is_refused(replica: Replica) -> None:
    """A wrong rule is refused with the field that is wrong, in Orthanc's words, and nothing is kept of it."""
    client = replica.client
    answer = await client.put(
        "/router/rules/r", json=RULE | {"Conditions": {"Tags": {"Nonsense": "x"}}}
    )
    assert answer.status_code == 400
    told = answer.json()
    assert told["OrthancStatus"] == 3
    assert told["Details"] == "Conditions.Tags: no attribute is called 'Nonsense'"
    for body, status in ((b"{", 28), (b'{"Priority": NaN}', 28), (b"[" * 100_000, 28), (b"7", 3)):
        answer = await client.put("/router/rules/r", content=body)
        assert (answer.status_code, answer.json()["OrthancStatus"]) == (400, status)
    assert (await client.put("/router/rules/r", content=b" " * 1_100_000)).status_code == 413
    assert (await client.get("/router/rules")).json() == ["fixed"]
    await replica.parts.pool.execute(
        "INSERT INTO rules SELECT 'r' || n, n, 0, $1 FROM generate_series(1, 500) AS n",
        json.dumps(RULE),
    )
    answer = await client.put("/router/rules/one-more", json=RULE)
    assert (answer.status_code, answer.json()["Details"]) == (400, "There are 500 rules already")
    assert (await client.put("/router/rules/r7", json=RULE)).status_code == 200
    for path in ("test", "replay"):
        answer = await client.post(
            f"/router/rules/{path}", json={"Rules": ["none"], "Instance": "x"}
        )
        assert answer.status_code in (400, 404)


async def test_a_rule_needs_a_beginning(
    archive: Archive, open_replica: OpenReplica, doors: Doors
) -> None:
    """In a new installation no rule is taken while nobody can say what comes after it; one that is taken holds."""
    doors.away.add(8103)
    await archive.project(instance_received())
    async with open_replica() as replica:
        assert (await replica.client.put("/router/rules/r", json=RULE)).status_code == 503
        doors.away.clear()
        assert (await replica.client.put("/router/rules/r", json=RULE)).status_code == 201
        assert await replica.position() == archive.writer.position.change_sequence


async def test_a_rule_is_for_what_comes_later(archive: Archive, replica: Replica) -> None:
    """What came before a rule was made or enabled is not its own, though no other rule has been asked about it yet."""
    client = replica.client
    await replica.put("r", Enabled=False)
    names = []
    for number in range(1, 7):
        # While no rule is enabled, nobody waits for new instances.
        await archive.project(instance_received(instance=f"1.1.{number}", content=str(number)))
        names.append(resource_ids("P", "1", "1.1", f"1.1.{number}").instance)
        # Of what is written by hand no log tells the feed: it must have seen it itself before it is asked for its end.
        await eventually(lambda: _is_told(archive, replica))
        if number == 1:
            await replica.put("r")
        if number == 3:
            await eventually(lambda: _count(replica, 2))
            assert (await client.delete("/router/rules/r")).is_success
        if number == 5:
            await replica.put("r", Priority=1)
    await eventually(lambda: _count(replica, 3))
    routed = [instance for _, instance, _, _ in await replica.deliveries()]
    assert routed == [names[number - 1] for number in (2, 3, 6)]


async def test_an_instance_is_tried(archive: Archive, replica: Replica) -> None:
    """`test` says of an instance which rules match, what was found, and where it would go or why it would not."""
    ids = resource_ids("P", "1", "1.1", "1.1.1")
    await archive.project(instance_received(StudyDescription="Thorax"))
    await replica.put("ct", Conditions={"Modality": "CT", "Tags": {"StudyDescription": "Thorax"}})
    await replica.put("rest", Otherwise=True)
    question: dict[str, Any] = {"Instance": ids.instance}
    answer = await replica.client.post("/router/rules/test", json=question)
    assert answer.status_code == 200, answer.text
    told = answer.json()["Rules"]
    assert {name: rule["Matches"] for name, rule in told.items()} == {
        "ct": True,
        "fixed": False,
        "rest": False,
    }
    assert told["ct"]["Destinations"] == [{"Modality": "pacs", "Delivers": True, "Reason": ""}]
    assert told["rest"]["ClaimedBy"] == ["ct"]
    assert told["fixed"]["Reasons"] == ["The rule is not enabled"]
    # Once it is on its way it is not sent again.
    await archive.project(instance_received(instance="1.1.2", number="2", content="x"))
    second = resource_ids("P", "1", "1.1", "1.1.2").instance
    await eventually(lambda: _count(replica, 1))
    answer = await replica.client.post(
        "/router/rules/test", json={"Instance": second, "Rules": ["ct"]}
    )
    (destination,) = answer.json()["Rules"]["ct"]["Destinations"]
    assert (destination["Delivers"], destination["Reason"]) == (False, "It is on its way already")
    # A rule that is only written here, at another time of day, which expects a series that is not there.
    window = {"TimeZone": "Asia/Tokyo", "From": "08:00", "To": "09:00"}
    expected = {"ExpectedSeries": [{"Modality": "CT"}, {"Modality": "SR"}]}
    rule = RULE | {"Trigger": expected, "Conditions": {"TimeOfDay": window}}
    question |= {"Rule": rule, "Time": "2026-11-20T23:30:00Z"}
    answer = await replica.client.post("/router/rules/test", json=question)
    told = answer.json()["Rules"]["Rule"]
    assert told["Conditions"]["Found"] == "2026-11-21T08:30:00.000000+09:00"
    assert told["Conditions"]["Holds"] is True
    assert told["Reasons"] == ["A series that is expected is not there, or not done"]
    for unknown in (ids.series, "nobody", resource_ids("Q", "1", "1", "1").instance):
        answer = await replica.client.post("/router/rules/test", json={"Instance": unknown})
        assert answer.status_code == 404


async def test_the_past_is_replayed(archive: Archive, replica: Replica) -> None:
    """`replay` tells what a rule would have done, does it once, and again only if that is asked for."""
    for number in range(1, 8):
        tags = {"Modality": "SR" if number == 4 else "CT"}
        await archive.project(
            instance_received("P", "1", f"1.{number}", f"1.{number}.1", content=str(number), **tags)  # type: ignore[arg-type] # none is `stored_at`
        )
    first = archive.writer.position.change_sequence
    gone = resource_ids("P", "1", "1.7", "1.7.1").instance
    await archive.project(ResourceDeletionRequested(resource_id=gone))
    await replica.stabilize(archive, Level.STUDY, resource_ids("P", "1", "1.1", "1.1.1").study)
    rule = RULE | {"Conditions": {"Modality": "CT"}, "Enabled": False}
    told = await _replay(replica, Rule=rule)
    assert told["Matches"] == {"Rule": 5}
    assert told["Destinations"] == {"modality/pacs": 5}
    assert (told["DryRun"], told["Deliveries"], told["Since"]) == (True, 0, 0)
    assert told["To"] == archive.writer.position.change_sequence
    assert told == await _replay(replica, Rule=rule, DryRun=True)
    assert [each["Instance"] for each in told["Examples"]] == [
        resource_ids("P", "1", f"1.{number}", f"1.{number}.1").instance
        for number in (1, 2, 3, 5, 6)
    ]
    await _count(replica, 0)
    # Without naming any it is the enabled ones that are asked; the configuration's is not.
    assert (await _replay(replica))["Matches"] == {}
    told = await _replay(replica, Rules=["fixed"], Since=first, DryRun=False)
    assert (told["Matches"], told["Deliveries"]) == ({"fixed": 6}, 6)
    told = await _replay(replica, Rule=rule, DryRun=False, To=told["Examples"][0]["Change"])
    assert (told["Matches"], told["Deliveries"]) == ({"Rule": 5}, 5)
    told = await _replay(replica, Rule=rule, DryRun=False)
    assert (told["Matches"], told["Deliveries"]) == ({"Rule": 5}, 0)
    await replica.parts.pool.execute("UPDATE deliveries SET state = 'delivered'")
    told = await _replay(replica, Rule=rule, DryRun=False, Again=True)
    assert (told["Matches"], told["Deliveries"]) == ({"Rule": 5}, 5)
    await _count(replica, 11)


async def test_the_past_is_replayed_once(
    archive: Archive, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay lets each instance begin anew once, however often it has come to rest in its range."""
    ids = resource_ids("P", "1", "1.1", "1.1.1")
    await archive.project(instance_received())
    await replica.stabilize(archive, Level.STUDY, ids.study)
    rule = RULE | {"Trigger": "StableStudy"}
    assert (await _replay(replica, Rule=rule, DryRun=False))["Deliveries"] == 1
    # Whatever begins is delivered at once here, and each change is looked at by itself.
    monkeypatch.setattr(replay, "_PAGE_CHANGES", 1)
    await replica.parts.pool.execute(
        "CREATE FUNCTION deliver() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.state = 'delivered'; RETURN NEW; END $$"
    )
    await replica.parts.pool.execute(
        "CREATE TRIGGER at_once BEFORE UPDATE ON deliveries FOR EACH ROW EXECUTE FUNCTION deliver()"
    )
    await replica.parts.pool.execute("UPDATE deliveries SET state = 'due'")
    await archive.project(instance_received(instance="1.1.2", content="2"))
    await replica.stabilize(archive, Level.STUDY, ids.study)
    told = await _replay(replica, Rule=rule, DryRun=False, Again=True)
    assert (told["Matches"], told["Deliveries"]) == ({"Rule": 4}, 2)


async def test_a_replay_is_cut_off(archive: Archive, replica: Replica) -> None:
    """A replay whose writes were lost goes on before them: again asked for or not, all is delivered once more, once."""
    for number in range(1, 6):
        await archive.project(instance_received(instance=f"1.1.{number}", content=str(number)))
    url = replica.parts.settings.database_url
    lock, operator = await connect(url, "router"), await connect(url, "router")
    try:
        async with lock.transaction():
            await lock.execute("LOCK TABLE deliveries IN SHARE MODE")
            question = {"Rule": RULE, "DryRun": False, "Again": True, "Asynchronous": True}
            job = (await replica.client.post("/router/rules/replay", json=question)).json()["Path"]
            victim = await eventually(partial(blocked, operator))
            await operator.execute("SELECT pg_terminate_backend($1)", victim)
    finally:
        await lock.close()
        await operator.close()

    async def done() -> dict[str, Any]:
        told: dict[str, Any] = (await replica.client.get(job)).json()
        assert told["State"] == "Success", told["State"]
        return told

    told = await eventually(done)
    assert told["Type"] == "RoutingReplay"
    assert told["Content"]["Matches"] == {"Rule": 5}
    assert told["Content"]["Deliveries"] == 5
    await _count(replica, 5)


async def test_the_past_by_time(archive: Archive, replica: Replica) -> None:
    """A range of times takes in the changes from its first moment, up to but not including its end."""
    for number in range(1, 6):
        await archive.project(
            instance_received(instance=f"1.1.{number}", content=str(number), number=str(number))
        )
    # The archive's events come one a second, the first one at 23:58:01.
    told = await _replay(
        replica, Rule=RULE, From="2026-11-20T23:58:02Z", Until="2026-11-21T00:58:04+01:00"
    )
    wanted = [resource_ids("P", "1", "1.1", f"1.1.{number}").instance for number in (2, 3)]
    assert [each["Instance"] for each in told["Examples"]] == wanted
    told = await _replay(replica, Rule=RULE, From="2026-11-22T00:00:00Z")
    assert told["Matches"] == {"Rule": 0}


async def _replay(replica: Replica, **question: Any) -> dict[str, Any]:
    answer = await replica.client.post("/router/rules/replay", json=question)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def _is_told(archive: Archive, replica: Replica) -> None:
    assert await replica.prepared.asking.feed.end() == archive.writer.position.change_sequence


async def _count(replica: Replica, number: int) -> None:
    assert len(await replica.deliveries()) == number
