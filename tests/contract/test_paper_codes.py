"""Codes on paper on both stores: printed, come in by, tried, revoked."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import insert, update

from gateway.adapters.sql.acts.registry_narrowing import apply_narrowing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import accounts, team_assignments, team_duties
from gateway.domain.access import Refused
from gateway.domain.enrolments import CODE_LASTS_US, Enrolment, EnrolmentId, parse_code
from gateway.domain.errors import ConflictError, QuarantinedError, RateLimitedError, UnauthenticatedError
from gateway.domain.ids import FragmentId, PersonId
from gateway.domain.instants import FAR_FUTURE
from gateway.domain.notices import Audience
from gateway.domain.tries import OF_A_CODE, OF_A_LOSS, OF_AN_ADDRESS
from gateway.domain.vocabulary import Role
from gateway.domain.way import Way
from gateway.releasing import Asked
from gateway.usecases.list_enrolments import EnrolmentsShown
from gateway.usecases.print_code import Printed, Printing
from tests.support.stack import Stack, open_stack
from tests.support.ways_in import BORN, HOME, Ways, require_refused, today

_ON_CALL, _TEAM_OF = insert(team_duties), insert(team_assignments)
WRONG_DAY = date(1988, 5, 2)
NOBODYS = "0000-0000"


@pytest_asyncio.fixture
async def ways(store_url: str, tmp_path: Path) -> AsyncIterator[Ways]:
    async with open_stack(store_url, tmp_path / "state") as stack:
        yield Ways(stack)


async def inbox(stack: Stack, person: str) -> list[str]:
    rows = await stack.parts.telling.inbox({Audience.PERSON: person}, None, 50)
    return [row["says"]["kind"] for row in rows]


# --- Printing ------------------------------------------------------------------------------------


async def test_an_assigned_worker_prints_a_code_and_its_owner_comes_in_by_it(ways: Ways) -> None:
    printed = await ways.print_code()
    signed_in = await ways.try_code(printed.code)
    assert signed_in is not None
    assert (signed_in.account, signed_in.way, signed_in.strong) == ("p:parent", Way.CODE, False)
    caller = await ways.caller(await ways.open(signed_in))
    assert (caller.person, caller.way, caller.enrolment) == ("p:parent", Way.CODE, signed_in.enrolment)


async def test_who_has_no_account_has_one_by_it(ways: Ways) -> None:
    printed = await ways.print_code(own=True)
    signed_in = await ways.try_code(printed.code, today() - timedelta(days=3400))
    assert signed_in is not None
    youth = await ways.caller(await ways.open(signed_in), Role.YOUTH)
    assert (youth.person, youth.role) == ("p:child", Role.YOUTH)


async def test_nobody_else_prints_one(ways: Ways) -> None:
    for subject, agency in (("cam", "clinic"), ("dia", "house")):
        child, mother = await ways.handles(agency)
        asked = Printing(await ways.worker(subject, agency), child, mother)
        assert require_refused(await ways.stack.uses.enrolling.print_code(asked)) == "NO_RELATIONSHIP"
    child, mother = await ways.handles("clinic")
    by_admin = Printing(await ways.worker("fil", "clinic"), child, mother)
    assert require_refused(await ways.stack.uses.enrolling.print_code(by_admin)) == "ROLE_NOT_ALLOWED"
    # An officer's agency holds nothing of the child: it is not hers to print.
    by_officer = Printing(await ways.worker("eva", "clinic"), child, mother)
    assert require_refused(await ways.stack.uses.enrolling.print_code(by_officer)) == "NO_RELATIONSHIP"


async def test_who_is_on_call_for_a_team_that_is_assigned_prints_one_too(ways: Ways) -> None:
    child, mother = await ways.handles("clinic")
    asked = Printing(await ways.worker("cam", "clinic"), child, mother)
    assert require_refused(await ways.stack.uses.enrolling.print_code(asked)) == "NO_RELATIONSHIP"
    now = ways.stack.parts.clock.now()
    held = {"team": "tea_night", "from_at": now - 1, "until_at": None}

    async def put(tx: Tx) -> None:
        await tx.run(_ON_CALL, id="dty_1", worker="w:cam", duty="on_call", **held)
        await tx.run(_TEAM_OF, id="tas_1", person="p:child", **held)

    await ways.stack.parts.database.transaction(put)
    assert isinstance(await ways.stack.uses.enrolling.print_code(asked), Printed)


async def test_nobody_gets_one_who_holds_no_authority_over_the_person(ways: Ways) -> None:
    child, _ = await ways.handles("school")
    stranger = await ways.handle("school", "p:other")
    asked = Printing(await ways.worker("ada", "school"), child, stranger)
    assert require_refused(await ways.stack.uses.enrolling.print_code(asked)) == "NO_RELATIONSHIP"


async def test_a_handle_of_nobody_is_refused_as_a_stranger_is(ways: Ways) -> None:
    asked = Printing(await ways.worker("ada", "school"), "hnd_unknown")
    assert require_refused(await ways.stack.uses.enrolling.print_code(asked)) == "NO_RELATIONSHIP"


async def test_a_new_print_takes_the_place_of_the_one_before(ways: Ways) -> None:
    before = await ways.print_code()
    signed_in = await ways.try_code(before.code)
    assert signed_in is not None
    cookie = await ways.open(signed_in)
    after = await ways.print_code(subject="bob", agency="clinic")
    assert await ways.try_code(before.code) is None
    with pytest.raises(UnauthenticatedError):
        await ways.caller(cookie)
    assert await ways.try_code(after.code) is not None


async def test_in_quarantine_nothing_is_printed_and_the_code_before_still_opens(ways: Ways) -> None:
    before = await ways.print_code()
    cookie = await ways.open(await ways.try_code(before.code) or pytest.fail("no way in"))
    writer = ways.stack.parts.store.writer
    child, mother = await ways.handles("school")
    asked = Printing(await ways.worker("ada", "school"), child, mother)
    sound, writer.quarantined = writer.quarantined, lambda: True
    with pytest.raises(QuarantinedError):
        await ways.stack.uses.enrolling.print_code(asked)
    writer.quarantined = sound
    assert (await ways.caller(cookie)).account == "p:parent"
    assert await ways.try_code(before.code) is not None


async def test_a_print_and_the_end_of_the_code_before_are_one_act(ways: Ways) -> None:
    before = await ways.print_code()
    after = await ways.print_code()
    entry, *_ = await ways.entries(1)
    old, new = (one.done.reference["enrolment"] for one in (before, after))
    assert (entry["kind"], entry["enrolment"], entry["replaces"]) == ("code_printed", new, old)
    record = (await ways.journaled())[-1]
    assert (record["kind"], record["enrolment"], record["alone"]) == ("enrolment_revoked", old, True)


async def test_two_who_print_at_once_leave_one_open_code(ways: Ways) -> None:
    child, mother = await ways.handles("school")
    asked = Printing(await ways.worker("ada", "school"), child, mother)
    found = await asyncio.gather(
        *(ways.stack.uses.enrolling.print_code(asked) for _ in range(4)), return_exceptions=True
    )
    printed = [one for one in found if isinstance(one, Printed)]
    assert printed
    opened = [one for one in printed if await ways.try_code(one.code) is not None]
    assert len(opened) == 1


async def test_its_owner_is_told_by_whose_agency_and_nobody_else_of_the_family(ways: Ways) -> None:
    printed = await ways.print_code()
    (entry,) = [one for one in await ways.entries() if one["kind"] == "code_printed"]
    assert entry["viewers"] == {"p:parent": "full"}
    assert (entry["agency"], entry["person"], entry["holder"]) == ("qc:school", "p:child", "p:parent")
    assert await inbox(ways.stack, "p:parent") == ["code_printed"]
    assert await inbox(ways.stack, "p:child") == []
    mother = await ways.stack.caller("conte", "client:family", Role.GUARDIAN)
    shown = await ways.stack.uses.enrolling.list_enrolments(mother)
    assert isinstance(shown, EnrolmentsShown)
    assert [(row["agency"], row["kind"]) for row in shown.rows] == [("qc:school", "code")]
    assert printed.code.signs not in str([await ways.entries(), shown.rows])


async def test_what_was_printed_stands_in_no_file(sqlite_url: str, tmp_path: Path) -> None:
    async with open_stack(sqlite_url, tmp_path / "state") as stack:
        ways = Ways(stack)
        printed = await ways.print_code()
        await ways.try_code(printed.code, WRONG_DAY)
    signs, written = printed.code.signs, _files(tmp_path)
    assert b"enr_" in written
    assert not any(one.encode() in written for one in (signs, printed.code.printed, signs.lower()))


# --- Coming in -----------------------------------------------------------------------------------


async def test_a_code_of_nobodys_and_a_wrong_day_are_one_answer(ways: Ways) -> None:
    printed = await ways.print_code()
    assert await ways.try_code(printed.code, WRONG_DAY) is None
    assert await ways.try_code(NOBODYS) is None


async def test_her_owner_sees_that_somebody_tried_it_with_a_wrong_day(ways: Ways) -> None:
    printed = await ways.print_code()
    await ways.try_code(printed.code, WRONG_DAY)
    tried, *_ = await ways.entries(1)
    assert (tried["kind"], tried["viewers"]) == ("sign_in_refused", {"p:parent": "full"})
    assert (tried["way"], tried["enrolment"]) == ("code", printed.done.reference["enrolment"])
    await ways.try_code(NOBODYS)
    tried, *_ = await ways.entries(1)
    assert (tried["kind"], tried["viewers"], tried["person"]) == ("sign_in_refused", {}, None)


async def test_a_code_that_is_over_opens_nothing(ways: Ways) -> None:
    printed = await ways.print_code()
    caller = await ways.by_code(printed)
    name = str(caller.enrolment)
    known = await _enrolment(ways, name)
    assert known.expires_at == known.added_at + CODE_LASTS_US
    await ways.set_row(name, expires_at=ways.stack.parts.clock.now() - 1)
    assert await ways.try_code(printed.code) is None


async def test_a_sign_in_ends_with_its_code(ways: Ways) -> None:
    printed = await ways.print_code()
    signed_in = await ways.try_code(printed.code)
    assert signed_in is not None
    cookie = await ways.open(signed_in)
    await ways.set_row(str(signed_in.enrolment), expires_at=ways.stack.parts.clock.now() - 1)
    with pytest.raises(UnauthenticatedError):
        await ways.caller(cookie)


async def test_an_account_that_is_closed_has_no_way_in_and_gets_none(ways: Ways) -> None:
    printed = await ways.print_code()
    await _close_account(ways)
    assert await ways.try_code(printed.code) is None
    with pytest.raises(ConflictError):
        await ways.print_code()


@pytest.mark.parametrize("exists", [True, False])
async def test_after_five_tries_the_next_waits_whether_there_is_such_a_code_or_not(
    ways: Ways, *, exists: bool
) -> None:
    printed = await ways.print_code()
    code = printed.code if exists else parse_code(NOBODYS)
    for _ in range(OF_A_CODE.free):
        assert await ways.try_code(code, WRONG_DAY) is None
    with pytest.raises(RateLimitedError) as waits:
        await ways.try_code(code, BORN)
    assert 890 < waits.value.retry_after_s <= 900


async def test_who_has_to_wait_leaves_no_entry(ways: Ways) -> None:
    for _ in range(OF_A_CODE.free):
        await ways.try_code(NOBODYS)
    before = await ways.entries(1)
    with pytest.raises(RateLimitedError):
        await ways.try_code(NOBODYS)
    assert await ways.entries(1) == before


async def test_of_many_tries_at_once_no_more_are_judged_than_the_rule_allows(ways: Ways) -> None:
    printed = await ways.print_code()
    days = [date(1988, 4, day) for day in range(1, 31)]
    tries = [ways.try_code(printed.code, day, f"192.0.2.{n}") for n, day in enumerate(days)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(one is None for one in found) == OF_A_CODE.free
    assert sum(isinstance(one, RateLimitedError) for one in found) == 30 - OF_A_CODE.free


async def test_who_comes_in_begins_her_count_again(ways: Ways) -> None:
    printed = await ways.print_code()
    for _ in range(3):
        for _ in range(OF_A_CODE.free - 1):
            await ways.try_code(printed.code, WRONG_DAY)
        assert await ways.try_code(printed.code) is not None


async def test_a_new_print_is_not_kept_waiting_by_tries_at_the_old_one(ways: Ways) -> None:
    printed = await ways.print_code()
    for _ in range(OF_A_CODE.free):
        await ways.try_code(printed.code, WRONG_DAY)
    assert await ways.try_code((await ways.print_code()).code) is not None


async def test_whoever_tries_one_code_after_another_has_to_wait_and_others_do_not(ways: Ways) -> None:
    printed = await ways.print_code()
    for n in range(OF_AN_ADDRESS.free):
        assert await ways.try_code(f"0000-{n:04d}".replace("l", "1")) is None
    with pytest.raises(RateLimitedError):
        await ways.try_code("1111-1111")
    with pytest.raises(RateLimitedError):
        await ways.try_code(printed.code)
    assert await ways.try_code(printed.code, address="198.51.100.9") is not None


async def test_ones_own_success_does_not_pay_for_guesses_at_others(ways: Ways) -> None:
    printed = await ways.print_code()
    for n in range(OF_AN_ADDRESS.free - 1):
        await ways.try_code(f"0000-{n:04d}")
        if n % 10 == 0:
            assert await ways.try_code(printed.code) is not None
    await ways.try_code("1111-1111")
    with pytest.raises(RateLimitedError):
        await ways.try_code("2222-2222")


# --- Revoking ------------------------------------------------------------------------------------


async def test_whoever_can_name_a_code_ends_it_and_what_was_opened_by_it(ways: Ways) -> None:
    printed = await ways.print_code()
    signed_in = await ways.try_code(printed.code)
    assert signed_in is not None
    cookie = await ways.open(signed_in)
    await ways.stack.uses.enrolling.revoke_named_code(printed.code, HOME)
    with pytest.raises(UnauthenticatedError):
        await ways.caller(cookie)
    assert await ways.try_code(printed.code) is None
    revoked = [one for one in await ways.entries() if one["kind"] == "code_revoked"]
    assert [(one["by"], one["viewers"]) for one in revoked] == [("who_named_it", {"p:parent": "full"})]


async def test_what_is_under_way_by_a_code_does_not_outlive_it(ways: Ways) -> None:
    printed = await ways.print_code()
    caller, letter = await ways.by_code(printed), FragmentId("frg_letter")
    store, now = ways.stack.parts.store, ways.stack.parts.clock.now()
    facts = await store.facts(caller, letter, "family_access", now, every_directive=False)
    stand = await ways.stack.parts.registry.stand(caller, PersonId("p:child"), now)
    assert stand is not None
    assert await store.stands(facts.epochs, FAR_FUTURE)
    await ways.stack.uses.enrolling.revoke_named_code(printed.code, HOME)
    # What was gathered before may not be recorded, and nothing is gathered any more.
    assert not await store.stands(facts.epochs, FAR_FUTURE)
    assert not await store.stands(stand.epochs, FAR_FUTURE)
    with pytest.raises(UnauthenticatedError):
        await ways.stack.uses.release(Asked(caller, letter, "family_access"))
    with pytest.raises(UnauthenticatedError):
        await ways.stack.parts.registry.stand(caller, PersonId("p:child"), now)


async def test_a_code_that_nobody_has_is_ended_without_a_word(ways: Ways) -> None:
    before = await ways.entries(1)
    await ways.stack.uses.enrolling.revoke_named_code(parse_code(NOBODYS), HOME)
    assert await ways.entries(1) == before


async def test_guesses_at_a_code_do_not_keep_its_owner_from_ending_it(ways: Ways) -> None:
    printed = await ways.print_code()
    for _ in range(OF_A_CODE.free):
        await ways.try_code(printed.code, WRONG_DAY)
    await ways.stack.uses.enrolling.revoke_named_code(printed.code, HOME)
    assert (await _enrolment(ways, str(printed.done.reference["enrolment"]))).revoked_at is not None


async def test_who_names_many_has_to_wait(ways: Ways) -> None:
    for n in range(OF_A_LOSS.free):
        await ways.stack.uses.enrolling.revoke_named_code(parse_code(f"0000-{n:04d}"), HOME)
    with pytest.raises(RateLimitedError):
        await ways.stack.uses.enrolling.revoke_named_code(parse_code(NOBODYS), HOME)


async def test_its_owner_and_its_agency_revoke_it_and_nobody_else(ways: Ways) -> None:
    revoke = ways.stack.uses.enrolling.revoke_enrolment
    mother = await ways.stack.caller("conte", "client:family", Role.GUARDIAN)
    other = await ways.stack.caller("recit", "client:family", Role.GUARDIAN)
    for caller in (mother, await ways.worker("ada", "school")):
        printed = await ways.print_code()
        name = EnrolmentId(str(printed.done.reference["enrolment"]))
        for stranger in (other, await ways.worker("bob", "clinic"), await ways.worker("dia", "house")):
            assert require_refused(await revoke(stranger, name)) == "NO_RELATIONSHIP"
        done = await revoke(caller, name)
        assert not isinstance(done, Refused)
        assert done.proven
        assert await ways.try_code(printed.code) is None


async def test_an_agency_sees_the_codes_that_it_printed_and_no_others(ways: Ways) -> None:
    await ways.print_code()
    for subject, agency, count in (("ada", "school", 1), ("bob", "clinic", 0)):
        child, mother = await ways.handles(agency)
        shown = await ways.stack.uses.enrolling.list_enrolments.printed(
            await ways.worker(subject, agency), child
        )
        assert isinstance(shown, EnrolmentsShown)
        assert [row["holder"] for row in shown.rows] == [mother] * count


async def test_what_was_revoked_is_revoked_again_in_an_older_copy(ways: Ways) -> None:
    printed = await ways.print_code()
    signed_in = await ways.try_code(printed.code)
    assert signed_in is not None
    cookie = await ways.open(signed_in)
    parts = ways.stack.parts
    name = str(printed.done.reference["enrolment"])
    record = {
        "kind": "enrolment_revoked",
        "enrolment": name,
        "alone": False,
        "scopes": ["account:p:parent"],
    }
    vault = Vault(parts.store.keys, parts.writer.owners)

    async def again() -> bool:
        at = parts.clock.now()
        return await parts.database.transaction(lambda tx: apply_narrowing(tx, record, at, vault=vault))

    assert await again()
    assert not await again()
    with pytest.raises(UnauthenticatedError):
        await ways.caller(cookie)


async def _enrolment(ways: Ways, name: str) -> Enrolment:
    found = await ways.kept.enrolment(EnrolmentId(name))
    assert found is not None
    return found


async def _close_account(ways: Ways) -> None:
    change = update(accounts).where(accounts.c.id == "p:parent").values(active=False)
    await ways.stack.parts.database.transaction(lambda tx: tx.run(change))


def _files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
