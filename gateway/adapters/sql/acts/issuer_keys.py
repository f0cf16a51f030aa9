"""The keys of the token endpoint: added, and their private halves destroyed."""

import json
from collections.abc import Sequence

from sqlalchemy import bindparam, insert, select, update

from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import issuer_keys
from gateway.domain.acting import Note
from gateway.domain.errors import ConflictError, KeysUnavailableError
from gateway.domain.instants import Instant, to_text
from gateway.domain.issuer_keys import (
    AHEAD_US,
    KEPT_US,
    IssuerKey,
    NewIssuerKey,
    SigningKey,
    find_newest,
    find_signing,
)

OWNER = "deployment"
"""Whose record key seals the private halves."""

_KIND = "issuer-key"
_ALL = select(
    issuer_keys.c.kid,
    issuer_keys.c.public,
    issuer_keys.c.added_at,
    issuer_keys.c.signs_at,
    issuer_keys.c.ends_at,
    issuer_keys.c.sealed.is_not(None).label("has_secret"),
).order_by(issuer_keys.c.added_at, issuer_keys.c.kid)
_SEALED = select(issuer_keys.c.sealed).where(issuer_keys.c.kid == bindparam("of_kid"))
_ADD = insert(issuer_keys)
_END = (
    update(issuer_keys)
    .where(issuer_keys.c.kid == bindparam("of_kid"))
    .values(ends_at=bindparam("to_ends_at"))
)
_DESTROY = update(issuer_keys).where(issuer_keys.c.kid == bindparam("of_kid")).values(sealed=None)


async def list_issuer_keys(tx: Tx) -> tuple[IssuerKey, ...]:
    return tuple(_key(row) for row in await tx.all(_ALL))


async def open_signing_key(tx: Tx, vault: Vault, now: Instant) -> SigningKey:
    """Open the private half of the key that signs now.

    Raises:
        KeysUnavailableError: There is none.
        TamperedError: It was altered.
    """
    signing = find_signing(await list_issuer_keys(tx), now)
    row = None if signing is None else await tx.one(_SEALED, of_kid=signing.kid)
    if signing is None or row is None or row["sealed"] is None:
        raise KeysUnavailableError("the token endpoint has no key to sign with")
    secret = await vault.unseal(tx, OWNER, vault.number(_KIND, signing.kid), row["sealed"])
    return SigningKey(signing.kid, secret)


def add_issuer_key(
    vault: Vault, note: Note, key: NewIssuerKey, *, after: str | None, at_once: bool
) -> Change:
    """Publish a key that signs later, or at once where there is none or all others are withdrawn.

    `reference` is `{kid, signs_at}`.

    Raises (the change):
        ConflictError: The newest key is no longer `after`.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        keys = await list_issuer_keys(tx)
        newest = find_newest(keys)
        if (None if newest is None else newest.kid) != after:
            raise ConflictError("another process has added a key meanwhile")
        signs_at = at if at_once or find_signing(keys, at) is None else Instant(at + AHEAD_US)
        await _end(tx, keys, at if at_once else Instant(signs_at + KEPT_US))
        sealed = await vault.seal(tx, OWNER, vault.number(_KIND, key.kid), key.secret)
        await tx.run(
            _ADD,
            kid=key.kid,
            public=json.dumps(dict(key.public), sort_keys=True),
            sealed=sealed,
            # Two of one instant would leave open which is the newest.
            added_at=max(at, Instant(newest.added_at + 1)) if newest is not None else at,
            signs_at=signs_at,
            ends_at=None,
        )
        return Effect(note, {"kid": key.kid, "signs_at": to_text(signs_at)})

    return change


def destroy_issuer_key(note: Note, kid: str) -> Change:
    """Drop the private half; the public one stays, so that what it signed can still be judged."""

    async def change(tx: Tx, _at: Instant) -> Effect:
        await tx.run(_DESTROY, of_kid=kid)
        return Effect(note, {"kid": kid})

    return change


async def _end(tx: Tx, keys: Sequence[IssuerKey], ends_at: Instant) -> None:
    for key in keys:
        if key.ends_at is None or key.ends_at > ends_at:
            await tx.run(_END, of_kid=key.kid, to_ends_at=ends_at)


def _key(row: Row) -> IssuerKey:
    return IssuerKey(
        kid=row["kid"],
        public=json.loads(row["public"]),
        added_at=Instant(row["added_at"]),
        signs_at=Instant(row["signs_at"]),
        ends_at=None if row["ends_at"] is None else Instant(row["ends_at"]),
        has_secret=bool(row["has_secret"]),
    )
