"""A modality that is asked for storage commitment, and that asks for it, played by pynetdicom."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import build_role

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.sop_classes import STORAGE_COMMITMENT
from axial.dimse.messages.commitments import STORAGE_COMMITMENT_INSTANCE

TITLE = "COMMITTER"

#: SOP class and SOP instance.
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """What a request or a report says."""

    transaction_uid: str
    pairs: tuple[Pair, ...]
    #: With the reasons.
    failed: Mapping[Pair, int]
    #: Of the action or the event.
    kind: int
    calling_aet: str


@dataclass
class Committer:
    """What it has heard, and how it answers."""

    port: int
    action_status: int = 0x0000
    event_status: int = 0x0000
    #: Report success on the association on which it was asked, as soon as it has answered.
    reports_at_once: bool = False
    requests: list[Told] = field(default_factory=list)
    reports: list[Told] = field(default_factory=list)
    #: What we were answered.
    answers: list[int] = field(default_factory=list)

    def on_action(self, event: Event) -> tuple[int, None]:
        """Be asked."""
        information = event.action_information
        self.requests.append(_told(event, information, event.action_type))
        if self.reports_at_once:
            report = report_of(self.requests[-1].transaction_uid, self.requests[-1].pairs)
            threading.Thread(target=self._report_on, args=(event.assoc, report)).start()
        return self.action_status, None

    def on_event(self, event: Event) -> tuple[int, None]:
        """Be told."""
        self.reports.append(_told(event, event.event_information, event.event_type))
        return self.event_status, None

    def report(
        self,
        port: int,
        transaction_uid: str,
        pairs: Iterable[Pair],
        failed: Mapping[Pair, int] | None = None,
    ) -> int:
        """Report to somebody on an association of its own; return the status of the answer."""
        entity = AE(TITLE)
        entity.add_requested_context(STORAGE_COMMITMENT)
        association = entity.associate(
            LOOPBACK, port, ext_neg=[build_role(STORAGE_COMMITMENT, scp_role=True)]
        )
        self._report_on(association, report_of(transaction_uid, pairs, failed or {}))
        association.release()
        return self.answers[-1]

    def ask(self, port: int, transaction_uid: str, pairs: Iterable[Pair]) -> int:
        """Ask somebody; return the status of the answer."""
        entity = AE(TITLE)
        entity.add_requested_context(STORAGE_COMMITMENT)
        association = entity.associate(LOOPBACK, port, ae_title="ARCHIVE")
        answer, _ = association.send_n_action(
            report_of(transaction_uid, pairs), 1, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE
        )
        association.release()
        return int(answer.Status)

    def _report_on(self, association: Association, report: Dataset) -> None:
        kind = 2 if "FailedSOPSequence" in report else 1
        answer, _ = association.send_n_event_report(
            report, kind, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE
        )
        self.answers.append(int(answer.Status))


@contextmanager
def committing(port: int | None = None, *, offers: bool = True) -> Iterator[Committer]:
    """Have one listen; one that offers nothing accepts the association, and no context on it."""
    committer = Committer(port or free_ports(1)[0])
    entity = AE(TITLE)
    offered = STORAGE_COMMITMENT if offers else "1.2.840.10008.1.1"
    entity.add_supported_context(offered, scu_role=True, scp_role=True)
    handlers: list[Any] = [
        (evt.EVT_N_ACTION, committer.on_action),
        (evt.EVT_N_EVENT_REPORT, committer.on_event),
    ]
    server = entity.start_server((LOOPBACK, committer.port), block=False, evt_handlers=handlers)
    assert server is not None, "it does not block"
    try:
        yield committer
    finally:
        server.shutdown()


def report_of(
    transaction_uid: str, pairs: Iterable[Pair], failed: Mapping[Pair, int] | None = None
) -> Dataset:
    """Write a report; without failures a request looks the same."""
    dataset = Dataset()
    dataset.TransactionUID = transaction_uid
    dataset.ReferencedSOPSequence = [_item(pair) for pair in pairs]
    if failed:
        dataset.FailedSOPSequence = [_item(pair, reason) for pair, reason in failed.items()]
    return dataset


def _item(pair: Pair, reason: int | None = None) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = pair
    if reason is not None:
        item.FailureReason = reason
    return item


def _told(event: Event, dataset: Dataset, kind: int | None) -> Told:
    requestor = event.assoc.requestor
    return Told(
        str(dataset.TransactionUID),
        tuple(map(_pair, dataset.get("ReferencedSOPSequence", ()))),
        {_pair(item): int(item.FailureReason) for item in dataset.get("FailedSOPSequence", ())},
        int(kind or 0),
        str(requestor.ae_title).strip(),
    )


def _pair(item: Dataset) -> Pair:
    return str(item.ReferencedSOPClassUID), str(item.ReferencedSOPInstanceUID)
