"""Deliveries: what is on its way to modalities and peers, and what was given up."""

from docs.openapi.words import (
    BOOLEAN,
    COUNT,
    NUMBER,
    OBJECT_SCHEMA,
    STRING,
    Answers,
    Described,
    Parameter,
    Schema,
    array,
    count,
    json_body,
    members,
    ok,
)

_STATE: Schema = {
    "enum": ["Due", "Sending", "Delivered", "Dead", "Discarded", "Diverted", "Gone"],
}
_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
_DESTINATION = members(Modality=STRING, Peer=STRING)
_PROTOCOL: Schema = {"enum": ["dimse", "http", "none"]}
_DELIVERY = members(
    ("ID", "Destination", "Instance", "State", "Attempts", "Protocol", "Status", "Reason"),
    ID=COUNT,
    Destination=_DESTINATION,
    Instance=STRING,
    MD5=STRING,
    Size=COUNT,
    Seq=COUNT,
    Rules=array(STRING),
    Priority={"type": "integer"},
    State=_STATE,
    Attempts=COUNT,
    Asked=_MOMENT,
    LastAttempt=_MOMENT,
    NextAttempt=_MOMENT,
    Ended=_MOMENT,
    Protocol=_PROTOCOL,
    Status=COUNT,
    Reason=STRING,
    Doubtful=BOOLEAN,
    PossibleDuplicate=BOOLEAN,
    Fallback={"anyOf": [_DESTINATION, {"type": "null"}]},
    DeleteAfterDelivery=array(
        members(
            ("Rule", "State", "Reason"),
            Rule=STRING,
            State={"enum": ["Waiting", "Due", "Deleted", "Kept"]},
            Reason=STRING,
        )
    ),
)
_PAGE = ok(
    {
        "application/json": members(
            ("Deliveries", "Last", "Done"), Deliveries=array(_DELIVERY), Last=COUNT, Done=BOOLEAN
        )
    }
)
_ONE = ok({"application/json": _DELIVERY})
_STANDING = members(
    ("Destination", "Deliveries", "Away", "Failures"),
    Destination=_DESTINATION,
    Deliveries=OBJECT_SCHEMA,
    Oldest=_MOMENT,
    OldestAgeSeconds=NUMBER,
    DeliveredLastMinute=COUNT,
    LastDelivered=_MOMENT,
    Away=BOOLEAN,
    Failures=COUNT,
    FailingSince=_MOMENT,
    NextAttempt=_MOMENT,
    LastAttempt=_MOMENT,
    Protocol=_PROTOCOL,
    Status=COUNT,
    Reason=STRING,
)
_SELECTION = (
    Parameter("modality", "Only what goes to this modality."),
    Parameter("peer", "Only what goes to this peer."),
    Parameter("rule", "Only what this rule asked for."),
    Parameter("instance", "Only this instance."),
    Parameter("reason", "Only what failed for this reason."),
    count("since", "`Last` of the page before."),
    count("limit", "At most so many, up to 1,000; 100 by default."),
)
_COUNTED: Answers = ok({"application/json": members(("Count",), Count=COUNT)})
_DEAD_LETTERS = json_body(
    "Which dead letters: all that are given; without a body, all.",
    members(Modality=STRING, Peer=STRING, Rule=STRING, Reason=STRING),
    required=False,
)

DELIVERIES: dict[str, Described] = {
    "GET /router/deliveries": Described(
        _PAGE, (Parameter("state", "Only those in this state.", _STATE), *_SELECTION)
    ),
    "GET /router/deliveries/{delivery_id}": Described(_ONE),
    "GET /router/destinations": Described(ok({"application/json": array(_STANDING)})),
    "POST /router/destinations/{kind}/{name}/retry": Described(
        ok({"application/json": OBJECT_SCHEMA})
    ),
    "POST /router/destinations/{kind}/{name}/give-up": Described(_COUNTED),
    "GET /router/dead-letters": Described(_PAGE, _SELECTION),
    "POST /router/dead-letters/replay": Described(_COUNTED, (), _DEAD_LETTERS),
    "POST /router/dead-letters/discard": Described(_COUNTED, (), _DEAD_LETTERS),
    "POST /router/dead-letters/{delivery_id}/replay": Described(_ONE),
    "POST /router/dead-letters/{delivery_id}/discard": Described(_ONE),
}
