"""The long figures of the fence: a thousand trials of each race, on each store."""

import time

import pytest

from tests.races.test_once import AT_ONCE, release_a_consent_for_once
from tests.support.proof import Proof
from tests.support.race_fleet import Fleet, everywhere
from tests.support.race_trials import (
    ACTIVATION,
    ASSIGNMENT,
    AUTHORITY,
    BROKEN,
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

pytestmark = [pytest.mark.prove, pytest.mark.timeout(1800)]
TRIALS = 1000
FEWER = 60

COURSES = {
    "8 releases against a withdrawal": (WITHDRAWAL, TRIALS),
    "8 releases against a stop": (STOP, TRIALS),
    "8 releases against a suspended agency": (SUSPENSION, TRIALS),
    "8 releases against a disabled client": (CLIENT, TRIALS),
    "8 releases against a disabled worker": (DISABLING, TRIALS),
    "8 releases against an ended assignment": (ASSIGNMENT, TRIALS),
    "8 releases against an ended duty in a team": (DUTY, TRIALS),
    "8 releases against a team's ended assignment": (TEAM_ASSIGNMENT, TRIALS),
    "8 releases against an ended team": (TEAM, TRIALS),
    "8 releases against an ended authority": (AUTHORITY, TRIALS),
    "8 releases against another policy": (ACTIVATION, FEWER),
}
ANYWHERE = ["check left out", "withdrawal by a clock ahead"]
BETWEEN_PROCESSES = ["epochs before the lock", "one statement", "what was known believed"]


@pytest.mark.parametrize(("course", "trials"), COURSES.values(), ids=COURSES)
async def test_no_release_is_late_in_many_trials(
    fleet: Fleet, course: Course, trials: int, proof: Proof
) -> None:
    began = time.monotonic()
    report = await race(fleet, course, trials)
    proof.line(f"{fleet.name}, {fleet.size} processes, {time.monotonic() - began:.0f} s")
    for line in report.lines():
        proof.line(line)
    assert report.trials == trials
    assert (report.late, report.unrecorded, report.strange) == ([], [], [])
    assert report.overlap >= 0.2


async def test_a_consent_for_once_releases_once_in_many_trials(fleet: Fleet, proof: Proof) -> None:
    released, refused = 0, 0
    for trial in range(FEWER):
        answers, rows = await release_a_consent_for_once(fleet, trial % 10)
        released += sum(row["kind"] == "released" for row in rows)
        refused += sum(one["answer"] == "refused" for one in answers)
    proof.line(f"{fleet.name}, {fleet.size} processes: {FEWER} consents for once, each asked {AT_ONCE} times")
    proof.line(f"released {released}, refused {refused}")
    assert (released, refused) == (FEWER, FEWER * (AT_ONCE - 1))


async def notice(fleet: Fleet, fault: str, proof: Proof) -> None:
    await everywhere(fleet, {"do": "set", "fault": fault})
    report = await race(fleet, WITHDRAWAL, FEWER, children=BROKEN)
    proof.line(f"{fleet.name}, {fault}: {len(report.late)} late releases in {report.trials} trials")
    assert report.late


@pytest.mark.parametrize("fault", ANYWHERE)
async def test_each_seeded_fault_is_noticed(fleet: Fleet, fault: str, proof: Proof) -> None:
    await notice(fleet, fault, proof)


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
@pytest.mark.parametrize("fault", BETWEEN_PROCESSES)
async def test_each_fault_between_processes_is_noticed(fleet: Fleet, fault: str, proof: Proof) -> None:
    await notice(fleet, fault, proof)
