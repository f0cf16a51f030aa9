"""What may happen once happens once, however many ask for it at the same moment."""

import asyncio
from collections import Counter

from tests.support.race_fleet import Fleet
from tests.support.race_network import child, letter
from tests.support.race_registry import Told

AT_ONCE = 32
ROUNDS = 3


async def ask_at_once(fleet: Fleet, order: Told) -> list[Told]:
    return await asyncio.gather(*(fleet.do(one % fleet.size, order) for one in range(AT_ONCE)))


async def entries_of(fleet: Fleet, number: int, since: int) -> list[Told]:
    told = await fleet.do(0, {"do": "entries", "child": child(number), "since": since})
    rows: list[Told] = told["rows"]
    return rows


async def release_a_consent_for_once(fleet: Fleet, number: int) -> tuple[list[Told], list[Told]]:
    given = await fleet.do(0, {"do": "give", "child": child(number), "one_time": True})
    answers = await ask_at_once(fleet, {"do": "release", "fragment": letter(number)})
    return answers, await entries_of(fleet, number, given["index"])


async def test_a_consent_for_once_releases_once(fleet: Fleet) -> None:
    for number in range(ROUNDS):
        answers, rows = await release_a_consent_for_once(fleet, number)
        assert Counter(one["answer"] for one in answers) == {"released": 1, "refused": AT_ONCE - 1}
        assert Counter(row["kind"] for row in rows) == {
            "consent_given": 1, "released": 1, "refused": AT_ONCE - 1
        }  # fmt: skip


async def test_a_consent_given_many_times_under_one_key_is_given_once(fleet: Fleet) -> None:
    start = await fleet.do(0, {"do": "release", "fragment": letter(4)})
    for turn in range(ROUNDS):
        order = {"do": "give", "child": child(4), "key": f"give-{turn}"}
        answers = await ask_at_once(fleet, order)
        assert {one["answer"] for one in answers} == {"done"}
        assert len({one["reference"]["consent"] for one in answers}) == 1
        assert sum(not one["replayed"] for one in answers) == 1
    rows = await entries_of(fleet, 4, start["index"])
    assert Counter(row["kind"] for row in rows)["consent_given"] == ROUNDS


async def test_a_stop_asked_many_times_under_one_key_is_one_stop(fleet: Fleet) -> None:
    given = await fleet.do(0, {"do": "give", "child": child(5)})
    answers = await ask_at_once(fleet, {"do": "stop", "child": child(5), "key": "stop-1"})
    assert {one["answer"] for one in answers} == {"done"}
    assert len({one["reference"]["stop"] for one in answers}) == 1
    assert len({one["index"] for one in answers}) == 1
    rows = await entries_of(fleet, 5, given["index"])
    assert Counter(row["kind"] for row in rows) == {"consent_given": 1, "stopped": 1, "notified": 1}
    await fleet.do(0, {"do": "undo", "stop": answers[0]["reference"]["stop"]})


async def test_a_release_asked_many_times_under_one_key_is_answered_once_at_a_time(fleet: Fleet) -> None:
    given = await fleet.do(0, {"do": "give", "child": child(6)})
    answers = await ask_at_once(fleet, {"do": "release", "fragment": letter(6), "key": "ask-1"})
    kinds = Counter(one["answer"] for one in answers)
    rows = await entries_of(fleet, 6, given["index"] + 1)
    assert set(kinds) <= {"released", "ConflictError"}
    assert kinds["released"] >= 1
    assert len(rows) == kinds["released"]
