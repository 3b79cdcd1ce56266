"""What a rule wants deleted after delivery is deleted when its destinations say that they have it, and only then."""

import json
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from support.deliveries import Delivering, Replica, Reticent, modality, receiving, wanted

from axial.cli.ports import free_ports
from axial.common.testing.eventually import eventually
from axial.router.deliveries.wanted import Fallback, Terms
from axial.router.index_client import Outbound

pytestmark = pytest.mark.integration

_AFTER = Terms(delete_after=True)


@pytest.fixture
def archive(neighbours: Any) -> Callable[..., list[str]]:
    """Have instances in the archive, some of them protected; return the list of those that are deleted."""

    def archive(outbounds: list[Outbound], protected: Collection[str] = ()) -> list[str]:
        deleted: list[str] = []
        by_id = {outbound.instance.id: outbound for outbound in outbounds}

        def expand(request: httpx2.Request) -> httpx2.Response:
            (id_,) = json.loads(request.content)["resources"]
            one = by_id[id_]
            uids = (
                one.instance.sop_class_uid,
                one.instance.sop_instance_uid,
                one.instance.transfer_syntax_uid,
            )
            row = [id_, *uids, one.size_bytes, one.md5]
            return httpx2.Response(
                200, json={"Resources": [{"ID": id_, "Type": "Instance"}], "Instances": [row]}
            )

        def delete(request: httpx2.Request) -> httpx2.Response:
            assert request.method == "DELETE"
            id_ = request.url.path.rpartition("/")[2]
            assert request.headers["If-Match"] == f'"{by_id[id_].md5}"'
            if id_ in protected:
                return httpx2.Response(409)
            deleted.append(id_)
            return httpx2.Response(200)

        neighbours.answers["/internal/outbound"] = expand
        neighbours.answers |= {f"/internal/instances/{id_}": delete for id_ in by_id}
        return deleted

    return archive


async def _wish(replica: Replica, outbound: Outbound) -> tuple[str, str]:
    path = f"/router/deliveries?instance={outbound.instance.id}"
    (first, *_) = (await replica.client.get(path)).json()["Deliveries"]
    (wish,) = first["DeleteAfterDelivery"]
    return wish["State"], wish["Reason"]


async def test_confirmed(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
    archive: Callable[..., list[str]],
) -> None:
    """An instance is deleted once all its destinations have confirmed it, and not while another rule still needs it."""
    outbounds = make(3)
    deleted = archive(outbounds)
    (nobody,) = free_ports(1)
    one, two = destination(can_find=True), destination(can_find=True, silent_at=frozenset({1}))
    with receiving(one), receiving(two):
        async with delivering(ONE=one.port, TWO=two.port, DEAD=nobody) as replica:
            await replica.enqueue(
                [
                    *wanted(outbounds, "ONE", "TWO", rule="clean", terms=_AFTER),
                    *wanted(outbounds[2:], "DEAD", rule="other"),
                ]
            )
            await eventually(lambda: len(one.received) == 3)
            await eventually(lambda: len(two.received) == 2)
            # The second one has not answered for the second instance.
            await eventually(lambda: deleted == [outbounds[0].instance.id])
            two.speak.set()
            await eventually(lambda: deleted == [one.instance.id for one in outbounds[:2]])

            async def is_told() -> None:
                assert await _wish(replica, outbounds[1]) == ("Deleted", "")

            await eventually(is_told)
            assert await _wish(replica, outbounds[2]) == ("Waiting", "")


async def test_unconfirmed(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
    archive: Callable[..., list[str]],
) -> None:
    """What a destination cannot be asked for is kept, and told so."""
    outbounds = make(1)
    deleted = archive(outbounds)
    with receiving(destination()) as pacs:
        async with delivering(PACS=pacs.port) as replica:
            await replica.enqueue(wanted(outbounds, "PACS", terms=_AFTER))

            async def is_kept() -> bool:
                return (await _wish(replica, outbounds[0]))[0] == "Kept"

            await eventually(is_kept)
            assert "not confirmed" in (await _wish(replica, outbounds[0]))[1]
    assert deleted == []


async def test_refused(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
    archive: Callable[..., list[str]],
) -> None:
    """What one destination has refused is kept for as long as somebody may replay it, and when nobody will."""
    outbounds = make(1)
    deleted = archive(outbounds)
    one, two = destination(can_find=True), destination(statuses=[0xA900], can_find=True)
    with receiving(one), receiving(two):
        async with delivering(ONE=one.port, TWO=two.port) as replica:
            await replica.enqueue(wanted(outbounds, "ONE", "TWO", terms=_AFTER))
            await replica.until(delivered=1, dead=1)
            assert (await replica.client.post("/router/dead-letters/discard")).json() == {
                "Count": 1
            }

            async def is_kept() -> bool:
                return (await _wish(replica, outbounds[0]))[0] == "Kept"

            await eventually(is_kept)
    assert deleted == []


async def test_kept_by_the_archive(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
    archive: Callable[..., list[str]],
) -> None:
    """What has become another file after the question, or is protected, is kept; the others go."""
    outbounds = make(2)
    deleted = archive(outbounds, protected={outbounds[0].instance.id})
    with receiving(destination(can_find=True)) as pacs:
        async with delivering(PACS=pacs.port) as replica:
            await replica.enqueue(wanted(outbounds, "PACS", terms=_AFTER))

            async def are_told() -> bool:
                states = [(await _wish(replica, one))[0] for one in outbounds]
                return states == ["Kept", "Deleted"]

            await eventually(are_told)
            assert "protected" in (await _wish(replica, outbounds[0]))[1]
    assert deleted == [outbounds[1].instance.id]


async def test_diverted(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
    archive: Callable[..., list[str]],
) -> None:
    """What only a fallback has is kept, whether it had it before or has it from now on."""
    outbounds = make(2)
    deleted = archive(outbounds)
    (nobody,) = free_ports(1)
    terms = replace(_AFTER, fallback=Fallback(modality("SPARE"), 1))
    with receiving(destination(can_find=True)) as spare:
        async with delivering(DEAD=nobody, SPARE=spare.port) as replica:
            await replica.enqueue(wanted(outbounds[:1], "SPARE", rule="other"))
            await replica.until(delivered=1)
            await replica.enqueue(wanted(outbounds, "DEAD", terms=terms))
            await replica.until(delivered=2, diverted=2)

            async def are_kept() -> bool:
                path = "/router/deliveries?modality=DEAD"
                told = (await replica.client.get(path)).json()["Deliveries"]
                return [one["DeleteAfterDelivery"][0]["State"] for one in told] == ["Kept", "Kept"]

            await eventually(are_kept)
    assert deleted == []
