"""What the policy cannot tell apart, so that a question about it is put once: documents, and workers."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.domain.acting import Stand
from gateway.domain.consent import Directive
from gateway.domain.facts import Facts
from gateway.domain.ids import AgencyId, parents_of
from gateway.domain.instants import Instant, parse_instant

_FAMILYS = frozenset({"harm_if_disclosed_to", "guardian_access"})
"""Facts of a document that say who of the family may read it."""


class Alike(NamedTuple):
    """Documents that nothing tells apart: `fragment` stands for them all, in the policy's fields.

    `document` is the id of a single one that a ground names.
    """

    owner: AgencyId
    category: str
    fragment: Mapping[str, Any]
    document: str | None = None

    @property
    def categories(self) -> frozenset[str]:
        """Its own, and those of its sections."""
        sections = self.fragment.get("sections", ())
        return frozenset({self.category, *(one.get("category", self.category) for one in sections)})


class Crowd(NamedTuple):
    """One of each agency of those whom the policy tells apart by nothing but who is of the owner."""

    each: tuple[Mapping[str, Any], ...]

    def parted(self, owner: AgencyId) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
        """Give one who stands for the owner's own and one for the others, each with whose answer hers is."""
        own = [one for one in self.each if one["agency"] == owner]
        others = [one for one in self.each if one["agency"] != owner]
        for some in (own, others):
            if some:
                yield some[0], tuple(one["agency"] for one in some)


def alike_of(
    known: Iterable[Facts], named: Collection[str], told: Sequence[Mapping[str, Any]]
) -> list[Alike]:
    """Put together documents that are labelled alike; beside them, one by one, those that are named.

    What a directive names keeps its id, and where one names a period the day it was written counts: the
    policy tells such documents apart. Harm and consultations concern who of the family reads.
    """
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


def is_secret(order: Mapping[str, Any]) -> bool:
    """Whether it requires a disclosure of which the family must not learn."""
    return order["type"] == "require" and bool(order.get("sealed_from_family"))


def crowds_of(
    readers: Iterable[Mapping[str, Any]], stand: Stand, directives: Sequence[Directive], at: Instant
) -> list[Crowd]:
    """Put together workers whom nothing about the person tells apart.

    A worker counts by her id where anything names it, and by her agency where a recipient names it or a body
    that it is a unit of: the policy compares an agency with recipients and with the owner alone.
    """
    orders = [one for one in stand.subject.get("orders", ()) if not is_secret(one)]
    found = [dict(one.document) for one in stand.findings]
    told = [one.to_policy() for one in directives]
    named = json.dumps([stand.subject.get("authorities", ()), orders, told, found])
    live = [one for line, one in zip(directives, told, strict=True) if not line.is_over(at)]
    lines = [*orders, *(each for one in live for each in (one, *one.get("exceptions", ())))]
    bodies = {to.get("agency") for one in lines for to in recipients_of(one)}
    crowds: dict[str, dict[str, Mapping[str, Any]]] = {}
    for one in readers:
        alike = one if json.dumps(one["id"]) in named else {**one, "id": ""}
        if bodies.isdisjoint(parents_of(AgencyId(one["agency"]))):
            alike = {**alike, "agency": ""}
        crowd = crowds.setdefault(json.dumps(alike, sort_keys=True), {})
        crowd.setdefault(one["agency"], one)
    return [Crowd(tuple(crowd.values())) for crowd in crowds.values()]


def recipients_of(line: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """List whom a line or an order names, in the policy's fields; of `any`, nobody."""
    named = line.get("recipients")
    return () if named is None or named == "any" else named
