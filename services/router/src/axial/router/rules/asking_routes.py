"""`/router/rules/test` and `/router/rules/replay`: what rules say, and what they would have done."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import BadParameter, NotFound
from axial.common.postgres import Pool
from axial.common.ticks import iso_utc
from axial.router.jobs.kind import Submission
from axial.router.jobs.requests import answer_job, answer_json, read_options
from axial.router.rules.asking import Asking
from axial.router.rules.bodies import read_json
from axial.router.rules.book import RuleBook
from axial.router.rules.explaining import explain_rule
from axial.router.rules.replay import TYPE_NAME, Replay
from axial.router.rules.requests import AboutRules, ReplayQuestion, TestQuestion, read_body
from axial.router.rules.rule import Rule, read_rule
from axial.router.rules.trying import try_instance

# What a rule that is only written in a request is called in its answer.
_UNNAMED = "Rule"


def asking_routes(asking: Asking, pool: Pool, jobs: Submission) -> APIRouter:
    """Make the routes that ask rules about something."""
    router = APIRouter()

    async def test(request: Request) -> Response:
        """Explain for an instance which routing rules match, why others do not, and where it would go."""
        question = read_json(TestQuestion, await read_body(request))
        book = await asking.rules.now()
        asked = _asked(question, book, asking)
        # All others count, too: for what is left over by them.
        everywhere = [*asked.values(), *_others(book, asked)]
        trial = await try_instance(asking, pool, question, asked.values(), everywhere)
        return answer_json(
            {
                "Instance": trial.facts.id,
                "Time": iso_utc(trial.change.moment),
                "Rules": {name: explain_rule(rule, trial) for name, rule in asked.items()},
            }
        )

    async def replay(request: Request) -> Response:
        """Tell what routing rules would have done over a past range of the feed; with `DryRun` false do it. A job."""
        question = read_json(ReplayQuestion, await read_body(request))
        options = read_options(question.model_dump(by_alias=True, exclude_unset=True))
        book = await asking.rules.now()
        asked = _asked(question, book, asking)
        if question.rules is None and question.rule is None:
            # One that is not enabled is tried only by name.
            asked = {rule.name: rule for rule in book.enabled}
        since, to = await _range(question, asking)
        wish = Replay(
            asked=_documents(asked),
            everywhere=_documents({rule.name: rule for rule in _others(book, asked)}),
            since=since,
            to=to,
            dry_run=question.dry_run,
            again=question.again,
        )
        return await answer_job(jobs, options, TYPE_NAME, wish.parameters(), wish.content())

    router.add_api_route("/router/rules/test", test, methods=["POST"], response_class=Response)
    router.add_api_route("/router/rules/replay", replay, methods=["POST"], response_class=Response)
    return router


def _asked(question: AboutRules, book: RuleBook, asking: Asking) -> dict[str, Rule]:
    """List the rules that are meant; a written one takes no other's place."""
    if question.rule is not None:
        return {_UNNAMED: read_rule(_UNNAMED, question.rule, asking.rules.readings)}
    names = sorted(book.rules) if question.rules is None else list(dict.fromkeys(question.rules))
    if unknown := [name for name in names if name not in book.rules]:
        raise NotFound(f"There is no rule {unknown[0][:64]}")
    return {name: book.rules[name] for name in names}


def _others(book: RuleBook, asked: Mapping[str, Rule]) -> list[Rule]:
    return [rule for rule in book.enabled if asked.get(rule.name) is not rule]


def _documents(rules: Mapping[str, Rule]) -> dict[str, Any]:
    return {name: rule.document for name, rule in rules.items()}


async def _range(question: ReplayQuestion, asking: Asking) -> tuple[int, int]:
    """Tell the range by numbers, which does not reach beyond what there is now."""
    end = await asking.feed.end()
    since = question.since or 0
    if question.from_ticks is not None:
        since = await asking.feed.before(question.from_ticks)
    to = end if question.to is None else min(question.to, end)
    if question.until_ticks is not None:
        to = await asking.feed.before(question.until_ticks)
    if since > to and question.since is not None and question.to is not None:
        raise BadParameter("Since: should not be behind To")
    return since, max(since, to)
