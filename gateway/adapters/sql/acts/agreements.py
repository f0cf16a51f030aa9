"""The network's agreement: published, signed, and asked for where somebody new would be assigned."""

import json

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.driver import Row, Tx, in_list
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import agreement_signatures, agreements
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, UNSIGNED, ActRefusedError
from gateway.domain.errors import ConflictError
from gateway.domain.ids import AgencyId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.network_agreement import NewAgreement

_FIND = select(agreements.c.digest).where(agreements.c.version == bindparam("of_version"))
_IN_FORCE = (
    select(agreements)
    .where(agreements.c.effective_at <= bindparam("at"))
    .order_by(agreements.c.effective_at.desc(), agreements.c.published_at.desc())
    .limit(1)
)
_PUBLISH = upsert(agreements).on_conflict_do_nothing()
_SIGN = upsert(agreement_signatures).on_conflict_do_nothing()
_SIGNED = (
    select(agreement_signatures.c.agency)
    .where(
        agreement_signatures.c.version == bindparam("of_version"),
        in_list(agreement_signatures.c.agency, "agencies"),
    )
    .limit(1)
)


def publish_agreement(note: Note, new: NewAgreement) -> Change:
    """Write a version, which then never changes; `reference` is `{agreement, digest}`.

    Raises (the change):
        ConflictError: The version has been published with another text.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        row = {
            "version": new.version,
            "title_fr": new.title_fr,
            "title_en": new.title_en,
            "digest": new.digest,
            "text": new.text,
            "effective_at": new.effective_at,
            "sign_by": new.sign_by,
            "required_from": new.required_from,
            "published_at": at,
        }
        if await tx.run(_PUBLISH, **row) == 0:
            raise ConflictError("this version has been published", field="version")
        return Effect(note, {"agreement": new.version, "digest": new.digest})

    return change


def sign_agreement(note: Note, version: str, agency: AgencyId, digest: str) -> Change:
    """Sign a version for an agency, once; `reference` is `{agreement, digest}`.

    Raises (the change):
        ActRefusedError: There is no such version.
        ConflictError: What was read is another text.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        row = await tx.one(_FIND, of_version=version)
        if row is None:
            raise ActRefusedError(NO_LINK)
        if row["digest"] != digest:
            raise ConflictError("the text that was read is another one", field="digest")
        signed = {"version": version, "agency": agency, "signed_at": at, "decision_id": note.decision_id}
        await tx.run(_SIGN, **signed, signed_by="" if note.caller is None else note.caller.account)
        return Effect(note, {"agreement": version, "digest": digest})

    return change


async def require_signed(tx: Tx, agency: AgencyId, at: Instant) -> None:
    """Let through an agency that has signed, itself or the body it is a unit of, or need not have yet.

    Raises:
        ActRefusedError: The network requires its signature by now.
    """
    row = await find_in_force(tx, at)
    if row is None or row["required_from"] is None or row["required_from"] > at:
        return
    names = json.dumps(parents_of(agency))
    if await tx.one(_SIGNED, of_version=row["version"], agencies=names) is None:
        raise ActRefusedError(UNSIGNED)


async def find_in_force(tx: Tx, at: Instant) -> Row | None:
    """Find the version that took effect last."""
    return await tx.one(_IN_FORCE, at=at)
