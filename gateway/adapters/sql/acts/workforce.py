"""A list of workers, at most 100 lines in one act: created, changed, left alone or refused, each for itself.

Kind of `narrowing` written here: `workers_narrowed`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.accounts import NAME, identity_handle, narrow_again
from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.vault import Vault, account_owner
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import accounts
from gateway.domain.acting import Note
from gateway.domain.facts import account_scope
from gateway.domain.ids import AgencyId
from gateway.domain.instants import Instant
from gateway.domain.workforce import Answered, LineCode, LineOutcome, ListedWorker

_FIND = select(accounts).where(accounts.c.id == bindparam("of_id"))
_OF_IDENTITY = select(accounts.c.id).where(
    accounts.c.identity == bindparam("of_identity"), accounts.c.agency == bindparam("of_agency")
)
_ADD = upsert(accounts).on_conflict_do_nothing()
_SET = (
    update(accounts)
    .where(accounts.c.id == bindparam("of_id"))
    .values(
        roles=bindparam("to_roles"),
        active=bindparam("to_active"),
        identity=bindparam("to_identity"),
        attributes=bindparam("to_attributes"),
        revision=accounts.c.revision + 1,
    )
)


def import_workers(
    vault: Vault, note: Note, agency: AgencyId, workers: Sequence[ListedWorker], *, dry_run: bool
) -> Change:
    """Bring the accounts of an agency to what the lines say; `reference` is `{answers, narrows}`.

    A line that is refused leaves its account as it was, and the other lines as they are. Nobody's own
    account changes, nor one that reaches beyond the agency.

    Raises (the change):
        ActRefusedError: The caller's agency is no member any more.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        run = _Run(tx, vault, agency, None if note.caller is None else note.caller.worker, dry_run=dry_run)
        answers = [await run.one(worker) for worker in workers]
        told = {"of": agency, "lines": run.told}
        effect_note = replace(note, detail={**note.detail, **told})
        narrows = bool(run.narrowed) and not dry_run
        reference = {"answers": [one.to_json() for one in answers], "narrows": narrows}
        if dry_run or not run.scopes:
            return Effect(effect_note, reference)
        narrowing = {"kind": "workers_narrowed", "workers": run.narrowed, "scopes": run.scopes}
        scopes = tuple(run.scopes)
        return Effect(effect_note, reference, scopes, narrowing if narrows else None, opens=run.opens)

    return change


async def narrow_all_again(tx: Tx, record: Mapping[str, Any]) -> bool:
    """Apply what a list took away to an older copy of the tables; False where nothing is left to take."""
    changed = [await narrow_again(tx, one) for one in record["workers"]]
    return any(changed)


class _Run:
    """One transaction's lines: what they changed, for the entry, the epochs and the journal."""

    def __init__(self, tx: Tx, vault: Vault, agency: AgencyId, own: str | None, *, dry_run: bool) -> None:
        self._tx = tx
        self._vault = vault
        self._agency = agency
        self._own = own
        self._dry_run = dry_run
        self.told: list[dict[str, Any]] = []
        self.scopes: list[str] = []
        self.narrowed: list[dict[str, Any]] = []
        self.opens = False
        """Whether a line gives something too: in quarantine the list is then not taken at all."""

    async def one(self, worker: ListedWorker) -> Answered:
        row = await self._tx.one(_FIND, of_id=worker.id)
        handle = identity_handle(self._vault, worker.identity)
        code = await self._objection(worker, row, handle)
        if code is not None:
            return Answered.refused(worker.line, code)
        if row is None:
            await self._add(worker, handle)
            return Answered(worker.line, LineOutcome.CREATED)
        changed = await self._set(worker, row, handle)
        return Answered(worker.line, LineOutcome.CHANGED if changed else LineOutcome.UNCHANGED)

    async def _objection(
        self, worker: ListedWorker, row: Row | None, handle: bytes | None
    ) -> LineCode | None:
        if row is not None and (row["kind"] != "worker" or row["agency"] != self._agency):
            return LineCode.TAKEN
        if worker.id == self._own:
            return LineCode.OWN_ACCOUNT
        if row is not None and row["network_wide"]:
            return LineCode.NETWORK_ROLE
        if handle is None:
            return None
        if row is not None and row["identity"] is not None:
            return None if bytes(row["identity"]) == handle else LineCode.IDENTITY_DIFFERS
        taken = await self._tx.one(_OF_IDENTITY, of_identity=handle, of_agency=self._agency)
        return None if taken is None else LineCode.TAKEN

    async def _add(self, worker: ListedWorker, handle: bytes | None) -> None:
        roles, active = sorted(worker.roles), worker.active is not False
        self.opens = True
        self._tell(worker, {"created": True, "roles": roles, "active": active})
        if self._dry_run:
            return
        row = {
            "id": worker.id,
            "kind": "worker",
            "agency": self._agency,
            "identity": handle,
            "roles": json.dumps(roles),
            "active": active,
            "network_wide": False,
            "overdue_reviews": 0,
            "attributes": await self._sealed_name(worker),
            "revision": 1,
        }
        await self._tx.run(_ADD, **row)

    async def _set(self, worker: ListedWorker, row: Row, handle: bytes | None) -> bool:
        had: list[str] = json.loads(row["roles"])
        was = bool(row["active"])
        roles, active = sorted(worker.roles), was if worker.active is None else worker.active
        renamed = await self._name(row) != worker.name
        identified = handle is not None and row["identity"] is None
        if roles == sorted(had) and active == was and not renamed and not identified:
            return False
        self._tell(worker, {"roles": roles, "active": active, "renamed": renamed, "identified": identified})
        removed = sorted(set(had) - set(roles))
        self.opens |= identified or (active and not was) or not set(roles) <= set(had)
        if removed or (was and not active):
            self.narrowed.append(
                {"worker": worker.id, "disabled": was and not active, "roles_removed": removed}
            )
        if self._dry_run:
            return True
        await self._tx.run(
            _SET,
            of_id=worker.id,
            to_roles=json.dumps(roles),
            to_active=active,
            to_identity=handle if identified else row["identity"],
            to_attributes=await self._sealed_name(worker) if renamed else row["attributes"],
        )
        return True

    def _tell(self, worker: ListedWorker, what: dict[str, Any]) -> None:
        self.told.append({"worker": worker.id, **what})
        self.scopes.append(account_scope(worker.id))

    async def _name(self, row: Row) -> str | None:
        if row["attributes"] is None:
            return None
        plain = await self._vault.unseal(self._tx, account_owner(row["id"]), NAME, row["attributes"])
        return str(json.loads(plain)["name"])

    async def _sealed_name(self, worker: ListedWorker) -> bytes:
        plain = json.dumps({"name": worker.name}, ensure_ascii=False).encode()
        return await self._vault.seal(self._tx, account_owner(worker.id), NAME, plain)
