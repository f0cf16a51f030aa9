"""Receipts, written in the transaction of the act they are of, sealed under the person's record key.

A line that an operator's seed brings has none: nobody acted. What is applied again from the journal has
none either: the act had its own, which an older copy of the database may lack.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, func, insert, select

from gateway.adapters.sql.actors import read_bodies
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.effects import Issue, Issued
from gateway.adapters.sql.tables import person_handles, persons, receipts
from gateway.domain.acting import Note
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive
from gateway.domain.errors import CorruptionError, TamperedError
from gateway.domain.ids import AgencyId, PersonId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.person import Attributes
from gateway.domain.protecting import is_protected
from gateway.domain.receipt import ReceiptAct, StopTold, Told, canonical
from gateway.domain.receipt_answer import AnswerGiven, AnswerTold
from gateway.domain.receipt_parts import Party, ReceiptLabels, Sayer

_ADD = insert(receipts)
_LAST = select(func.max(receipts.c.number).label("number")).where(receipts.c.about == bindparam("of_about"))
_OF_ACT = (
    select(receipts.c.id, receipts.c.recorded_by)
    .where(
        receipts.c.about == bindparam("of_about"),
        receipts.c.version == bindparam("of_version"),
        receipts.c.act == bindparam("of_act"),
        receipts.c.giver == bindparam("of_giver"),
    )
    .order_by(receipts.c.number.desc())
)
_PERSON = select(persons.c.attributes, persons.c.revision).where(persons.c.id == bindparam("of_person"))
_HANDLE = select(person_handles.c.handle).where(
    person_handles.c.agency == bindparam("of_agency"), person_handles.c.person == bindparam("of_person")
)


@dataclass(frozen=True, slots=True)
class Of:
    """What a receipt is of, beside the note of the act.

    `event_at` is when the act told of took place, the act's own instant where it is None. With `once`, who
    has such a receipt already is brought it back: an ending or a telling of the same thing has one.
    """

    act: ReceiptAct
    line: Directive
    event_at: Instant | None = None
    replaces: int | None = None
    was_over: bool = False
    stop: StopTold | None = None
    once: bool = False
    supplements: bool = False
    without_effect: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Receipts:
    """Makes receipts; calls neither the policy nor the key provider, so that narrowing waits for neither."""

    vault: Vault
    labels: ReceiptLabels

    def of(self, note: Note, of: Of) -> Issue | None:
        """Prepare the receipt of an act; None for an operator's, which is nobody's word."""
        caller = note.caller
        if caller is None:
            return None

        async def issue(tx: Tx, at: Instant, entered: bool) -> Issued:  # noqa: FBT001 - the writer's word
            known = await self._known(tx, caller, of)
            if of.supplements:
                # The first is the act's own; a second has told the rest already.
                if len(known) > 1:
                    return Issued(known[0]["id"], None)
            elif of.once and known:
                return Issued(known[0]["id"], None)
            told = await self._told(tx, (note, of, caller), (at, entered))
            if of.supplements and known:
                told = replace(told, supplements=known[0]["id"])
            kept = {"act": str(of.act), "about": of.line.id, "version": of.line.version}
            whose = {"person": of.line.subject, "giver": _whose(caller, of.line)}
            return await self._keep(tx, told, {**kept, **whose, "recorded_by": self._recorder(caller)})

        return issue

    def of_answer(self, note: Note, answer: AnswerGiven) -> Issue:
        """Prepare the receipt of an answer, which a family member alone gives."""
        assert note.caller is not None
        giver = note.caller.person
        assert giver is not None

        async def issue(tx: Tx, at: Instant, entered: bool) -> Issued:  # noqa: FBT001 - the writer's word
            bodies = await read_bodies(tx, {answer.agency})
            shown = answer.agency in bodies and not _is_protected(answer.agency, bodies)
            told = {answer.agency: _party(bodies[answer.agency])} if shown else {}
            say = Sayer(told, self.labels, names_people=False, zone=await self._zone(tx, answer.person))
            name = _receipt_of(note)
            made = AnswerTold(name, answer, giver, note.decision_id, entered=entered, at=at, say=say)
            kept = {"act": str(answer.act), "about": answer.about, "version": answer.version}
            whose = {"person": answer.person, "giver": giver, "recorded_by": None}
            return await self._keep(tx, made, {**kept, **whose})

        return issue

    async def _known(self, tx: Tx, caller: Caller, of: Of) -> list[Row]:
        """List the receipts of this act and line that are hers, newest first."""
        named = {"of_about": of.line.id, "of_version": of.line.version, "of_act": str(of.act)}
        rows = await tx.all(_OF_ACT, **named, of_giver=_whose(caller, of.line))
        by = self._recorder(caller)
        return [row for row in rows if row["recorded_by"] == by]

    async def _keep(self, tx: Tx, told: Told | AnswerTold, row: Mapping[str, Any]) -> Issued:
        signed = self.vault.keys.sign_receipt(canonical(told.to_record())).encode()
        number = self.vault.number("receipt", told.id)
        last = await tx.one(_LAST, of_about=row["about"])
        await tx.run(
            _ADD,
            **row,
            id=told.id,
            number=1 + ((last["number"] if last is not None else None) or 0),
            decision_id=told.decision_id,
            sealed=await self.vault.seal(tx, f"person:{row['person']}", number, signed),
            recorded_at=told.at,
        )
        return Issued(told.id, hashlib.sha256(signed).hexdigest())

    async def _told(self, tx: Tx, made: tuple[Note, Of, Caller], when: tuple[Instant, bool]) -> Told:
        note, of, caller = made
        at, entered = when
        line = of.line
        recorded_by = None if caller.agency is None else (caller.agency, str(caller.role))
        return Told(
            id=_receipt_of(note),
            act=of.act,
            line=line,
            principal=await self._name_of(tx, caller, line.subject) or self._stranger(caller, line.subject),
            entity=await self._name_of(tx, caller, PersonId(_whose(caller, line))),
            own=_whose(caller, line) == line.giver,
            recorded_by=None if caller.is_family else recorded_by,
            replaces=of.replaces,
            was_over=of.was_over,
            decision_id=note.decision_id,
            entered=entered,
            at=at,
            event_at=at if of.event_at is None else of.event_at,
            say=await self._sayer(tx, caller, of),
            stop=of.stop,
            without_effect=of.without_effect,
        )

    async def _sayer(self, tx: Tx, caller: Caller, of: Of) -> Sayer:
        """Name what the line names, as far as who reads the receipt knows of it (domain rule 3.10).

        A protected agency, and a single person, are named to who named them herself: the giver of the line,
        and a worker who has just written it down with her. To others it is an organisation, or somebody.
        """
        line = of.line
        written = of.act in {ReceiptAct.GIVEN, ReceiptAct.CHANGED, ReceiptAct.REFUSED}
        named_it = _whose(caller, line) == line.giver and (caller.is_family or written)
        mine = set() if caller.agency is None else set(parents_of(caller.agency))
        idle = {AgencyId(one["owner"]) for one in of.without_effect if one["owner"] is not None}
        named = {*_agencies_of(line), *_agencies_after(of.stop), *idle, *mine}
        bodies = await read_bodies(tx, named)
        told = {
            one: _party(bodies[one])
            for one in named
            if one in bodies and (named_it or one in mine or not _is_protected(one, bodies))
        }
        return Sayer(told, self.labels, named_it, await self._zone(tx, line.subject))

    async def _name_of(self, tx: Tx, caller: Caller, person: PersonId) -> str | None:
        """How the reader of the receipt names a person: by her own agency's handle, the family by her id."""
        if caller.is_family:
            return person
        row = await tx.one(_HANDLE, of_agency=caller.agency, of_person=person)
        return None if row is None else str(row["handle"])

    def _stranger(self, caller: Caller, person: PersonId) -> str:
        """A name for a person whom her agency has no handle of; no other agency's name for her is like it."""
        return "ppl_" + self.vault.keys.handle("principal", f"{caller.agency}\n{person}").hex()

    def _recorder(self, caller: Caller) -> bytes | None:
        return None if caller.is_family else recorder_of(self.vault, caller)

    async def _zone(self, tx: Tx, person: PersonId) -> str | None:
        """Her time zone; an hour in UTC rather than no act, where her attributes do not open."""
        row = await tx.one(_PERSON, of_person=person)
        if row is None:
            return None
        try:
            plain = await self.vault.unseal(tx, f"person:{person}", row["revision"], row["attributes"])
            return Attributes.of_json(plain).time_zone
        except (CorruptionError, TamperedError):
            return None


def _receipt_of(note: Note) -> str:
    return "rcp_" + note.decision_id.removeprefix("dec_")


def recorder_of(vault: Vault, caller: Caller) -> bytes:
    """The keyed handle under which a worker finds again what she recorded."""
    return vault.keys.handle("account", caller.account)


def _whose(caller: Caller, line: Directive) -> str:
    """Whose act it is: hers who acts, or in whose name it is recorded (domain rule A1)."""
    return caller.person if caller.is_family and caller.person is not None else line.giver


def _agencies_of(line: Directive) -> Iterable[AgencyId]:
    yield from () if line.owners == "any" else (AgencyId(one) for one in line.owners)
    carved = [one["recipients"] for one in line.exceptions if one.get("recipients", "any") != "any"]
    for one in () if line.recipients == "any" else line.recipients:
        if one.agency is not None:
            yield one.agency
    yield from (AgencyId(one["agency"]) for named in carved for one in named if "agency" in one)
    if line.reach is not None and line.reach.agency is not None:
        yield line.reach.agency


def _agencies_after(stop: StopTold | None) -> Iterable[AgencyId]:
    told = () if stop is None or stop.continues is None else stop.continues
    return (AgencyId(name) for one in told for name in (one.agency, one.owner))


def _is_protected(agency: AgencyId, bodies: Mapping[str, Row]) -> bool:
    return is_protected(agency, {AgencyId(one) for one, row in bodies.items() if row["protected"]})


def _party(row: Mapping[str, Any]) -> Party:
    return Party(AgencyId(row["id"]), {"fr": row["name_fr"], "en": row["name_en"]}, row["profile"])
