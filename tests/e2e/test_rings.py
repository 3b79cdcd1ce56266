"""Archives that pass on whatever comes, to one another in a ring."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.dicoms import DicomMaker
from support.system import Axial, Wishes, running
from support.waiting import eventually_sync

from axial.cli.ports import LOOPBACK

pytestmark = pytest.mark.e2e

_NAMES = ("A", "B", "C")


def _deliveries(client: httpx2.Client) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = client.get("/router/deliveries").json()["Deliveries"]
    return told


def _arrivals(client: httpx2.Client) -> int:
    """Count what has come, also what is overwritten since."""
    query = {"since": "0", "type": "NewInstance"}
    return len(client.get("/feed/entries", params=query).json()["Entries"])


def _is_idle(system: Axial, client: httpx2.Client) -> bool:
    """Tell whether rules were asked about all that has happened, and what they want is delivered."""
    (position,) = [
        float(line.split()[1])
        for line in httpx2.get(f"{system.own_url('router')}/metrics").text.splitlines()
        if line.startswith("axial_router_rules_position ")
    ]
    last = client.get("/changes?last").json()["Last"]
    return position >= last and {one["State"] for one in _deliveries(client)} == {"Delivered"}


def _are_at_rest(systems: Sequence[Axial], clients: Sequence[httpx2.Client]) -> bool:
    """Tell whether nothing is on its way: what one has delivered has arrived at the next, and it is idle."""
    sent = [len(_deliveries(client)) for client in clients]
    arrived = [_arrivals(client) for client in clients]
    return arrived == [1 + sent[2], sent[0], sent[1]] and all(
        _is_idle(*one) for one in zip(systems, clients, strict=True)
    )


def test_a_ring_of_three_comes_to_rest(own_data: Path) -> None:
    """It goes round, though all overwrite what they have: each file goes to each destination once."""
    dicom = DicomMaker().make(0)
    with ExitStack() as stack:
        systems, clients = [], []
        for name in _NAMES:
            options = {"DicomAet": f"RING{name}", "OverwriteInstances": True}
            system = stack.enter_context(running(own_data / name, Wishes(configuration=options)))
            systems.append(system)
            clients.append(stack.enter_context(system.client()))
        for number, client in enumerate(clients):
            next_ = systems[(number + 1) % 3]
            if number == 1:
                # By HTTP, where all have the same address.
                assert client.put("/peers/next", json={"Url": next_.url}).is_success
            else:
                title = f"RING{_NAMES[(number + 1) % 3]}"
                modality = [title, LOOPBACK, next_.dicom_port]
                assert client.put("/modalities/next", json=modality).is_success
            kind = "Peer" if number == 1 else "Modality"
            rule = {"Trigger": "NewInstance", "Destinations": [{kind: "next"}]}
            assert client.put("/router/rules/on", json=rule).status_code == 201
        assert clients[0].post("/instances", content=dicom.body).is_success
        eventually_sync(lambda: _arrivals(clients[0]) > 1, within=60)
        eventually_sync(lambda: _are_at_rest(systems, clients), within=60)
        for client in clients:
            files = [one["MD5"] for one in _deliveries(client)]
            # One who receives by DICOM writes a file header of his own: that may be another file, once.
            assert len(files) == len(set(files)) <= 2
