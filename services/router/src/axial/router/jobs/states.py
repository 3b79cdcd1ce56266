"""How a job stands, and what becomes of it: Orthanc's state machine."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

# Our own services come back within seconds; what takes longer than two minutes is for an operator to see.
_PATIENCE_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class JobState(StrEnum):
    """A job's state, by Orthanc's name."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCESS = "Success"
    FAILURE = "Failure"
    PAUSED = "Paused"
    #: Our own services were away; it goes on by itself soon.
    RETRY = "Retry"


class Wish(StrEnum):
    """What whoever has a job in hand shall do with it."""

    PAUSE = "pause"
    CANCEL = "cancel"


class Action(StrEnum):
    """What users ask of a job."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    RESUBMIT = "resubmit"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job stands."""

    state: JobState
    #: Of a job that runs.
    wish: Wish | None = None

    def after(self, action: Action) -> "Standing | None":
        """Tell how it stands after an action; None when the action makes no sense in this state."""
        match action:
            case Action.CANCEL | Action.PAUSE:
                return self._stopped(Wish(action))
            case Action.RESUME:
                return Standing(JobState.PENDING) if self.state is JobState.PAUSED else None
            case Action.RESUBMIT:
                return Standing(JobState.PENDING) if self.state is JobState.FAILURE else None

    def _stopped(self, wish: Wish) -> "Standing":
        match self.state:
            case JobState.RUNNING:
                # Who cancels means it, also when somebody else would rather pause.
                return Standing(self.state, Wish.CANCEL if self.wish is Wish.CANCEL else wish)
            case JobState.SUCCESS | JobState.FAILURE:
                return self
            case JobState.PAUSED if wish is Wish.PAUSE:
                return self
        return Standing(JobState.PAUSED if wish is Wish.PAUSE else JobState.FAILURE)


class End(Enum):
    """How a run of a job has ended."""

    DONE = auto()
    FAILED = auto()
    #: It was asked to stop, or its process ends.
    STOPPED = auto()
    #: Our own services were away.
    INTERRUPTED = auto()


def state_after(end: End, wish: Wish | None) -> JobState:
    """Tell the state of a job that ran: what was wished meanwhile counts only for one that is not through."""
    match end:
        case End.DONE:
            return JobState.SUCCESS
        case End.FAILED:
            return JobState.FAILURE
    match wish:
        case Wish.CANCEL:
            return JobState.FAILURE
        case Wish.PAUSE:
            return JobState.PAUSED
    return JobState.PENDING if end is End.STOPPED else JobState.RETRY


def retry_after_seconds(interruptions: int) -> float | None:
    """Tell when to try again after so many interruptions in a row before this one; None when not any more."""
    return _PATIENCE_SECONDS[interruptions] if interruptions < len(_PATIENCE_SECONDS) else None
