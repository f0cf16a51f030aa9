"""Directives as rows, and by index: the ones that a caller could be concerned by, without reading them all.

`consents.document` holds, as JSON, what has no column of its own: `given_as`, `recipients`, `owners`,
`purposes`, `categories`, `max_sensitivity`, `data_period` (two instants), `fragments`, `notify_family`,
`exceptions`, `reach`. How a line was captured stands sealed in `evidence`, never here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import and_, bindparam, insert, or_, select

from gateway.adapters.sql.driver import Row, Tx, in_list
from gateway.adapters.sql.tables import consent_keys, consents
from gateway.domain.consent import Any_, ConsentStatus, Directive, ReachKind, Recipient, StopReach
from gateway.domain.errors import CorruptionError
from gateway.domain.ids import AgencyId, ConsentId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import Sensitivity

_COLUMNS = [column for column in consents.c if column.name not in {"evidence", "recorded_at"}]

_FOR_KEYS = (
    select(*_COLUMNS)
    .join_from(
        consent_keys,
        consents,
        and_(consents.c.id == consent_keys.c.consent, consents.c.version == consent_keys.c.version),
    )
    .where(
        consent_keys.c.person == bindparam("of_person"),
        in_list(consent_keys.c.key, "keys"),
        consents.c.status == "active",
        consents.c.used.is_(False),
        or_(consents.c.until_at.is_(None), consents.c.until_at > bindparam("until_after")),
        or_(consents.c.withdrawn_at.is_(None), consents.c.withdrawn_at > bindparam("withdrawn_after")),
    )
    .order_by(consents.c.id, consents.c.version)
)
_ALL = (
    select(*_COLUMNS)
    .where(consents.c.person == bindparam("of_person"))
    .order_by(consents.c.id, consents.c.version)
)
_NEWEST = (
    select(*_COLUMNS).where(consents.c.id == bindparam("of_id")).order_by(consents.c.version.desc()).limit(1)
)

_ADD = insert(consents)
_ADD_KEYS = insert(consent_keys)


async def directives_for(tx: Tx, person: PersonId, keys: Sequence[str], at: Instant) -> tuple[Directive, ...]:
    """List the person's directives that are not over at `at` and stand under one of a caller's index keys.

    Later starts are among them. In the order of (id, version), each once.
    """
    rows = await tx.all(
        _FOR_KEYS, of_person=person, keys=json.dumps(list(keys)), until_after=at, withdrawn_after=at
    )
    once = {(row["id"], row["version"]): row for row in rows}
    return tuple(from_row(row) for row in once.values())


async def all_directives(tx: Tx, person: PersonId) -> tuple[Directive, ...]:
    """List every version of every directive about the person, ended ones included, by (id, version)."""
    return tuple(from_row(row) for row in await tx.all(_ALL, of_person=person))


async def newest_directive(tx: Tx, consent: ConsentId) -> Directive | None:
    """Find the last version of a lineage, whatever its status."""
    row = await tx.one(_NEWEST, of_id=consent)
    return None if row is None else from_row(row)


async def add_directive(tx: Tx, directive: Directive, recorded_at: Instant, evidence: bytes | None) -> None:
    """Write one version and the keys under which it is found; `evidence` is sealed."""
    row = to_row(directive)
    await tx.run(_ADD, **row, recorded_at=recorded_at, evidence=evidence)
    await tx.run_many(_ADD_KEYS, to_key_rows(directive))


def to_row(directive: Directive) -> dict[str, Any]:
    """Render the columns of `consents` less `evidence` and `recorded_at`; what `from_row` reads back."""
    return {
        "id": directive.id,
        "version": directive.version,
        "person": directive.subject,
        "giver": directive.giver,
        "decision": directive.decision,
        "document": json.dumps(_to_document(directive), sort_keys=True, separators=(",", ":")),
        "status": str(directive.status),
        "from_at": directive.from_at,
        "until_at": directive.until_at,
        "withdrawn_at": directive.withdrawn_at,
        "one_time": directive.one_time,
        "used": directive.used,
    }


def to_key_rows(directive: Directive) -> list[dict[str, object]]:
    """Render one row of `consent_keys` for each key under which the directive must be found."""
    return [
        {"person": directive.subject, "key": key, "consent": directive.id, "version": directive.version}
        for key in sorted(directive.index_keys)
    ]


def from_row(row: Row) -> Directive:
    """Read one version; `capture` stays sealed and is empty here.

    Raises:
        CorruptionError: A document that `to_row` cannot have written.
    """
    try:
        document = json.loads(row["document"])
        return Directive(
            id=ConsentId(row["id"]),
            version=row["version"],
            subject=PersonId(row["person"]),
            giver=PersonId(row["giver"]),
            given_as=document["given_as"],
            decision=row["decision"],
            recipients=_recipients(document["recipients"]),
            owners=_texts(document["owners"]),
            purposes=_texts(document["purposes"]),
            categories=_texts(document["categories"]),
            from_at=Instant(row["from_at"]),
            until_at=_instant(row["until_at"]),
            status=ConsentStatus(row["status"]),
            withdrawn_at=_instant(row["withdrawn_at"]),
            one_time=bool(row["one_time"]),
            used=bool(row["used"]),
            **_conditions(document),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptionError("a consent's row cannot be read") from error


def _to_document(directive: Directive) -> dict[str, Any]:
    recipients = directive.recipients
    period, ceiling, reach = directive.data_period, directive.max_sensitivity, directive.reach
    return {
        "given_as": directive.given_as,
        "recipients": recipients if recipients == "any" else [_recipient(one) for one in recipients],
        "owners": directive.owners,
        "purposes": directive.purposes,
        "categories": directive.categories,
        "max_sensitivity": None if ceiling is None else str(ceiling),
        "data_period": None if period is None else list(period),
        "fragments": directive.fragments,
        "notify_family": directive.notify_family,
        "exceptions": [dict(one) for one in directive.exceptions],
        "reach": None if reach is None else reach.to_policy(),
    }


def _recipient(recipient: Recipient | str) -> dict[str, Any]:
    assert isinstance(recipient, Recipient)
    return recipient.to_policy()


def _conditions(document: Mapping[str, Any]) -> dict[str, Any]:
    ceiling, period = document["max_sensitivity"], document["data_period"]
    fragments, reach = document["fragments"], document["reach"]
    return {
        "max_sensitivity": None if ceiling is None else Sensitivity(ceiling),
        "data_period": None if period is None else (_instant(period[0]), _instant(period[1])),
        "fragments": None if fragments is None else tuple(FragmentId(one) for one in fragments),
        "notify_family": document["notify_family"],
        "exceptions": tuple(document["exceptions"]),
        "reach": None if reach is None else read_reach(reach),
    }


def read_reach(document: Mapping[str, Any]) -> StopReach:
    """Read what `StopReach.to_policy` wrote."""
    agency, fragment = document.get("agency"), document.get("fragment")
    return StopReach(
        kind=ReachKind(document["kind"]),
        agency=None if agency is None else AgencyId(agency),
        include_units=document["include_units"],
        category=document.get("category"),
        fragment=None if fragment is None else FragmentId(fragment),
    )


def _recipients(value: Sequence[Mapping[str, Any]] | Literal["any"]) -> Any_ | tuple[Recipient, ...]:
    return "any" if value == "any" else tuple(Recipient(**one) for one in value)


def _texts(value: Sequence[str] | Literal["any"]) -> Any_ | tuple[Any, ...]:
    return "any" if value == "any" else tuple(value)


def _instant(value: int | None) -> Instant | None:
    return None if value is None else Instant(value)
