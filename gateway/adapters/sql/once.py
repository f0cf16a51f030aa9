"""Idempotency keys: kept blinded, with what their first use brought about."""

import orjson
from sqlalchemy import bindparam, insert, select

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Effect
from gateway.adapters.sql.tables import idempotency
from gateway.domain.access import Recorded
from gateway.domain.acting import Done, Note, Once
from gateway.domain.errors import IdempotencyMismatchError
from gateway.domain.instants import Instant
from gateway.ports import RecordKeys

_ONCE = select(idempotency.c.request_digest, idempotency.c.reference).where(
    idempotency.c.client == bindparam("client"), idempotency.c.key == bindparam("key")
)
_PUT_ONCE = insert(idempotency)


def blind(keys: RecordKeys, client: str, once: Once) -> Once:
    """An idempotency key and its request as they are kept: both are whatever their caller typed."""
    return Once(
        keys.handle("once", f"{client}\n{once.key}").hex(), keys.handle("request", once.request_digest)
    )


async def find_once(tx: Tx, keys: RecordKeys, note: Note) -> Done | None:
    """What this idempotency key brought about the first time, if it was used.

    Raises:
        IdempotencyMismatchError: It was used for another request.
    """
    once, caller = note.once, note.caller
    if once is None or caller is None:
        return None
    kept = blind(keys, caller.client, once)
    row = await tx.one(_ONCE, client=caller.client, key=kept.key)
    if row is None:
        return None
    if row["request_digest"] != kept.request_digest or row["reference"] is None:
        raise IdempotencyMismatchError("the idempotency key was used for another request")
    told = orjson.loads(row["reference"])
    return Done(told["reference"], _recorded(told["entry"]), replayed=True)


async def keep_once(tx: Tx, keys: RecordKeys, effect: Effect, at: Instant, entry: Recorded | None) -> None:
    """Keep what an act brought about under its idempotency key, if it came with one."""
    once, caller = effect.note.once, effect.note.caller
    if once is None or caller is None:
        return
    kept = blind(keys, caller.client, once)
    told = {"reference": effect.reference, "entry": _plain(entry)}
    await tx.run(
        _PUT_ONCE,
        client=caller.client,
        key=kept.key,
        request_digest=kept.request_digest,
        count=1,
        reference=orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode(),
        used_at=at,
    )


def _plain(entry: Recorded | None) -> list[object] | None:
    if entry is None:
        return None
    return [entry.decision_id, entry.ledger, entry.index, entry.recorded_at, entry.leaf_hash.hex()]


def _recorded(plain: list[object] | None) -> Recorded | None:
    if plain is None:
        return None
    decision, ledger, index, at, digest = plain
    return Recorded(decision, ledger, index, at, bytes.fromhex(str(digest)))  # type: ignore[arg-type] # our own JSON
