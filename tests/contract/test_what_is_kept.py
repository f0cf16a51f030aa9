"""What is kept of an asking, in memory and in the clear."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.adapters.sql.tables import idempotency
from gateway.domain.access import Refused
from gateway.domain.ids import FragmentId
from gateway.releasing import Asked, Released
from tests.support.stack import Stack, open_stack

LETTER = FragmentId("frg_letter")
BOB, DIA = ("bob", "client:clinic"), ("dia", "client:house")


@pytest.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with open_stack(store_url, tmp_path / "state") as opened:
        yield opened


async def snapshots_of_second_asking(
    stack: Stack, who: tuple[str, str], fragment: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[Released | Refused, int]:
    """The answer, and how often the database was read for it."""
    caller = await stack.caller(*who)
    asked = Asked(caller, FragmentId(fragment), "coordination")
    await stack.uses.release(asked)
    read, own = stack.parts.database.snapshot, asyncio.current_task()
    times = []

    async def counted(work: Any) -> Any:  # noqa: ANN401 - whatever the work answers
        if asyncio.current_task() is own:  # The signer reads too.
            times.append(work)
        return await read(work)

    with monkeypatch.context() as patched:
        patched.setattr(stack.parts.database, "snapshot", counted)
        return await stack.uses.release(asked), len(times)


async def test_a_second_release_reads_nothing(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, times = await snapshots_of_second_asking(stack, BOB, LETTER, monkeypatch)
    assert isinstance(answer, Released)
    assert times == 0


async def test_a_hidden_fragment_is_read_anew_as_often_as_an_unknown_one(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden, times = await snapshots_of_second_asking(stack, DIA, LETTER, monkeypatch)
    unknown, as_often = await snapshots_of_second_asking(stack, DIA, "frg_nothing", monkeypatch)
    for answer in (hidden, unknown):
        assert isinstance(answer, Refused)
        assert not answer.decision.disclose_existence
    assert times == as_often > 0


async def test_a_purpose_that_no_vocabulary_lists_is_kept_sealed_only(stack: Stack) -> None:
    typed = "jean_tremblay_le_patient"
    answer = await stack.uses.release(Asked(await stack.caller(*BOB), LETTER, typed))
    assert isinstance(answer, Refused)
    assert answer.entry is not None
    (row,) = await stack.parts.ledger.entries({"decision_id": answer.entry.decision_id}, None, 1)
    detail = await stack.parts.ledger.detail(row["ledger"], row["index"])
    assert detail is not None
    assert (row["purpose"], detail["purpose"]) == ("", typed)


async def test_an_idempotency_key_and_its_request_are_kept_as_handles(stack: Stack) -> None:
    bob, typed = await stack.caller(*BOB), "jean-tremblay-le-12-mars"
    digest = sha256(typed.encode()).digest()
    await stack.uses.release(Asked(bob, LETTER, "coordination", "", typed, digest))
    rows = await stack.parts.database.snapshot(lambda tx: tx.all(select(idempotency)))
    kept = [value for row in rows for value in dict(row).values()]
    assert "client:clinic" in kept
    assert not {typed, digest} & set(kept)
