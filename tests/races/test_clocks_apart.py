"""Workers whose clocks differ: within two seconds all holds; beyond, nothing is released."""

import asyncio

import pytest

from tests.support.race_fleet import Fleet
from tests.support.race_network import child, letter
from tests.support.race_trials import STOP, WITHDRAWAL, Course, race

ON_POSTGRES = pytest.mark.parametrize("place", ["postgres"], indirect=True)
APART_S = (0.0, 1.5, -1.5, 0.0)
TRIALS = 20


async def set_clocks(fleet: Fleet, ahead_s: tuple[float, ...]) -> None:
    await asyncio.gather(
        *(fleet.do(gate, {"do": "set", "ahead_s": ahead}) for gate, ahead in enumerate(ahead_s))
    )


@ON_POSTGRES
@pytest.mark.parametrize("course", [WITHDRAWAL, STOP], ids=["a withdrawal", "a stop"])
async def test_clocks_a_second_and_a_half_apart_let_no_late_release_through(
    fleet: Fleet, course: Course
) -> None:
    await set_clocks(fleet, APART_S)
    report = await race(fleet, course, TRIALS)
    assert report.trials == TRIALS
    assert (report.late, report.unrecorded, report.strange) == ([], [], [])
    assert report.overlap >= 0.2


@ON_POSTGRES
async def test_clocks_a_second_and_a_half_apart_release_all_the_same(fleet: Fleet) -> None:
    await set_clocks(fleet, APART_S)
    given = await fleet.do(3, {"do": "give", "child": child(7)})
    answers = [await fleet.do(gate, {"do": "release", "fragment": letter(7)}) for gate in range(fleet.size)]
    assert [one["answer"] for one in answers] == ["released"] * fleet.size
    await fleet.do(0, {"do": "withdraw", "consent": given["reference"]["consent"]})


@ON_POSTGRES
async def test_a_worker_five_seconds_off_releases_nothing_and_the_others_do(fleet: Fleet) -> None:
    await set_clocks(fleet, (0.0, 5.0, -5.0, 0.0))
    given = await fleet.do(3, {"do": "give", "child": child(8)})
    answers = [await fleet.do(gate, {"do": "release", "fragment": letter(8)}) for gate in range(fleet.size)]
    assert [one["answer"] for one in answers] == ["released", "refused", "refused", "released"]
    assert [one["reasons"][0] for one in answers[1:3]] == ["CLOCK_UNSURE", "CLOCK_UNSURE"]
    told = await fleet.do(0, {"do": "entries", "child": child(8), "since": given["index"]})
    recorded = [row["kind"] for row in told["rows"]]
    assert recorded == ["consent_given", "released", "refused", "refused", "released"]
    await fleet.do(0, {"do": "withdraw", "consent": given["reference"]["consent"]})


@ON_POSTGRES
async def test_a_withdrawal_at_a_worker_five_seconds_off_holds_at_once_for_all(fleet: Fleet) -> None:
    await set_clocks(fleet, (0.0, 5.0, -5.0, 0.0))
    for gate in (1, 2):
        given = await fleet.do(0, {"do": "give", "child": child(9)})
        await fleet.do(gate, {"do": "withdraw", "consent": given["reference"]["consent"]})
        answers = [await fleet.do(one, {"do": "release", "fragment": letter(9)}) for one in (0, 3)]
        assert [one["reasons"][0] for one in answers] == ["CONSENT_WITHDRAWN"] * 2
