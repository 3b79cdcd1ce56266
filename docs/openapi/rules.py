"""Routing rules: which changes mean which deliveries."""

from docs.openapi.words import (
    BOOLEAN,
    COUNT,
    IF_MATCH,
    IF_NONE_MATCH,
    NOTHING,
    OBJECT,
    OBJECT_SCHEMA,
    STRING,
    Described,
    Parameter,
    Schema,
    array,
    header,
    json_body,
    members,
    ok,
    presence,
)

_INTEGER: Schema = {"type": "integer"}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_CHANGE: Schema = {
    "enum": ["NewInstance", "CompletedSeries", "StableSeries", "StableStudy", "StablePatient"]
}
_NAME: dict[str, Schema] = {"Modality": STRING, "Peer": STRING}
_DESTINATION = members(
    (),
    **_NAME,
    Priority=_INTEGER,
    MaximumAttempts={"type": "integer", "minimum": 1},
    GiveUpAfter=COUNT,
    Fallback=members(("AfterFailures",), **_NAME, AfterFailures={"type": "integer", "minimum": 1}),
)
_RULE = members(
    ("Trigger", "Destinations"),
    Trigger={"anyOf": [_CHANGE, members(("ExpectedSeries",), ExpectedSeries=array(OBJECT_SCHEMA))]},
    Conditions=members(
        All=array(OBJECT_SCHEMA),
        Any=array(OBJECT_SCHEMA),
        Not=OBJECT_SCHEMA,
        Tags=OBJECT_SCHEMA,
        Modality={},
        SopClass={},
        TransferSyntax={},
        RemoteAET={},
        CalledAET={},
        Origin={},
        RemoteIP={},
        HttpUsername={},
        TimeOfDay=members(
            ("TimeZone",), TimeZone=STRING, From=STRING, To=STRING, Days=array(STRING)
        ),
    ),
    Destinations=array(_DESTINATION),
    Priority=_INTEGER,
    DeleteAfterDelivery=BOOLEAN,
    Enabled=BOOLEAN,
    Otherwise=BOOLEAN,
)
_ONE = {"application/json": _RULE}
_TOLD = members(
    ("Matches", "Reasons", "Conditions", "Destinations"),
    Trigger=STRING,
    Matches=BOOLEAN,
    Reasons=array(STRING),
    Conditions=OBJECT_SCHEMA,
    ExpectedSeries=array(OBJECT_SCHEMA),
    ClaimedBy=array(STRING),
    Destinations=array(
        members(("Delivers", "Reason"), **_NAME, Delivers=BOOLEAN, Reason=STRING),
    ),
)
_TEST = members(("Instance",), Instance=STRING, Time=_MOMENT, Rule=_RULE, Rules=array(STRING))
_REPLAY = members(
    Rule=_RULE,
    Rules=array(STRING),
    Since=COUNT,
    To=COUNT,
    From=_MOMENT,
    Until=_MOMENT,
    DryRun=BOOLEAN,
    Again=BOOLEAN,
    Synchronous=BOOLEAN,
    Asynchronous=BOOLEAN,
    Priority=_INTEGER,
    Permissive=BOOLEAN,
    UserData={},
)
_GUARDED: tuple[Parameter, ...] = (IF_MATCH,)

RULES: dict[str, Described] = {
    "GET /router/rules": Described(
        ok({"application/json": {"anyOf": [array(STRING), OBJECT_SCHEMA]}}),
        (presence("expand", "The rules themselves, rather than their names."),),
    ),
    "GET /router/rules/{name}": Described({**ok(_ONE), 304: NOTHING}, (IF_NONE_MATCH,)),
    "PUT /router/rules/{name}": Described(
        {200: _ONE, 201: _ONE},
        (*_GUARDED, header("If-None-Match", "`*`: only if there is no such rule.")),
        json_body("The rule.", _RULE),
    ),
    "DELETE /router/rules/{name}": Described(ok(OBJECT), _GUARDED),
    "POST /router/rules/test": Described(
        ok(
            {
                "application/json": members(
                    ("Instance", "Time", "Rules"),
                    Instance=STRING,
                    Time=_MOMENT,
                    Rules={"type": "object", "additionalProperties": _TOLD},
                )
            }
        ),
        (),
        json_body("An instance, and the rules that are meant; without any, all.", _TEST),
    ),
    "POST /router/rules/replay": Described(
        ok(OBJECT),
        (),
        json_body("A range of the feed, and the rules that are meant; without any, all.", _REPLAY),
    ),
}
