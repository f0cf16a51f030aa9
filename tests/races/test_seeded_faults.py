"""The races are worth their time: each rule of the fence, broken on purpose, is noticed by them."""

import pytest

from tests.support.race_fleet import Fleet, everywhere
from tests.support.race_trials import BROKEN, STOP, WITHDRAWAL, Course, Report, race

TRIALS = 120

ON_POSTGRES = pytest.mark.parametrize("place", ["postgres"], indirect=True)


def is_noticed(report: Report) -> bool:
    return bool(report.late)


@ON_POSTGRES
@pytest.mark.parametrize("fault", ["epochs before the lock", "one statement", "what was known believed"])
async def test_a_race_notices_epochs_that_are_older_than_the_lock(fleet: Fleet, fault: str) -> None:
    await everywhere(fleet, {"do": "set", "fault": fault})
    report = await race(fleet, WITHDRAWAL, TRIALS, children=BROKEN, stop_at=is_noticed)
    assert report.late


@pytest.mark.parametrize("course", [WITHDRAWAL, STOP], ids=["a withdrawal", "a stop"])
async def test_a_race_notices_a_check_that_was_left_out(fleet: Fleet, course: Course) -> None:
    await everywhere(fleet, {"do": "set", "fault": "check left out"})
    report = await race(fleet, course, TRIALS, children=BROKEN, stop_at=is_noticed)
    assert report.late


@pytest.mark.parametrize("course", [WITHDRAWAL, STOP], ids=["a withdrawal", "a stop"])
async def test_a_race_notices_an_end_that_is_stamped_by_a_clock_ahead(fleet: Fleet, course: Course) -> None:
    await everywhere(fleet, {"do": "set", "fault": "withdrawal by a clock ahead"})
    report = await race(fleet, course, TRIALS, children=BROKEN, stop_at=is_noticed)
    assert report.late
