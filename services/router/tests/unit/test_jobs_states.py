"""Orthanc's state machine of jobs, and what an interrupted one does."""

import pytest

from axial.router.jobs.states import (
    Action,
    End,
    JobState,
    Standing,
    Wish,
    retry_after_seconds,
    state_after,
)

pytestmark = pytest.mark.unit

_ENDED = (JobState.SUCCESS, JobState.FAILURE)


@pytest.mark.parametrize(
    ("state", "action", "after"),
    [
        (JobState.PENDING, Action.PAUSE, JobState.PAUSED),
        (JobState.PENDING, Action.CANCEL, JobState.FAILURE),
        (JobState.RETRY, Action.PAUSE, JobState.PAUSED),
        (JobState.RETRY, Action.CANCEL, JobState.FAILURE),
        (JobState.PAUSED, Action.PAUSE, JobState.PAUSED),
        (JobState.PAUSED, Action.CANCEL, JobState.FAILURE),
        (JobState.PAUSED, Action.RESUME, JobState.PENDING),
        (JobState.FAILURE, Action.RESUBMIT, JobState.PENDING),
    ],
)
def test_at_once(state: JobState, action: Action, after: JobState) -> None:
    """A job that nobody has in hand changes at once."""
    assert Standing(state).after(action) == Standing(after)


@pytest.mark.parametrize("state", JobState)
def test_makes_no_sense(state: JobState) -> None:
    """Only a paused job can be resumed, and only a failed one submitted again."""
    assert (Standing(state).after(Action.RESUME) is None) == (state is not JobState.PAUSED)
    assert (Standing(state).after(Action.RESUBMIT) is None) == (state is not JobState.FAILURE)


@pytest.mark.parametrize("state", _ENDED)
@pytest.mark.parametrize("action", [Action.CANCEL, Action.PAUSE])
def test_too_late(state: JobState, action: Action) -> None:
    """What has ended stays as it is, and that is no error."""
    assert Standing(state).after(action) == Standing(state)


def test_running() -> None:
    """A job that runs goes on until it heeds; who cancels it means it, also when somebody else would rather pause."""
    running = Standing(JobState.RUNNING)
    paused = running.after(Action.PAUSE)
    assert paused == Standing(JobState.RUNNING, Wish.PAUSE)
    assert paused.after(Action.CANCEL) == Standing(JobState.RUNNING, Wish.CANCEL)
    cancelled = running.after(Action.CANCEL)
    assert cancelled is not None
    assert cancelled.after(Action.PAUSE) == cancelled


@pytest.mark.parametrize(
    ("end", "wish", "state"),
    [
        (End.DONE, Wish.CANCEL, JobState.SUCCESS),
        (End.FAILED, Wish.PAUSE, JobState.FAILURE),
        (End.STOPPED, None, JobState.PENDING),
        (End.STOPPED, Wish.PAUSE, JobState.PAUSED),
        (End.STOPPED, Wish.CANCEL, JobState.FAILURE),
        (End.INTERRUPTED, None, JobState.RETRY),
        (End.INTERRUPTED, Wish.PAUSE, JobState.PAUSED),
        (End.INTERRUPTED, Wish.CANCEL, JobState.FAILURE),
    ],
)
def test_end_of_a_run(end: End, wish: Wish | None, state: JobState) -> None:
    """What is through is through; else what was wished counts, and what was given back is anybody's."""
    assert state_after(end, wish) is state


def test_patience() -> None:
    """An outage of our own services is waited for, ever longer, and not for ever."""
    delays: list[float] = []
    while (delay := retry_after_seconds(len(delays))) is not None:
        delays.append(delay)
    assert delays == sorted(delays)
    assert 60.0 < sum(delays) < 300.0
