"""The token endpoint's keys in either store: shared, sealed, rotated with an overlap, destroyed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from gateway.adapters.identity.key_making import make_issuer_key, make_key, open_key
from gateway.adapters.sql.tables import issuer_keys
from gateway.domain.errors import ConflictError, KeysUnavailableError, TamperedError
from gateway.domain.instants import Instant
from gateway.domain.issuer_keys import AHEAD_US, DUE_US, KEPT_US, find_signing
from gateway.domain.ledger import EntryKind
from gateway.wiring.issuing import build_keeping
from tests.support.race_gate import ShiftedClock
from tests.support.stack import Stack
from tests.support.token_asking import Desk, header_of, open_desk

_ROWS = select(issuer_keys.c.kid, issuer_keys.c.sealed)
_ALTER = update(issuer_keys).values(sealed=b"\x01" + bytes(200))


@pytest_asyncio.fixture
async def desk(store_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(store_url, tmp_path / "state") as desk:
        yield desk


@pytest.fixture
def clock(desk: Desk) -> ShiftedClock:
    """The gateway's clock for deciding what is due; the store's own goes on as it is."""
    desk.stack.parts.clock = ahead = ShiftedClock()
    return ahead


async def kinds(stack: Stack) -> list[str]:
    rows = await stack.parts.ledger.entries({}, None, 50)
    return [row["kind"] for row in rows if row["kind"].startswith("key_")]


async def published(desk: Desk) -> set[str]:
    # The keyring reads the store every ten seconds by itself.
    assert desk.stack.parts.own_keys is not None
    now = Instant(desk.stack.parts.clock.now() + 11_000_000)
    return {key["kid"] for key in await desk.stack.parts.own_keys.published(now)}


async def test_a_start_makes_the_first_key_once(desk: Desk) -> None:
    keeping = build_keeping(desk.stack.parts)
    await asyncio.gather(*(keeping() for _ in range(4)))
    assert len(await desk.stack.parts.issuing.issuer_keys()) == 1
    assert await kinds(desk.stack) == ["key_created"]


async def test_of_processes_that_rotate_at_once_no_key_is_lost_or_doubled(desk: Desk) -> None:
    issuing, keeping = desk.stack.parts.issuing, build_keeping(desk.stack.parts)
    done = await asyncio.gather(*(keeping.rotate() for _ in range(8)), return_exceptions=True)
    added = [one for one in done if not isinstance(one, BaseException)]
    # Whoever has seen the other's key before its own act adds another one: none is lost, none is doubled.
    assert len(await issuing.issuer_keys()) == 1 + len(added)
    assert all(isinstance(one, ConflictError) for one in done if isinstance(one, BaseException))


async def test_the_private_half_is_sealed_and_an_altered_one_does_not_open(desk: Desk) -> None:
    database, issuing = desk.stack.parts.database, desk.stack.parts.issuing
    (row,) = await database.snapshot(lambda tx: tx.all(_ROWS))
    key = await issuing.signing_key(desk.stack.parts.clock.now())
    assert open_key(key).kid == row["kid"]
    assert key.secret not in row["sealed"]
    await database.transaction(lambda tx: tx.run(_ALTER))
    with pytest.raises(TamperedError):
        await issuing.signing_key(desk.stack.parts.clock.now())


async def test_a_rotation_overlaps_and_tokens_of_both_keys_are_believed(
    desk: Desk, clock: ShiftedClock
) -> None:
    parts = desk.stack.parts
    before = await desk.token("w:bob")
    old = header_of(before)["kid"]
    await build_keeping(parts).rotate()
    # Published, but not signing yet.
    assert len(await published(desk)) == 2
    assert header_of(await desk.token("w:bob"))["kid"] == old
    keys = await parts.issuing.issuer_keys()
    (new,) = [key.kid for key in keys if key.kid != old]
    later = Instant(parts.clock.now() + AHEAD_US)
    signing = find_signing(keys, later)
    assert signing is not None
    assert signing.kid == new
    # Once it signs, the old one stays published, and its private half is destroyed.
    clock.ahead_us = AHEAD_US + 1_000_000
    await build_keeping(parts)()
    assert await kinds(desk.stack) == ["key_destroyed", "key_rotated", "key_created"]
    assert await published(desk) == {old, new}
    assert (await parts.issuing.signing_key(parts.clock.now())).kid == new
    clock.ahead_us += KEPT_US
    assert await published(desk) == {new}


async def test_a_key_of_ninety_days_is_replaced_by_itself(desk: Desk, clock: ShiftedClock) -> None:
    clock.ahead_us = DUE_US - 60_000_000
    await build_keeping(desk.stack.parts)()
    assert len(await desk.stack.parts.issuing.issuer_keys()) == 1
    clock.ahead_us = DUE_US
    await build_keeping(desk.stack.parts)()
    assert len(await desk.stack.parts.issuing.issuer_keys()) == 2


async def test_a_leaked_key_is_withdrawn_at_once(desk: Desk) -> None:
    parts = desk.stack.parts
    old = header_of(await desk.token("w:bob"))["kid"]
    await build_keeping(parts).rotate(at_once=True)
    assert old not in await published(desk)
    assert header_of(await desk.token("w:bob"))["kid"] != old


async def test_a_token_under_a_key_of_nobody_s_is_refused(desk: Desk) -> None:
    token = await desk.token("w:bob")
    head, body, _ = token.split(".")
    forged = make_key().sign({"typ": "at+jwt", "kid": header_of(token)["kid"]}, {"iss": "x"})
    assert (await desk.use(f"{head}.{body}.{forged.split('.')[2]}")).status_code == 401


async def test_without_a_key_no_token_is_issued_and_nothing_is_used_up(desk: Desk) -> None:
    parts = desk.stack.parts
    form = desk.software.form()
    await desk.post()
    (row,) = await parts.issuing.issuer_keys()
    await parts.issuing.destroy_issuer_key(build_keeping(parts).note(EntryKind.KEY_DESTROYED, {}), row.kid)
    with pytest.raises(KeysUnavailableError):
        await parts.issuing.signing_key(parts.clock.now())
    assert (await desk.post(form)).status_code == 503
    made = make_issuer_key()
    note = build_keeping(parts).note(EntryKind.KEY_ROTATED, {})
    await parts.issuing.add_issuer_key(note, made, after=row.kid, at_once=True)
    assert (await desk.post(form)).status_code == 200
