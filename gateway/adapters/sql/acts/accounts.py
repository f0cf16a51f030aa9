"""Accounts of workers: registered, changed, disabled."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.vault import Vault, account_owner
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import accounts, agencies
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, ActRefusedError
from gateway.domain.errors import ConflictError, PreconditionFailedError
from gateway.domain.facts import account_scope
from gateway.domain.ids import WorkerId
from gateway.domain.instants import Instant
from gateway.domain.registry import Identity, NewWorker, WorkerChange

NAME = 1
"""The number under which an account's name is sealed."""

_AGENCY = select(agencies.c.id).where(agencies.c.id == bindparam("of_id"))
_FIND = select(accounts.c.roles, accounts.c.active, accounts.c.revision).where(
    accounts.c.id == bindparam("of_id"), accounts.c.kind == "worker"
)
_ADD = upsert(accounts).on_conflict_do_nothing()
_SET = (
    update(accounts)
    .where(accounts.c.id == bindparam("of_id"))
    .values(roles=bindparam("to_roles"), active=bindparam("to_active"), revision=accounts.c.revision + 1)
)


def add_worker(vault: Vault, note: Note, worker: NewWorker) -> Change:
    """Write a new account; `reference` is `{worker, etag}`.

    Raises (the change):
        ConflictError: The identifier or the identity is taken, or the agency is unknown.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        if await tx.one(_AGENCY, of_id=worker.agency) is None:
            raise ConflictError("the worker's agency is unknown", field="agency")
        name = json.dumps({"name": worker.name}, ensure_ascii=False).encode()
        row = {
            "id": worker.id,
            "kind": "worker",
            "agency": worker.agency,
            "identity": identity_handle(vault, worker.identity),
            "roles": json.dumps(sorted(worker.roles)),
            "active": worker.active,
            "network_wide": worker.network_wide,
            "overdue_reviews": worker.overdue_reviews,
            "attributes": await vault.seal(tx, account_owner(worker.id), NAME, name),
            "revision": 1,
        }
        if await tx.run(_ADD, **row) == 0:
            raise ConflictError("a worker has this identifier or identity already", field="id")
        return Effect(note, {"worker": worker.id, "etag": "1"}, (account_scope(worker.id),))

    return change


def set_worker(note: Note, worker: WorkerId, wanted: WorkerChange, if_match: str) -> Change:
    """Change roles or activity; `reference` is `{worker, roles, active, etag}`.

    Raises (the change):
        ActRefusedError: There is no such worker.
        PreconditionFailedError: The account has changed since `if_match`.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        row = await tx.one(_FIND, of_id=worker)
        if row is None:
            raise ActRefusedError(NO_LINK)
        if str(row["revision"]) != if_match.strip().strip('"'):
            raise PreconditionFailedError("the account has changed", field="If-Match")
        had: list[str] = json.loads(row["roles"])
        roles = had if wanted.roles is None else sorted(wanted.roles)
        active = bool(row["active"]) if wanted.active is None else wanted.active
        await tx.run(_SET, of_id=worker, to_roles=json.dumps(roles), to_active=active)
        reference = {
            "worker": worker, "roles": roles, "active": active, "etag": str(row["revision"] + 1),
        }  # fmt: skip
        scope = account_scope(worker)
        narrowing = _narrowing(worker, set(had) - set(roles), wanted)
        opens = active and not (set(roles) <= set(had) and row["active"])
        return Effect(note, reference, (scope,), narrowing, opens=opens)

    return change


async def narrow_again(tx: Tx, record: Mapping[str, Any]) -> bool:
    """Apply a narrowed account to an older copy of the tables; False where nothing is left to take away."""
    row: Row | None = await tx.one(_FIND, of_id=record["worker"])
    if row is None:
        return False
    had: list[str] = json.loads(row["roles"])
    roles = [role for role in had if role not in record["roles_removed"]]
    active = bool(row["active"]) and not record["disabled"]
    if roles == had and active == bool(row["active"]):
        return False
    await tx.run(_SET, of_id=record["worker"], to_roles=json.dumps(roles), to_active=active)
    return True


def identity_handle(vault: Vault, identity: Identity | None) -> bytes | None:
    """Give the keyed handle of (issuer, subject), under which a token's account is found."""
    return None if identity is None else vault.keys.handle("identity", identity.text)


def _narrowing(worker: WorkerId, removed: set[str], wanted: WorkerChange) -> dict[str, Any] | None:
    if wanted.active is not False and not removed:
        return None
    return {
        "kind": "worker_narrowed",
        "worker": worker,
        "disabled": wanted.active is False,
        "roles_removed": sorted(removed),
        "scopes": [account_scope(worker)],
    }
