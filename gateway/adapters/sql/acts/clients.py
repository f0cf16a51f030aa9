"""Registered clients: the software of an agency, or the family portal."""

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import agencies, clients
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, ActRefusedError
from gateway.domain.errors import ConflictError
from gateway.domain.facts import client_scope
from gateway.domain.ids import ClientId
from gateway.domain.instants import Instant
from gateway.domain.registry import NewClient

_AGENCY = select(agencies.c.id).where(agencies.c.id == bindparam("of_id"))
_FIND = select(clients.c.status).where(clients.c.id == bindparam("of_id"))
_ADD = upsert(clients).on_conflict_do_nothing()
_DISABLE = (
    update(clients)
    .where(clients.c.id == bindparam("of_id"), clients.c.status != "disabled")
    .values(status="disabled")
)


def add_client(note: Note, client: NewClient) -> Change:
    """Write a new client, active; `reference` is `{client}`.

    Raises (the change):
        ConflictError: The identifier is taken, or the agency is unknown.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        if client.agency is not None and await tx.one(_AGENCY, of_id=client.agency) is None:
            raise ConflictError("the client's agency is unknown", field="agency")
        if await tx.run(_ADD, id=client.id, agency=client.agency, status="active") == 0:
            raise ConflictError("a client has this identifier already", field="id")
        return Effect(note, {"client": client.id}, (client_scope(client.id),))

    return change


def disable_client(note: Note, client: ClientId) -> Change:
    """Disable it, now or already; `reference` is `{client}`.

    Raises (the change):
        ActRefusedError: There is no such client.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        if await tx.one(_FIND, of_id=client) is None:
            raise ActRefusedError(NO_LINK)
        await tx.run(_DISABLE, of_id=client)
        scope = client_scope(client)
        narrowing = {"kind": "client_disabled", "client": client, "scopes": [scope]}
        return Effect(note, {"client": client}, (scope,), narrowing)

    return change


async def disable_again(tx: Tx, client: str) -> bool:
    """Apply a disabling to an older copy of the tables; False where it stands or there is no client."""
    return await tx.run(_DISABLE, of_id=client) > 0
