"""Passkeys on both stores: added, come in by, doubtful for a day where a code added them, ended."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.bearer import Binding, Confirmation
from gateway.domain.caller import Caller
from gateway.domain.enrolments import EnrolmentId
from gateway.domain.errors import ConflictError, UnauthenticatedError
from gateway.domain.instants import Instant
from gateway.domain.sign_in import SignedIn
from gateway.domain.tries import OF_AN_ADDRESS
from gateway.domain.vocabulary import Role
from gateway.domain.way import Way
from gateway.domain.widening import WAIT_US, is_doubtful
from gateway.usecases.list_enrolments import EnrolmentsShown
from tests.support.authenticator import Authenticator
from tests.support.stack import open_stack
from tests.support.ways_in import HOME, Ways, require_refused

ORIGIN, RP = "http://127.0.0.1:8741", "127.0.0.1"


@pytest_asyncio.fixture
async def ways(store_url: str, tmp_path: Path) -> AsyncIterator[Ways]:
    async with open_stack(store_url, tmp_path / "state") as stack:
        yield Ways(stack)


async def mother(ways: Ways) -> Caller:
    return await ways.stack.caller("conte", "client:family", Role.GUARDIAN)


async def add(ways: Ways, caller: Caller, key: Authenticator, label: str = "Mon téléphone") -> Done:
    """Add this authenticator's key to the caller's account."""
    use = ways.stack.uses.enrolling.add_passkey
    options = await use.begin(caller, label)
    assert not isinstance(options, Refused), options
    done = await use(caller, key.create(options), label)
    assert isinstance(done, Done)
    return done


async def enter(ways: Ways, key: Authenticator, **wrong: object) -> SignedIn | None:
    """Come in with this authenticator."""
    use = ways.stack.uses.enrolling.sign_in_with_passkey
    return await use(key.get(use.begin(), **wrong), HOME)


async def came_in(ways: Ways, key: Authenticator, role: Role = Role.GUARDIAN) -> Caller:
    signed_in = await enter(ways, key)
    assert signed_in is not None
    return await ways.caller(await ways.open(signed_in), role)


async def end(ways: Ways, caller: Caller, way: Done) -> Done | Refused:
    """End a way in that was added or printed."""
    name = EnrolmentId(str(way.reference["enrolment"]))
    return await ways.stack.uses.enrolling.revoke_enrolment(caller, name)


def a_key(credential: bytes = b"\x07" * 32) -> Authenticator:
    return Authenticator(ORIGIN, RP, credential=credential)


async def test_who_is_strongly_signed_in_adds_one_and_comes_in_by_it(ways: Ways) -> None:
    key = a_key()
    done = await add(ways, await mother(ways), key)
    assert done.reference["waits_until"] is None
    signed_in = await enter(ways, key)
    assert signed_in == SignedIn("p:parent", Way.PASSKEY, strong=True, enrolment=done.reference["enrolment"])
    caller = await ways.caller(await ways.open(signed_in))
    assert caller.bearer.strong
    assert not is_doubtful(caller, ways.stack.parts.clock.now())


async def test_a_worker_adds_one_too(ways: Ways) -> None:
    key = a_key()
    await add(ways, await ways.worker("bob", "clinic"), key)
    caller = await came_in(ways, key, Role.CASEWORKER)
    assert (caller.worker, caller.agency) == ("w:bob", "qc:clinic")
    revoke = ways.stack.uses.enrolling.revoke_enrolment
    assert isinstance(await revoke(caller, EnrolmentId(str(caller.enrolment))), Done)
    assert await enter(ways, key) is None


async def test_one_that_a_code_adds_is_as_doubtful_for_a_day_and_then_is_not(ways: Ways) -> None:
    key = a_key()
    done = await add(ways, await ways.by_code(), key)
    now = ways.stack.parts.clock.now()
    assert now < Instant(int(done.reference["waits_until"])) <= now + WAIT_US
    caller = await came_in(ways, key)
    assert is_doubtful(caller, ways.stack.parts.clock.now())
    await ways.set_row(str(caller.enrolment), waits_until=now)
    assert not is_doubtful(await came_in(ways, key), ways.stack.parts.clock.now())


async def test_one_that_a_doubtful_one_adds_is_doubtful_too(ways: Ways) -> None:
    first, second = a_key(), a_key(b"\x08" * 32)
    await add(ways, await ways.by_code(), first)
    await add(ways, await came_in(ways, first), second)
    assert is_doubtful(await came_in(ways, second), ways.stack.parts.clock.now())


async def test_she_is_told_of_it_and_sees_it(ways: Ways) -> None:
    await add(ways, await ways.by_code(), a_key(), "Une clé inventée")
    (entry,) = [one for one in await ways.entries() if one["kind"] == "passkey_added"]
    assert (entry["viewers"], entry["way"]) == ({"p:parent": "full"}, "code")
    shown = await ways.stack.uses.enrolling.list_enrolments(await mother(ways))
    assert isinstance(shown, EnrolmentsShown)
    assert {row["label"] for row in shown.rows} == {None, "Une clé inventée"}


async def test_the_keys_that_a_code_added_end_with_it(ways: Ways) -> None:
    first, second, own = a_key(), a_key(b"\x08" * 32), a_key(b"\x09" * 32)
    printed = await ways.print_code()
    await add(ways, await mother(ways), own)
    await add(ways, await ways.by_code(printed), first)
    await add(ways, await came_in(ways, first), second)
    cookie = await ways.open(await enter(ways, second) or pytest.fail("no way in"))
    await ways.stack.uses.enrolling.revoke_named_code(printed.code, HOME)
    with pytest.raises(UnauthenticatedError):
        await ways.caller(cookie)
    assert [await enter(ways, key) is not None for key in (first, second, own)] == [False, False, True]


async def test_the_keys_that_a_code_added_outlive_its_next_print(ways: Ways) -> None:
    key = a_key()
    await add(ways, await ways.by_code(), key)
    await ways.print_code()
    assert await enter(ways, key) is not None


async def test_naming_a_lost_code_that_was_replaced_ends_what_came_of_it(ways: Ways) -> None:
    printed, key, own = await ways.print_code(), a_key(), a_key(b"\x09" * 32)
    await add(ways, await mother(ways), own)
    await add(ways, await ways.by_code(printed), key)
    cookie = await ways.open(await enter(ways, key) or pytest.fail("no way in"))
    after = await ways.print_code()
    revoke = ways.stack.uses.enrolling.revoke_named_code
    await revoke(printed.code, HOME)
    with pytest.raises(UnauthenticatedError):
        await ways.caller(cookie)
    assert [await enter(ways, one) is not None for one in (key, own)] == [False, True]
    assert await ways.try_code(after.code) is not None
    (record,) = [
        one for one in await ways.journaled() if one["kind"] == "enrolment_revoked" and not one["alone"]
    ]
    assert record["enrolment"] == printed.done.reference["enrolment"]
    # Named once more, nothing is left to end, and nothing is written.
    before = await ways.entries(1)
    await revoke(printed.code, HOME)
    assert await ways.entries(1) == before


async def test_who_came_in_by_a_code_ends_no_surer_way_in(ways: Ways) -> None:
    own = a_key()
    surer = await add(ways, await mother(ways), own)
    cookie = await ways.open(await enter(ways, own) or pytest.fail("no way in"))
    printed = await ways.print_code()
    code, key = await ways.by_code(printed), a_key(b"\x08" * 32)
    waiting = await add(ways, code, key)
    for doubtful in (code, await came_in(ways, key)):
        assert require_refused(await end(ways, doubtful, surer)) == "SURER_WAY_NEEDED"
    assert (await ways.caller(cookie)).account == "p:parent"
    # Her own, and what came of it, she ends.
    for way in (waiting, printed.done):
        assert isinstance(await end(ways, await ways.by_code(printed), way), Done)
    assert [await enter(ways, one) is not None for one in (own, key)] == [True, False]
    assert isinstance(await end(ways, await mother(ways), surer), Done)


async def test_another_code_that_a_code_ends_leaves_the_passkeys_that_are_sure_by_now(ways: Ways) -> None:
    before, sure, waiting = await ways.print_code(), a_key(), a_key(b"\x08" * 32)
    grown = await add(ways, await ways.by_code(before), sure)
    still = await add(ways, await ways.by_code(before), waiting)
    await ways.set_row(str(grown.reference["enrolment"]), waits_until=ways.stack.parts.clock.now())
    newer = await ways.print_code()
    for way in (before.done, still):
        assert isinstance(await end(ways, await ways.by_code(newer), way), Done)
    assert require_refused(await end(ways, await ways.by_code(newer), grown)) == "SURER_WAY_NEEDED"
    assert [await enter(ways, one) is not None for one in (sure, waiting)] == [True, False]


async def test_without_a_strong_sign_in_nobody_adds_one(ways: Ways) -> None:
    signed_in = SignedIn("p:parent", Way.OIDC, strong=False)
    weak = await ways.caller(await ways.open(signed_in))
    answer = await ways.stack.uses.enrolling.add_passkey.begin(weak, "x")
    assert require_refused(answer) == "STRONG_AUTH_REQUIRED"


async def test_a_token_that_is_bound_to_no_key_adds_none(ways: Ways) -> None:
    hers, use = await mother(ways), ways.stack.uses.enrolling.add_passkey
    options = await use.begin(hers, "x")
    assert not isinstance(options, Refused)
    unbound = replace(hers, bearer=replace(hers.bearer, insecure=False, confirmation=None))
    assert require_refused(await use.begin(unbound, "x")) == "TOKEN_UNBOUND"
    assert require_refused(await use(unbound, a_key().create(options), "x")) == "TOKEN_UNBOUND"
    bound = replace(unbound.bearer, confirmation=Confirmation(Binding.JKT, "x" * 43))
    await add(ways, replace(unbound, bearer=bound), a_key())


async def test_a_challenge_is_answered_once_however_many_come(ways: Ways) -> None:
    key = a_key()
    await add(ways, await mother(ways), key)
    use = ways.stack.uses.enrolling.sign_in_with_passkey
    answer = key.get(use.begin())
    found = await asyncio.gather(*(use(answer, HOME) for _ in range(32)))
    assert sum(one is not None for one in found) == 1
    assert await use(answer, HOME) is None


async def test_of_two_assertions_with_one_counter_the_first_counts(ways: Ways) -> None:
    key = a_key()
    await add(ways, await mother(ways), key)
    use = ways.stack.uses.enrolling.sign_in_with_passkey
    options = [use.begin() for _ in range(8)]
    answers = []
    for one in options:
        key.count = 10
        answers.append(key.get(one))
    found = await asyncio.gather(*(use(answer, HOME) for answer in answers))
    assert sum(one is not None for one in found) == 1


async def test_an_authenticator_without_a_counter_comes_in_each_time(ways: Ways) -> None:
    key = a_key()
    await add(ways, await mother(ways), key)
    for _ in range(2):
        key.count = -1
        assert await enter(ways, key) is not None


@pytest.mark.parametrize("wrong", [{"origin": "http://evil.example"}, {"type": "webauthn.create"}])
async def test_an_answer_with_anything_wrong_lets_nobody_in_and_is_recorded(
    ways: Ways, wrong: dict[str, object]
) -> None:
    key = a_key()
    await add(ways, await mother(ways), key)
    assert await enter(ways, key, **wrong) is None
    tried, *_ = await ways.entries(1)
    assert (tried["kind"], tried["way"], tried["viewers"]) == (
        "sign_in_refused", "passkey", {"p:parent": "full"},
    )  # fmt: skip


async def test_a_key_of_nobodys_lets_nobody_in(ways: Ways) -> None:
    assert await enter(ways, a_key(b"\x55" * 16)) is None


async def test_an_answer_to_somebody_elses_challenge_adds_nothing(ways: Ways) -> None:
    use, key = ways.stack.uses.enrolling.add_passkey, a_key()
    hers, his = await mother(ways), await ways.worker("bob", "clinic")
    options = await use.begin(his, "x")
    assert not isinstance(options, Refused)
    with pytest.raises(UnauthenticatedError):
        await use(hers, key.create(options), "x")
    # It is used up: not even he may answer it now.
    with pytest.raises(UnauthenticatedError):
        await use(his, key.create(options), "x")


async def test_a_challenge_to_come_in_adds_nothing_and_the_reverse(ways: Ways) -> None:
    uses, key = ways.stack.uses.enrolling, a_key()
    signing = uses.sign_in_with_passkey.begin()
    options = await uses.add_passkey.begin(await mother(ways), "x")
    assert not isinstance(options, Refused)
    with pytest.raises(UnauthenticatedError):
        await uses.add_passkey(
            await mother(ways), key.create({**options, "challenge": signing["challenge"]}), "x"
        )
    await add(ways, await mother(ways), key)
    other = await uses.add_passkey.begin(await mother(ways), "x")
    assert not isinstance(other, Refused)
    assert await uses.sign_in_with_passkey(key.get(other), HOME) is None


async def test_one_key_is_one_accounts(ways: Ways) -> None:
    key = a_key()
    await add(ways, await mother(ways), key)
    use = ways.stack.uses.enrolling.add_passkey
    other = await ways.stack.caller("recit", "client:family", Role.GUARDIAN)
    options = await use.begin(other, "x")
    assert not isinstance(options, Refused)
    with pytest.raises(ConflictError):
        await use(other, key.create(options), "x")


async def test_very_many_of_one_office_open_the_page_and_come_in(ways: Ways) -> None:
    key, use = a_key(), ways.stack.uses.enrolling.sign_in_with_passkey
    await add(ways, await mother(ways), key)
    for _ in range(3 * OF_AN_ADDRESS.free):
        use.begin()
    for _ in range(OF_AN_ADDRESS.free + 2):
        assert await enter(ways, key) is not None


async def test_a_challenge_that_is_over_or_that_the_gateway_did_not_make_lets_nobody_in(ways: Ways) -> None:
    kept, now = ways.kept, ways.stack.parts.clock.now()
    made = kept.challenge_to_all(b"n" * 32, Instant(now + 1000))
    assert not await kept.use_challenge_to_all(made, Instant(now + 1000))
    for wrong in (b"", made[:-1], made[:-1] + bytes([made[-1] ^ 1]), b"m" + made[1:]):
        assert not await kept.use_challenge_to_all(wrong, now)
    assert await kept.use_challenge_to_all(made, now)
    assert not await kept.use_challenge_to_all(made, now)
