"""A token that is issued: what may be used once is used up with its entry, in one transaction."""

import json
from collections.abc import Sequence

from sqlalchemy import bindparam, select

from gateway.adapters.sql.acts.standing import is_member
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.fence import read_epochs
from gateway.adapters.sql.proofs import take_proofs
from gateway.adapters.sql.tables import accounts, client_keys, clients
from gateway.domain.acting import Note
from gateway.domain.bearer import Proof
from gateway.domain.facts import account_scope, agency_scope, client_scope
from gateway.domain.ids import AgencyId, WorkerId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.issuing import KnownClient, Names, RegisteredKey

ISSUED = "issued"
"""The name in the reference that says whether it was."""

_CLIENT = select(clients.c.agency, clients.c.status).where(clients.c.id == bindparam("of_id"))
_KEYS = select(client_keys.c.kid, client_keys.c.public, client_keys.c.retired_at).where(
    client_keys.c.client == bindparam("of_id")
)
_WORKER = select(accounts.c.active).where(
    accounts.c.id == bindparam("of_worker"),
    accounts.c.agency == bindparam("of_agency"),
    accounts.c.kind == "worker",
)


async def find_known(tx: Tx, names: Names) -> KnownClient | None:
    """Read who asks, with everything that may take the token away again."""
    client = await tx.one(_CLIENT, of_id=names.client)
    if client is None:
        return None
    agency = None if client["agency"] is None else AgencyId(client["agency"])
    worker: Row | None = None
    if names.worker is not None and agency is not None:
        worker = await tx.one(_WORKER, of_worker=names.worker, of_agency=agency)
    keys = await tx.all(_KEYS, of_id=names.client)
    scopes = _scopes(names, agency, WorkerId(names.worker) if worker is not None and names.worker else None)
    numbers = await read_epochs(tx, scopes)
    return KnownClient(
        id=names.client,
        agency=agency,
        is_active=client["status"] == "active",
        is_member=agency is not None and await is_member(tx, agency),
        keys={
            row["kid"]: RegisteredKey(json.loads(row["public"]), row["retired_at"] is not None)
            for row in keys
        },
        worker=names.worker if worker is not None else None,
        worker_is_active=worker is not None and bool(worker["active"]),
        epochs=tuple((scope, numbers.get(scope, 0)) for scope in scopes),
    )


def issue(note: Note, spends: Sequence[Proof], refusal: Note) -> Change:
    """Use up what the request brought; `reference` is `{issued}`, the entry the refusal's where it is not."""

    async def change(tx: Tx, at: Instant) -> Effect:
        taken = await take_proofs(tx, spends)
        # By the store's clock: what it forgets as too old must not be taken anew by a worker that is behind.
        is_fresh = all(at < one.until for one in spends)
        if not is_fresh or taken != {one.replay for one in spends}:
            return Effect(refusal, {ISSUED: False})
        return Effect(note, {ISSUED: True})

    return change


def _scopes(names: Names, agency: AgencyId | None, worker: WorkerId | None) -> list[str]:
    scopes = [client_scope(names.client)]
    if agency is not None:
        scopes += [agency_scope(one) for one in parents_of(agency)]
    if worker is not None:
        scopes.append(account_scope(worker))
    return scopes
