"""Families coming in by a code or a passkey, on an open stack."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select, update

from gateway.adapters.clock import RandomSecrets
from gateway.adapters.sql.enrolment_store import SqlEnrolments
from gateway.adapters.sql.sign_in_store import SqlSignIns
from gateway.adapters.sql.tables import enrolments, journal
from gateway.domain.access import Refused
from gateway.domain.acting import Note
from gateway.domain.caller import Caller
from gateway.domain.enrolments import Named, PaperCode, parse_code
from gateway.domain.ids import AgencyId, DecisionId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.domain.sign_in import SignedIn
from gateway.domain.vocabulary import Role
from gateway.usecases.open_sign_in import OpenSignIn
from gateway.usecases.print_code import Printed, Printing
from tests.support.stack import Stack

BORN = date(1988, 5, 1)
"""The mother's day, as the small network has it."""
HOME = "192.0.2.7"
_JOURNALED = select(journal.c.name, journal.c.sealed).order_by(journal.c.ledger, journal.c.idx)


@dataclass(frozen=True, slots=True)
class Ways:
    """Acts of the small network's people; the mother is `p:parent`, her child `p:child`."""

    stack: Stack

    @property
    def kept(self) -> SqlEnrolments:
        return SqlEnrolments(self.stack.parts.store, self.stack.parts.acts)

    @property
    def sign_ins(self) -> SqlSignIns:
        return SqlSignIns(self.stack.parts.store, self.stack.parts.acts)

    async def worker(self, subject: str, agency: str) -> Caller:
        return await self.stack.caller(subject, f"client:{agency}")

    async def handles(self, agency: str) -> tuple[str, str]:
        """Give an agency its handles of the child and of the mother."""
        return await self.handle(agency, "p:child"), await self.handle(agency, "p:parent")

    async def handle(self, agency: str, person: str) -> str:
        """Give an agency its handle of a person."""
        acts, ids = self.stack.parts.acts, self.stack.parts.ids
        note = _note(ids.new("dec"))
        done = await acts.add_handle(note, AgencyId(f"qc:{agency}"), PersonId(person), ids.new("hnd"))
        return str(done.reference["handle"])

    async def print_code(self, *, subject: str = "ada", agency: str = "school", own: bool = False) -> Printed:
        """Have a code printed for the mother; `own` for the child herself."""
        child, mother = await self.handles(agency)
        asked = Printing(await self.worker(subject, agency), child, None if own else mother)
        printed = await self.stack.uses.enrolling.print_code(asked)
        assert isinstance(printed, Printed), printed
        return printed

    async def try_code(
        self, code: PaperCode | str, born: date = BORN, address: str = HOME
    ) -> SignedIn | None:
        named = Named(parse_code(code) if isinstance(code, str) else code, born)
        return await self.stack.uses.enrolling.sign_in_with_code(named, address)

    async def open(self, signed_in: SignedIn) -> str:
        """Open a sign-in; answers its cookie."""
        parts = self.stack.parts
        opening = OpenSignIn(self.sign_ins, parts.acts, RandomSecrets(), parts.ids)
        return await opening(signed_in)

    async def caller(self, cookie: str, role: Role = Role.GUARDIAN) -> Caller:
        """Who stands behind a cookie now."""
        return (await self.sign_ins.admit(cookie, role, self.stack.parts.clock.now())).caller

    async def by_code(self, printed: Printed | None = None) -> Caller:
        """The mother, come in by a code."""
        given = printed or await self.print_code()
        signed_in = await self.try_code(given.code)
        assert signed_in is not None
        return await self.caller(await self.open(signed_in))

    async def set_row(self, enrolment: str, **values: object) -> None:
        """Put an instant of an enrolment somewhere else: nobody waits a year in a test."""
        change = update(enrolments).where(enrolments.c.id == enrolment).values(**values)
        await self.stack.parts.database.transaction(lambda tx: tx.run(change))

    async def entries(self, limit: int = 5) -> list[dict[str, Any]]:
        """The officers' part of the newest entries, with their kind."""
        rows = await self.stack.parts.ledger.entries({}, None, limit)
        found = []
        for row in rows:
            detail = await self.stack.parts.ledger.detail(row["ledger"], row["index"])
            found.append({"kind": row["kind"], **(detail or {})})
        return found

    async def journaled(self) -> list[dict[str, Any]]:
        """What the journal holds of narrowing acts, oldest first."""
        rows = await self.stack.parts.database.snapshot(lambda tx: tx.all(_JOURNALED))
        keys = self.stack.parts.store.keys
        return [json.loads(keys.unseal_journal(row["name"], row["sealed"])) for row in rows]


def require_refused(answer: object) -> str:
    """The primary reason of a refusal."""
    assert isinstance(answer, Refused), answer
    return answer.decision.reasons[0]


def today() -> date:
    return datetime.now(UTC).date()


def _note(decision: str) -> Note:
    return Note(EntryKind.OPERATED, DecisionId(decision), None, {"act": "test"})
