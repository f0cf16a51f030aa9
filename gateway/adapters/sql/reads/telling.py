"""Reading notices and cases, opened under the record keys that they were sealed under."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Integer, Text, and_, bindparam, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.directives import all_directives
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.facts import read_head
from gateway.adapters.sql.fence import read_epochs
from gateway.adapters.sql.outbox import ASKED, NOTICE, owner_of_notice
from gateway.adapters.sql.people import PersonReader
from gateway.adapters.sql.tables import notices, reviews
from gateway.domain.facts import POLICY_SCOPE, person_scope
from gateway.domain.holding import HELD
from gateway.domain.ids import AgencyId, DecisionId, NoticeId, PersonId, ReviewId
from gateway.domain.instants import FAR_FUTURE, Instant
from gateway.domain.notices import TOLD, Audience
from gateway.domain.protecting import with_named
from gateway.ports import PersonNow, Reach

_PAGE = bindparam("page", type_=Integer())


def _of(audience: Audience) -> ColumnElement[bool]:
    """A box whose recipient is not given holds nothing: no recipient equals null."""
    named = bindparam(f"of_{audience}", type_=Text())
    return and_(notices.c.audience == audience.value, notices.c.recipient == named)


_BEFORE = bindparam("before_at", type_=BigInteger())
_INBOX = (
    select(notices)
    .where(
        or_(*(_of(audience) for audience in Audience)),
        notices.c.kind != HELD,
        or_(
            _BEFORE.is_(None),
            notices.c.recorded_at < _BEFORE,
            and_(notices.c.recorded_at == _BEFORE, notices.c.id < bindparam("before_id", type_=Text())),
        ),
    )
    .order_by(notices.c.recorded_at.desc(), notices.c.id.desc())
    .limit(_PAGE)
)
_NOTICE = select(notices).where(notices.c.id == bindparam("of_id"))
_KEEPER = bindparam("of_keeper", type_=Text())
_HELD = (
    select(notices)
    .where(
        notices.c.kind == HELD,
        or_(_KEEPER.is_(None), notices.c.keeper == _KEEPER),
        notices.c.id > bindparam("after"),
    )
    .order_by(notices.c.id)
    .limit(_PAGE)
)
_DUE = (
    select(notices.c.id, notices.c.held_until)
    .where(
        notices.c.kind == HELD,
        notices.c.held_until <= bindparam("by"),
        or_(
            notices.c.held_until > bindparam("after_at", type_=BigInteger()),
            and_(
                notices.c.held_until == bindparam("after_at", type_=BigInteger()),
                notices.c.id > bindparam("after_id", type_=Text()),
            ),
        ),
    )
    .order_by(notices.c.held_until, notices.c.id)
    .limit(_PAGE)
)
_AGENCY = bindparam("of_agency", type_=Text())
_DUE_AT = func.coalesce(reviews.c.due_at, literal(FAR_FUTURE, BigInteger()))
_AFTER = bindparam("after_at", type_=BigInteger())
_REVIEWS = (
    select(reviews)
    .where(
        reviews.c.closed_at.is_(None),
        or_(_AGENCY.is_(None), reviews.c.agency == _AGENCY),
        or_(
            _AFTER.is_(None),
            _DUE_AT > _AFTER,
            and_(_DUE_AT == _AFTER, reviews.c.id > bindparam("after_id", type_=Text())),
        ),
    )
    .order_by(_DUE_AT, reviews.c.id)
    .limit(_PAGE)
)
_REACH = select(notices.c.kind, notices.c.recipient).where(
    notices.c.decision_id == bindparam("of_entry"),
    notices.c.audience == Audience.PERSON.value,
)
_REVIEW = select(reviews).where(reviews.c.id == bindparam("of_id"))


async def read_inbox(
    tx: Tx, vault: Vault, boxes: Mapping[Audience, str], before: tuple[int, str] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """List the notices in these inboxes, newest first; what is held lies in none."""
    at, name = before or (None, None)
    named = {f"of_{audience}": recipient for audience, recipient in boxes.items()}
    rows = await tx.all(_INBOX, **named, before_at=at, before_id=name, page=limit)
    return [await _opened(tx, vault, row) for row in rows]


async def find_notice(tx: Tx, vault: Vault, notice: NoticeId) -> Mapping[str, Any] | None:
    """Read one notice, held or not; whose it is, is for the use case to settle."""
    row = await tx.one(_NOTICE, of_id=notice)
    return None if row is None else await _opened(tx, vault, row)


async def list_held(
    tx: Tx, vault: Vault, keeper: AgencyId | None, after: str, limit: int
) -> Sequence[Mapping[str, Any]]:
    """List what is held, by id."""
    rows = await tx.all(_HELD, of_keeper=keeper, after=after, page=limit)
    return [await _opened(tx, vault, row) for row in rows]


async def list_due(
    tx: Tx, at: Instant, limit: int, after: tuple[Instant, NoticeId]
) -> Sequence[tuple[Instant, NoticeId]]:
    """List what was held until now and until when, the longest first, after (held_until, id)."""
    rows = await tx.all(_DUE, by=at, page=limit, after_at=after[0], after_id=after[1])
    return [(Instant(row["held_until"]), NoticeId(row["id"])) for row in rows]


async def read_reach(tx: Tx, entry: DecisionId) -> Reach:
    """Read who of a family was told of an entry, at once or later, and whether somebody is not told yet."""
    rows = await tx.all(_REACH, of_entry=entry)
    told = frozenset(PersonId(row["recipient"]) for row in rows if row["kind"] == TOLD)
    return Reach(told, is_held=any(row["kind"] == HELD for row in rows))


async def list_reviews(
    tx: Tx, agency: AgencyId | None, after: tuple[int, str] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """List open cases, the soonest due first, those without a term last."""
    at, name = after or (None, None)
    rows = await tx.all(_REVIEWS, of_agency=agency, after_at=at, after_id=name, page=limit)
    return [_case(row) for row in rows]


async def find_review(tx: Tx, vault: Vault, review: ReviewId) -> Mapping[str, Any] | None:
    """Read one case, open or closed, with the audience question of its entry."""
    row = await tx.one(_REVIEW, of_id=review)
    if row is None:
        return None
    number = vault.number(ASKED, row["id"])
    question = await vault.unseal(tx, f"person:{row['person']}", number, row["asked"])
    return {**_case(row), "question": json.loads(question)}


async def read_person_now(tx: Tx, people: PersonReader, person: PersonId, now: Instant) -> PersonNow:
    """Read the person and who stands behind her, each with the agencies she named, as they are now."""
    floor, active = await read_head(tx)
    known = await people.read(tx, person, Instant(max(now, floor)))
    scopes = sorted({POLICY_SCOPE, person_scope(person)})
    numbers = await read_epochs(tx, scopes)
    viewers = with_named(known.viewers, await all_directives(tx, person))
    epochs = tuple((scope, numbers.get(scope, 0)) for scope in scopes)
    return PersonNow(
        known.subject,
        known.recorded_by,
        viewers,
        epochs,
        floor,
        active,
        known.findings,
    )


async def _opened(tx: Tx, vault: Vault, row: Row) -> dict[str, Any]:
    owner = owner_of_notice(row["person"], row["recipient"])
    says = await vault.unseal(tx, owner, vault.number(NOTICE, row["id"]), row["sealed"])
    names = ("id", "kind", "audience", "recipient", "person", "decision_id", "recorded_at", "held_until")
    return {**{name: row[name] for name in (*names, "keeper", "read_at")}, "says": json.loads(says)}


def _case(row: Row) -> dict[str, Any]:
    names = ("id", "kind", "decision_id", "agency", "owner", "worker", "person", "opened_at", "due_at")
    return {name: row[name] for name in (*names, "closed_at", "closed_by", "finding")}
