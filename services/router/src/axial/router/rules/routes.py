"""`/router/rules`: making, changing and seeing routing rules."""

import json
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import BadJson, Forbidden, NotFound
from axial.common.revisions import read_revision
from axial.router.rules.asking import Asking
from axial.router.rules.book import StoredRule, document_of
from axial.router.rules.reading import Rules
from axial.router.rules.requests import read_body
from axial.router.rules.rule import check_name, read_rule
from axial.router.rules.store import revision_of

log = structlog.get_logger(__name__)

_PATH = "/router/rules/{name}"


def rule_routes(asking: Asking) -> APIRouter:
    """Make the routes for operators."""
    router = APIRouter()

    async def show_all(request: Request) -> Response:
        """List the names of the routing rules, or with `expand` the rules, where they are from and their revisions."""
        told = await _all(asking.rules)
        return _answer(told if "expand" in request.query_params else sorted(told))

    async def show(name: str) -> Response:
        """Show a routing rule as it was written; its `ETag` names its revision."""
        if name in asking.rules.configured:
            return _answer(asking.rules.configured[name].document)
        return _answer_rule(await _stored(asking.rules, name))

    async def put(request: Request, name: str) -> Response:
        """Make or change a routing rule, for what comes later; with `If-Match` only if it is of that revision."""
        _refuse_configured(asking.rules, name)
        try:
            document = json.loads(await read_body(request) or b"{}", parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise BadJson from None
        read_rule(name, document, asking.rules.readings)
        stored, made = await asking.rules.store.put(
            name,
            json.dumps(document),
            read_revision(request.headers.get("if-match")),
            asking.feed.end,
        )
        log.info("rule_created" if made else "rule_changed", rule=name)
        return _answer_rule(stored, HTTPStatus.CREATED if made else HTTPStatus.OK)

    async def delete(request: Request, name: str) -> Response:
        """Forget a routing rule; with `If-Match` only if it is of that revision. What it wanted is delivered still."""
        _refuse_configured(asking.rules, name)
        expected = read_revision(request.headers.get("if-match"))
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


async def _all(rules: Rules) -> dict[str, Any]:
    _, stored = await rules.store.all()
    told: dict[str, Any] = {
        each.name: {
            "Source": "Stored",
            "Revision": revision_of(each).etag.strip('"'),
            "Rule": document_of(each),
        }
        for each in stored
    }
    for name, rule in rules.configured.items():
        told[name] = {"Source": "Configuration", "Rule": rule.document}
    return dict(sorted(told.items()))


async def _stored(rules: Rules, name: str) -> StoredRule:
    _, stored = await rules.store.all()
    for each in stored:
        if each.name == name:
            return each
    raise NotFound


def _refuse_configured(rules: Rules, name: str) -> None:
    if check_name(name) in rules.configured:
        raise Forbidden(f"Rule {name} is the configuration's, and is changed there")


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
