"""No release is recorded after what forbids it, whoever asks and wherever."""

import pytest

from gateway.adapters.sql import sqlite
from tests.support.race_fleet import Fleet
from tests.support.race_trials import (
    ACTIVATION,
    ASSIGNMENT,
    AUTHORITY,
    CLIENT,
    DISABLING,
    DUTY,
    STOP,
    SUSPENSION,
    TEAM,
    TEAM_ASSIGNMENT,
    WITHDRAWAL,
    Course,
    race,
)

TRIALS = 40
FEW = 8


@pytest.mark.parametrize("course", [WITHDRAWAL, STOP], ids=["a withdrawal", "a stop"])
async def test_no_release_follows_the_end_of_its_consent(fleet: Fleet, course: Course) -> None:
    report = await race(fleet, course, TRIALS)
    assert report.trials == TRIALS
    assert (report.late, report.unrecorded, report.strange) == ([], [], [])
    assert report.overlap >= 0.2
    assert report.overtaken > 0


@pytest.mark.parametrize(
    "course",
    [SUSPENSION, CLIENT, DISABLING, ASSIGNMENT, DUTY, TEAM_ASSIGNMENT, TEAM, AUTHORITY, ACTIVATION],
    ids=[
        "a suspended agency",
        "a disabled client",
        "a disabled worker",
        "an ended assignment",
        "an ended duty in a team",
        "a team's ended assignment",
        "an ended team",
        "an ended authority",
        "another policy",
    ],
)
async def test_no_release_follows_the_end_of_what_allowed_it(fleet: Fleet, course: Course) -> None:
    report = await race(fleet, course, FEW)
    assert report.trials == FEW
    assert (report.late, report.unrecorded, report.strange) == ([], [], [])


@pytest.fixture
def on_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SQLite commit on its writer thread, as it does on a slow disk."""
    monkeypatch.setattr(sqlite, "SLOW_FSYNC_S", 0.0)


@pytest.mark.usefixtures("on_a_thread")
@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("course", [WITHDRAWAL, STOP], ids=["a withdrawal", "a stop"])
async def test_no_release_follows_the_end_of_its_consent_where_a_thread_commits(
    fleet: Fleet, course: Course
) -> None:
    report = await race(fleet, course, TRIALS)
    assert report.trials == TRIALS
    assert (report.late, report.unrecorded, report.strange) == ([], [], [])
    assert report.overlap >= 0.2
