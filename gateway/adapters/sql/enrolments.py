"""Enrolments as rows: found by a keyed handle of their secret, which no column holds."""

import hmac
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import and_, bindparam, exists, or_, select

from gateway.adapters.sql.acts.links import holds_fragment
from gateway.adapters.sql.acts.vault import Vault, account_owner
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.relations import assigned_now
from gateway.adapters.sql.tables import accounts, authorities, enrolments, persons, sign_ins
from gateway.domain.caller import Caller
from gateway.domain.enrolments import Enrolment, EnrolmentId, EnrolmentKind, KeptPasskey, PaperCode
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.person import Attributes
from gateway.domain.vocabulary import Role
from gateway.ports import RecordKeys

CODE, CREDENTIAL = "paper_code", "passkey"

_BY_ID = select(enrolments).where(enrolments.c.id == bindparam("of_id"))
_BY_SECRET = select(enrolments).where(enrolments.c.secret == bindparam("of_secret"))
_LEFT = (
    select(enrolments.c.id)
    .where(
        or_(enrolments.c.id == bindparam("of_id"), enrolments.c.via == bindparam("of_id")),
        or_(
            enrolments.c.revoked_at.is_(None),
            exists().where(sign_ins.c.enrolment == enrolments.c.id, sign_ins.c.ended_at.is_(None)),
        ),
    )
    .limit(1)
)
_OF_ACCOUNT = (
    select(enrolments).where(enrolments.c.account == bindparam("of_account")).order_by(enrolments.c.id)
)
_PRINTED = (
    select(enrolments)
    .where(
        enrolments.c.agency == bindparam("of_agency"),
        enrolments.c.person == bindparam("of_person"),
        enrolments.c.kind == "code",
        enrolments.c.revoked_at.is_(None),
    )
    .order_by(enrolments.c.id)
)
_ACCOUNT = select(accounts.c.active, accounts.c.kind).where(accounts.c.id == bindparam("of_account"))
_BORN = select(persons.c.id, persons.c.attributes, persons.c.revision).where(
    persons.c.id == bindparam("of_person")
)
_DECOY = (
    select(persons.c.id, persons.c.attributes, persons.c.revision)
    .where(persons.c.decoy.is_(True))
    .order_by(persons.c.id)
    .limit(1)
)
_ASSIGNED = assigned_now(
    lambda worker, person: and_(worker == bindparam("of_worker"), person == bindparam("of_person")), "worker"
).limit(1)
_HOLDS = (
    select(authorities.c.id)
    .where(
        authorities.c.person == bindparam("of_person"),
        authorities.c.holder == bindparam("of_holder"),
        authorities.c.kind != "none",
        or_(authorities.c.from_at.is_(None), authorities.c.from_at <= bindparam("started_by")),
        or_(authorities.c.until_at.is_(None), authorities.c.until_at > bindparam("until_after")),
    )
    .limit(1)
)


async def find_enrolment(tx: Tx, enrolment: EnrolmentId) -> Enrolment | None:
    """Find one by its id, revoked ones too."""
    row = await tx.one(_BY_ID, of_id=enrolment)
    return None if row is None else to_enrolment(row)


async def find_code(tx: Tx, keys: RecordKeys, code: PaperCode) -> Enrolment | None:
    """Find the enrolment behind a code, revoked and expired ones too."""
    row = await tx.one(_BY_SECRET, of_secret=secret_of_code(keys, code))
    return None if row is None else to_enrolment(row)


async def find_passkey(tx: Tx, vault: Vault, credential: bytes) -> KeptPasskey | None:
    """Find a passkey by what its authenticator calls it, with the key that checks its signatures."""
    row = await tx.one(_BY_SECRET, of_secret=secret_of_credential(vault.keys, credential))
    if row is None or row["kind"] != EnrolmentKind.PASSKEY:
        return None
    kept = await open_passkey(tx, vault, row)
    return KeptPasskey(to_enrolment(row), bytes.fromhex(kept["public_key"]), row["sign_count"])


async def is_all_over(tx: Tx, enrolment: EnrolmentId) -> bool:
    """Whether it is revoked, every passkey that was added by it, and every sign-in by any of them."""
    return await tx.one(_LEFT, of_id=enrolment) is None


async def list_enrolments(tx: Tx, vault: Vault, account: str) -> list[Mapping[str, Any]]:
    """List an account's enrolments, revoked ones too, as `{id, kind, label, agency, ...}`."""
    rows = await tx.all(_OF_ACCOUNT, of_account=account)
    return [await _shown(tx, vault, row) for row in rows]


async def list_printed(tx: Tx, agency: AgencyId, person: PersonId) -> list[Mapping[str, Any]]:
    """List the codes that an agency printed for a person and that are not revoked; `holder` is a person."""
    rows = await tx.all(_PRINTED, of_agency=agency, of_person=person)
    return [
        {
            "id": row["id"],
            "holder": row["account"],
            "added_at": row["added_at"],
            "expires_at": row["expires_at"],
        }
        for row in rows
    ]


async def is_account_open(tx: Tx, account: str) -> bool:
    """Whether there is such an account, and it may act."""
    row = await tx.one(_ACCOUNT, of_account=account)
    return row is not None and bool(row["active"])


async def is_born(tx: Tx, vault: Vault, person: PersonId | None, day: date) -> bool:
    """Whether this is the person's recorded day of birth; the same work is done for nobody."""
    row = None if person is None else await tx.one(_BORN, of_person=person)
    known = row if row is not None else await tx.one(_DECOY)
    if known is None:
        return False
    plain = await vault.unseal(tx, f"person:{known['id']}", known["revision"], known["attributes"])
    born = Attributes.of_json(plain).described.birth_on.isoformat()
    return hmac.compare_digest(born, day.isoformat()) and row is not None


async def may_print(tx: Tx, caller: Caller, person: PersonId, holder: PersonId, at: Instant) -> bool:
    """Whether she may have a code printed for the person, or for who holds authority over her.

    A worker is assigned to the person now, through a team too; an officer's agency holds a fragment of her.
    """
    now = {"of_person": person, "started_by": at, "until_after": at}
    if caller.role is Role.PRIVACY_OFFICER:
        linked = caller.agency is not None and await holds_fragment(tx, caller.agency, person)
    else:
        linked = await tx.one(_ASSIGNED, of_worker=caller.worker, **now) is not None
    return linked and (holder == person or await tx.one(_HOLDS, of_holder=holder, **now) is not None)


def secret_of_code(keys: RecordKeys, code: PaperCode) -> bytes:
    """The keyed handle under which a code is found."""
    return keys.secret_handle(CODE, code.signs.encode())


def secret_of_credential(keys: RecordKeys, credential: bytes) -> bytes:
    """The keyed handle under which a passkey is found."""
    return keys.secret_handle(CREDENTIAL, credential)


def owner_of_account(account: str, *, is_worker: bool) -> str:
    """Under whose record key an enrolment is sealed."""
    return account_owner(account) if is_worker else f"person:{account}"


async def open_passkey(tx: Tx, vault: Vault, row: Row) -> Mapping[str, Any]:
    """Open `{public_key, label}` of a passkey's row."""
    account = await tx.one(_ACCOUNT, of_account=row["account"])
    is_worker = account is not None and account["kind"] == "worker"
    owner = owner_of_account(row["account"], is_worker=is_worker)
    plain = await vault.unseal(tx, owner, vault.number("enrolment", row["id"]), row["sealed"])
    opened: Mapping[str, Any] = json.loads(plain)
    return opened


async def _shown(tx: Tx, vault: Vault, row: Row) -> Mapping[str, Any]:
    label = None if row["sealed"] is None else (await open_passkey(tx, vault, row))["label"]
    names = ("id", "kind", "agency", "added_at", "expires_at", "waits_until", "revoked_at")
    return {**{name: row[name] for name in names}, "label": label}


def to_enrolment(row: Row) -> Enrolment:
    """Read a row."""
    return Enrolment(
        id=EnrolmentId(row["id"]),
        kind=EnrolmentKind(row["kind"]),
        account=str(row["account"]),
        person=None if row["person"] is None else PersonId(row["person"]),
        via=None if row["via"] is None else EnrolmentId(row["via"]),
        agency=None if row["agency"] is None else AgencyId(row["agency"]),
        added_at=Instant(row["added_at"]),
        expires_at=_instant(row["expires_at"]),
        waits_until=_instant(row["waits_until"]),
        revoked_at=_instant(row["revoked_at"]),
        printer=row["printer"],
    )


def _instant(value: int | None) -> Instant | None:
    return None if value is None else Instant(value)
