"""What is asked about rules: the bodies of `test` and `replay`."""

from typing import Annotated, Any

from fastapi import Request
from pydantic import AfterValidator, Field, model_validator

from axial.common.errors import TooLarge
from axial.common.ticks import Ticks
from axial.router.rules.bodies import Body
from axial.router.rules.changes import read_moment

# Rules with some thousand texts.
_LONGEST_BODY_BYTES = 1024 * 1024
_BIGINT_MAX = 2**63 - 1
_LONGEST_ID = 64
_LONGEST_TIME = 64


def _moment(text: str) -> str:
    read_moment(text)
    return text


Sequence = Annotated[int, Field(ge=0, le=_BIGINT_MAX)]
Moment = Annotated[str, Field(max_length=_LONGEST_TIME), AfterValidator(_moment)]


class AboutRules(Body):
    """Which rules are meant: some by name, one that is written here, or all."""

    rule: dict[str, Any] | None = Field(None, alias="Rule")
    rules: list[str] | None = Field(None, alias="Rules", min_length=1)

    @model_validator(mode="after")
    def _not_both(self) -> "AboutRules":
        if self.rule is not None and self.rules is not None:
            raise ValueError("should have Rule or Rules, not both")
        return self


class TestQuestion(AboutRules):
    """An instance, and the time at which it shall have come; by default when it did."""

    __test__ = False  # for pytest: no test

    instance: Annotated[str, Field(max_length=_LONGEST_ID)] = Field(alias="Instance")
    time: Moment | None = Field(None, alias="Time")


class ReplayQuestion(AboutRules):
    """A past range of the feed, by numbers or by times, and what is to be done about it."""

    #: Exclusive.
    since: Sequence | None = Field(None, alias="Since")
    #: Inclusive.
    to: Sequence | None = Field(None, alias="To")
    #: Inclusive.
    from_: Moment | None = Field(None, alias="From")
    #: Exclusive.
    until: Moment | None = Field(None, alias="Until")
    dry_run: bool = Field(True, alias="DryRun")
    #: Deliver once more what was delivered already.
    again: bool = Field(False, alias="Again")
    # What every job may be asked for; read as for any of them.
    synchronous: Any = Field(None, alias="Synchronous")
    asynchronous: Any = Field(None, alias="Asynchronous")
    priority: Any = Field(None, alias="Priority")
    permissive: Any = Field(None, alias="Permissive")
    user_data: Any = Field(None, alias="UserData")

    @model_validator(mode="after")
    def _one_form(self) -> "ReplayQuestion":
        if self.since is not None and self.from_ is not None:
            raise ValueError("should have Since or From, not both")
        if self.to is not None and self.until is not None:
            raise ValueError("should have To or Until, not both")
        from_, until = self.from_ticks, self.until_ticks
        if from_ is not None and until is not None and from_ > until:
            raise ValueError("From should not be behind Until")
        return self

    @property
    def from_ticks(self) -> Ticks | None:
        """The time at which the range begins, if it does at one."""
        return None if self.from_ is None else read_moment(self.from_)

    @property
    def until_ticks(self) -> Ticks | None:
        """The time before which the range ends, if it does at one."""
        return None if self.until is None else read_moment(self.until)


async def read_body(request: Request) -> bytes:
    """Read a body; raise TooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_BODY_BYTES:
            raise TooLarge
    return bytes(body)
