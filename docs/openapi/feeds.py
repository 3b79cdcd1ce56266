"""The feeds in every form."""

from docs.openapi.words import (
    ACCEPTED,
    COUNT,
    LIST,
    NOTHING,
    OBJECT,
    PREFER,
    STRING,
    TEXT,
    Described,
    Parameter,
    array,
    count,
    flag,
    header,
    json_body,
    members,
    ok,
    presence,
)

_TEXT_SCHEMA = {"type": "string", "maxLength": 500}
_WAIT = Parameter(
    "wait", "For how many seconds an empty page may wait, at most 60.", {"type": "number"}
)
_METADATA = Parameter(
    "includeMetadata", "Tell the metadata of instances.", {"enum": ["true", "false"]}
)
_AZURE = (
    Parameter("offset", "v1: the number before the first; v2: how many to leave out.", COUNT),
    Parameter("limit", "How many at most.", {"type": "integer", "minimum": 1, "maximum": 200}),
    Parameter("startTime", "v2: from this time on.", {"type": "string", "format": "date-time"}),
    Parameter("endTime", "v2: before this time.", {"type": "string", "format": "date-time"}),
    _METADATA,
    _WAIT,
)
_FILTER = (
    Parameter("type", "Types of changes, separated by `;`."),
    Parameter("level", "Levels, separated by `;`."),
    Parameter("modality", "Modalities, separated by `;`."),
    Parameter("aet", "AE titles of senders, separated by `;`."),
    Parameter("study", "Studies, separated by `;`."),
)
_SINCE = count("since", "The number before the first.")
_LIMIT = count("limit", "How many at most.")
_FEED = Described(ok(LIST), _AZURE)
_LATEST = Described({200: {"application/json": {"type": "object"}}, 204: NOTHING}, (_METADATA,))
_CONSUMER = Described(ok(OBJECT))
_FILTER_BODY = members(
    ChangeTypes=array(STRING),
    Levels=array({"enum": ["Patient", "Study", "Series", "Instance"]}),
    Modalities=array(STRING),
    AETs=array(STRING),
    Studies=array(STRING),
)
_PLACE = {
    "oneOf": [
        members(("Seq",), Seq=COUNT) | {"additionalProperties": False},
        members(("Time",), Time={"type": "string", "format": "date-time"})
        | {"additionalProperties": False},
    ]
}

FEEDS: dict[str, Described] = {
    "GET /changes": Described(
        ok(OBJECT),
        (
            _SINCE,
            _LIMIT,
            count("to", "The last number."),
            Parameter("type", "Types of changes, separated by `;`."),
            presence("last", "Only the newest."),
            flag(
                "include-deleted", "The whole history: also of what is gone, and what was cleared."
            ),
            _WAIT,
        ),
    ),
    "DELETE /changes": Described({200: TEXT} | ACCEPTED, (PREFER,)),
    "GET /changefeed": _FEED,
    "GET /changefeed/latest": _LATEST,
    "GET /{version}/changefeed": _FEED,
    "GET /{version}/changefeed/latest": _LATEST,
    "GET /feed/entries": Described(
        ok(OBJECT),
        (
            _SINCE,
            _LIMIT,
            _WAIT,
            count("sequence", "Only the entry of this number in Azure's feed."),
            *_FILTER,
        ),
    ),
    "GET /feed/entries/{sequence}": Described(ok(OBJECT)),
    "GET /feed/events": Described(
        ok({"text/event-stream": STRING}),
        (
            _SINCE,
            header("Last-Event-ID", "The number before the first; goes before `since`."),
            *_FILTER,
        ),
    ),
    "GET /feed/consumers": Described(
        ok(LIST), (presence("expand", "Tell the consumers, not only their names."),)
    ),
    "GET /feed/consumers/{name}": _CONSUMER,
    "PUT /feed/consumers/{name}": Described(
        ok(OBJECT) | {201: OBJECT},
        (),
        json_body(
            "What the consumer is to be.",
            members(
                Filter=_FILTER_BODY,
                Start={"anyOf": [{"enum": ["earliest", "latest"]}, _PLACE]},
                Push=members(
                    ("Url",),
                    Url=STRING,
                    Secrets=array(STRING),
                    Batch={"type": "integer", "minimum": 1, "maximum": 100},
                ),
            ),
            required=False,
        ),
    ),
    "DELETE /feed/consumers/{name}": _CONSUMER,
    "GET /feed/consumers/{name}/entries": Described(
        ok(OBJECT), (_LIMIT, count("wait", _WAIT.text))
    ),
    "GET /feed/consumers/{name}/skipped": Described(ok(LIST), (_SINCE, _LIMIT)),
    "POST /feed/consumers/{name}/ack": Described(
        ok(OBJECT),
        (),
        json_body(
            "What is done with.", members(("Seq", "Generation"), Seq=COUNT, Generation=COUNT)
        ),
    ),
    "POST /feed/consumers/{name}/skip": Described(
        ok(OBJECT),
        (),
        json_body(
            "What is to be left out.",
            members(("Seq", "Reason"), Seq=COUNT, Reason=_TEXT_SCHEMA | {"minLength": 1}),
        ),
    ),
    "POST /feed/consumers/{name}/skipped/{sequence}/replay": Described(ok(OBJECT)),
    "POST /feed/consumers/{name}/pause": Described(
        ok(OBJECT), (), json_body("Why.", members(Reason=_TEXT_SCHEMA), required=False)
    ),
    "POST /feed/consumers/{name}/resume": _CONSUMER,
    "POST /feed/consumers/{name}/rewind": Described(ok(OBJECT), (), json_body("Where to.", _PLACE)),
    "POST /feed/consumers/{name}/test": _CONSUMER,
    "POST /feed/consumers/{name}/token": Described({201: OBJECT}),
    "DELETE /feed/consumers/{name}/token": _CONSUMER,
}
