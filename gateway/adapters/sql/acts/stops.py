"""Stopping and undoing, as changes under the head lock. Kind of `narrowing` written here: `stopped`."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.consents import END, add_lacking, end_line, opened_by
from gateway.adapters.sql.acts.receipts import Of, Receipts
from gateway.adapters.sql.directives import add_directive, all_directives, newest_directive, to_row
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import stops
from gateway.domain.acting import Note
from gateway.domain.consent import Directive, StopReach
from gateway.domain.errors import CorruptionError
from gateway.domain.facts import person_scope
from gateway.domain.ids import ConsentId, StopId
from gateway.domain.instants import FAR_FUTURE, Instant
from gateway.domain.receipt import ReceiptAct, StopTold
from gateway.domain.stopping import stopped_by
from gateway.domain.widening import opens_at

_ADD = upsert(stops).on_conflict_do_nothing()
_STOP = select(stops).where(stops.c.id == bindparam("of_stop"))
_LIFT = (
    update(stops)
    .where(
        stops.c.id == bindparam("of_stop"),
        or_(stops.c.undone_at.is_(None), stops.c.undone_at > bindparam("lifted_at")),
    )
    .values(undone_at=bindparam("lifted_at"))
)


def stop(note: Note, directive: Directive, reach: StopReach, receipts: Receipts) -> Change:
    """Withdraw the giver's permits inside the reach and record her refusal, from the act's own instant.

    What continues is not known here: the policy says it, and a stop does not wait for the policy. Its
    receipt says so, and `tell_stop` adds another.

    `reference` is `{stop, consent, withdrawn: [{id, version}], from_at}`.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        line = replace(directive, from_at=at)
        held = await all_directives(tx, line.subject)
        ended = [(one.id, one.version) for one in stopped_by(reach, line.giver, held, at)]
        for name, version in ended:
            await tx.run(END, of_id=name, of_version=version, ended_at=at)
        await add_directive(tx, line, at, None)
        row = _to_stop(line, reach, ended)
        await tx.run(_ADD, **row)
        reference = {
            "stop": row["id"],
            "consent": line.id,
            "withdrawn": json.loads(row["withdrawn"]),
            "from_at": at,
        }
        narrowing = {
            "kind": "stopped",
            "person": line.subject,
            "stop": row,
            "refusal": to_row(line),
            "withdrawn": [list(one) for one in ended],
        }
        told = StopTold(row["id"], tuple(ended))
        receipt = receipts.of(note, Of(ReceiptAct.STOPPED, line, stop=told))
        over = tuple(one for one in held if (one.id, one.version) in ended)
        bumps = (person_scope(line.subject),)
        return Effect(note, reference, bumps, narrowing, receipt=receipt, ended=over)

    return change


def _to_stop(line: Directive, reach: StopReach, ended: list[tuple[ConsentId, int]]) -> dict[str, Any]:
    return {
        "id": StopId("stp_" + line.id.removeprefix("cns_")),
        "person": line.subject,
        "giver": line.giver,
        "consent": line.id,
        "reach": json.dumps(reach.to_policy(), sort_keys=True),
        "withdrawn": json.dumps([{"id": name, "version": version} for name, version in ended]),
        "from_at": line.from_at,
        "undone_at": None,
    }


def tell_stop(note: Note, told: StopTold, receipts: Receipts) -> Change:
    """Add the receipt that says what continues after a stop; once there is one, it is brought back."""

    async def change(tx: Tx, _at: Instant) -> Effect:
        row = await tx.one(_STOP, of_stop=told.id)
        line = None if row is None else await newest_directive(tx, row["consent"])
        if row is None or line is None:
            raise CorruptionError("a stop vanished under the lock")
        ended = tuple((one["id"], one["version"]) for one in json.loads(row["withdrawn"]))
        whole = replace(told, withdrawn=ended)
        of = Of(ReceiptAct.STOPPED, line, Instant(row["from_at"]), stop=whole, supplements=True)
        return Effect(note, {"stop": told.id}, receipt=receipts.of(note, of))

    return change


def undo_stop(note: Note, stop_id: StopId, receipts: Receipts) -> Change:
    """Lift the refusal of a stop; no permit it withdrew is touched. A second undo changes nothing.

    `reference` is `{stop, consent, lifted_at}`.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        row = await tx.one(_STOP, of_stop=stop_id)
        line = None if row is None else await newest_directive(tx, row["consent"])
        if row is None or line is None:
            raise CorruptionError("a stop vanished under the lock")
        lifted = row["undone_at"] is not None and row["undone_at"] <= at
        ends = line.lifted_by(opens_at(note, at))
        reference = {"stop": stop_id, "consent": line.id, "lifted_at": row["undone_at"] if lifted else ends}
        event_at, told = None if lifted else ends, StopTold(stop_id, ())
        receipt = receipts.of(
            note, Of(ReceiptAct.UNDONE, line, event_at, was_over=lifted, once=lifted, stop=told)
        )
        if lifted:
            return Effect(note, reference, receipt=receipt, opens_at=FAR_FUTURE)
        await end_line(tx, line, ends, at)
        await tx.run(_LIFT, of_stop=stop_id, lifted_at=ends)
        bumps, opens = (person_scope(line.subject),), opened_by(line, ends)
        return Effect(note, reference, bumps, receipt=receipt, opens_at=opens)

    return change


async def apply_stopped(tx: Tx, record: Mapping[str, Any], at: Instant) -> bool:
    """Withdraw again what the stop withdrew, and record its refusal where the tables lack it.

    A stop that the tables know, lifted or not, is left as they know it.
    """
    known = await tx.one(_STOP, of_stop=record["stop"]["id"])
    touched = 0
    for name, version in record["withdrawn"]:
        touched += await tx.run(END, of_id=name, of_version=version, ended_at=at)
    if known is None:
        await tx.run(_ADD, **record["stop"])
        await add_lacking(tx, record["refusal"], at)
    return touched > 0 or known is None
