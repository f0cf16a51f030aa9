"""A look-up on both stores: its family learns that somebody looked, and who asked learns nothing by it."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import entries
from gateway.domain.access import Recorded, View
from gateway.domain.acting import Done, Note
from gateway.domain.errors import ContendedError
from gateway.domain.ids import DecisionId, PersonId
from gateway.domain.ledger import EntryKind, unpack_parts
from gateway.domain.person import Described
from gateway.domain.registry import LookUp
from tests.support.stack import Stack, open_stack

KNOWN = Described("Inventé", "Conte", date(1988, 5, 1))
UNKNOWN = Described("Inventé", "Personne", date(2015, 2, 3))
PARENT = PersonId("p:parent")
_PARTS = select(entries.c.parts).order_by(entries.c.ledger.desc(), entries.c.idx.desc()).limit(1)


@pytest_asyncio.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with open_stack(store_url, tmp_path / "state") as opened:
        yield opened


async def look(stack: Stack, described: Described) -> Recorded:
    caller = await stack.caller("ada", "client:school")
    done = await stack.uses.match_person(caller, described)
    assert isinstance(done, Done)
    assert done.entry is not None
    return done.entry


async def parts_of_newest(stack: Stack) -> int:
    async def read(tx: Tx) -> int:
        row = await tx.one(_PARTS)
        assert row is not None
        return len(unpack_parts(row["parts"]))

    return await stack.parts.database.snapshot(read)


async def viewers(stack: Stack, entry: Recorded) -> dict[str, str]:
    detail = await stack.parts.ledger.detail(entry.ledger, entry.index)
    assert detail is not None
    shown: dict[str, str] = detail["viewers"]
    return shown


async def test_who_is_found_is_told_and_parts_are_made_alike_where_nobody_is(stack: Stack) -> None:
    assert await viewers(stack, await look(stack, KNOWN)) == {PARENT: str(View.GENERIC)}
    found = await parts_of_newest(stack)
    made = await viewers(stack, await look(stack, UNKNOWN))
    assert set(made.values()) == {str(View.GENERIC)}
    assert await parts_of_newest(stack) >= found > 1
    # Those for whom the parts are made are nobody: no account stands behind them.
    assert not any(one.startswith("p:") for one in made)


async def test_who_was_made_is_found_and_told_from_then_on(stack: Stack) -> None:
    first = await look(stack, UNKNOWN)
    detail = await stack.parts.ledger.detail(first.ledger, first.index)
    assert detail is not None
    again = await viewers(stack, await look(stack, UNKNOWN))
    assert again.keys() <= {detail["person"]}


async def test_a_look_up_judged_for_somebody_else_than_is_found_changes_nothing(stack: Stack) -> None:
    caller = await stack.caller("ada", "client:school")
    parts = stack.parts
    for seen in (None, PersonId("p:child")):
        look_up = LookUp(KNOWN, PersonId("per_new"), "hnd_new", judged=True, seen=seen)
        note = Note(EntryKind.LOOKED_UP, DecisionId(parts.ids.new("dec")), caller, {})
        with pytest.raises(ContendedError):
            await parts.acts.match_person(note, look_up)
    assert await parts.registry.person_of_handle(caller.agency, "hnd_new") is None
