"""Rules as they are written: what is wrong with one is told by its field."""

from typing import Any

import pytest

from axial.common.configuration import BadConfiguration, Configuration
from axial.common.errors import BadJson, BadParameter
from axial.router.rules.bodies import read_json
from axial.router.rules.book import StoredRule, book_of, configured_rules
from axial.router.rules.requests import ReplayQuestion
from axial.router.rules.rule import read_rule, readings_of

pytestmark = pytest.mark.unit

READINGS = readings_of(Configuration())
GOOD = {"Trigger": "NewInstance", "Destinations": [{"Modality": "pacs"}]}


def condition(**written: Any) -> dict[str, Any]:
    """Write a rule with conditions."""
    return GOOD | {"Conditions": written}


def window(**written: Any) -> dict[str, Any]:
    """Write a rule with a time of day."""
    return condition(TimeOfDay={"TimeZone": "Europe/Berlin", **written})


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "The body: should be a JSON object"),
        ({"Trigger": "NewInstance"}, "Destinations: it is missing"),
        (GOOD | {"Destinations": {}}, "Destinations: should be a list"),
        (GOOD | {"Condition": {}}, "Condition: there is no such field"),
        (GOOD | {"Trigger": "NewStudy"}, "Trigger.Change: Input should be 'NewInstance', "),
        (GOOD | {"Trigger": {}}, "Trigger: should be the name of a change, or have ExpectedSeries"),
        (GOOD | {"Trigger": {"ExpectedSeries": []}}, "Trigger.ExpectedSeries: "),
        (GOOD | {"Destinations": []}, "Destinations: List should have at least 1 item"),
        (GOOD | {"Destinations": [{}]}, "Destinations.0: should have either Modality or Peer"),
        (
            GOOD | {"Destinations": [{"Modality": "pacs"}] * 2},
            "The body: Destinations should be named once each",
        ),
        (GOOD | {"Destinations": [{"Peer": "a", "Priority": 1.5}]}, "Destinations.0.Priority: "),
        (
            GOOD | {"Destinations": [{"Peer": "a", "MaximumAttempts": 0}]},
            "Destinations.0.MaximumAttempts: ",
        ),
        (
            GOOD | {"Destinations": [{"Peer": "a", "Fallback": {"Peer": "a", "AfterFailures": 1}}]},
            "Destinations.0: its Fallback should be another destination",
        ),
        (GOOD | {"Destinations": [{"Peer": "a\0"}]}, "Destinations.0.Peer: should hold no control"),
        (GOOD | {"Enabled": "yes"}, "Enabled: "),
        (condition(Tags={"Rows": {"From": 10**400}}), "Conditions.Tags.Rows.From: "),
        (condition(Modality="\ud800"), "Conditions.Modality.Equals: "),
        (condition(Tags={"Rows": {"To": "\ud800"}}), "Conditions.Tags.Rows.To: should be a text"),
        # Understood with case, and too large without.
        (
            condition(Tags={"PatientName": {"Regex": r"[^\p{Greek}]{600}", "IgnoreCase": True}}),
            "Conditions.Tags.PatientName: its pattern is too large",
        ),
        (
            condition(
                Any=[
                    {"Tags": {f"00{group:02x},10{place:02x}": "x" for place in range(150)}}
                    for group in (0x09, 0x11)
                ]
            ),
            "The body: a rule looks at 200 attributes at most",
        ),
        (condition(Tags={"Nonsense": "x"}), "Conditions.Tags: no attribute is called 'Nonsense'"),
        (condition(Tags={"Modality": {}}), "Conditions.Tags.Modality: should ask something"),
        (condition(Tags={"Modality": {"Regex": "("}}), "Conditions.Tags.Modality.Regex: "),
        (condition(Tags={"Modality": {"From": True}}), "Conditions.Tags.Modality.From: "),
        (
            condition(Tags={"Modality": {"Present": False, "Equals": "x"}}),
            "Conditions.Tags.Modality: ",
        ),
        (condition(Any=[{"Not": {"RemoteIP": "here"}}]), "Conditions.Any.0.Not.RemoteIP.0: "),
        (condition(Origin="Lua"), "Conditions.Origin.0: "),
        (condition(All=[]), "Conditions.All: "),
        (window(), "Conditions.TimeOfDay: should have From and To, or Days"),
        (window(From="08:00"), "Conditions.TimeOfDay: should have both From and To"),
        (window(From="08:00", To="08:00"), "Conditions.TimeOfDay: From and To should differ"),
        (window(From="8:00", To="24:00"), "Conditions.TimeOfDay.From: should be a time"),
        (window(TimeZone="Mars/Olympus", Days=["Friday"]), "Conditions.TimeOfDay.TimeZone: "),
        (window(TimeZone="../etc/passwd", Days=["Friday"]), "Conditions.TimeOfDay.TimeZone: "),
        (window(Days=["Fri"]), "Conditions.TimeOfDay.Days.0: "),
    ],
)
def test_what_is_wrong(document: Any, complaint: str) -> None:
    """One clear error names the field."""
    with pytest.raises(BadParameter) as caught:
        read_rule("r", document, READINGS)
    assert caught.value.message.startswith(complaint)


@pytest.mark.parametrize("name", ["", "a/b", "a b", "-a", "ä", "a" * 65])
def test_what_is_no_name(name: str) -> None:
    """A rule's name is made for paths and labels."""
    with pytest.raises(BadParameter, match="name"):
        read_rule(name, GOOD, READINGS)


def test_an_error_does_not_quote() -> None:
    """What a rule asks of patients is not in its errors, which are logged."""
    document = condition(PatientName="Müller", Tags={"PatientID": {"Equals": ["4711"]}})
    with pytest.raises(BadParameter) as caught:
        read_rule("r", document, READINGS)
    assert "Müller" not in caught.value.message
    assert "4711" not in caught.value.message


def test_rules_of_the_configuration() -> None:
    """They are as those that are PUT, and win over them; a wrong one is one line at start."""
    configured = Configuration.model_validate({"Router": {"Rules": {"one": GOOD}}})
    stored = [
        StoredRule("one", 1, 0, '{"Trigger": "StableStudy", "Destinations": [{"Peer": "p"}]}')
    ]
    # Was understood once, by another configuration.
    stored += [
        StoredRule(
            "old", 2, 0, '{"Trigger": "NewInstance", "Destinations": [{"Peer": "p"}], "Was": 1}'
        )
    ]
    book = book_of(2, stored, configured_rules(configured, READINGS), READINGS)
    assert [each.name for each in book.enabled] == ["one"]
    assert book.changes == {"NewInstance"}
    wrong = Configuration.model_validate({"Router": {"Rules": {"one": GOOD | {"Trigger": 1}}}})
    with pytest.raises(BadConfiguration, match=r"^option Router\.Rules\.one: Trigger: "):
        configured_rules(wrong, READINGS)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b'{"Since": 1, "From": "2026-01-01T00:00:00Z"}', "The body: should have Since or From"),
        (b'{"To": 1, "Until": "2026-01-01T00:00:00Z"}', "The body: should have To or Until"),
        (b'{"From": "2026-01-01"}', "From: "),
        (
            b'{"From": "2026-01-01T00:00:00Z", "Until": "2026-01-01T00:59:59+01:00"}',
            "The body: From should not be behind Until",
        ),
        (b'{"Rule": {}, "Rules": ["a"]}', "The body: should have Rule or Rules"),
        (b'{"Since": -1}', "Since: "),
        (b'{"Dry": true}', "Dry: there is no such field"),
    ],
)
def test_wrong_replays(body: bytes, complaint: str) -> None:
    """What is asked of a replay is held to the same manners."""
    with pytest.raises(BadParameter) as caught:
        read_json(ReplayQuestion, body)
    assert caught.value.message.startswith(complaint)
    with pytest.raises(BadJson):
        read_json(ReplayQuestion, body[:-1])
