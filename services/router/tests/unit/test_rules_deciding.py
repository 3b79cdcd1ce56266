"""Which rules match, what they want, and what is said of it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.routing import change, facts

from axial.common.configuration import Configuration
from axial.common.ticks import Ticks
from axial.router.deliveries.wanted import Fallback, Terms
from axial.router.destinations.port import DestinationKind, DestinationName
from axial.router.rules.carrying_out import intent_of
from axial.router.rules.deciding import (
    Match,
    Surroundings,
    destinations_of,
    matches,
    scopes,
    wanted,
)
from axial.router.rules.explaining import Trial, explain_rule
from axial.router.rules.facts import Facts
from axial.router.rules.loops import Whereabouts
from axial.router.rules.rule import Rule, read_rule, readings_of

pytestmark = pytest.mark.unit

PACS = DestinationName(DestinationKind.MODALITY, "pacs")
SPARE = DestinationName(DestinationKind.PEER, "spare")
NOWHERE = Surroundings({PACS: Whereabouts(aet="PACS"), SPARE: Whereabouts()}, strict_aets=False)
READINGS = readings_of(Configuration())


def rule(name: str, trigger: Any = "NewInstance", **members: Any) -> Rule:
    """Write a rule that sends to the PACS unless told otherwise."""
    document = {"Trigger": trigger, "Destinations": [{"Modality": "pacs"}], **members}
    return read_rule(name, document, READINGS)


def matched(rules: list[Rule], kind: str, *instances: Facts) -> list[tuple[str, str]]:
    """Name what rules match because of a change, as instance and rule."""
    what = change(1, kind)
    return [
        (match.facts.id, match.rule.name)
        for here in scopes(rules, what).values()
        for match in matches(here, rules, what, instances)
    ]


@pytest.mark.parametrize(
    ("trigger", "kinds"),
    [
        ("NewInstance", {"NewInstance"}),
        ("CompletedSeries", {"CompletedSeries"}),
        ("StableSeries", {"StableSeries"}),
        ("StableStudy", {"StableStudy"}),
        ("StablePatient", {"StablePatient"}),
        ({"ExpectedSeries": [{}]}, {"CompletedSeries", "StableSeries"}),
    ],
)
def test_triggers(trigger: Any, kinds: set[str]) -> None:
    """A rule is looked at because of its trigger's changes, and of no others."""
    every = ["NewInstance", "NewSeries", "CompletedSeries", "StableSeries", "StableStudy"]
    every += ["StablePatient", "UpdatedMetadata", "Deleted"]
    one = facts(done=True)
    assert {kind for kind in every if matched([rule("r", trigger)], kind, one)} == kinds
    assert not matched([rule("r", trigger, Enabled=False)], min(kinds), one)


def test_where_the_instances_are() -> None:
    """They are below what has changed; where series are expected, in the whole study."""
    rules = [rule("here", "StableSeries"), rule("study", {"ExpectedSeries": [{}]})]
    found = scopes(rules, change(1, "StableSeries", "one-series"))
    assert {scope: [each.name for each in some] for scope, some in found.items()} == {
        "one-series": ["here"],
        "study": ["study"],
    }


def test_each_instance_for_itself() -> None:
    """Of a stable study only the instances go for which the conditions hold."""
    ct = rule("ct", "StableStudy", Conditions={"Modality": "CT"})
    every = rule("every", "StableStudy")
    one, two = facts("one"), facts("two", Modality="SR")
    assert matched([ct, every], "StableStudy", one, two) == [
        ("one", "ct"),
        ("one", "every"),
        ("two", "every"),
    ]


def test_expected_series() -> None:
    """Nothing goes until each expected series is there and done; then all that the conditions let."""
    trigger = {"ExpectedSeries": [{"Modality": "CT"}, {"Modality": "SR"}]}
    both = rule("both", trigger, Conditions={"Not": {"Modality": "US"}})
    ct, us = facts("ct", "1", done=True), facts("us", "3", Modality="US")
    coming, done = (facts("sr", "2", done=done, Modality="SR") for done in (False, True))
    assert not matched([both], "StableSeries", ct, us)
    assert not matched([both], "StableSeries", ct, us, coming)
    assert matched([both], "StableSeries", ct, us, done) == [("ct", "both"), ("sr", "both")]


def test_what_is_left_over() -> None:
    """A rule for what is left over matches only what no other enabled rule matches, whatever that one waits for."""
    rest = rule("rest", Otherwise=True)
    ct = rule("ct", Conditions={"Modality": "CT"})
    late = rule("late", "StableStudy", Conditions={"Modality": "SR"})
    off = rule("off", Enabled=False)
    rules = [ct, late, off, rest, rule("rest2", Otherwise=True)]
    assert matched(rules, "NewInstance", facts("a")) == [("a", "ct")]
    assert matched(rules, "NewInstance", facts("b", Modality="SR")) == []
    other = facts("c", Modality="US")
    assert matched(rules, "NewInstance", other) == [("c", "rest"), ("c", "rest2")]


def test_terms() -> None:
    """A destination's own terms overrule the rule's."""
    full = rule(
        "r",
        Priority=5,
        DeleteAfterDelivery=True,
        Destinations=[
            {"Modality": "pacs"},
            {
                "Peer": "spare",
                "Priority": -1,
                "MaximumAttempts": 3,
                "GiveUpAfter": 60,
                "Fallback": {"Modality": "pacs", "AfterFailures": 2},
            },
        ],
    )
    first, second = wanted(Match(full, facts(), change(7)), NOWHERE)
    assert (first.rule, first.destination, first.change_sequence) == ("r", PACS, 7)
    assert first.terms == Terms(priority=5, delete_after=True)
    assert second.destination == SPARE
    assert second.terms == Terms(-1, 3, 60, Fallback(PACS, 2), delete_after=True)
    assert destinations_of([full]) == {PACS, SPARE}


def test_never_back() -> None:
    """Nothing goes to where it came from, not even when another destination fails; others get it."""
    here = Surroundings({PACS: Whereabouts(aet="ct1")}, strict_aets=False)
    there = rule(
        "r",
        Destinations=[
            {"Modality": "pacs"},
            {"Peer": "spare", "Fallback": {"Modality": "pacs", "AfterFailures": 1}},
        ],
    )
    (only,) = wanted(Match(there, facts(), change(1)), here)
    assert only.destination == SPARE
    assert only.terms.fallback is None
    assert intent_of([], [Match(there, facts(), change(1))], here).left_out == 1


def test_what_was_deleted_meanwhile() -> None:
    """What came and went is forgotten and not sent; what came again afterwards is."""
    every = rule("r")
    changes = [change(1), change(2, "Deleted"), change(3), change(4, resource="b")]
    found = [
        Match(every, facts("a"), changes[0]),
        Match(every, facts("a"), changes[2]),
        Match(every, facts("b"), changes[3]),
    ]
    intent = intent_of(changes, found, NOWHERE)
    assert intent.forgotten == ["a"]
    assert [(each.outbound.instance.id, each.change_sequence) for each in intent.deliveries] == [
        ("a", 3),
        ("b", 4),
    ]


def trial(known: dict[DestinationName, str], *rules: Rule, of: Facts | None = None) -> Trial:
    """Try rules on an instance."""
    one = of or facts("a", done=True)
    return Trial(one, change(0, ""), [one], rules, NOWHERE, known)


def test_explained() -> None:
    """Each reason why nothing goes somewhere is told, the instance's values beside what was expected."""
    ct = rule("ct", Conditions={"Modality": "CT"})
    mr = rule("mr", Conditions={"Modality": ["MR", "PT"]})
    rest = rule("rest", Otherwise=True)
    off = rule("off", Enabled=False)
    series = rule("series", {"ExpectedSeries": [{"Modality": "CT"}, {"Modality": "SR"}]})
    tried = trial({}, ct, mr, rest, off, series)
    assert explain_rule(ct, tried) == {
        "Trigger": "NewInstance",
        "Matches": True,
        "Reasons": [],
        "Conditions": {
            "Condition": "Conditions.Modality",
            "Expected": "Equals CT",
            "Found": "CT",
            "Holds": True,
        },
        "Destinations": [{"Modality": "pacs", "Delivers": True, "Reason": ""}],
    }
    told = explain_rule(mr, tried)
    assert told["Reasons"] == ["A condition does not hold"]
    assert (told["Conditions"]["Expected"], told["Conditions"]["Found"]) == ("OneOf MR, PT", "CT")
    assert told["Destinations"][0]["Reason"] == "The rule does not match"
    assert explain_rule(off, tried)["Reasons"] == ["The rule is not enabled"]
    assert explain_rule(rest, tried)["ClaimedBy"] == ["ct", "series"]
    assert explain_rule(rest, tried)["Reasons"] == ["Another rule matches"]
    told = explain_rule(series, tried)
    assert told["Reasons"] == ["A series that is expected is not there, or not done"]
    assert [each["Series"] for each in told["ExpectedSeries"]] == ["series", None]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("delivered", "It has been delivered already"),
        ("due", "It is on its way already"),
        ("dead", "There is a delivery already, which is dead"),
    ],
)
def test_explained_deliveries(state: str, reason: str) -> None:
    """What has been delivered, or is on its way, is not delivered again."""
    (told,) = explain_rule(rule("r"), trial({PACS: state}))["Destinations"]
    assert (told["Delivers"], told["Reason"]) == (False, reason)


def test_explained_destinations() -> None:
    """A destination that nobody knows waits, and the one that sent it gets nothing."""
    (told,) = explain_rule(rule("r", Destinations=[{"Modality": "gone"}]), trial({}))[
        "Destinations"
    ]
    assert told["Reason"].startswith("There is no such destination now")
    sender = replace(facts(), remote_aet="pacs")
    (told,) = explain_rule(rule("r"), trial({}, of=sender))["Destinations"]
    assert told["Reason"] == "The instance came from there"


_CONDITIONS = st.sampled_from(
    [{}, {"Modality": "CT"}, {"Modality": "SR"}, {"Not": {"Modality": "CT"}}, {"Origin": "RestApi"}]
)
_RULES = st.lists(st.tuples(_CONDITIONS, st.booleans(), st.booleans()), max_size=5)


@given(_RULES, st.sampled_from(["CT", "SR", "US"]))
def test_an_explanation_agrees_with_the_decision(
    written: list[tuple[dict[str, Any], bool, bool]], modality: str
) -> None:
    """`test` says of each rule what will be done, and whoever is left over to is left over to by all others."""
    rules = [
        rule(f"r{number}", Conditions=conditions, Enabled=enabled, Otherwise=otherwise)
        for number, (conditions, enabled, otherwise) in enumerate(written)
    ]
    one = facts("a", Modality=modality)
    done = {name for _, name in matched(rules, "NewInstance", one)}
    tried = Trial(one, replace(change(1), moment=Ticks(0)), [one], rules, NOWHERE, {})
    assert {each.name for each in rules if explain_rule(each, tried)["Matches"]} == done
    ordinary = {each.name for each in rules if not each.is_otherwise}
    assert not done - ordinary or not done & ordinary
