"""Writing findings, as changes under the head lock. Kind of `narrowing` written here: `finding`."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.interest import require_no_beneficiary
from gateway.adapters.sql.acts.links import holds_fragment
from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.findings import FIND, number_of, open_finding
from gateway.adapters.sql.tables import findings, persons
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, ActRefusedError
from gateway.domain.errors import ConflictError, ContendedError
from gateway.domain.facts import person_scope
from gateway.domain.findings import AT_THE_ACT, Finding, FindingKind
from gateway.domain.instants import Instant
from gateway.domain.meetings import agreed_from
from gateway.domain.narrowing import NARROWS_ALONE, as_narrow_as
from gateway.domain.widening import opens_at

_PERSON = select(persons.c.id).where(persons.c.id == bindparam("of_id"), persons.c.decoy.is_(False))
_BY_HOLDERS = frozenset(
    {FindingKind.CAPACITY, FindingKind.HARM, FindingKind.CONSULTATION, FindingKind.SESSION}
)
"""Kinds that a worker records only for an agency that holds a fragment of the person."""

_ADD = upsert(findings).on_conflict_do_nothing()
_SET = (
    update(findings)
    .where(findings.c.id == bindparam("of_id"), findings.c.revision < bindparam("to_revision"))
    .values(
        sealed=bindparam("to_sealed"),
        revision=bindparam("to_revision"),
        from_at=bindparam("to_from_at"),
        until_at=bindparam("to_until_at"),
    )
)


def add_finding(vault: Vault, note: Note, finding: Finding, *, narrows: bool) -> Change:
    """Write a first revision, recorded at the act's own instant; `reference` is `{finding, revision}`.

    Raises (the change):
        ActRefusedError: The caller's agency is no member any more, or may not record this of the person.
        ConflictError: The person is unknown.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        if await tx.one(_PERSON, of_id=finding.person) is None:
            raise ConflictError("the person is unknown", field="person")
        await _require_entitled(tx, note, finding)
        opens = opens_at(note, at)
        row = await _to_row(tx, vault, replace(_dated(finding, opens), recorded_at=at))
        await tx.run(_ADD, **row)
        return _opening(_effect(note, finding, row, narrows=narrows), opens)

    return change


def change_finding(vault: Vault, note: Note, finding: Finding, *, narrows: bool) -> Change:
    """Write the next revision of a record; `reference` is `{finding, revision}`.

    Raises (the change):
        ActRefusedError: The caller's agency is no member any more, or would decide in the person's place.
        ContendedError: The record does not stand at the revision before this one.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        before = await tx.one(FIND, of_id=finding.id)
        if before is None or before["revision"] != finding.revision - 1:
            raise ContendedError("the record has just changed")
        if finding.kind is FindingKind.CAPACITY:
            await _require_entitled(tx, note, finding)
        opens = opens_at(note, at)
        changed = agreed_from(finding, opens, at) if finding.kind is FindingKind.TRANSFER else finding
        told = replace(_dated(changed, at), recorded_at=Instant(before["recorded_at"]))
        row = await _to_row(tx, vault, told)
        await _write(tx, row)
        return _opening(_effect(note, finding, row, narrows=narrows), opens)

    return change


async def narrow_again(tx: Tx, record: Mapping[str, Any], vault: Vault) -> bool:
    """Take away from the revision that stands, whichever it is, what the recorded one had taken away.

    A record that an older copy of the tables lacks is written where that alone opens nothing, of a person
    whom the copy knows.
    """
    row = {**record["row"], "sealed": bytes.fromhex(record["row"]["sealed"])}
    if await tx.one(_PERSON, of_id=row["person"]) is None:
        return False
    before = await tx.one(FIND, of_id=row["id"])
    if before is None:
        return FindingKind(row["kind"]) in NARROWS_ALONE and await tx.run(_ADD, **row) > 0
    key = await vault.owners.require(tx, f"person:{row['person']}")
    standing = open_finding(vault.keys, key, before)
    narrowed = as_narrow_as(standing, open_finding(vault.keys, key, row))
    return narrowed is not standing and await _write(tx, await _to_row(tx, vault, narrowed))


async def _require_entitled(tx: Tx, note: Note, finding: Finding) -> None:
    """Let through an operator, the family, and the agencies that may record this kind of the person."""
    caller = note.caller
    if caller is None or caller.agency is None:
        return
    if finding.kind in _BY_HOLDERS and not await holds_fragment(tx, caller.agency, finding.person):
        raise ActRefusedError(NO_LINK)
    if finding.kind is FindingKind.CAPACITY:
        await require_no_beneficiary(tx, caller, finding.person)


def _opening(effect: Effect, opens: Instant) -> Effect:
    """Say when what the act opens is open."""
    return replace(effect, reference={**effect.reference, "opens_at": opens}, opens_at=opens)


def _dated(finding: Finding, at: Instant) -> Finding:
    """Put the act's own instant where the act itself is the bound."""
    from_at = at if finding.from_at == AT_THE_ACT else finding.from_at
    until_at = at if finding.until_at == AT_THE_ACT else finding.until_at
    return replace(finding, from_at=from_at, until_at=until_at)


async def _write(tx: Tx, row: Mapping[str, Any]) -> bool:
    named = {f"to_{name}": row[name] for name in ("sealed", "revision", "from_at", "until_at")}
    return await tx.run(_SET, of_id=row["id"], **named) > 0


async def _to_row(tx: Tx, vault: Vault, finding: Finding) -> dict[str, Any]:
    number = number_of(vault.keys, finding.id, finding.revision)
    plain = json.dumps(dict(finding.document), ensure_ascii=False, sort_keys=True).encode()
    return {
        "id": finding.id,
        "person": finding.person,
        "kind": str(finding.kind),
        "sealed": await vault.seal(tx, f"person:{finding.person}", number, plain),
        "revision": finding.revision,
        "recorded_at": finding.recorded_at,
        "from_at": finding.from_at,
        "until_at": finding.until_at,
    }


def _effect(note: Note, finding: Finding, row: Mapping[str, Any], *, narrows: bool) -> Effect:
    scope = person_scope(finding.person)
    kept = {**row, "sealed": row["sealed"].hex()}
    record = {"kind": "finding", "person": finding.person, "scopes": [scope], "row": kept}
    reference = {"finding": finding.id, "revision": finding.revision}
    return Effect(note, reference, (scope,), record if narrows else None)
