"""Jobs that send a set of instances to one destination, one by one."""

import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

from axial.common.errors import NoPresentationContext, NotFound, RemoteFailed
from axial.common.identifiers import Level, ResourceId
from axial.dimse.sending.contexts import kind_of
from axial.dimse.sending.instances import Instance
from axial.dimse.sending.sub_operation import Originator
from axial.router.destinations.port import Destination, Line, Outcome, Verdict
from axial.router.exports import Exports
from axial.router.index_client import Expanded, IndexClient, Resource
from axial.router.jobs.kind import JobFailed, Work

#: Finds the destination that a job's parameters mean; raises an AxialError when there is none.
Find: TypeAlias = Callable[[Mapping[str, Any]], Destination]
#: Called once with what was delivered, when a job has come to its end without failing.
Afterwards: TypeAlias = Callable[[Work, Sequence[Instance]], Awaitable[None]]

# What a job has done is written down every half second or so; nobody takes more instances in that time. After a
# restart the destination is asked for so many at most whether it has them: others may be there in an older form.
_MOST_IN_DOUBT = 256
# A destination that cannot be reached three times in a row is not tried with all the rest of a permissive job.
_MOST_AWAY = 3


def parameters_of(
    expanded: Expanded,
    remote: str,
    *,
    is_permissive: bool = False,
    originator: Originator | None = None,
) -> dict[str, Any]:
    """Write down what a job has to send; `remote` is its destination's name in the log of exports.

    The caller adds by which parameters its `Find` knows the destination.
    """
    return {
        "resources": [[one.id, one.level.type_name] for one in expanded.resources],
        "instances": [_row(outbound.instance) for outbound in expanded.instances],
        "remote": remote,
        "permissive": is_permissive,
        "originator": originator and [originator.aet, originator.message_id],
    }


def content_of(expanded: Expanded) -> dict[str, Any]:
    """Tell what `/jobs/{id}` shows of a job that has to send this, as Orthanc does."""
    resources = sorted(expanded.resources, key=lambda one: one.id)
    content: dict[str, Any] = {
        "Description": "REST API",
        "InstancesCount": len(expanded.instances),
        "FailedInstancesCount": 0,
    }
    if resources:
        content["ParentResources"] = [one.id for one in resources]
        content["Resources"] = [{"ID": one.id, "Type": one.level.type_name} for one in resources]
    return content


class SendInstances:
    """The kind of all jobs that send instances: they differ in where to."""

    def __init__(
        self,
        type_name: str,
        find: Find,
        index: IndexClient,
        exports: Exports,
        afterwards: Afterwards | None = None,
    ) -> None:
        self._type_name = type_name
        self._find = find
        self._index = index
        self._exports = exports
        self._afterwards = afterwards

    @property
    def type_name(self) -> str:
        """Orthanc's name of it."""
        return self._type_name

    async def run(self, work: Work) -> None:
        """Send what was not sent yet; raise JobFailed at the first that fails, unless it is permissive.

        Raises Unavailable when services of ours are away; what is done then need not be done again.
        """
        instances = [Instance(*row) for row in work.parameters["instances"]]
        destination = self._find(work.parameters)
        sending = _Sending(work, instances)
        await work.step(sending.progress)
        failure = None
        if sending.rest:
            kinds = dict.fromkeys(map(kind_of, sending.rest))
            async with destination.line(kinds) as line:
                failure = await sending.run(line)
        await self._tell(work, sending)
        if failure is not None:
            work.content["FailedInstancesCount"] = 1
            raise failure
        if self._afterwards is not None:
            await self._afterwards(work, sending.delivered)

    async def _tell(self, work: Work, sending: "_Sending") -> None:
        """Tell the log what has arrived: a resource, when all of it has, else its instances that have.

        Raises Unavailable: then the job is not over, and this is done again.
        """
        if not self._exports.is_wanted or not sending.delivered:
            return
        told = await self._arrived(work, sending)
        cause = f"{work.id}/{work.state['run']}"
        await self._exports.tell(work.parameters["remote"], told, cause)

    async def _arrived(self, work: Work, sending: "_Sending") -> list[Resource]:
        arrived = {instance.id for instance in sending.delivered}
        told: list[Resource] = []
        for id_, type_name in work.parameters["resources"]:
            resource = Resource(ResourceId(id_), Level.from_type_name(type_name))
            if len(arrived) == len(sending.instances):
                told.append(resource)
            elif resource.level is Level.INSTANCE:
                told += [resource] if id_ in arrived else []
            else:
                told += await self._of(resource, sending, arrived)
        return list(dict.fromkeys(told))

    async def _of(
        self, resource: Resource, sending: "_Sending", arrived: Collection[str]
    ) -> list[Resource]:
        """Tell what has arrived of a resource, some of which may not have."""
        try:
            expanded = await self._index.expand([resource.id])
        except NotFound:
            # Deleted meanwhile: there is nothing left that could be told of.
            return []
        ours = {instance.id for instance in sending.instances}
        inside = [one.instance.id for one in expanded.instances if one.instance.id in ours]
        if all(one in arrived for one in inside):
            return [resource]
        return [Resource(ResourceId(one), Level.INSTANCE) for one in inside if one in arrived]


class _Sending:
    """How far one job is, as its state says."""

    def __init__(self, work: Work, instances: Sequence[Instance]) -> None:
        self._work = work
        self.instances = instances
        self._is_permissive = bool(work.parameters["permissive"])
        originator = work.parameters["originator"]
        self._originator = Originator(*originator) if originator else None
        state = work.state
        # It was in hand before: what it sent since it was last written down is known to the destination alone.
        self._in_doubt = _MOST_IN_DOUBT if "run" in state else 0
        state.setdefault("run", uuid.uuid4().hex)
        state.setdefault("next", 0)
        state.setdefault("failed", [])
        self._away = 0

    @property
    def rest(self) -> Sequence[Instance]:
        """What is still to be sent."""
        return self.instances[self._work.state["next"] :]

    @property
    def progress(self) -> float:
        """How far it is, from 0 to 1."""
        return self._work.state["next"] / len(self.instances) if self.instances else 1.0

    @property
    def delivered(self) -> list[Instance]:
        """What the destination has said that it has."""
        failed = set(self._work.state["failed"])
        sent = self.instances[: self._work.state["next"]]
        return [instance for instance in sent if instance.id not in failed]

    async def run(self, line: Line) -> JobFailed | None:
        """Send the rest; return why it ends here, at an instance that counts as not tried yet."""
        state = self._work.state
        for instance in self.rest:
            failure = await self._one(line, instance)
            if failure is not None:
                if not self._is_permissive:
                    return failure
                state["failed"].append(instance.id)
                self._work.content["FailedInstancesCount"] = len(state["failed"])
            state["next"] += 1
            await self._work.step(self.progress)
        return None

    async def _one(self, line: Line, instance: Instance) -> JobFailed | None:
        """Send one instance, and say what is wrong if it did not get there."""
        if await self._is_there(line, instance):
            return None
        if self._away >= _MOST_AWAY:
            return JobFailed(RemoteFailed())
        try:
            outcome = await line.send(instance, self._originator)
        except NotFound:
            return JobFailed(NotFound("An instance was removed after the job was issued"))
        if outcome.is_doubtful and await line.has(instance):
            outcome = Outcome(Verdict.DELIVERED)
        self._away = self._away + 1 if outcome.verdict is Verdict.AWAY else 0
        return None if outcome.verdict is Verdict.DELIVERED else failure_of(outcome)

    async def _is_there(self, line: Line, instance: Instance) -> bool:
        """Ask for what may have been sent by who had the job before, up to the first that was not."""
        if not self._in_doubt:
            return False
        self._in_doubt -= 1
        if await line.has(instance):
            return True
        self._in_doubt = 0
        # The answer may have taken so long that the job is another's.
        await self._work.step(self.progress)
        return False


def failure_of(outcome: Outcome) -> JobFailed:
    """Tell a job's failure as Orthanc does."""
    if outcome.protocol != "dimse":
        return JobFailed(RemoteFailed(outcome.reason))
    if not outcome.status:
        # A modality that takes no such instance has not said anything to it.
        return JobFailed(NoPresentationContext(outcome.reason))
    return JobFailed(RemoteFailed(outcome.reason), {"DimseErrorStatus": outcome.status})


def _row(instance: Instance) -> list[str]:
    return [
        instance.id,
        instance.sop_class_uid,
        instance.sop_instance_uid,
        instance.transfer_syntax_uid,
    ]
