"""What can be changed at run time, as it is now; PUT of the same paths belongs to ingest."""

from fastapi import APIRouter
from starlette.responses import Response

from axial.common.runtime import LogCategory
from axial.common.runtime.settings import LOG_CATEGORIES
from axial.index.api.answers import answer, answer_text
from axial.index.api.dependencies import TheRuntime

router = APIRouter()

_DIGITS = {False: "0", True: "1"}


@router.get("/tools/default-encoding")
async def get_default_encoding(runtime: TheRuntime) -> Response:
    """Answer which character set is meant by files that name none."""
    await runtime.caught_up()
    return answer_text(runtime.settings.default_encoding)


@router.get("/tools/accepted-transfer-syntaxes")
async def get_accepted_transfer_syntaxes(runtime: TheRuntime) -> Response:
    """Answer what a C-STORE may be encoded in."""
    await runtime.caught_up()
    return answer(runtime.settings.accepted_transfer_syntaxes)


@router.get("/tools/accepted-sop-classes")
async def get_accepted_sop_classes(runtime: TheRuntime) -> Response:
    """Answer what a C-STORE may bring."""
    return answer(runtime.settings.accepted_sop_classes)


@router.get("/tools/unknown-sop-class-accepted")
async def get_unknown_sop_class_accepted(runtime: TheRuntime) -> Response:
    """Answer whether a C-STORE may bring what nobody knows."""
    await runtime.caught_up()
    return answer_text(_DIGITS[runtime.settings.unknown_sop_class_accepted])


@router.get("/tools/metrics")
async def get_metrics_enabled(runtime: TheRuntime) -> Response:
    """Answer whether `/tools/metrics-prometheus` tells anything."""
    await runtime.caught_up()
    return answer_text(_DIGITS[runtime.settings.metrics_enabled])


@router.get("/tools/log-level")
async def get_log_level(runtime: TheRuntime) -> Response:
    """Answer how much is logged, at most."""
    await runtime.caught_up()
    return answer_text(runtime.settings.verbosity)


def _add_category(category: LogCategory) -> None:
    async def get_log_level_of_category(runtime: TheRuntime) -> Response:
        """Answer how much of a category is logged."""
        await runtime.caught_up()
        return answer_text(runtime.settings.verbosity_of(category))

    router.add_api_route(f"/tools/log-level-{category}", get_log_level_of_category, methods=["GET"])


for _category in LOG_CATEGORIES:
    _add_category(_category)
