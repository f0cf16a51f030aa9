"""A database with a writer over it, for acts tried one by one on either store."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from gateway.adapters.sql.acts import consents, stops
from gateway.adapters.sql.acts.narrowing import apply_narrowing
from gateway.adapters.sql.acts.receipts import Receipts
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.append import OwnerKeys
from gateway.adapters.sql.database import Database, open_database
from gateway.adapters.sql.directives import all_directives, directives_for
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change
from gateway.adapters.sql.migrations import upgrade
from gateway.adapters.sql.publishing import reset_head
from gateway.adapters.sql.tables import (
    agencies,
    dossiers,
    persons,
)
from gateway.adapters.sql.writer import Writer
from gateway.domain.access import View
from gateway.domain.acting import Done, Note, Once
from gateway.domain.consent import Directive, ReachKind, StopReach, caller_keys
from gateway.domain.errors import ConflictError
from gateway.domain.ids import ConsentId, DecisionId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.receipt_parts import ReceiptLabels
from gateway.domain.stopping import refusal_within
from gateway.domain.vocabulary import Role
from gateway.ports import RecordKeys
from tests.support.consents import CHILD, CLINIC, MOTHER, SCHOOL
from tests.support.keys import new_state
from tests.support.registry import AT, TERMS, Clock, a_caller

LATER = Instant(AT + 1_000_000)
CLINIC_KEYS = caller_keys("w:any", CLINIC, "caseworker", [])
BY_MOTHER = a_caller(Role.GUARDIAN, account=MOTHER)
STOP_ALL = StopReach(ReachKind.ALL)


@dataclass
class Bench:
    """A database with a writer over it, at a clock that moves when told to."""

    database: Database
    writer: Writer
    keys: RecordKeys
    clock: Clock
    made: int = 0

    @property
    def owners(self) -> OwnerKeys:
        return self.writer.owners

    @property
    def receipts(self) -> Receipts:
        return Receipts(Vault(self.keys, self.owners), ReceiptLabels())

    def note(self, kind: EntryKind = EntryKind.CONSENT_GIVEN, once: Once | None = None) -> Note:
        self.made += 1
        name = DecisionId(f"dec_{self.made}")
        return Note(
            kind, name, BY_MOTHER, {"made": self.made}, person=CHILD, views={MOTHER: View.FULL}, once=once
        )

    async def act(self, change: Change, note: Note | None = None) -> Done:
        return await self.writer.act(note or self.note(), change)

    async def give(self, line: Directive, replaces: tuple[ConsentId, int] | None = None) -> Done:
        note = self.note()
        return await self.act(
            consents.give(self.keys, self.owners, note, line, replaces, self.receipts), note
        )

    async def withdraw(self, name: str = "cns_permit") -> Done:
        lines = await self.lines()
        return await self.end(lines[max(key for key in lines if key[0] == name)])

    async def end(self, judged: Directive) -> Done:
        note = self.note(EntryKind.CONSENT_WITHDRAWN)
        return await self.act(consents.withdraw(note, judged, self.receipts), note)

    async def stop(self, reach: StopReach = STOP_ALL) -> Done:
        note = self.note(EntryKind.STOPPED)
        refusal = refusal_within(reach, (ConsentId("cns_stop"), CHILD), MOTHER)
        return await self.act(stops.stop(note, refusal, reach, self.receipts), note)

    async def lines(self) -> dict[tuple[str, int], Directive]:
        found = await self.database.snapshot(lambda tx: all_directives(tx, CHILD))
        return {(one.id, one.version): one for one in found}

    async def live(self) -> set[str]:
        at = self.clock.now()
        found = await self.database.snapshot(lambda tx: directives_for(tx, CHILD, CLINIC_KEYS, at))
        return {one.id for one in found}

    async def apply(self, record: Mapping[str, Any]) -> bool:
        async def work(tx: Tx) -> bool:
            return await apply_narrowing(tx, record, LATER, keys=self.keys, owners=self.owners)

        return await self.database.transaction(work)


@asynccontextmanager
async def open_bench(store_url: str, state_dir: Path) -> AsyncIterator[Bench]:
    """Open an empty ledger with two agencies, a child and her dossier."""
    await upgrade(store_url)
    database = await open_database(store_url)
    state = await new_state(state_dir)
    clock = Clock()
    keys: RecordKeys = state.keyring
    await database.transaction(lambda tx: reset_head(tx, 1))
    made = Bench(
        database, Writer(database, keys, clock, {"family_access", "coordination"}, TERMS, {}), keys, clock
    )
    await database.transaction(_furnish)
    yield made
    await database.close()


async def _furnish(tx: Tx) -> None:
    body = {
        "name_fr": "Organisme inventé",
        "name_en": "Invented agency",
        "profile": "QC-PRIV",
        "consent_model": "express",
        "bound_by_secrecy": False,
        "protection_mission": False,
        "protected": False,
        "status": "member",
        "revision": 1,
    }
    for agency in (SCHOOL, CLINIC):
        await tx.run(_ADD_AGENCY, id=agency, **body)
    await tx.run(_ADD_PERSON, id=CHILD, attributes=b"", decoy=False, revision=1)
    await tx.run(_ADD_DOSSIER, id="dos_1", person=CHILD, created_at=AT)


_ADD_AGENCY, _ADD_PERSON, _ADD_DOSSIER = insert(agencies), insert(persons), insert(dossiers)


def far(line: Directive) -> Directive:
    """Without an end, so that no store's clock can have passed it."""
    return replace(line, until_at=Instant(4_000_000_000_000_000))


async def narrowing_of(bench: Bench, change: Change) -> Mapping[str, Any]:
    """The record that an act leaves in the journal, without leaving the act itself."""
    found: list[Mapping[str, Any]] = []

    async def work(tx: Tx) -> None:
        effect = await change(tx, LATER)
        assert effect.narrowing is not None
        found.append(json.loads(json.dumps(dict(effect.narrowing))))
        raise ConflictError("taken back")

    with pytest.raises(ConflictError):
        await bench.database.transaction(work)
    return found[0]
