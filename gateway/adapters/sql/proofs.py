"""Proofs and assertions that may be used once, in any process: a row is who came first.

Taken inside the transaction that uses them: in the fence's group for a release, so that a proof is spent by
an attempt that is recorded and by no other.
"""

from collections.abc import Collection, Mapping

import orjson
from sqlalchemy import BigInteger, Text, bindparam, cast, delete, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import JSON, insert
from sqlalchemy.sql.expression import Executable

from gateway.adapters.sql.driver import Tx, in_list
from gateway.adapters.sql.tables import proofs
from gateway.domain.bearer import Proof
from gateway.domain.instants import Instant

_NAMES = ("replay", "until_at")
_UNTIL = cast(bindparam("until"), BigInteger)
_LISTED = {
    # The condition tells SQLite's parser that the ON of ON CONFLICT joins nothing.
    "sqlite": select(func.json_each(bindparam("replays")).table_valued("value").c.value, _UNTIL).where(
        true()
    ),
    "postgresql": select(
        func.json_array_elements_text(cast(bindparam("replays", type_=Text), JSON)).column_valued(), _UNTIL
    ),
}
_TAKE: Mapping[str, Executable] = {
    dialect: insert(proofs)
    .from_select(_NAMES, listed)
    .on_conflict_do_nothing()
    .returning(literal_column("replay"))
    for dialect, listed in _LISTED.items()
}
_ANY = select(proofs.c.replay).where(in_list(proofs.c.replay, "replays")).limit(1)
_GIVE_BACK = delete(proofs).where(in_list(proofs.c.replay, "replays"))
_FORGET = delete(proofs).where(proofs.c.until_at < bindparam("now"))


async def take_proofs(tx: Tx, wanted: Collection[Proof]) -> set[str]:
    """Take each for this transaction; answers those that nobody had, each once."""
    if not wanted:
        return set()
    until = max(one.until for one in wanted)
    taken = await tx.all(_TAKE[tx.dialect], replays=_list({one.replay for one in wanted}), until=until)
    return {row["replay"] for row in taken}


async def is_taken(tx: Tx, wanted: Collection[Proof]) -> bool:
    """Whether somebody had one of these already."""
    listed = _list({one.replay for one in wanted})
    return await tx.one(_ANY, replays=listed) is not None


async def give_back(tx: Tx, replays: Collection[str]) -> None:
    """Undo the taking of what this transaction took and did not use."""
    if replays:
        await tx.run(_GIVE_BACK, replays=_list(set(replays)))


async def forget_proofs(tx: Tx, now: Instant) -> int:
    """Drop those that would be refused for their age alone; answers how many."""
    return await tx.run(_FORGET, now=now)


def _list(texts: set[str]) -> str:
    return orjson.dumps(sorted(texts)).decode()
