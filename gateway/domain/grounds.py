"""Who may have a ground to read all the same after a stop, and what to ask the policy about it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.domain.acting import Stand
from gateway.domain.consent import Directive
from gateway.domain.facts import Facts
from gateway.domain.ids import AgencyId
from gateway.domain.instants import Instant, parse_instant
from gateway.domain.meetings import sitting_in, transferred_to
from gateway.domain.vocabulary import SERVICE, Action, Role

_FAMILYS = frozenset({"harm_if_disclosed_to", "guardian_access"})
"""Facts of a document that say who of the family may read it."""


class Unasked(NamedTuple):
    """Purposes that may go on though nobody's consent names them, out of the bundle's tables."""

    everywhere: frozenset[str]
    """An owner's own work, and what an order speaks of that names no purpose."""
    by_model: Mapping[str, frozenset[str]]
    """What an owner's model of consent lets go on beside that."""
    of_sessions: frozenset[str]
    moves: frozenset[str]
    """Those for which people are handed over."""

    @classmethod
    def of_tables(cls, tables: Mapping[str, Any]) -> "Unasked":
        """Read the tables of the bundle below `gateway`."""
        purposes, roles = tables["purposes"], tables["roles"]
        read = frozenset(roles["matrix"].get(Role.COMMITTEE_MEMBER, {}).get(Action.READ, ()))
        return cls(
            everywhere=frozenset(purposes["own_work"]) | frozenset(purposes["instrument_default"]),
            by_model={name: frozenset(purposes[name]) for name in ("presumed", "shared_secret")},
            of_sessions=(read - {SERVICE}).union(roles["service"] if SERVICE in read else ()),
            moves=frozenset(purposes["transfer"]),
        )

    def at(self, model: str) -> frozenset[str]:
        """Of an owner with this model of consent."""
        return self.everywhere | self.by_model.get(model, frozenset())


class Held(NamedTuple):
    """What stands for a category at an owner; `id` is a document's own where a ground names documents."""

    id: str
    owner: AgencyId
    category: str
    sensitivity: str = "N"
    status: str = "active"
    youth_alone: bool = False

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Held":
        """A fragment as it is labelled now."""
        return cls(
            id=row["id"],
            owner=AgencyId(row["owner"]),
            category=row["category"],
            sensitivity=row["sensitivity"],
            status=row["status"],
            youth_alone=bool(row["youth_alone"]),
        )


class Alike(NamedTuple):
    """Documents that nothing tells apart: `fragment` stands for them all, in the policy's fields.

    `document` is the id of a single one that a ground names.
    """

    owner: AgencyId
    category: str
    fragment: Mapping[str, Any]
    document: str | None = None


class Asked(NamedTuple):
    reader: Mapping[str, Any]
    held: Alike
    purpose: str
    declared: Mapping[str, Any] | None = None


class Package(NamedTuple):
    """Documents that a ground names one by one, who may read them by it, and for what."""

    fragments: frozenset[str]
    readers: frozenset[str] | None
    purposes: frozenset[str]


def required_by(stand: Stand) -> list[Mapping[str, Any]]:
    """List the orders to disclose that the family may know of."""
    orders = stand.subject.get("orders", ())
    return [one for one in orders if one["type"] == "require" and not is_secret(one)]


def is_secret(order: Mapping[str, Any]) -> bool:
    return order["type"] == "require" and bool(order.get("sealed_from_family"))


def packages_of(
    stand: Stand, directives: Sequence[Directive], at: Instant, unasked: Unasked
) -> list[Package]:
    """List what open sessions, accepted transfers, and permits for single documents name."""
    found = [
        Package(frozenset(package), frozenset(members), unasked.of_sessions)
        for members, package in sitting_in(stand.findings, at)
    ]
    found += [
        Package(frozenset(package), frozenset({receiver}), unasked.moves)
        for receiver, package in transferred_to(stand.findings)
    ]
    found += [
        Package(
            frozenset(one.fragments),
            None,
            unasked.everywhere if one.purposes == "any" else frozenset(one.purposes),
        )
        for one in _live(directives, at)
        if one.fragments is not None
    ]
    return found


def _live(directives: Sequence[Directive], at: Instant) -> list[Directive]:
    return [one for one in directives if one.decision == "permit" and not one.is_over(at)]


def by_standing(
    readers: Sequence[Mapping[str, Any]],
    known: Sequence[Alike],
    stand: Stand,
    directives: Sequence[Directive],
    at: Instant,
    unasked: Unasked,
) -> Iterator[Asked]:
    """Ask an assigned worker for what permits speak of too; anybody for what an order may speak of."""
    spoken = {name for one in _live(directives, at) if one.purposes != "any" for name in one.purposes}
    ordered = [one.get("purposes") for one in required_by(stand)]
    required = {name for named in ordered if isinstance(named, list) for name in named}
    every = [one for one in known if one.document is None]
    for reader in readers:
        purposes = set(required)
        if reader["assigned"]:
            purposes |= spoken
        elif not ordered:
            continue
        for held in every:
            more = unasked.at(stand.owners[held.owner]["consent_model"])
            yield from (Asked(reader, held, name) for name in sorted(purposes | more))


def by_package(
    readers: Sequence[Mapping[str, Any]], known: Sequence[Alike], packages: Iterable[Package]
) -> Iterator[Asked]:
    for package in packages:
        named = [one for one in known if one.document in package.fragments]
        for reader in readers:
            if package.readers is None or reader["id"] in package.readers:
                for held in named:
                    yield from (Asked(reader, held, name) for name in sorted(package.purposes))


def alike_of(
    known: Iterable[Facts], packages: Iterable[Package], told: Sequence[Mapping[str, Any]]
) -> list[Alike]:
    """Put together documents that are labelled alike; beside them, one by one, those that a package names.

    What a directive names keeps its id, and where one names a period the day it was written counts: the
    policy tells such documents apart. Harm and consultations concern who of the family reads.
    """
    named = {name for one in packages for name in one.fragments}
    said = json.dumps(told)
    bounds = sorted(_bounds(told))
    found: dict[str, Alike] = {}
    for facts in known:
        labels = labels_of(facts.query.document["fragment"])
        labels = {name: one for name, one in labels.items() if name not in _FAMILYS}
        written = labels.pop("created")
        era = sum(bound <= parse_instant(written, field="created") for bound in bounds)
        like = (
            labels if json.dumps(labels["id"]) in said else {**labels, "id": f"what:{facts.fragment.owner}"}
        )
        like = {**like, "created": written} if bounds else like
        place = (facts.fragment.owner, facts.fragment.category)
        key = json.dumps([{**like, "created": era}], sort_keys=True)
        found.setdefault(key, Alike(*place, like))
        if labels["id"] in named:
            whole = {**labels, "created": written}
            found[facts.fragment.id] = Alike(*place, whole, facts.fragment.id)
    return list(found.values())


def labels_of(fragment: Mapping[str, Any]) -> dict[str, Any]:
    """A fragment in the policy's fields with one section for all that are labelled alike, in their order."""
    if "sections" not in fragment:
        return dict(fragment)
    labels = [{name: one for name, one in each.items() if name != "id"} for each in fragment["sections"]]
    once = {json.dumps(one, sort_keys=True): one for one in labels}
    sections = [{"id": f"s{n}", **one} for n, one in enumerate(once.values())]
    return {**fragment, "sections": sections}


def _bounds(told: Iterable[Mapping[str, Any]]) -> set[Instant]:
    """Name each instant at which a period of data that a directive names, or excepts, starts or ends."""
    lines = [line for one in told for line in (one, *one.get("exceptions", ()))]
    periods = [line["data_period"] for line in lines if line.get("data_period") is not None]
    named = [period.get(name) for period in periods for name in ("from", "until")]
    return {parse_instant(one, field="data_period") for one in named if one is not None}


def each_once(asked: Iterable[Asked]) -> list[Asked]:
    return list({json.dumps(one, sort_keys=True): one for one in asked}.values())


def distinct(
    readers: Sequence[Mapping[str, Any]], stand: Stand, told: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Keep one of those whom the policy cannot tell apart: nothing about the person names any of them."""
    orders = [one for one in stand.subject.get("orders", ()) if not is_secret(one)]
    found = [dict(one.document) for one in stand.findings]
    named = json.dumps([stand.subject.get("authorities", ()), orders, told, found])
    kept: dict[str, Mapping[str, Any]] = {}
    for one in readers:
        alike = one if json.dumps(one["id"]) in named else {**one, "id": ""}
        kept.setdefault(json.dumps(alike, sort_keys=True), one)
    return list(kept.values())
