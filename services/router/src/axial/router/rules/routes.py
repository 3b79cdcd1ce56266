"""`/router/rules`: making, changing and seeing routing rules."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import BadJson, BadParameter, Forbidden, NotFound
from axial.common.revisions import read_revision
from axial.router.rules.asking import Asking
from axial.router.rules.book import StoredRule, document_of
from axial.router.rules.reading import Rules
from axial.router.rules.requests import read_body
from axial.router.rules.rule import check_name, read_rule
from axial.router.rules.store import ANY, NONE, Precondition, is_revision, revision_of

log = structlog.get_logger(__name__)

_PATH = "/router/rules/{name}"


def rule_routes(asking: Asking) -> APIRouter:
    """Make the routes for operators."""
    router = APIRouter()

    async def show_all(request: Request) -> Response:
        """List the names of the routing rules, or with `expand` the rules, where they are from and their revisions."""
        _, stored = await asking.rules.store.all()
        if "expand" in request.query_params:
            return _answer(_told(stored, asking.rules))
        return _answer(sorted({each.name for each in stored} | set(asking.rules.configured)))

    async def show(request: Request, name: str) -> Response:
        """Show a routing rule as it was written; its `ETag` names its revision, `If-None-Match` one that is known."""
        if name in asking.rules.configured:
            return _answer(asking.rules.configured[name].document)
        stored = await _stored(asking.rules, name)
        known = _precondition(request, "if-none-match")
        if known is not None and is_revision(stored, known):
            return Response(
                status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": revision_of(stored).etag}
            )
        return _answer_rule(stored)

    async def put(request: Request, name: str) -> Response:
        """Make or change a routing rule, for what comes later.

        With `If-Match` only if it is of that revision, or `*` if it is there; with `If-None-Match: *` if it is not.
        """
        _refuse_configured(asking.rules, name)
        expected = _expected(request)
        try:
            document = json.loads(await read_body(request) or b"{}", parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise BadJson from None
        read_rule(name, document, asking.rules.readings)
        stored, made = await asking.rules.store.put(
            name,
            json.dumps(document),
            expected,
            asking.feed.end,
        )
        log.info("rule_created" if made else "rule_changed", rule=name)
        return _answer_rule(stored, HTTPStatus.CREATED if made else HTTPStatus.OK)

    async def delete(request: Request, name: str) -> Response:
        """Forget a routing rule; with `If-Match` only if it is of that revision. What it wanted is delivered still."""
        _refuse_configured(asking.rules, name)
        expected = _precondition(request, "if-match")
        await asking.rules.store.delete(name, expected)
        log.info("rule_deleted", rule=name)
        return _answer({})

    for path, method, answer in (
        ("/router/rules", "GET", show_all),
        (_PATH, "GET", show),
        (_PATH, "PUT", put),
        (_PATH, "DELETE", delete),
    ):
        router.add_api_route(path, answer, methods=[method], response_class=Response)
    return router


def _told(stored: Sequence[StoredRule], rules: Rules) -> dict[str, Any]:
    told: dict[str, Any] = {
        each.name: {
            "Source": "Stored",
            "Revision": revision_of(each).etag.strip('"'),
            "Rule": document_of(each),
            **_problem(each, rules),
        }
        for each in stored
    }
    for name, rule in rules.configured.items():
        told[name] = {"Source": "Configuration", "Rule": rule.document}
    return dict(sorted(told.items()))


def _problem(stored: StoredRule, rules: Rules) -> dict[str, str]:
    """Tell why a rule is not asked, if it was understood once and is not any more."""
    try:
        read_rule(stored.name, document_of(stored), rules.readings)
    except BadParameter as error:
        return {"Problem": error.message}
    return {}


async def _stored(rules: Rules, name: str) -> StoredRule:
    _, stored = await rules.store.all()
    for each in stored:
        if each.name == name:
            return each
    raise NotFound


def _refuse_configured(rules: Rules, name: str) -> None:
    if check_name(name) in rules.configured:
        raise Forbidden(f"Rule {name} is the configuration's, and is changed there")


def _precondition(request: Request, header: str) -> Precondition:
    text = request.headers.get(header)
    return ANY if text is not None and text.strip() == "*" else read_revision(text)


def _expected(request: Request) -> Precondition:
    if _precondition(request, "if-none-match") is None:
        return _precondition(request, "if-match")
    if request.headers["if-none-match"].strip() != "*" or "if-match" in request.headers:
        raise BadParameter("If-None-Match: should be *, and without If-Match")
    return NONE


def _no_number(_text: str) -> float:
    raise ValueError("JSON knows neither NaN nor Infinity")


def _answer(value: object) -> Response:
    body = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    return Response(body.encode(), media_type="application/json; charset=utf-8")


def _answer_rule(stored: StoredRule, status: HTTPStatus = HTTPStatus.OK) -> Response:
    response = _answer(document_of(stored))
    response.status_code = status
    response.headers["ETag"] = revision_of(stored).etag
    return response
