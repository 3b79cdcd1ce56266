"""Why rules match an instance or not, and where it would go. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from axial.router.destinations.port import DestinationKind, DestinationName
from axial.router.rules.changes import Change
from axial.router.rules.deciding import Surroundings, claimants, is_expected_there, met_by
from axial.router.rules.facts import Facts
from axial.router.rules.matching import Case, explain
from axial.router.rules.rule import Rule

_MEMBERS = {DestinationKind.MODALITY: "Modality", DestinationKind.PEER: "Peer"}


@dataclass(frozen=True, slots=True)
class Trial:
    """An instance as rules would see it if their change came now."""

    facts: Facts
    change: Change
    #: Of its study, for rules that expect series.
    instances: Sequence[Facts]
    #: All rules there are.
    everywhere: Sequence[Rule]
    surroundings: Surroundings
    #: What has become of it at destinations that have had to do with it.
    known: Mapping[DestinationName, str]


def explain_rule(rule: Rule, trial: Trial) -> dict[str, Any]:
    """Tell whether a rule matches and each thing that it asks for, and why nothing goes somewhere."""
    case = Case(trial.facts, trial.change.moment)
    conditions = explain(rule.condition, case)
    told: dict[str, Any] = {"Trigger": rule.trigger, "Conditions": conditions}
    reasons = []
    if not rule.is_enabled:
        reasons.append("The rule is not enabled")
    if rule.expected:
        told["ExpectedSeries"] = _expected(rule, trial)
        if not is_expected_there(rule, trial.change, trial.instances):
            reasons.append("A series that is expected is not there, or not done")
    if not conditions["Holds"]:
        reasons.append("A condition does not hold")
    if rule.is_otherwise:
        told["ClaimedBy"] = [other.name for other in claimants(trial.everywhere, case)]
        if told["ClaimedBy"]:
            reasons.append("Another rule matches")
    return told | {
        "Matches": not reasons,
        "Reasons": reasons,
        "Destinations": [
            _destination(target.destination, trial, matches=not reasons) for target in rule.targets
        ],
    }


def name_members(name: DestinationName) -> dict[str, str]:
    """Write a destination as rules do."""
    return {_MEMBERS[name.kind]: name.name}


def _expected(rule: Rule, trial: Trial) -> list[dict[str, Any]]:
    """Tell by which series each expectation is met; of one that is not, what the tested instance lacks."""
    told: list[dict[str, Any]] = []
    for condition in rule.expected:
        series = met_by(condition, trial.change, trial.instances)
        case = Case(trial.facts, trial.change.moment)
        told.append(
            {
                "Met": series is not None,
                "Series": series,
                "SeriesOfInstanceIsDone": trial.facts.series_is_done,
                "Conditions": explain(condition, case),
            }
        )
    return told


def _destination(name: DestinationName, trial: Trial, *, matches: bool) -> dict[str, Any]:
    reason = "" if matches else "The rule does not match"
    if not reason:
        if trial.surroundings.whereabouts.get(name) is None:
            reason = "There is no such destination now; what is to go there waits for it"
        elif trial.surroundings.is_sender(name, trial.facts):
            reason = "The instance came from there"
        elif (state := trial.known.get(name)) is not None:
            reason = _STATES.get(state, f"There is a delivery already, which is {state}")
    return {**name_members(name), "Delivers": not reason, "Reason": reason}


_STATES = {
    "delivered": "It has been delivered already",
    "due": "It is on its way already",
    "sending": "It is on its way already",
}
