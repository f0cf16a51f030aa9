"""Who may have a ground to read all the same after a stop, and what to ask the policy about it.

What the policy cannot permit is not asked about; in doubt it is. A worker may read by her own agency's work,
by the owner's model of consent, by an order, by what a line lets through, or by a package of documents.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.domain.acting import Stand
from gateway.domain.alike import Alike, Crowd, is_secret, recipients_of
from gateway.domain.consent import Directive
from gateway.domain.ids import AgencyId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.meetings import sitting_in, transferred_to
from gateway.domain.vocabulary import SERVICE, Action, Role


class Unasked(NamedTuple):
    """Purposes that may go on though nobody's consent names them, out of the bundle's tables."""

    own_work: frozenset[str]
    by_order: frozenset[str]
    """What an order speaks of that names no purpose."""
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
            own_work=frozenset(purposes["own_work"]),
            by_order=frozenset(purposes["instrument_default"]),
            by_model={name: frozenset(purposes[name]) for name in ("presumed", "shared_secret")},
            of_sessions=(read - {SERVICE}).union(roles["service"] if SERVICE in read else ()),
            moves=frozenset(purposes["transfer"]),
        )


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


class Asked(NamedTuple):
    """A question, and the agencies for whose workers its answer holds."""

    reader: Mapping[str, Any]
    agencies: tuple[str, ...]
    held: Alike
    purpose: str
    declared: Mapping[str, Any] | None = None


class Package(NamedTuple):
    """Documents that a ground names one by one, who may read them by it, and for what."""

    fragments: frozenset[str]
    readers: frozenset[str]
    purposes: frozenset[str]


def required_by(stand: Stand) -> list[Mapping[str, Any]]:
    """List the orders to disclose that the family may know of."""
    orders = stand.subject.get("orders", ())
    return [one for one in orders if one["type"] == "require" and not is_secret(one)]


def packages_of(stand: Stand, at: Instant, unasked: Unasked) -> list[Package]:
    """List what open sessions and accepted transfers name."""
    found = [
        Package(frozenset(package), frozenset(members), unasked.of_sessions)
        for members, package in sitting_in(stand.findings, at)
    ]
    return found + [
        Package(frozenset(package), frozenset({receiver}), unasked.moves)
        for receiver, package in transferred_to(stand.findings)
    ]


@dataclass(frozen=True, slots=True)
class Grounds:
    """What may let a worker read without a package; `lines` are those that let something through.

    Such a line is a permit, or a refusal with an exception that permits, and is not over.
    """

    unasked: Unasked
    orders: Sequence[Mapping[str, Any]]
    lines: Sequence[Directive]
    spoken: frozenset[str]
    """Every purpose that a line or an order names."""

    @classmethod
    def of(cls, stand: Stand, directives: Iterable[Directive], at: Instant, unasked: Unasked) -> "Grounds":
        """Of what stands at this instant."""
        lines = [one for one in directives if _lets_through(one) and not one.is_over(at)]
        orders = required_by(stand)
        ordered = (_list(one.get("purposes")) for one in orders)
        spoken = frozenset[str]().union(*ordered, *(_spoken_in(one) for one in lines))
        return cls(unasked, orders, lines, spoken)

    def every(self, model: str) -> frozenset[str]:
        """All that can be asked about what an owner with this model of consent holds."""
        unasked = self.unasked
        return unasked.own_work | unasked.by_order | unasked.by_model.get(model, frozenset()) | self.spoken

    def purposes(self, reader: Mapping[str, Any], held: Alike, model: str) -> frozenset[str]:
        """Name those of them for which the policy may let this worker read."""
        found = self._ordered(reader, model)
        if not reader["assigned"]:
            return found
        if reader["agency"] == held.owner:
            return self.every(model)
        found |= self.unasked.by_model.get(model, frozenset())
        for line in self.lines:
            if _reaches(line, reader, held):
                found |= self.every(model) if line.purposes == "any" else frozenset(line.purposes)
        return found

    def _ordered(self, reader: Mapping[str, Any], model: str) -> frozenset[str]:
        found = frozenset[str]()
        for order in self.orders:
            if not any(_may_fit(to, reader) for to in recipients_of(order)):
                continue
            named = order.get("purposes")
            if named is None:
                found |= self.unasked.by_order
            else:
                found |= frozenset(named) if isinstance(named, list) else self.every(model)
        return found


def _lets_through(line: Directive) -> bool:
    return line.decision == "permit" or any(one.get("decision") == "permit" for one in line.exceptions)


def _spoken_in(line: Directive) -> frozenset[str]:
    excepted = (_list(one.get("purposes")) for one in line.exceptions if one.get("decision") == "permit")
    own = frozenset[str]() if line.purposes == "any" else frozenset(line.purposes)
    return own.union(*excepted)


def _list(named: object) -> Sequence[str]:
    return named if isinstance(named, list | tuple) else ()


def _reaches(line: Directive, reader: Mapping[str, Any], held: Alike) -> bool:
    """Whether a line may speak of this reading: of the worker, the owner, the kind and the document."""
    return (
        (line.recipients == "any" or any(_may_fit(one.to_policy(), reader) for one in line.recipients))
        and (line.owners == "any" or held.owner in line.owners)
        and (line.categories == "any" or not held.categories.isdisjoint(line.categories))
        and (line.fragments is None or held.fragment["id"] in line.fragments)
    )


def _may_fit(to: Mapping[str, Any], reader: Mapping[str, Any]) -> bool:
    """Whether a recipient may mean her: any unit of its agency, and whoever sits in its committee."""
    agency, person, role = (to.get(name) for name in ("agency", "person", "role"))
    return (
        (agency is None or agency in parents_of(AgencyId(reader["agency"])))
        and (person is None or person == reader["id"])
        and (role is None or role == reader["role"])
    )


def by_standing(
    crowds: Iterable[Crowd], known: Iterable[Alike], stand: Stand, grounds: Grounds
) -> Iterator[Asked]:
    """Ask for what a ground may let each worker read, of the documents that no package names."""
    every = [one for one in known if one.document is None]
    for crowd in crowds:
        for held in every:
            model = stand.owners[held.owner]["consent_model"]
            for reader, agencies in crowd.parted(held.owner):
                purposes = grounds.purposes(reader, held, model)
                yield from (Asked(reader, agencies, held, name) for name in sorted(purposes))


def by_package(
    crowds: Sequence[Crowd], known: Sequence[Alike], packages: Iterable[Package]
) -> Iterator[Asked]:
    """Ask whoever a package names about its documents, one by one; each of them is a crowd of her own."""
    for package in packages:
        named = [one for one in known if one.document in package.fragments]
        for reader in (one for crowd in crowds for one in crowd.each if one["id"] in package.readers):
            for held in named:
                agencies = (reader["agency"],)
                yield from (Asked(reader, agencies, held, name) for name in sorted(package.purposes))
