"""Giving and withdrawing, as changes under the head lock.

Kinds of `narrowing` written here: `given` (a refusal, or a line that replaces another) and `withdrawn`.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from gateway.adapters.sql.acts.receipts import Of, Receipts
from gateway.adapters.sql.append import OwnerKeys
from gateway.adapters.sql.directives import add_directive, all_directives, from_row, newest_directive, to_row
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import consents, stops
from gateway.domain.acting import Note
from gateway.domain.consent import FROM_THE_ACT, WAITS, ConsentStatus, Directive
from gateway.domain.errors import ConflictError, ContendedError, CorruptionError, MalformedError
from gateway.domain.facts import person_scope
from gateway.domain.ids import ConsentId
from gateway.domain.instants import FAR_FUTURE, Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.receipt import ReceiptAct, StopTold
from gateway.domain.widening import opens_at
from gateway.ports import RecordKeys

LIFT_LATER = (
    update(consents)
    .where(consents.c.id == bindparam("of_id"), consents.c.version == bindparam("of_version"))
    .where(consents.c.status == "active")
    .values(withdrawn_at=bindparam("ended_at"))
)
"""Let one version that is active end by itself at an instant that is still to come."""

END = (
    update(consents)
    .where(consents.c.id == bindparam("of_id"), consents.c.version == bindparam("of_version"))
    .where(consents.c.status == "active")
    .values(status="withdrawn", withdrawn_at=bindparam("ended_at"))
)
"""Withdraw one version that is still active."""

SUPERSEDE = (
    update(consents)
    .where(consents.c.id == bindparam("of_id"), consents.c.version == bindparam("of_version"))
    .where(consents.c.status == "active")
    .values(status="superseded")
)
_LIFT_STOP = (
    update(stops)
    .where(
        stops.c.consent == bindparam("of_consent"),
        or_(stops.c.undone_at.is_(None), stops.c.undone_at > bindparam("lifted_at")),
    )
    .values(undone_at=bindparam("lifted_at"))
)
_STOP_OF = select(stops.c.id).where(stops.c.consent == bindparam("of_consent"))


def give(
    keys: RecordKeys,
    owners: OwnerKeys,
    note: Note,
    directive: Directive,
    replaces: tuple[ConsentId, int] | None,
    receipts: Receipts,
) -> Change:
    """Write one new version; the one it replaces, if any, is superseded in the same transaction.

    The change raises ConflictError where `replaces` is not the giver's, not the last version, not active,
    or the refusal of a stop. How the line was given is sealed under the person's record key, bound to the
    consent's id and version.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        line = replace(directive, from_at=at) if directive.from_at == FROM_THE_ACT else directive
        line = _waiting(note, line, at)
        if line.status is ConsentStatus.WITHDRAWN and line.withdrawn_at is None:
            # A seed may say so. The policy reads an end from its instant alone: without one it would be live.
            line = replace(line, withdrawn_at=at)
        if replaces is not None:
            before = await newest_directive(tx, replaces[0])
            _check_replaced(before, replaces, line)
            if before is not None and before.decision == "deny" and line.from_at > at:
                # Its place would be empty until then.
                raise ConflictError("a refusal is not replaced by what waits", field="replaces")
            await tx.run(SUPERSEDE, of_id=replaces[0], of_version=replaces[1])
        evidence = None
        if line.capture:
            key = await owners.make(tx, f"person:{line.subject}")
            text = json.dumps(dict(line.capture), ensure_ascii=False, sort_keys=True).encode()
            evidence = keys.seal_part(key, line.id, line.version, text)
        await add_directive(tx, line, at, evidence)
        reference = {"consent": line.id, "version": line.version, "from_at": line.from_at}
        bumps = (person_scope(line.subject),)
        written = replace(note, consent=line.id)
        receipt = receipts.of(written, _given(note, line, replaces))
        # What is confirmed only starts sooner than it would have: nothing of it must be applied again.
        narrowing = None if note.kind is EntryKind.CONSENT_CONFIRMED else _narrowing(line, replaces)
        return Effect(written, reference, bumps, narrowing, receipt, opens_at=line.from_at)

    return change


def _waiting(note: Note, line: Directive, at: Instant) -> Directive:
    """The line as it starts where what its giver opens waits; its capture says why, from when she asked."""
    opens = opens_at(note, at)
    if opens <= at or line.from_at >= opens or note.caller is None:
        return line
    if line.until_at is not None and line.until_at <= opens:
        raise MalformedError("it would end before it may start", field="until")
    why = {"enrolment": note.caller.enrolment, "from_at": line.from_at}
    return replace(line, from_at=opens, capture={**line.capture, WAITS: why})


def _given(note: Note, line: Directive, replaces: tuple[ConsentId, int] | None) -> Of:
    told = note.detail.get("without_effect", ())
    if replaces is not None:
        return Of(ReceiptAct.CHANGED, line, replaces=replaces[1], without_effect=told)
    act = ReceiptAct.GIVEN if line.decision == "permit" else ReceiptAct.REFUSED
    return Of(act, line, without_effect=told)


def _check_replaced(before: Directive | None, replaces: tuple[ConsentId, int], line: Directive) -> None:
    if before is None or (before.giver, before.subject) != (line.giver, line.subject):
        raise ConflictError("only the giver replaces what she gave", field="replaces")
    if before.version != replaces[1] or before.status is not ConsentStatus.ACTIVE:
        raise ConflictError("only the last version, still active, is replaced", field="replaces")
    if before.reach is not None:
        raise ConflictError("a stop is undone, not replaced", field="replaces")


def _narrowing(line: Directive, replaces: tuple[ConsentId, int] | None) -> dict[str, Any] | None:
    """A refusal narrows, and so does what takes the place of a wider permit."""
    if line.decision == "permit" and replaces is None:
        return None
    return {
        "kind": "given",
        "person": line.subject,
        "refusal": to_row(line) if line.decision == "deny" else None,
        "superseded": None if replaces is None else [replaces[0], replaces[1]],
    }


def withdraw(note: Note, judged: Directive, receipts: Receipts) -> Change:
    """End the active version of a lineage at the act's own instant; what is over already stays as it is.

    `reference` is `{consent, version, withdrawn_at}`. Lifting the refusal of a stop lifts the stop. The
    change raises ContendedError where a permit was judged and a refusal has taken its place, or the reverse:
    a check that lets a giver end her permit does not let her lift a refusal.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        line = await newest_directive(tx, judged.id)
        if line is None:
            raise CorruptionError("a consent vanished under the lock")
        if line.decision != judged.decision:
            raise ContendedError("what was to end has just been replaced")
        ends = line.lifted_by(opens_at(note, at))
        reference = {"consent": line.id, "version": line.version, "withdrawn_at": ends}
        receipt = receipts.of(note, await _ended(tx, line, ends, at))
        if line.is_over(at):
            return Effect(note, reference, receipt=receipt, opens_at=FAR_FUTURE)
        await end_line(tx, line, ends, at)
        narrowing: dict[str, Any] | None = None
        over: tuple[Directive, ...] = ()
        if line.reach is not None:
            await tx.run(_LIFT_STOP, of_consent=line.id, lifted_at=ends)
        if line.decision == "permit":
            ended = [[line.id, line.version]]
            narrowing = {"kind": "withdrawn", "person": line.subject, "withdrawn": ended}
            over = (line,)
        bumps, opens = (person_scope(line.subject),), opened_by(line, ends)
        return Effect(note, reference, bumps, narrowing, receipt=receipt, ended=over, opens_at=opens)

    return change


async def end_line(tx: Tx, line: Directive, ends: Instant, at: Instant) -> None:
    """End one version at the act's own instant, or, where what that opens waits, at a later one."""
    if ends > at:
        await tx.run(LIFT_LATER, of_id=line.id, of_version=line.version, ended_at=ends)
    else:
        await tx.run(END, of_id=line.id, of_version=line.version, ended_at=ends)


def opened_by(line: Directive, ends: Instant) -> Instant:
    """When what its end opens is open; never, for an act that leaves an end as it was set before."""
    return FAR_FUTURE if line.withdrawn_at == ends else ends


async def _ended(tx: Tx, line: Directive, ends: Instant, at: Instant) -> Of:
    """What the receipt of a withdrawal is of: where the line is the refusal of a stop, of its undoing."""
    row = None if line.reach is None else await tx.one(_STOP_OF, of_consent=line.id)
    over, event_at = line.is_over(at), None if line.is_over(at) else ends
    if row is None:
        return Of(ReceiptAct.WITHDRAWN, line, event_at, was_over=over, once=over)
    return Of(ReceiptAct.UNDONE, line, event_at, was_over=over, once=over, stop=StopTold(row["id"], ()))


async def apply_given(tx: Tx, record: Mapping[str, Any], at: Instant) -> bool:
    """Write a refusal that the tables lack, and supersede again what it or a permit had replaced."""
    row, before = record["refusal"], record["superseded"]
    changed = False
    if before is not None:
        changed = await tx.run(SUPERSEDE, of_id=before[0], of_version=before[1]) > 0
    return await add_lacking(tx, row, at) or changed if row is not None else changed


async def apply_withdrawn(tx: Tx, record: Mapping[str, Any], at: Instant) -> bool:
    """Withdraw again every version named that is still active."""
    touched = 0
    for name, version in record["withdrawn"]:
        touched += await tx.run(END, of_id=name, of_version=version, ended_at=at)
    return touched > 0


async def add_lacking(tx: Tx, row: Mapping[str, Any], at: Instant) -> bool:
    """Write a recorded version with its index keys, unless the tables hold it, whatever became of it."""
    line = from_row(row)
    held = await all_directives(tx, line.subject)
    if any((one.id, one.version) == (line.id, line.version) for one in held):
        return False
    await add_directive(tx, line, at, None)
    return True
