"""The person a dossier is about, as the policy reads her: age, capacity, authorities, orders."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from gateway.adapters.sql.append import OwnerKeys
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.findings import read_findings
from gateway.adapters.sql.tables import authorities, fragments, orders, persons
from gateway.domain.access import Viewer
from gateway.domain.determinations import capable_at
from gateway.domain.errors import CorruptionError
from gateway.domain.findings import Finding, next_bound
from gateway.domain.holding import Terms
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant, to_text
from gateway.domain.person import Attributes
from gateway.ports import RecordKeys

_PERSON = select(persons.c.attributes, persons.c.revision).where(persons.c.id == bindparam("of_person"))
_AUTHORITIES = (
    select(authorities, persons.c.id.label("holder_person"))
    .join_from(authorities, persons, persons.c.id == authorities.c.holder, isouter=True)
    .where(authorities.c.person == bindparam("of_person"))
    .order_by(authorities.c.id)
)
_ORDERS = select(orders).where(orders.c.person == bindparam("of_person")).order_by(orders.c.id)
_OWNERS = (
    select(fragments.c.owner)
    .where(fragments.c.person == bindparam("of_person"))
    .distinct()
    .order_by(fragments.c.owner)
)


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """`horizon` is her next birthday, or the next start or end of a finding: no dates for the policy."""

    subject: dict[str, Any]
    viewers: tuple[Viewer, ...]
    owners: tuple[AgencyId, ...]
    horizon: Instant
    findings: tuple[Finding, ...] = ()
    recorded_by: tuple[str | None, ...] = ()
    """Which agency recorded each of the subject's orders; None is the network."""


class PersonReader:
    """Reads a person inside a snapshot; her sealed attributes open under her own record key.

    `categories` are those of the vocabulary, `terms` the bundle's, for whoever reads an asker beside her.
    """

    def __init__(self, keys: RecordKeys, owners: OwnerKeys, categories: frozenset[str], terms: Terms) -> None:
        self._keys = keys
        self._owners = owners
        self._categories = categories
        self.terms = terms

    async def read(self, tx: Tx, person: PersonId, at: Instant) -> PersonFacts:
        """What is known of her at this instant.

        Raises:
            CorruptionError: Her row, or the key of her record, is missing.
        """
        row = await tx.one(_PERSON, of_person=person)
        if row is None:
            raise CorruptionError("a dossier is about nobody")
        key = await self._owners.require(tx, f"person:{person}")
        attributes = Attributes.of_json(self._keys.unseal_attributes(key, row["revision"], row["attributes"]))
        held = await tx.all(_AUTHORITIES, of_person=person)
        ordered = await tx.all(_ORDERS, of_person=person)
        recorded_by = tuple(one["agency"] for one in ordered)
        found = await read_findings(tx, self._keys, key, person)
        subject = {
            "id": person,
            "age": attributes.age_at(at),
            "capable": capable_at(attributes.capable, found, at, self._categories),
            "authorities": [_authority(one) for one in held],
            "orders": [_order(one) for one in ordered],
        }
        owners = tuple(AgencyId(one["owner"]) for one in await tx.all(_OWNERS, of_person=person))
        horizon = Instant(min(attributes.next_birthday_at(at), next_bound(found, at)))
        return PersonFacts(subject, _viewers(person, held), owners, horizon, found, recorded_by)


def _viewers(person: PersonId, held: Sequence[Row]) -> tuple[Viewer, ...]:
    """The subject and every person with a recorded authority: those for whom a part may be made."""
    holders = sorted({one["holder"] for one in held if one["holder_person"] is not None})
    return (Viewer(person, "youth"), *(Viewer(PersonId(one), "guardian") for one in holders if one != person))


def _authority(row: Row) -> dict[str, Any]:
    document: dict[str, Any] = {
        "person": row["holder"],
        "authority": row["kind"],
        "scope": json.loads(row["scope"]),
    }
    return document | _period(row)


def _order(row: Row) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(row["document"])
    return document | {"id": row["id"]} | _period(row)


def _period(row: Row) -> dict[str, str]:
    named = {"from": row["from_at"], "until": row["until_at"]}
    return {name: to_text(Instant(value)) for name, value in named.items() if value is not None}
