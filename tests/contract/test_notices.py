"""Who is told what, in the transaction of the entry that owes it; what is held, and when it is told."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import bindparam, update

from gateway.adapters.sql.tables import accounts, notices
from gateway.domain.access import Recorded, Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.consent import ReachKind, StopReach
from gateway.domain.errors import ConflictError, LedgerUnavailableError, MalformedError
from gateway.domain.facts import Turned
from gateway.domain.holding import AGAIN_US, Lift
from gateway.domain.ids import AuthorityId, ConsentId, DecisionId, NoticeId
from gateway.domain.instants import Instant, to_text
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import Role
from gateway.observe import OperationalLog
from gateway.usecases.delay_notice import Delay
from gateway.usecases.read_ledger import LedgerPage, LedgerSearch
from gateway.usecases.stop_sharing import Stop
from gateway.usecases.withdraw_consent import Withdrawal
from gateway.wiring.telling import build_due
from tests.support.race_attempts import SetClock, an_attempt, with_clock
from tests.support.registry import TERMS
from tests.support.stack import Stack, open_stack
from tests.support.telling import (
    BOB,
    BOB_AS_OFFICER,
    CHILD,
    CONTE,
    DELAYED,
    EVA,
    NORA,
    OLGA,
    PARENT,
    again,
    caller,
    counted,
    emergency,
    held,
    inbox,
    kinds,
    recorded,
    telling_network,
    the_held,
)


@pytest.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with open_stack(store_url, tmp_path / "state", seed=telling_network()) as opened:
        yield opened


async def log_of(stack: Stack) -> tuple[dict[str, object], ...]:
    search = LedgerSearch(await caller(stack, CONTE), "family_access", CHILD)
    page = await stack.uses.read_ledger(search)
    assert isinstance(page, LedgerPage)
    return tuple(dict(row) for row in page.rows)


async def test_an_emergency_is_told_to_everybody_whom_the_rules_name(stack: Stack) -> None:
    entry = await recorded(stack, await emergency(stack))
    assert await kinds(stack, OLGA, Role.PRIVACY_OFFICER) == ["notify_owner_agency", "notify_privacy_officer"]
    assert await kinds(stack, EVA) == ["notify_privacy_officer"]
    assert await kinds(stack, ("piv", "client:school")) == ["notify_owner_agency"]
    (told,) = await inbox(stack, CONTE)
    assert (told["kind"], told["says"]["agency"], told["says"]["view"]) == (
        "notify_family",
        "qc:clinic",
        "full",
    )
    assert told["recorded_at"] == entry.recorded_at
    assert await inbox(stack, BOB) == ()
    assert await kinds(stack, NORA) == []


async def test_a_notice_names_no_person_but_by_the_readers_own_handle(stack: Stack) -> None:
    await recorded(stack, await emergency(stack))
    for who in (OLGA, EVA):
        for row in await inbox(stack, who):
            assert CHILD not in str(row)


async def test_an_attempt_that_is_turned_away_leaves_no_notice(stack: Stack) -> None:
    attempt = await emergency(stack)
    moved = replace(
        attempt.facts, epochs=tuple((scope, number + 1) for scope, number in attempt.facts.epochs)
    )
    assert await stack.parts.store.record(attempt._replace(facts=moved)) is Turned.MOVED
    assert await counted(stack) == (0, 0)


async def test_a_group_that_fails_leaves_no_notice(stack: Stack) -> None:
    first = await emergency(stack)
    await recorded(stack, first)
    before = await counted(stack)
    # The same decision id twice: the group's entries cannot be written, and neither can its notices.
    attempts = (again(stack, first), first)
    outcomes = await asyncio.gather(
        *(stack.parts.store.record(one) for one in attempts), return_exceptions=True
    )
    failed = [one for one in outcomes if isinstance(one, LedgerUnavailableError)]
    assert failed
    written = len([one for one in outcomes if isinstance(one, Recorded)])
    assert await counted(stack) == (before[0] * (1 + written), before[1] * (1 + written))


async def test_an_ordinary_release_tells_nobody(stack: Stack) -> None:
    await recorded(stack, await an_attempt(stack))
    assert await counted(stack) == (0, 0)


async def test_a_delayed_access_is_told_when_the_owners_officer_says_so(stack: Stack) -> None:
    entry = await recorded(stack, await emergency(stack, DELAYED))
    assert (await inbox(stack, CONTE), await log_of(stack)) == ((), ())
    notice = await the_held(stack)
    release = stack.uses.telling.release_notice
    for stranger in (EVA, BOB):
        assert isinstance(await release(await caller(stack, stranger), notice), Refused)
    assert isinstance(await release(await caller(stack, OLGA), notice), Done)
    told, original = (await inbox(stack, CONTE))[0], to_text(entry.recorded_at)
    assert (told["kind"], told["says"]["happened_at"]) == ("notify_family", original)
    assert told["recorded_at"] > entry.recorded_at
    row = next(row for row in await log_of(stack) if "happened_at" in row)
    assert (row["happened_at"], row["kind"], row["agency"]) == (original, "released", "qc:clinic")
    assert await held(stack) == []
    with pytest.raises(ConflictError):
        await release(await caller(stack, OLGA), notice)


async def test_an_unknown_notice_a_foreign_one_and_a_held_one_are_answered_alike(stack: Stack) -> None:
    await recorded(stack, await emergency(stack, DELAYED))
    notice = await the_held(stack)
    uses, mother, eva = stack.uses.telling, await caller(stack, CONTE), await caller(stack, EVA)
    for name in (notice, NoticeId("ntc_unknown")):
        for answer in (await uses.read_notice(mother, name), await uses.release_notice(eva, name)):
            assert isinstance(answer, Refused)
            assert not answer.decision.disclose_existence


async def test_a_declared_delay_that_nobody_approves_ends_after_a_day(stack: Stack) -> None:
    entry = await recorded(stack, await emergency(stack, DELAYED))
    clock = SetClock(Instant(entry.recorded_at + TERMS.declared_us - 1_000_000))
    at = with_clock(stack, clock)
    assert await build_due(at.parts)() == 0
    clock.fixed = Instant(entry.recorded_at + TERMS.declared_us + 1)
    assert await build_due(at.parts)() == 1
    (told,) = await inbox(stack, CONTE)
    assert told["says"]["happened_at"] == to_text(entry.recorded_at)


async def test_a_notice_that_fails_is_logged_and_the_others_are_told(stack: Stack) -> None:
    await recorded(stack, await emergency(stack, DELAYED))
    broken = await the_held(stack)
    entry = await recorded(stack, await emergency(stack, DELAYED))
    spoil = update(notices).where(notices.c.id == bindparam("of_id")).values(sealed=bindparam("junk"))
    await stack.parts.database.transaction(
        lambda tx: tx.run(spoil, of_id=broken, junk=b"not what was sealed")
    )
    late = with_clock(stack, SetClock(Instant(entry.recorded_at + TERMS.declared_us + 1)))
    lines = io.StringIO()
    due = build_due(replace(late.parts, log=OperationalLog(lines)))
    assert await due() == 1
    assert len(await inbox(stack, CONTE)) == 1
    (line,) = [json.loads(one) for one in lines.getvalue().splitlines()]
    assert (line["event"], line["notice"]) == ("NOTICE_UNTOLD", broken)
    assert line.keys() == {"event", "level", "timestamp", "notice", "error", "at"}


async def test_a_held_notice_without_a_question_is_told_by_nobody(stack: Stack) -> None:
    bob = await caller(stack, BOB)
    note = Note(EntryKind.DEPOSITED, DecisionId("dec_bare"), bob, {}, person=CHILD)
    row = {"person": CHILD, "recipient": PARENT, "says": {"told": {}}}
    with pytest.raises(ConflictError, match="by which rule"):
        await stack.uses.telling.release_notice.disclosing(row, note, Lift.RELEASED)


async def test_a_release_that_is_repeated_brings_the_first_answer_back(stack: Stack) -> None:
    await recorded(stack, await emergency(stack, DELAYED))
    notice, olga = await the_held(stack), await caller(stack, OLGA)
    once = Once("key-1", b"the same request")
    first = await stack.uses.telling.release_notice(olga, notice, once=once)
    second = await stack.uses.telling.release_notice(olga, notice, once=once)
    assert isinstance(first, Done)
    assert second == replace(first, replayed=True)
    with pytest.raises(ConflictError):
        await stack.uses.telling.release_notice(olga, notice, once=Once("key-2", b"the same request"))


async def test_an_officer_of_the_network_delays_only_where_the_owner_has_no_active_one(stack: Stack) -> None:
    await recorded(stack, await emergency(stack, DELAYED))
    until = Instant(stack.parts.clock.now() + TERMS.declared_us)
    asked = Delay(await caller(stack, NORA), await the_held(stack), until, "an invented reason")
    refused = await stack.uses.telling.delay_notice(asked)
    assert isinstance(refused, Refused)
    assert not refused.decision.disclose_existence
    leaves = update(accounts).where(accounts.c.id == "w:olga").values(active=False)
    await stack.parts.database.transaction(lambda tx: tx.run(leaves))
    # The only officer left at the school is the human who took the access.
    assert isinstance(await stack.uses.telling.delay_notice(asked), Done)


async def test_nobody_approves_the_delay_that_she_asked_for_under_whatever_account(stack: Stack) -> None:
    await recorded(stack, await emergency(stack, DELAYED))
    notice = await the_held(stack)
    delay, until = (
        stack.uses.telling.delay_notice,
        Instant(stack.parts.clock.now() + TERMS.approved_us - 60_000_000),
    )
    before = await held(stack)
    refused = await delay(Delay(await caller(stack, BOB_AS_OFFICER), notice, until, "an invented reason"))
    assert isinstance(refused, Refused)
    assert (refused.decision.reasons, refused.decision.disclose_existence) == (("REVIEWER_INVOLVED",), True)
    assert await held(stack) == before
    assert isinstance(
        await delay(Delay(await caller(stack, OLGA), notice, until, "an invented reason")), Done
    )


async def test_an_officer_delays_for_thirty_days_at_most(stack: Stack) -> None:
    entry = await recorded(stack, await emergency(stack, DELAYED))
    notice, olga = await the_held(stack), await caller(stack, OLGA)
    delay, now = stack.uses.telling.delay_notice, stack.parts.clock.now()
    with pytest.raises(MalformedError):
        await delay(Delay(olga, notice, Instant(now + TERMS.approved_us + 60_000_000), "an invented reason"))
    until = Instant(now + TERMS.approved_us - 60_000_000)
    assert isinstance(await delay(Delay(olga, notice, until, "an invented reason")), Done)
    at = with_clock(stack, SetClock(Instant(entry.recorded_at + TERMS.declared_us + 1)))
    assert await build_due(at.parts)() == 0


async def test_whom_the_rules_let_know_no_more_is_told_neither_by_officer_nor_by_time(
    stack: Stack,
) -> None:
    entry = await recorded(stack, await emergency(stack, DELAYED))
    note = Note(EntryKind.AUTHORITY_ENDED, DecisionId("dec_ended"), None, {"operator": "tests"}, person=CHILD)
    await stack.parts.acts.end_authority(note, AuthorityId("aut_1"))
    with pytest.raises(ConflictError):
        await stack.uses.telling.release_notice(await caller(stack, OLGA), await the_held(stack))
    late = Instant(entry.recorded_at + TERMS.declared_us + 1)
    assert await build_due(with_clock(stack, SetClock(late)).parts)() == 0
    ((row),) = await held(stack)
    assert row["held_until"] == late + AGAIN_US


async def test_withdrawing_and_stopping_tell_the_agencies_that_were_named(stack: Stack) -> None:
    mother = await caller(stack, CONTE)
    await stack.uses.withdraw_consent(Withdrawal(mother, ConsentId("cns_1"), "family_access"))
    assert await kinds(stack, ("fil", "client:clinic")) == ["notify_recipients"]
    (told,) = await inbox(stack, ("fil", "client:clinic"))
    assert told["says"]["consent"] == "cns_1"
    assert PARENT not in str(told)
    await stack.uses.stop_sharing(Stop(mother, CHILD, StopReach(ReachKind.ALL), "family_access"))
    assert await kinds(stack, ("fil", "client:clinic")) == ["notify_recipients", "notify_recipients"]
    assert await kinds(stack, ("piv", "client:school")) == []


async def test_a_second_withdrawal_tells_nobody_again(stack: Stack) -> None:
    mother = await caller(stack, CONTE)
    for _ in range(2):
        await stack.uses.withdraw_consent(Withdrawal(mother, ConsentId("cns_1"), "family_access"))
    assert await kinds(stack, ("fil", "client:clinic")) == ["notify_recipients"]


async def test_what_is_read_is_marked_and_stays_in_the_inbox(stack: Stack) -> None:
    await recorded(stack, await emergency(stack))
    (told,) = await inbox(stack, CONTE)
    assert isinstance(
        await stack.uses.telling.read_notice(await caller(stack, CONTE), NoticeId(told["id"])), Done
    )
    (again_,) = await inbox(stack, CONTE)
    assert told["read_at"] is None
    assert again_["read_at"] is not None


async def test_what_a_family_may_not_know_of_today_leaves_its_inbox(stack: Stack) -> None:
    await recorded(stack, await emergency(stack))
    assert len(await inbox(stack, CONTE)) == 1
    age = SetClock(Instant(stack.parts.clock.now() + 10 * 365 * 86_400_000_000))
    assert await inbox(with_clock(stack, age), CONTE) == ()
