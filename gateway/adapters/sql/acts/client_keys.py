"""Public keys of registered clients: with one of them a client proves who it is."""

import json

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import client_keys, clients
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, ActRefusedError
from gateway.domain.errors import ConflictError
from gateway.domain.facts import client_scope
from gateway.domain.ids import ClientId
from gateway.domain.instants import Instant
from gateway.domain.issuing import MAX_CLIENT_KEYS, ClientKey

_CLIENT = select(clients.c.status).where(clients.c.id == bindparam("of_id"))
_FIND = select(client_keys.c.retired_at).where(
    client_keys.c.client == bindparam("of_client"), client_keys.c.kid == bindparam("of_kid")
)
_LIVE = (
    select(func.count().label("number"))
    .select_from(client_keys)
    .where(client_keys.c.client == bindparam("of_client"), client_keys.c.retired_at.is_(None))
)
_ADD = upsert(client_keys).on_conflict_do_nothing()
_RETIRE = (
    update(client_keys)
    .where(
        client_keys.c.client == bindparam("of_client"),
        client_keys.c.kid == bindparam("of_kid"),
        client_keys.c.retired_at.is_(None),
    )
    .values(retired_at=bindparam("at"))
)


def add_client_key(note: Note, client: ClientId, key: ClientKey) -> Change:
    """Write a key of an active client; `reference` is `{client, kid}`.

    Raises (the change):
        ActRefusedError: There is no such client, or it is disabled.
        ConflictError: It has or had this key, or has as many as it may.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        row = await tx.one(_CLIENT, of_id=client)
        if row is None or row["status"] != "active":
            raise ActRefusedError(NO_LINK)
        live = await tx.one(_LIVE, of_client=client)
        if live is not None and live["number"] >= MAX_CLIENT_KEYS:
            raise ConflictError("the client has as many keys as it may; retire one", field="key")
        added = await tx.run(
            _ADD,
            client=client,
            kid=key.kid,
            public=json.dumps(dict(key.public), sort_keys=True),
            algorithm=key.algorithm,
            added_at=at,
            retired_at=None,
        )
        if added == 0:
            raise ConflictError("the client has this key, or had it: make a new one", field="key")
        return Effect(note, {"client": client, "kid": key.kid}, (client_scope(client),))

    return change


def retire_client_key(note: Note, client: ClientId, kid: str) -> Change:
    """Retire it, now or already; `reference` is `{client, kid}`.

    Raises (the change):
        ActRefusedError: The client has no such key.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        if await tx.one(_FIND, of_client=client, of_kid=kid) is None:
            raise ActRefusedError(NO_LINK)
        await tx.run(_RETIRE, of_client=client, of_kid=kid, at=at)
        scope = client_scope(client)
        narrowing = {"kind": "client_key_retired", "client": client, "kid": kid, "scopes": [scope]}
        return Effect(note, {"client": client, "kid": kid}, (scope,), narrowing)

    return change


async def retire_again(tx: Tx, client: str, kid: str, at: Instant) -> bool:
    """Apply it to an older copy of the tables; False where it is retired there, or not known."""
    return await tx.run(_RETIRE, of_client=client, of_kid=kid, at=at) > 0
