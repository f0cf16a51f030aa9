"""Whether the keys that brought a token of our own endpoint stand: asked wherever its holder is read."""

import json

from sqlalchemy import bindparam, select

from gateway.adapters.sql.driver import Tx, in_list
from gateway.adapters.sql.tables import client_keys
from gateway.domain.bearer import Bearer

_LIVE = select(client_keys.c.kid).where(
    client_keys.c.client == bindparam("client"),
    client_keys.c.retired_at.is_(None),
    in_list(client_keys.c.kid, "kids"),
)


async def is_vouched_for(tx: Tx, bearer: Bearer) -> bool:
    """Whether no key that vouched for the token is retired; true of a token of another issuer."""
    if bearer.client_keys is None:
        return True
    kids = set(bearer.client_keys)
    live = await tx.all(_LIVE, client=bearer.client_id, kids=json.dumps(sorted(kids)))
    return {row["kid"] for row in live} == kids
