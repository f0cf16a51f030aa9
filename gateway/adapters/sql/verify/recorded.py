"""What was decided, and on which facts, read back from a database with the keys of its deployment."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, select

from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.tables import bundles, entries, snapshots
from gateway.adapters.sql.verify.behind import OWNER_BYTES, Opener
from gateway.domain.access import Questions
from gateway.domain.errors import CorruptionError, TamperedError
from gateway.domain.instants import Instant, parse_instant, to_text
from gateway.domain.ledger import decode_leaf, unpack_parts
from gateway.domain.questions import JUDGED, from_snapshot

_PAGE = 500
_TABLE_OF_ACTS = "table_of_acts"

_ENTRIES = select(entries, snapshots.c.sealed).outerjoin(snapshots, entries.c.snapshot == snapshots.c.handle)
_PAGED = (
    _ENTRIES.where(entries.c.ledger == bindparam("of_ledger"), entries.c.idx >= bindparam("first"))
    .where(entries.c.recorded_at >= bindparam("since"))
    .order_by(entries.c.idx)
    .limit(bindparam("page", type_=entries.c.ledger.type))
)
_NAMED = _ENTRIES.where(entries.c.decision_id == bindparam("named"))
_BUNDLE = select(bundles.c.content).where(bundles.c.digest == bindparam("digest"))


@dataclass(frozen=True, slots=True)
class RecordedWord:
    """One decision as its entry tells it, and what the policy was asked for it."""

    questions: Questions
    policy_digest: str
    answer: Mapping[str, Any]

    @property
    def documents(self) -> tuple[dict[str, Any], ...]:
        """Every complete policy input."""
        return tuple(_dated(one, self.questions.at) for one in self.questions.documents)


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """What was decided for one entry, and the facts of it: one word, of a list one a line.

    Without a word no policy decided; `untold` where the entry does not say whether one did: older versions
    of the gateway kept the facts of attempts alone.
    """

    ledger: int
    index: int
    agency: str | None
    words: tuple[RecordedWord, ...]
    untold: bool = False


@dataclass(slots=True)
class RecordedDecisions:
    """Reads the decisions of a ledger from an instant on; `unopened` counts entries that do not open."""

    tx: Tx
    opener: Opener
    since: Instant
    unopened: int = 0

    async def page(self, ledger: int, first: int) -> tuple[list[RecordedDecision], int | None]:
        """The next decisions from an index on, and the index to go on at; None at the end.

        An entry of nobody who asked has none: an operator's, or the gateway's own.
        """
        rows = await self.tx.all(_PAGED, of_ledger=ledger, first=first, since=self.since, page=_PAGE)
        found = []
        for row in rows:
            try:
                opened = self._open(row)
            except (TamperedError, CorruptionError):
                # Erased on purpose, or altered: `gateway ledger verify` tells which.
                self.unopened += 1
                continue
            if opened is not None:
                found.append(opened)
        return found, rows[-1]["idx"] + 1 if rows else None

    async def named(self, decision_id: str) -> RecordedDecision | None:
        """The decision of one entry; None where there is no such entry, or nobody asked for it.

        Raises:
            TamperedError: It does not open.
            CorruptionError: What it keeps cannot be read.
        """
        row = await self.tx.one(_NAMED, named=decision_id)
        return None if row is None else self._open(row)

    def _open(self, row: Row) -> RecordedDecision | None:
        keys, part = self.opener.keys, unpack_parts(row["parts"])[0]
        key = self.opener.by_handle.get(part[:OWNER_BYTES])
        if key is None:
            raise TamperedError("no record key opens this entry")
        decision_id = decode_leaf(row["leaf"]).decision_id
        detail = orjson.loads(keys.unseal_part(key, decision_id, 0, part[OWNER_BYTES:]))
        if detail["account"] is None:
            return None
        words: tuple[RecordedWord, ...] = ()
        if detail.get("facts") is not None:
            handle = row["snapshot"] or b""
            facts = keys.unseal_snapshot(key, handle, row["sealed"] or b"")
            if hashlib.sha256(facts).hexdigest() != detail["facts"]:
                raise TamperedError("these are other facts")
            words = tuple(_words(detail, orjson.loads(facts)))
        is_old = JUDGED not in detail and not words and _may_be_the_policys(detail)
        return RecordedDecision(row["ledger"], row["idx"], detail["agency"], words, untold=is_old)


def _words(detail: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterator[RecordedWord]:
    if JUDGED not in detail:
        at = parse_instant(detail["decided_at"], field="decided_at")
        yield _word(Questions((facts,), at), detail)
        return
    for said, questions in zip(detail[JUDGED], from_snapshot(facts, detail[JUDGED]), strict=True):
        yield _word(questions, detail["answers"][said["answer"]] if "answer" in said else detail)


def _word(questions: Questions, told: Mapping[str, Any]) -> RecordedWord:
    return RecordedWord(questions, told["policy"], {field: told[field] for field in FIELDS})


def _may_be_the_policys(detail: Mapping[str, Any]) -> bool:
    return "policy" in detail and detail["basis"] != _TABLE_OF_ACTS


def _dated(document: Mapping[str, Any], at: Instant) -> dict[str, Any]:
    return {**document, "context": {**document["context"], "time": to_text(at)}}


FIELDS = ("outcome", "basis", "reasons", "obligations", "withheld", "hidden", "consents", "instruments")
"""Of an answer, what its entry tells."""


async def kept_bundle(tx: Tx, digest: str) -> dict[str, bytes]:
    """The files of the bundle that was kept under this digest; whoever loads them compares the digest.

    Raises:
        CorruptionError: None is.
    """
    row = await tx.one(_BUNDLE, digest=digest)
    if row is None:
        raise CorruptionError("a bundle that decided is not kept")
    return {path: text.encode() for path, text in orjson.loads(row["content"]).items()}
