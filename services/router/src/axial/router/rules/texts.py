"""What a condition asks of a text: `Equals`, `OneOf`, `Wildcard`, `Regex`, `From`, `To`, `Present`. Pure."""

import re
from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

import re2
from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from axial.router.rules.bodies import Body, one_of

Fold: TypeAlias = Callable[[str], str]

_LONGEST_TEXT = 1024
_MOST_TEXTS = 1000
# RE2 matches in linear time whatever the pattern; so much memory is enough for any that people write.
_PATTERN_BYTES = 1 << 20
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
# An integer string has 12 characters, a decimal string 16 (PS3.5, 6.2).
_LONGEST_NUMBER = 64
_LARGEST = 1e300
# JSON can write half a character, which nothing can keep or answer.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

Text = Annotated[str, Field(max_length=_LONGEST_TEXT)]
Bound: TypeAlias = str | int | float


def _bound(value: object) -> Bound | None:
    match value:
        case None:
            return None
        case str() if len(value) <= _LONGEST_TEXT and not _LONE_SURROGATE.search(value):
            return value
        case bool():
            pass
        case int() | float() if -_LARGEST <= value <= _LARGEST:
            return value
    raise ValueError("should be a text or a number")


# Not a union for pydantic, which would tell of each of its members why it does not fit.
AnyBound = Annotated[Any, AfterValidator(_bound)]


class TextTest(Body):
    """What is asked of one text; everything that is given must hold, of several values for the same one."""

    equals: Text | None = Field(None, alias="Equals")
    one_of: list[Text] | None = Field(None, alias="OneOf", min_length=1, max_length=_MOST_TEXTS)
    wildcard: Text | None = Field(None, alias="Wildcard")
    regex: Text | None = Field(None, alias="Regex")
    from_: AnyBound = Field(None, alias="From")
    to: AnyBound = Field(None, alias="To")
    present: bool | None = Field(None, alias="Present")
    ignore_case: bool = Field(False, alias="IgnoreCase")

    @field_validator("regex")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                compiled(pattern, ignore_case=False)
            except re2.error:
                raise ValueError("should be a regular expression as RE2 has them") from None
        return pattern

    @model_validator(mode="after")
    def _asks_something(self) -> "TextTest":
        if not self.model_fields_set - {"ignore_case"}:
            raise ValueError(
                "should ask something: Equals, OneOf, Wildcard, Regex, From, To, Present"
            )
        if self.present is False and len(self.model_fields_set - {"ignore_case"}) > 1:
            raise ValueError("what is absent cannot be asked for more")
        return self

    @property
    def expected(self) -> str:
        """Say what is asked, for people to read."""
        asked = self.model_dump(by_alias=True, exclude_unset=True)
        return ", ".join(f"{name} {_spelt(value)}" for name, value in asked.items())


#: A text alone is `Equals`, a list is `OneOf`.
AnyTextTest = Annotated[
    TextTest, BeforeValidator(lambda v: one_of(v, {str: "Equals", list: "OneOf"}))
]


def compiled(pattern: str, *, ignore_case: bool) -> Any:
    """Make a pattern that matches in linear time; raise `re2.error`."""
    options = re2.Options()
    options.max_mem = _PATTERN_BYTES
    options.log_errors = False
    options.case_sensitive = not ignore_case
    options.dot_nl = True
    return re2.compile(pattern, options)


def admission(test: TextTest, fold: Fold = str) -> Callable[[str | None], bool]:
    """Make what tells whether a text, or one of the values in it, meets a test; None is an absent one.

    An attribute without a value is absent, too. `fold` writes alike what is to be held equal.
    """
    checks = _checks(test, fold)

    def admits(found: str | None) -> bool:
        if test.present is False:
            return not found
        if found is None or (test.present and not found):
            return False
        candidates = [found, *found.split("\\")] if "\\" in found else [found]
        return any(all(check(candidate) for check in checks) for candidate in candidates)

    return admits


def _checks(test: TextTest, fold: Fold) -> list[Callable[[str], bool]]:
    def alike(text: str) -> str:
        return fold(text.casefold() if test.ignore_case else text)

    checks: list[Callable[[str], bool]] = []
    if test.equals is not None:
        equal = alike(test.equals)
        checks.append(lambda text: alike(text) == equal)
    if test.one_of is not None:
        equals = frozenset(map(alike, test.one_of))
        checks.append(lambda text: alike(text) in equals)
    if test.wildcard is not None:
        like = compiled(_of_wildcard(alike(test.wildcard)), ignore_case=False)
        checks.append(lambda text: like.fullmatch(alike(text)) is not None)
    if test.regex is not None:
        pattern = compiled(test.regex, ignore_case=test.ignore_case)
        checks.append(lambda text: pattern.search(text) is not None)
    if test.from_ is not None:
        checks.append(_at_least(test.from_))
    if test.to is not None:
        checks.append(_at_most(test.to))
    return checks


def _at_least(bound: Bound) -> Callable[[str], bool]:
    if isinstance(bound, str):
        return lambda text: text >= bound
    return lambda text: (number := _number(text)) is not None and number >= bound


def _at_most(bound: Bound) -> Callable[[str], bool]:
    if isinstance(bound, str):
        # What begins with the bound is within it: `To` 2026 is all of 20261231, `To` 18 all of 181500.
        return lambda text: text <= bound or text.startswith(bound)
    return lambda text: (number := _number(text)) is not None and number <= bound


def _number(text: str) -> float | None:
    text = text.strip()
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    return float(text)


def _of_wildcard(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(part) or re2.escape(part) for part in pattern)


def _spelt(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
