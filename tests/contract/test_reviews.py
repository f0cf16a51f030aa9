"""Emergency accesses are reviewed, an overdue review suspends the next one; a conflict is one case."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.sql.fence import read_epochs
from gateway.domain.access import Recorded, Refused
from gateway.domain.acting import Done, Once
from gateway.domain.errors import ConflictError, MalformedError
from gateway.domain.facts import account_scope
from gateway.domain.holding import HOUR_US
from gateway.domain.ids import ReviewId
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import Role
from gateway.releasing import Asked
from gateway.usecases.close_review import ReviewFinding
from tests.support.bundles import copy_changed
from tests.support.race_attempts import SetClock, with_clock
from tests.support.registry import TERMS
from tests.support.stack import Stack, open_stack
from tests.support.telling import (
    BOB,
    BOB_AS_OFFICER,
    CHILD,
    CONTE,
    EVA,
    FATHER,
    LETTER,
    NORA,
    OLGA,
    again,
    caller,
    declared,
    emergency,
    inbox,
    kinds,
    recorded,
    refusal_of_father,
    telling_network,
    two_guardians,
)


@pytest.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with open_stack(store_url, tmp_path / "state", seed=telling_network()) as opened:
        yield opened


async def reviews(stack: Stack) -> list[Mapping[str, Any]]:
    return list(await stack.parts.telling.reviews(None, None, 50))


async def found(stack: Stack, who: tuple[str, str], finding: str, words: str = "") -> Done | Refused:
    (row,) = await reviews(stack)
    asked = ReviewFinding(await caller(stack, who), ReviewId(row["id"]), finding, words)
    return await stack.uses.telling.close_review(asked)


async def test_an_emergency_opens_a_review_that_is_due_in_three_days(stack: Stack) -> None:
    entry = await recorded(stack, await emergency(stack))
    (row,) = await reviews(stack)
    assert (row["kind"], row["agency"], row["worker"]) == ("emergency", "qc:school", "w:bob")
    assert (row["opened_at"], row["due_at"]) == (entry.recorded_at, entry.recorded_at + TERMS.review_us)


async def test_the_terms_of_emergencies_are_figures_of_the_bundle(sqlite_url: str, tmp_path: Path) -> None:
    table = "gateway/emergency/data.yaml"
    shorter = copy_changed(tmp_path / "policies", table, "review_hours: 72", "review_hours: 48")
    async with open_stack(sqlite_url, tmp_path / "state", seed=telling_network(), policies=shorter) as stack:
        entry = await recorded(stack, await emergency(stack))
        (row,) = await reviews(stack)
        assert row["due_at"] == entry.recorded_at + 48 * HOUR_US
        # The other two are those of the shipped bundle.
        assert stack.parts.writer.terms == TERMS._replace(review_us=48 * HOUR_US)


async def test_an_overdue_review_suspends_the_next_emergency_until_it_is_closed(stack: Stack) -> None:
    entry = await recorded(stack, await emergency(stack))
    assert (await declared(stack))[0] == "BREAK_GLASS"
    clock = SetClock(Instant(entry.recorded_at + TERMS.review_us - 1))
    later = with_clock(stack, clock)
    assert (await declared(later))[0] == "BREAK_GLASS"
    clock.fixed = Instant(entry.recorded_at + TERMS.review_us)
    assert (await declared(later))[0] == "BREAK_GLASS_SUSPENDED"
    before = await epoch(stack, "w:bob")
    assert isinstance(await found(later, OLGA, "justified"), Done)
    assert await epoch(stack, "w:bob") == before + 1
    assert (await declared(later))[0] == "BREAK_GLASS"


async def test_an_overdue_review_suspends_the_human_under_every_account(stack: Stack) -> None:
    entry = await recorded(stack, await emergency(stack))
    late = Instant(entry.recorded_at + TERMS.review_us)
    for who, overdue in ((BOB, 1), (BOB_AS_OFFICER, 1), (OLGA, 0)):
        asking = await caller(stack, who)
        stand = await stack.parts.registry.stand(asking, CHILD, late)
        assert stand is not None
        assert stand.actor["overdue_reviews"] == overdue
    before = [await epoch(stack, one) for one in ("w:bob", "w:bob2", "w:olga")]
    assert isinstance(await found(stack, OLGA, "justified"), Done)
    after = [await epoch(stack, one) for one in ("w:bob", "w:bob2", "w:olga")]
    assert [now - then for then, now in zip(before, after, strict=True)] == [1, 1, 0]


async def test_a_finding_that_is_repeated_brings_the_first_answer_back(stack: Stack) -> None:
    await recorded(stack, await emergency(stack))
    (row,) = await reviews(stack)
    once = Once("key-1", b"the same request")
    asked = ReviewFinding(await caller(stack, OLGA), ReviewId(row["id"]), "justified", once=once)
    first = await stack.uses.telling.close_review(asked)
    assert isinstance(first, Done)
    assert await stack.uses.telling.close_review(asked) == replace(first, replayed=True)


async def epoch(stack: Stack, worker: str) -> int:
    scope = account_scope(worker)
    numbers = await stack.parts.database.snapshot(lambda tx: read_epochs(tx, [scope]))
    return numbers.get(scope, 0)


async def test_emergencies_at_one_moment_do_not_stand_in_each_others_way(stack: Stack) -> None:
    first = await emergency(stack)
    attempts = [first, *(again(stack, first) for _ in range(7))]
    outcomes = await asyncio.gather(*(stack.parts.store.record(one) for one in attempts))
    assert all(isinstance(one, Recorded) for one in outcomes)
    assert len(await reviews(stack)) == len(attempts)


async def test_what_was_read_before_an_emergency_ends_before_its_review_is_overdue(stack: Stack) -> None:
    now = stack.parts.clock.now()
    facts = await stack.parts.store.facts(
        await caller(stack, BOB), LETTER, "coordination", now, every_directive=False
    )
    assert facts.horizon < now + TERMS.review_us
    assert facts.horizon > now + TERMS.review_us - 2 * HOUR_US


async def test_nobody_reviews_her_own_access_under_any_account(stack: Stack) -> None:
    await recorded(stack, await emergency(stack))
    answer = await found(stack, BOB_AS_OFFICER, "justified")
    assert isinstance(answer, Refused)
    assert answer.decision.reasons == ("REVIEWER_INVOLVED",)
    assert len(await reviews(stack)) == 1


@pytest.mark.parametrize("who", [EVA, NORA])
async def test_where_the_owner_has_an_officer_nobody_else_reviews(stack: Stack, who: tuple[str, str]) -> None:
    await recorded(stack, await emergency(stack))
    answer = await found(stack, who, "justified")
    assert isinstance(answer, Refused)
    assert not answer.decision.disclose_existence


async def test_where_the_owner_has_no_other_officer_one_of_the_network_reviews(
    store_url: str, tmp_path: Path
) -> None:
    seed = telling_network()
    seed["workers"] = [one for one in seed["workers"] if one["id"] != "w:olga"]
    async with open_stack(store_url, tmp_path / "other", seed=seed) as stack:
        await recorded(stack, await emergency(stack))
        assert isinstance(await found(stack, NORA, "inconclusive"), Done)


async def test_an_unjustified_access_is_an_incident_for_both_agencies(stack: Stack) -> None:
    await recorded(stack, await emergency(stack))
    assert isinstance(await found(stack, OLGA, "unjustified", words="Une note inventée."), Done)
    for who, role in ((OLGA, Role.PRIVACY_OFFICER), (EVA, None)):
        assert "incident" in await kinds(stack, who, role)
    assert await reviews(stack) == []


async def test_a_review_is_closed_once_and_with_a_finding_of_its_kind(stack: Stack) -> None:
    await recorded(stack, await emergency(stack))
    (row,) = await reviews(stack)
    for finding in ("splendid", "settled"):
        with pytest.raises(MalformedError):
            await found(stack, OLGA, finding)
    await found(stack, OLGA, "justified")
    asked = ReviewFinding(await caller(stack, OLGA), ReviewId(row["id"]), "unjustified")
    with pytest.raises(ConflictError):
        await stack.uses.telling.close_review(asked)


async def refused(stack: Stack, times: int) -> None:
    for _ in range(times):
        answer = await stack.uses.release(Asked(await caller(stack, BOB), LETTER, "coordination"))
        assert isinstance(answer, Refused)


async def test_many_refusals_of_guardians_who_disagree_are_one_case(store_url: str, tmp_path: Path) -> None:
    seed = two_guardians()
    seed["consents"].append(refusal_of_father())
    async with open_stack(store_url, tmp_path / "state", seed=seed) as stack:
        await refused(stack, 3)
        (row,) = await reviews(stack)
        assert (row["kind"], row["agency"], row["due_at"]) == ("conflict", "qc:school", None)
        assert isinstance(await found(stack, OLGA, "referred"), Done)
        assert await reviews(stack) == []
        await refused(stack, 2)
        assert len(await reviews(stack)) == 1


async def test_the_other_guardian_is_asked_once_while_she_has_not_read_it(
    store_url: str, tmp_path: Path
) -> None:
    seed = two_guardians()
    seed["consents"][0] |= {"max_sensitivity": "R"}
    seed["fragments"][0]["sensitivity"] = "R"
    async with open_stack(store_url, tmp_path / "state", seed=seed) as stack:
        await refused(stack, 3)
        chant = ("chant", "client:family")
        (told,) = await inbox(stack, chant)
        assert (told["kind"], told["recipient"]) == ("request_other_guardian", FATHER)
        assert (told["says"]["agency"], told["says"]["outcome"]) == ("qc:clinic", "deny")
        assert await inbox(stack, CONTE) == ()


async def test_what_one_entry_owes_has_ids_that_tell_nothing_of_it_nor_of_each_other(stack: Stack) -> None:
    entry = await recorded(stack, await emergency(stack))
    told = {row["id"] for who in (OLGA, EVA, CONTE) for row in await inbox(stack, who)}
    cases = {row["id"] for row in await stack.parts.telling.reviews(None, None, 50)}
    ids = sorted(told | cases)
    assert (len(told) >= 3, len(cases)) == (True, 1)
    assert all(re.fullmatch("(ntc|rev)_[0-9a-hjkmnp-tv-z]{26}", one) for one in ids)
    starts = {one[4:12] for one in ids}
    assert len(starts) == len(ids)
    assert not any(one in entry.decision_id for one in starts)
