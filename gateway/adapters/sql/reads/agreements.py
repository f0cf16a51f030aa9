"""Reading the network's agreement: its versions, and how each agency stands towards one."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from gateway.adapters.sql.acts.agreements import find_in_force
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.tables import agencies, agreement_signatures, agreements
from gateway.domain.ids import AgencyId, parents_of
from gateway.domain.instants import Instant, to_text
from gateway.domain.network_agreement import AgreementStanding, standing_at
from gateway.domain.registry import DECOY_AGENCY

_ALL = select(agreements).order_by(agreements.c.effective_at, agreements.c.version)
_ONE = select(agreements).where(agreements.c.version == bindparam("of_version"))
_SIGNATURES = select(agreement_signatures.c.agency, agreement_signatures.c.signed_at).where(
    agreement_signatures.c.version == bindparam("of_version")
)
_AGENCIES = (
    select(agencies.c.id, agencies.c.status).where(agencies.c.id != DECOY_AGENCY).order_by(agencies.c.id)
)


async def list_agreements(tx: Tx, at: Instant) -> Sequence[Mapping[str, Any]]:
    """List every version, the one in force marked; without their texts."""
    current = await find_in_force(tx, at)
    name = None if current is None else current["version"]
    return [_shown(row, in_force=row["version"] == name) for row in await tx.all(_ALL)]


async def read_agreement(tx: Tx, version: str, at: Instant) -> Mapping[str, Any] | None:
    """Give one version with its text, and how each agency that has not left stands towards it."""
    row = await tx.one(_ONE, of_version=version)
    if row is None:
        return None
    current = await find_in_force(tx, at)
    shown = _shown(row, in_force=current is not None and current["version"] == version)
    text = bytes(row["text"]).decode("utf-8", errors="replace")
    return {**shown, "text": text, "agencies": await list_standings(tx, row, at)}


async def list_standings(tx: Tx, agreement: Row, at: Instant) -> Sequence[Mapping[str, Any]]:
    """List `{agency, standing, signed}` of each agency: a body's signature is its units' too."""
    rows = await tx.all(_SIGNATURES, of_version=agreement["version"])
    signed = {row["agency"]: row["signed_at"] for row in rows}
    return [
        _standing(agreement, row["id"], signed, at)
        for row in await tx.all(_AGENCIES)
        if row["status"] != "left"
    ]


async def find_unsigned(tx: Tx, at: Instant) -> tuple[str, Sequence[str]] | None:
    """Name the version in force, and the agencies that have not signed it in time; None where none is."""
    current = await find_in_force(tx, at)
    if current is None:
        return None
    late = {str(AgreementStanding.LATE), str(AgreementStanding.REQUIRED)}
    rows = await list_standings(tx, current, at)
    return str(current["version"]), [row["agency"] for row in rows if row["standing"] in late]


def _standing(agreement: Row, agency: str, signed: Mapping[str, int], at: Instant) -> dict[str, Any]:
    instants = [signed[one] for one in parents_of(AgencyId(agency)) if one in signed]
    required = agreement["required_from"]
    standing = standing_at(
        Instant(agreement["sign_by"]),
        None if required is None else Instant(required),
        at,
        signed=bool(instants),
    )
    return {"agency": agency, "standing": str(standing), "signed": _text(instants[0]) if instants else None}


def _shown(row: Row, *, in_force: bool) -> dict[str, Any]:
    return {
        "version": row["version"],
        "title": {"fr": row["title_fr"], "en": row["title_en"]},
        "digest": row["digest"],
        "effective": _text(row["effective_at"]),
        "sign_by": _text(row["sign_by"]),
        "required_from": _text(row["required_from"]),
        "in_force": in_force,
    }


def _text(instant: int | None) -> str | None:
    return None if instant is None else to_text(Instant(instant))
