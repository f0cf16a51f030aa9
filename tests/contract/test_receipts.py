"""Receipts on both stores, with the real policy: each act leaves one, in its own transaction."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import receipts
from gateway.domain.access import Refused
from gateway.domain.acting import Once
from gateway.domain.consent import ReachKind, StopReach
from gateway.domain.errors import ConflictError, LedgerUnavailableError, PolicyUnavailableError
from gateway.domain.ids import ConsentId, StopId
from gateway.domain.receipt_text import render
from gateway.usecases.read_receipt import ReceiptRead
from gateway.usecases.stop_sharing import Stop, Stopped
from gateway.usecases.undo_stop import Lifted, Undo
from tests.support.receipt_acts import (
    ALL,
    CLINIC,
    SCHOOL,
    father,
    give,
    mother,
    read,
    record_of,
    rows,
    stop,
    terms,
    with_a_second_guardian_and_a_shelter,
    withdraw,
)
from tests.support.stack import Stack, open_stack


@pytest_asyncio.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    seed = with_a_second_guardian_and_a_shelter()
    async with open_stack(store_url, tmp_path / "state", seed=seed) as opened:
        yield opened


async def test_what_a_seed_brings_has_no_receipt_nobody_acted(stack: Stack) -> None:
    assert await rows(stack) == []
    assert isinstance(await read(stack, await mother(stack), consent=ConsentId("cns_1")), Refused)


async def test_each_act_leaves_one_receipt_that_says_it(stack: Stack) -> None:
    parent = await mother(stack)
    given = await give(stack, parent, terms(stack))
    name = ConsentId(given.done.reference["consent"])
    first = await record_of(stack, parent, consent=name)
    assert (first["act"], first["receipt_id"]) == ("given", given.done.reference["receipt"])

    changed = terms(stack, purposes=("assessment",))
    await give(stack, parent, changed, replaces=(name, 1))
    second = await record_of(stack, parent, consent=name)
    assert (second["act"], second["record_id"], second["consent"]["replaces_version"]) == (
        "changed",
        f"{name}:2",
        1,
    )

    await withdraw(stack, parent, name)
    third = await record_of(stack, parent, consent=name)
    assert (third["act"], third["was_over"]) == ("withdrawn", False)

    refused = await give(stack, parent, terms(stack, decision="deny", until_at=None))
    record = await record_of(stack, parent, consent=ConsentId(refused.done.reference["consent"]))
    assert (record["act"], record["pii_processing"]["lawful_basis"]) == ("refused", "none")
    assert [
        (row["about"], row["act"], row["number"]) for row in await rows(stack) if row["about"] == name
    ] == [
        (name, "given", 1),
        (name, "changed", 2),
        (name, "withdrawn", 3),
    ]
    assert len(await rows(stack)) == 4


async def test_the_entry_of_the_act_holds_the_receipts_digest(stack: Stack) -> None:
    parent = await mother(stack)
    given = await give(stack, parent, terms(stack))
    entry = given.done.entry
    assert entry is not None
    answer = await read(stack, parent, consent=ConsentId(given.done.reference["consent"]))
    assert isinstance(answer, ReceiptRead)
    detail = await stack.parts.ledger.detail(entry.ledger, entry.index)
    assert detail is not None
    digest = hashlib.sha256(answer.receipt.signed.encode()).hexdigest()
    assert detail["receipt"] == {"id": answer.receipt.id, "sha256": digest}
    assert answer.receipt.record["ledger_entry"] == {"id": entry.decision_id, "state": "recorded"}


async def test_an_act_that_fails_leaves_none(stack: Stack) -> None:
    parent, other = await mother(stack), await father(stack)
    given = await give(stack, parent, terms(stack))
    name = ConsentId(given.done.reference["consent"])
    with pytest.raises(ConflictError):
        await give(stack, other, terms(stack), replaces=(name, 1))
    with pytest.raises(ConflictError):
        await give(stack, parent, terms(stack), replaces=(name, 7))
    assert [row["act"] for row in await rows(stack)] == ["given"]


async def test_an_act_whose_entry_cannot_be_written_leaves_none_and_no_line_either(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, written = await mother(stack), []

    async def fail(tx: Tx, top: object) -> None:
        del top
        written.append(await tx.one(select(receipts.c.act)))
        raise LedgerUnavailableError("the disk is full")

    monkeypatch.setattr("gateway.adapters.sql.writer.close_head", fail)
    with pytest.raises(LedgerUnavailableError):
        await withdraw(stack, parent, "cns_1")
    monkeypatch.undo()
    assert [row["act"] for row in written if row is not None] == ["withdrawn"]
    assert await rows(stack) == []
    line = await stack.parts.registry.directive(ConsentId("cns_1"))
    assert line is not None
    assert line.withdrawn_at is None


async def test_a_repeat_brings_the_same_receipt_back(stack: Stack) -> None:
    parent, once = await mother(stack), Once("key-1", b"\x01" * 32)
    given = await give(stack, parent, terms(stack), once=once)
    again = await give(stack, parent, terms(stack), once=once)
    assert again.done.replayed
    assert again.done.reference["receipt"] == given.done.reference["receipt"]

    stop_once = Once("key-2", b"\x02" * 32)
    stopped, repeated = [await stop(stack, parent, once=stop_once) for _ in range(2)]
    assert repeated.done.reference == stopped.done.reference
    assert sorted(row["act"] for row in await rows(stack)) == ["given", "stopped", "stopped"]


async def test_ending_what_is_over_brings_the_first_receipt_of_its_ending_back(stack: Stack) -> None:
    parent = await mother(stack)
    given = await give(stack, parent, terms(stack))
    name = given.done.reference["consent"]
    first, again = [await withdraw(stack, parent, name) for _ in range(2)]
    assert first.reference["receipt"] == again.reference["receipt"]
    stopped = StopId((await stop(stack, parent)).done.reference["stop"])
    lifted = [await stack.uses.undo_stop(Undo(parent, stopped)) for _ in range(2)]
    assert all(isinstance(one, Lifted) for one in lifted)
    assert len({one.done.reference["receipt"] for one in lifted if isinstance(one, Lifted)}) == 1
    assert sorted(row["act"] for row in await rows(stack)) == [
        "given",
        "stopped",
        "stopped",
        "undone",
        "withdrawn",
    ]


async def test_ending_what_a_stop_has_ended_says_that_it_was_over(stack: Stack) -> None:
    parent = await mother(stack)
    given = await give(stack, parent, terms(stack))
    name = ConsentId(given.done.reference["consent"])
    await stop(stack, parent)
    await withdraw(stack, parent, name)
    record = await record_of(stack, parent, consent=name)
    assert (record["act"], record["was_over"]) == ("withdrawn", True)


async def test_the_receipt_of_a_stop_says_its_reach_what_it_withdrew_what_continues_and_why(
    stack: Stack,
) -> None:
    parent = await mother(stack)
    stopped = await stop(stack, parent, StopReach(ReachKind.AGENCY, agency=CLINIC))
    name = StopId(stopped.done.reference["stop"])
    record = await record_of(stack, parent, stop=name)
    assert record["receipt_id"] == stopped.done.reference["receipt"]
    told = record["stop"]
    assert (told["id"], told["reach"]["agency"]["party_id"], told["in_force"]) == (name, CLINIC, True)
    assert {one["id"] for one in told["withdrawn"]} == {"cns_1", "cns_once"}
    assert stopped.continues
    assert {(one["recipient"]["party_id"], one["reason"]) for one in told["continues"]} == {
        (SCHOOL, "OWNER_ACCESS")
    }
    assert "- Invented school reads its own file. It is its own work.\n" in render(record, "en")
    # The act's own receipt could not know it, and is what this one supplements.
    first, second = [row for row in await rows(stack) if row["act"] == "stopped"]
    assert (record["supplements"], second["id"]) == (first["id"], record["receipt_id"])
    assert stopped.done.entry is not None
    assert first["decision_id"] == stopped.done.entry.decision_id


class Silent:
    digest = "0" * 64

    async def decide_all(self, *_: object) -> None:
        raise PolicyUnavailableError("silent")


async def test_a_silent_policy_delays_only_what_continues(stack: Stack) -> None:
    parent, uses = await mother(stack), stack.uses
    silent: Any = Silent()
    silent.digest = stack.parts.policy.digest
    deaf = replace(
        uses.stop_sharing,
        policy=silent,
        ask=replace(uses.stop_sharing.ask, policy=silent),
        continuing=replace(uses.stop_sharing.continuing, policy=silent),
    )
    asked = Stop(parent, "p:child", ALL, once=Once("key-3", b"\x03" * 32))
    stopped = await deaf(asked)
    assert isinstance(stopped, Stopped)
    assert (stopped.done.proven, stopped.continues) == (True, None)
    name = StopId(stopped.done.reference["stop"])
    record = await record_of(stack, parent, stop=name)
    assert record["stop"]["continues"] is None
    assert "Nous ne pouvons pas encore dire ce qui continue." in render(record, "fr")
    # Sent again once the policy answers, it is told: the same stop, one more receipt.
    again = await uses.stop_sharing(asked)
    assert isinstance(again, Stopped)
    assert again.done.reference["stop"] == name
    record = await record_of(stack, parent, stop=name)
    assert (record["stop"]["continues"] is not None, record["supplements"]) == (
        True,
        stopped.done.reference["receipt"],
    )


async def test_in_quarantine_the_receipt_says_that_the_entry_is_awaited(stack: Stack) -> None:
    parent, writer = await mother(stack), stack.parts.writer
    before, writer.quarantined = writer.quarantined, lambda: True
    ended = await withdraw(stack, parent, "cns_1")
    stopped = await stop(stack, parent)
    writer.quarantined = before
    assert (ended.entry, stopped.done.entry) == (None, None)
    for named in (
        {"consent": ConsentId("cns_1")},
        {"stop": StopId(stopped.done.reference["stop"])},
    ):
        record = await record_of(stack, parent, **named)
        assert record["ledger_entry"]["state"] == "awaited"
        assert "Le registre est en pause. Votre choix est déjà noté." in render(record, "fr")
    assert sorted(row["act"] for row in await rows(stack)) == ["stopped", "withdrawn"]


async def test_undoing_has_a_receipt_whichever_way_it_is_undone(stack: Stack) -> None:
    parent = await mother(stack)
    one, two = await stop(stack, parent), await stop(stack, parent)
    assert isinstance(await stack.uses.undo_stop(Undo(parent, StopId(one.done.reference["stop"]))), Lifted)
    await withdraw(stack, parent, two.done.reference["consent"])
    for stopped in (one, two):
        record = await record_of(stack, parent, stop=StopId(stopped.done.reference["stop"]))
        assert record["act"] == "undone"
