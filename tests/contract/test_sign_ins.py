"""Sign-ins as they are kept: how long they live, what ends them, what that takes with it; on every store."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.adapters.sql.acts.registry_narrowing import apply_narrowing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.publishing import read_journal
from gateway.domain.acting import Done, Note
from gateway.domain.errors import QuarantinedError, UnauthenticatedError
from gateway.domain.facts import Turned
from gateway.domain.ids import ClientId, DecisionId, SignInId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.sign_in import IDLE_US, WHOLE_US, Admitted, SignedIn, Way
from gateway.judging import Question
from gateway.releasing import Asked, Released
from tests.support.race_attempts import LETTER, an_attempt, judge_of
from tests.support.stack import Stack, open_stack

MINUTE_US = 60_000_000


@pytest.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with open_stack(store_url, tmp_path / "state") as stack:
        yield stack


async def come_in(stack: Stack, account: str = "w:bob", flow: bytes | None = None) -> str:
    return await stack.uses.sign_ins.open(SignedIn(account, Way.OIDC, strong=True, flow=flow))


async def admit(stack: Stack, value: str, ahead_us: int = 0) -> Admitted:
    now = Instant(stack.parts.clock.now() + ahead_us)
    return await stack.uses.sign_ins.store.admit_to_page(value, None, now)


async def is_over(stack: Stack, value: str, ahead_us: int = 0) -> bool:
    try:
        await admit(stack, value, ahead_us)
    except UnauthenticatedError:
        return True
    return False


async def test_it_ends_when_nobody_uses_it_and_use_prolongs_it_to_the_eighth_hour(stack: Stack) -> None:
    idle, used = await come_in(stack), await come_in(stack)
    ahead = 0
    while ahead < WHOLE_US - 11 * MINUTE_US:
        ahead += 10 * MINUTE_US
        assert not await is_over(stack, used, ahead)
    assert await is_over(stack, used, ahead + 10 * MINUTE_US + MINUTE_US)
    assert not await is_over(stack, idle, IDLE_US - MINUTE_US)
    assert await is_over(stack, await come_in(stack), IDLE_US)


async def test_only_a_hash_of_the_cookie_is_stored(stack: Stack, tmp_path: Path) -> None:
    value = await come_in(stack)
    files = await asyncio.to_thread(lambda: [one for one in tmp_path.rglob("*") if one.is_file()])
    assert not [one for one in files if value.encode() in one.read_bytes()]


async def test_one_flow_opens_one_sign_in_and_one_browser_holds_one(stack: Stack) -> None:
    first = await come_in(stack, flow=b"state")
    with pytest.raises(UnauthenticatedError):
        await come_in(stack, flow=b"state")
    second = await stack.uses.sign_ins.open(SignedIn("w:ada", Way.OIDC, strong=True), replaces=first)
    assert (await admit(stack, second)).sign_in.account == "w:ada"
    assert await is_over(stack, first)


async def test_in_quarantine_no_sign_in_opens_even_in_place_of_another_and_each_still_ends(
    stack: Stack,
) -> None:
    held = await come_in(stack)
    stack.parts.writer.quarantined = lambda: True
    for replaces in (held, None):
        with pytest.raises(QuarantinedError):
            await stack.uses.sign_ins.open(SignedIn("w:ada", Way.OIDC, strong=True), replaces=replaces)
    admitted = await admit(stack, held)
    assert admitted.sign_in.account == "w:bob"
    ended = await stack.uses.sign_ins.end(admitted.caller, admitted.sign_in.id)
    assert isinstance(ended, Done)
    assert ended.entry is None
    assert await is_over(stack, held)


async def test_two_parallel_answers_of_one_flow_open_one_sign_in(stack: Stack) -> None:
    opened = await asyncio.gather(
        *(come_in(stack, flow=b"parallel") for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(one, str) for one in opened) == 1
    assert sum(isinstance(one, UnauthenticatedError) for one in opened) == 7


async def test_ending_takes_one_or_all_of_ones_own_and_nobody_elses(stack: Stack) -> None:
    one, two, hers = await come_in(stack), await come_in(stack), await come_in(stack, "w:ada")
    admitted = await admit(stack, one)
    done = await stack.uses.sign_ins.end(admitted.caller, admitted.sign_in.id)
    assert isinstance(done, Done)
    assert (done.reference["ended"], await is_over(stack, one), await is_over(stack, two)) == (1, True, False)
    done = await stack.uses.sign_ins.end((await admit(stack, two)).caller, None)
    assert isinstance(done, Done)
    assert (done.reference["ended"], await is_over(stack, two), await is_over(stack, hers)) == (
        1,
        True,
        False,
    )


async def test_what_is_under_way_is_not_recorded_once_its_sign_in_has_ended(stack: Stack) -> None:
    admitted = await admit(stack, await come_in(stack))
    caller = admitted.caller
    found = await judge_of(stack)(Question(caller, LETTER, "coordination", EntryKind.RELEASED))
    attempt = await an_attempt(stack, caller=caller, facts=found.facts)
    token = await stack.caller("bob", "client:clinic")
    await stack.uses.sign_ins.end(caller, admitted.sign_in.id)
    # The same worker asks with a token meanwhile: what is remembered for that is not the sign-in's.
    assert isinstance(await stack.uses.release(Asked(token, LETTER, "coordination")), Released)
    assert await stack.parts.store.record(attempt) is Turned.MOVED
    with pytest.raises(UnauthenticatedError):
        await stack.uses.release(Asked(caller, LETTER, "coordination"))


async def test_an_ending_ends_again_in_an_older_copy(stack: Stack) -> None:
    value = await come_in(stack)
    admitted = await admit(stack, value)
    named = [admitted.sign_in.id, SignInId("sin_unknown")]
    record = {"kind": "sign_ins_ended", "sign_ins": named, "scopes": ["account:w:bob"]}
    parts = stack.parts
    vault, at = Vault(parts.store.keys, parts.writer.owners), parts.clock.now()
    applied = [
        await parts.database.transaction(lambda tx: apply_narrowing(tx, record, at, vault=vault))
        for _ in range(2)
    ]
    assert (applied, await is_over(stack, value)) == ([True, False], True)


async def test_an_ending_is_in_the_journal(stack: Stack) -> None:
    admitted = await admit(stack, await come_in(stack))
    done = await stack.uses.sign_ins.end(admitted.caller, None)
    assert isinstance(done, Done)
    assert done.entry is not None
    first = done.entry.index
    rows = await stack.parts.database.snapshot(lambda tx: read_journal(tx, 1, first, 10))
    assert [index for index, _, _ in rows] == [first]


async def test_the_network_disables_the_pages_client_and_with_it_every_sign_in(stack: Stack) -> None:
    value, parts = await come_in(stack), stack.parts
    note = Note(EntryKind.CLIENT_DISABLED, DecisionId(parts.ids.new("dec")), None, {"operator": "tests"})
    await parts.acts.disable_client(note, ClientId("gateway:pages"))
    assert await is_over(stack, value)
    with pytest.raises(UnauthenticatedError):
        await come_in(stack)
