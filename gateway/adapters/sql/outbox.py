"""Notices and cases: sealed before the head lock, written in the transaction of the entry that owes them.

What a notice says is sealed under the record key of the person it is about, else of the agency it goes to.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.numbers import row_number
from gateway.adapters.sql.tables import notices, reviews
from gateway.domain.holding import Terms
from gateway.domain.ids import DecisionId, keyed_id
from gateway.domain.instants import FAR_FUTURE, Instant
from gateway.domain.notices import Case, Notice, cases_of, notices_of
from gateway.domain.telling import Happening
from gateway.ports import RecordKey, RecordKeys

# Of one matter there is one unread notice, one open case: a further one is no row at all.
_PUT_NOTICE = upsert(notices).on_conflict_do_nothing()
_PUT_CASE = upsert(reviews).on_conflict_do_nothing()

NOTICE, ASKED, WORDS = "notice", "review-asked", "review-words"
"""Kinds of sealed rows."""


class Owed(NamedTuple):
    """What one entry owes, whichever its id."""

    event: Happening
    notices: tuple[Notice, ...]
    cases: tuple[Case, ...]


class Told(NamedTuple):
    """Rows of one entry, sealed, less what is known only under the head lock."""

    notices: tuple[Mapping[str, object], ...]
    cases: tuple[Mapping[str, object], ...]


def owed_by(event: Happening, terms: Terms, more: tuple[Notice, ...] = ()) -> Owed | None:
    """Answer what this entry owes, or None; `more` is what the table has beside the obligations."""
    found = Owed(event, (*notices_of(event, terms), *more), cases_of(event, terms))
    return found if found.notices or found.cases else None


def owner_of_notice(person: str | None, recipient: str) -> str:
    """Under whose record key a notice is sealed."""
    return f"agency:{recipient}" if person is None else f"person:{person}"


def told_by(
    keys: RecordKeys, key: RecordKey, decision: DecisionId, owed: Owed, others: Mapping[str, RecordKey] = {}
) -> Told:
    """Seal the rows of one entry under the person's record key.

    `others` are the opened keys of agencies, by owner, for what is about nobody.
    """
    event, rows = owed.event, []
    for number, one in enumerate(owed.notices):
        # The second one of the same name is no row at all.
        of, which = (decision, str(number)) if not one.once else (one.kind, one.once)
        name = _id(keys, "ntc", of, which)
        person = event.person if one.names_person else None
        under = key if person is not None else others[owner_of_notice(None, one.recipient)]
        rows.append(
            {
                "id": name,
                "decision_id": decision,
                "kind": one.kind,
                "audience": str(one.audience),
                "recipient": one.recipient,
                "person": person,
                "sealed": keys.seal_attributes(under, row_number(keys, NOTICE, name), _plain(one.says)),
                "held_us": one.held_us,
                "keeper": one.keeper,
                "matter": _matter(keys, one.kind, one.matter),
            }
        )
    return Told(tuple(rows), tuple(_case(keys, key, decision, event, one) for one in owed.cases))


def _case(
    keys: RecordKeys, key: RecordKey, decision: DecisionId, event: Happening, one: Case
) -> dict[str, object]:
    name = _id(keys, "rev", decision, one.kind)
    question = _plain(event.question or {})
    return {
        "id": name,
        "kind": str(one.kind),
        "decision_id": decision,
        "agency": event.owner,
        "owner": event.owner,
        "worker": event.account,
        "person": event.person,
        "matter": _matter(keys, one.kind, one.matter),
        "asked": keys.seal_attributes(key, row_number(keys, ASKED, name), question),
        "due_us": one.due_us,
    }


def _id(keys: RecordKeys, prefix: str, decision: str, which: str) -> str:
    """Name a row of an entry: always alike, and neither the entry nor its other rows follow from it."""
    return keyed_id(prefix, keys.handle(f"id/{prefix}", f"{decision}\n{which}"))


def _plain(says: Mapping[str, object]) -> bytes:
    return orjson.dumps(says, option=orjson.OPT_SORT_KEYS)


def _matter(keys: RecordKeys, kind: str, matter: str) -> str | None:
    return keys.handle("matter", f"{kind}\n{matter}").hex() if matter else None


async def put_told(tx: Tx, told: Sequence[Told], at: Instant) -> None:
    """Write what these entries owe; `at` is their `recorded_at`."""
    rows = [
        {**row, "recorded_at": at, "held_until": _until(at, row["held_us"]), "read_at": None}
        for one in told
        for row in one.notices
    ]
    await tx.run_many(_PUT_NOTICE, [_without(row, "held_us") for row in rows])
    cases = [
        {**row, "opened_at": at, "due_at": _until(at, row["due_us"])} for one in told for row in one.cases
    ]
    await tx.run_many(_PUT_CASE, [{**_without(row, "due_us"), **_OPEN} for row in cases])


_OPEN: Mapping[str, object] = dict.fromkeys(("closed_at", "closed_by", "finding", "sealed"))


def _until(at: Instant, after_us: object) -> Instant | None:
    return Instant(min(at + after_us, FAR_FUTURE)) if isinstance(after_us, int) else None


def _without(row: Mapping[str, object], name: str) -> dict[str, object]:
    return {key: value for key, value in row.items() if key != name}


__all__ = [
    "ASKED",
    "NOTICE",
    "WORDS",
    "Owed",
    "Told",
    "owed_by",
    "owner_of_notice",
    "put_told",
    "told_by",
]
