"""What is wanted more than once, told once. Pure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from axial.router.deliveries.wanted import Terms, Wanted
from axial.router.destinations.port import DestinationName
from axial.router.index_client import Outbound


@dataclass(frozen=True, slots=True)
class Merged:
    """One instance for one destination, whichever rules want it."""

    rules: tuple[str, ...]
    destination: DestinationName
    outbound: Outbound
    change_sequence: int
    #: Of the rule that was first, but for the highest priority; deleted afterwards if any wants that.
    terms: Terms

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What is delivered once, as columns: kind and name of the destination, instance, MD5."""
        name = self.destination
        return (str(name.kind), name.name, self.outbound.instance.id, self.outbound.md5)

    @property
    def row(self) -> tuple[object, ...]:
        """Everything, as columns."""
        instance, terms, fallback = self.outbound.instance, self.terms, self.terms.fallback
        return (
            *self.key,
            instance.sop_class_uid,
            instance.sop_instance_uid,
            instance.transfer_syntax_uid,
            self.outbound.size_bytes,
            self.change_sequence,
            json.dumps(self.rules),
            terms.priority,
            terms.maximum_attempts,
            terms.give_up_after_seconds,
            str(fallback.destination.kind) if fallback else None,
            fallback.destination.name if fallback else None,
            fallback.after_failures if fallback else 0,
            terms.delete_after,
        )


def merge(wanted: Iterable[Wanted]) -> list[Merged]:
    """Tell each instance for each destination once, in the order in which they were first wanted."""
    merged: dict[tuple[str, str, str, str], Merged] = {}
    for item in wanted:
        one = Merged(
            (item.rule,), item.destination, item.outbound, item.change_sequence, item.terms
        )
        first = merged.get(one.key)
        merged[one.key] = one if first is None else _both(first, one)
    return list(merged.values())


def _both(first: Merged, second: Merged) -> Merged:
    terms = replace(
        first.terms,
        priority=max(first.terms.priority, second.terms.priority),
        delete_after=first.terms.delete_after or second.terms.delete_after,
    )
    return replace(first, rules=tuple(sorted({*first.rules, *second.rules})), terms=terms)


def deletions(wanted: Iterable[Wanted]) -> Sequence[tuple[str, str, str, str, str]]:
    """List instance, MD5, rule and destination of what is to be deleted when it is delivered."""
    return list(
        dict.fromkeys(
            (
                item.outbound.instance.id,
                item.outbound.md5,
                item.rule,
                str(item.destination.kind),
                item.destination.name,
            )
            for item in wanted
            if item.terms.delete_after
        )
    )
