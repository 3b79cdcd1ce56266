"""Calls of a client library, with what each of them returned: the same calls are put to two servers."""

import asyncio
import inspect
import json
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from support.dicoms import Dicom
from support.side_by_side.comparing import ABSENT, values_of

# What Debian's Orthanc 1.10.1 does not tell yet.
_SINCE_1_10_1 = re.compile(
    r"body.*\.(Resources|Details|TargetAet|UserData|RetrieveMethod|PerformedProcedureStepStart\w+)\b.*"
)
# What Axial tells in other words or not at all, as docs/compatibility.md says.
_OTHERWISE = re.compile(r"body.*\.(ErrorDetails|FailedInstancesCount|MediaStorageSOPInstanceUID)")


def names_of(made: Sequence[Dicom]) -> Iterator[tuple[str, str]]:
    """Give what names some files and the resources above them, with what to call each of these."""
    for number, dicom in enumerate(made):
        names = dicom.names
        for what, value in (
            *zip(("patient", "study", "series", "instance"), names.orthanc_ids, strict=True),
            ("PatientID", names.patient_id),
            ("StudyInstanceUID", names.study_instance_uid),
            ("SeriesInstanceUID", names.series_instance_uid),
            ("SOPInstanceUID", names.sop_instance_uid),
        ):
            yield f"{what} {number}", value


@dataclass
class Calls:
    """Calls the methods of a client by their names; keeps what they returned, or that they were refused."""

    client: Any
    #: What the library raises when a server refuses.
    refusals: tuple[type[Exception], ...]
    #: Where coroutines run, when methods are.
    runner: asyncio.Runner | None = None
    _texts: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    @property
    def called(self) -> set[str]:
        """The methods that were called."""
        return {name.split()[0] for name in self._texts}

    @property
    def told(self) -> dict[str, Any]:
        """What they returned, by the method's name and how often it had been called before."""
        told = {}
        for call, text in self._texts.items():
            for value, name in self._names.items():
                text = text.replace(value, name)  # noqa: PLW2901 - one after the other
            told[call] = json.loads(text)
        return told

    def means(self, name: str, value: object) -> Any:
        """Say what a value is called in what is told, as it is another each time; return it."""
        self._names[str(value)] = f"<{name}>"
        return value

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Find a method of the client."""
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*arguments: Any, **options: Any) -> Any:
            value = self._call(name, *arguments, **options)
            self._keep(name, value)
            return value

        return call

    def lists(self, name: str, sought: str, *arguments: Any, **options: Any) -> None:
        """Call a method that lists things, and keep what it tells of one: others may have theirs there."""
        value = self._call(name, *arguments, **options)
        if isinstance(value, dict):
            self._keep(name, value.get(sought))
        else:
            ids = [one["ID"] if isinstance(one, dict) else one for one in value]
            self._keep(name, value[ids.index(sought)] if sought in ids else None)

    def _call(self, name: str, *arguments: Any, **options: Any) -> Any:
        try:
            value = getattr(self.client, name)(*arguments, **options)
            if self.runner is not None and inspect.isawaitable(value):
                return self.runner.run(_awaited(value))
        except self.refusals as error:
            return {"refused": getattr(error, "http_status_code", str(error)[:14])}
        return value

    def _keep(self, name: str, value: object) -> None:
        number = sum(1 for call in self._texts if call.split()[0] == name)
        self._texts[f"{name} {number}"] = json.dumps(value, sort_keys=True, default=_plain)


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


def _plain(value: Any) -> object:
    """Write what is no JSON: bytes by their beginning, objects of a library as what they hold."""
    if isinstance(value, bytes):
        return value[:4].hex()
    return {name: one for name, one in vars(value).items() if name != "_api_client"}


def unexpected(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], but: Collection[str]
) -> Iterator[str]:
    """Find what is told otherwise than Debian's Orthanc does, without a reason that is known; some calls left out."""
    if list(ours) != list(theirs):
        yield f"not the same calls: {ours.keys() ^ theirs.keys()}"
        return
    for call in ours.keys() - but:
        our, their = values_of(ours[call]), values_of(theirs[call])
        for name in our | their:
            here, there = our.get(name, ABSENT), their.get(name, ABSENT)
            is_younger = there is ABSENT and _SINCE_1_10_1.fullmatch(name)
            if here != there and not is_younger and not _OTHERWISE.fullmatch(name):
                yield f"{call}: {name} is {here!r:.100} instead of {there!r:.100}"
