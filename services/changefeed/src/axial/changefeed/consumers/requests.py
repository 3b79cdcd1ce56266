"""What operators and readers of consumers send: JSON with names in CamelCase, and nothing that is not known."""

import base64
import re
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_pascal

from axial.changefeed.consumers.model import PushTarget
from axial.changefeed.entries.filters import Filter
from axial.common.errors import BadJson, BadParameter, NotFound, TooLarge
from axial.common.ticks import TICKS_PER_SECOND, Ticks, from_datetime

_BIGINT_MAX = 2**63 - 1
# A filter of a thousand studies fits in well.
_LONGEST_BODY_BYTES = 256 * 1024
_LONGEST_TEXT = 500
_LONGEST_URL = 2048
# One to sign with, one that is going, one that is coming, and room.
_MOST_SECRETS = 8
_LARGEST_BATCH = 100
# The bounds of the Standard Webhooks specification, in bytes.
_SECRET_PREFIX = "whsec_"  # noqa: S105 - what secrets begin with, not one of them
_SHORTEST_SECRET, _LONGEST_SECRET = 24, 64
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?(Z|[+-]\d\d:\d\d)", re.ASCII)
_FRACTION_DIGITS = 7
_MEMBER = re.compile(r"(?!Position)[A-Z][a-z]+|[0-9]+")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

BodyT = TypeVar("BodyT", bound="Body")


def read_moment(text: str) -> Ticks:
    """Read `2026-11-21T11:20:03.1234567Z`, with any offset; ValueError for anything else."""
    match = _MOMENT.fullmatch(text)
    if not match:
        raise ValueError("should be a time with its zone, as 2026-11-21T11:20:03Z")
    ticks = from_datetime(datetime.fromisoformat(match[1] + match[3]))
    fraction = int((match[2] or "").ljust(_FRACTION_DIGITS, "0"))
    assert 0 <= fraction < TICKS_PER_SECOND, "seven digits are less than a second of ticks"
    return Ticks(ticks + fraction)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("should hold no control characters")
    return text


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False  # its own words would quote the address
    if not known or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("should be an http or https URL")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("should hold neither credentials, which would be shown, nor a fragment")
    return text


def _secret(text: str) -> str:
    try:
        key = base64.b64decode(text.removeprefix(_SECRET_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not text.startswith(_SECRET_PREFIX) or not _SHORTEST_SECRET <= len(key) <= _LONGEST_SECRET:
        raise ValueError("should be whsec_ and 24 to 64 bytes in base64")
    return text


def _moment(text: str) -> str:
    read_moment(text)
    return text


Sequence = Annotated[int, Field(ge=0, le=_BIGINT_MAX)]
Moment = Annotated[str, AfterValidator(_moment)]
Text = Annotated[str, Field(max_length=_LONGEST_TEXT), AfterValidator(_printable)]


class Body(BaseModel):
    """A JSON object with known members only."""

    model_config = ConfigDict(
        alias_generator=to_pascal,
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
    )


class Position(Body):
    """A place in the feed: behind an entry, or the first entry that is not before a time."""

    seq: Sequence | None = None
    time: Moment | None = None

    @property
    def ticks(self) -> Ticks | None:
        """The time, if it is one."""
        return None if self.time is None else read_moment(self.time)

    @model_validator(mode="after")
    def _either(self) -> "Position":
        if (self.seq is None) == (self.time is None):
            raise ValueError("should have either Seq or Time")
        return self


class PushWish(Body):
    """Where entries are to be sent."""

    url: Annotated[str, Field(max_length=_LONGEST_URL), AfterValidator(_web_address)]
    #: Left out in a change: those there are.
    secrets: list[Annotated[str, AfterValidator(_secret)]] = Field([], max_length=_MOST_SECRETS)
    batch: Annotated[int, Field(ge=1, le=_LARGEST_BATCH)] = 1


class ConsumerWish(Body):
    """What a consumer is to be."""

    filter: dict[str, Any] = {}
    #: Where it begins when it is made; of no effect afterwards.
    start: Literal["earliest", "latest"] | Position = "latest"
    push: PushWish | None = None

    def wanted(self) -> Filter:
        """Return which entries it wants."""
        return Filter.from_json(self.filter)

    def target(self) -> PushTarget | None:
        """Return where they are to be sent."""
        if self.push is None:
            return None
        return PushTarget(self.push.url, tuple(self.push.secrets), self.push.batch)


class Acknowledgement(Body):
    """All up to an entry is done with, as it was read in a generation."""

    seq: Sequence
    generation: Sequence


class Skip(Body):
    """An entry to leave out."""

    seq: Sequence
    reason: Annotated[Text, Field(min_length=1)]


class Pause(Body):
    """Why a consumer is to rest."""

    reason: Text = ""


async def read_body(request: Request, kind: type[BodyT]) -> BodyT:
    """Read a JSON body; none at all is an empty object. BadJson, BadParameter or TooLarge otherwise."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_BODY_BYTES:
            raise TooLarge
    try:
        return kind.model_validate_json(bytes(body) or b"{}")
    except ValidationError as error:
        # Where and what is wrong is told; what was sent is not: it may be a secret.
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise BadJson from None
        known = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
        # A place is told of, not which of the forms that it may have did not fit.
        where = ".".join(str(part) for part in known if _MEMBER.fullmatch(str(part)))
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise BadParameter(f"{where or 'The body'}: {reason}") from None


def check_name(name: str) -> str:
    """Return a name that a consumer may have; BadParameter otherwise."""
    if not _NAME.fullmatch(name):
        raise BadParameter("A consumer's name is of a-z, 0-9, '.', '_', '-', at most 64 of them.")
    return name


def read_integer(request: Request, name: str, default: int, least: int, most: int) -> int:
    """Read a query parameter, brought into its bounds; BadParameter when it is not an integer."""
    text = request.query_params.get(name, str(default))
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise BadParameter(f"{name} must be an integer.")
    return min(max(int(text), least), most)


def read_sequence(text: str) -> int:
    """Read a sequence number from a path; NotFound when it is none."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise NotFound
    return int(text)
