"""Ask the policy about an act that names no fragment, and record a refusal of one.

The policy speaks of fragments. So it is asked once for each pair of an owner and a category that the act
names, with a stand-in fragment {id of the object, owner, category, the act's ceiling or N, active}; an act
about documents is asked about each of them as it is labelled. The act is accepted if one pair is permitted;
the pairs without effect are named to whoever acted.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from gateway.domain.access import Decision, Query, Questions, Refused, View
from gateway.domain.acting import Note, Stand
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError, PolicyContractError, PolicyUnavailableError
from gateway.domain.findings import Finding
from gateway.domain.found import fragment_of
from gateway.domain.grounds import Held
from gateway.domain.ids import AgencyId, DecisionId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.limits import count_of_refusal
from gateway.domain.vocabulary import Action, EnforcementReason, Sensitivity
from gateway.judging import MAX_RELOADS, enforceable, primary_of, refusal
from gateway.ports import ActStore, Clock, Ids, Policy, RegistryStore
from gateway.registering import record_refusal

MAX_QUERIES = 50
"""One page holds at most so many rows."""

CHUNK = 10
"""One question to the engine holds at most so many queries: the event loop waits for each of them."""
MAX_PAIRS = 400
"""A caller names at most so many pairs of an owner and a category in one act."""


@dataclass(frozen=True, slots=True)
class Named:
    """What an act names: an object, whose fragments, of which categories; or else the very `documents`."""

    object_id: str
    owners: Literal["any"] | tuple[AgencyId, ...] = "any"
    categories: Literal["any"] | tuple[str, ...] = "any"
    ceiling: Sensitivity | None = None
    documents: tuple[Held, ...] | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """One question and its answer; `document` where it was asked about one."""

    owner: AgencyId
    category: str
    permitted: bool
    reason: str
    harm: Sequence[str] = ()
    document: Held | None = None

    def to_detail(self) -> dict[str, Any]:
        named: dict[str, Any] = {"owner": self.owner, "category": self.category, "harm": list(self.harm)}
        if self.document is not None:
            named |= {"fragment": self.document.id, "youth_alone": self.document.youth_alone}
        return {**named, "permitted": self.permitted, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for the act as a whole: the first permit, else the refusal that says most.

    The decision carries every question, so that its entry keeps them. `down` where it is no word of the
    rules: the policy did not answer, or asks for what this build does not do.
    """

    decision: Decision
    pairs: tuple[Pair, ...]
    down: bool = False

    @property
    def without_effect(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if not pair.permitted)

    def to_detail(self) -> dict[str, Any]:
        return {"pairs": [one.to_detail() for one in self.pairs]}


@dataclass(frozen=True, slots=True)
class Ask:
    """Puts an act's question to the policy; a policy that does not answer refuses."""

    registry: RegistryStore
    policy: Policy
    clock: Clock
    categories: frozenset[str]

    async def __call__(
        self,
        stand: Stand,
        action: Action,
        purpose: str,
        named: Named,
        *,
        evidence: Mapping[str, Any] | None = None,
    ) -> Verdict:
        """Judge every pair at one instant."""
        at = Instant(max(self.clock.now(), stand.floor))
        shared: dict[str, Any] = {
            "subject": dict(stand.subject),
            "consents": [],
            "actor": dict(stand.actor),
            "action": str(action),
            "purpose": purpose,
        }
        context = {} if evidence is None else {"evidence": dict(evidence)}
        if stand.policy_digest != self.policy.digest:
            return self._silent()
        cells = await self._cells(stand, named)
        queries = [_query(shared, context, cell, stand.findings, at) for cell in cells]
        try:
            decisions = [enforceable(one) for one in await decide_many(self.policy, queries, at)]
        except (PolicyUnavailableError, PolicyContractError):
            return self._silent()
        pairs = tuple(
            cell.pair(one, query, of_document=named.documents is not None)
            for cell, query, one in zip(cells, queries, decisions, strict=True)
        )
        if not queries:
            return Verdict(hidden(self.policy.digest), pairs)
        linked, documents = _is_linked(stand), tuple(one.document for one in queries)
        primary = primary_of(decisions, linked=linked)
        primary = replace(primary, questions=Questions(documents, at, linked=linked))
        return Verdict(primary, pairs, down=EnforcementReason.OBLIGATION_UNMET in primary.reasons)

    def _silent(self) -> Verdict:
        """The policy did not answer, or this worker runs another bundle than the active one."""
        silent = refusal(EnforcementReason.POLICY_UNAVAILABLE, self.policy.digest)
        return Verdict(silent, (), down=True)

    def check_size(self, named: Named) -> None:
        """Bound what a caller names anew.

        Owners left open are those who hold something of the person, so her own whole dossier is never too
        much; and what is stored already is asked about whatever its size: it must be possible to end it.

        Raises:
            MalformedError: More pairs than one act may name.
        """
        categories = self.categories if named.categories == "any" else set(named.categories)
        if named.owners != "any" and len(set(named.owners)) * len(categories) > MAX_PAIRS:
            raise MalformedError("too many owners and categories for one act", field="owners")

    async def _cells(self, stand: Stand, named: Named) -> list["_Cell"]:
        """Every owner that the act names and that has a record, times every category; or each document."""
        documents = named.documents
        wanted = named.owners if documents is None else tuple(sorted({one.owner for one in documents}))
        owners: dict[AgencyId, Mapping[str, Any]] = {}
        for owner in sorted(stand.owners) if wanted == "any" else wanted:
            known = stand.owners.get(AgencyId(owner)) or await self.registry.row("agencies", owner)
            if known is not None:
                owners[AgencyId(owner)] = known
        if documents is not None:
            return [_Cell(owners[one.owner], one) for one in documents if one.owner in owners]
        every = named.categories == "any"
        categories = sorted(self.categories) if every else tuple(dict.fromkeys(named.categories))
        ceiling = str(named.ceiling or Sensitivity.NORMAL)
        return [
            _Cell(rules, Held(named.object_id, owner, one, ceiling))
            for owner, rules in owners.items()
            for one in categories
        ]


class _Cell(NamedTuple):
    rules: Mapping[str, Any]
    held: Held

    def pair(self, decision: Decision, query: Query, *, of_document: bool) -> Pair:
        harm = tuple(query.document["fragment"].get("harm_if_disclosed_to", ()))
        reason = next(iter(decision.reasons), "")
        document = self.held if of_document else None
        return Pair(self.held.owner, self.held.category, decision.permitted, reason, harm, document)


def _query(
    shared: Mapping[str, Any],
    context: Mapping[str, Any],
    cell: _Cell,
    findings: Sequence[Finding],
    at: Instant,
) -> Query:
    fragment = fragment_of(cell.held, cell.rules, findings, at)
    whole = {**context, "consent_model": cell.rules.get("consent_model", "express")}
    return Query.of({**shared, "profile": cell.rules["profile"], "fragment": fragment, "context": whole})


async def decide_many(policy: Policy, queries: Sequence[Query], at: Instant) -> list[Decision]:
    """Decide any number of queries at one instant; others have their turn between two questions.

    Each decision carries its question, for the entry of what rests on it.
    """
    decided: list[Decision] = []
    for start in range(0, len(queries), CHUNK):
        if start:
            await asyncio.sleep(0)
        decided += await policy.decide_all(queries[start : start + CHUNK], at)
    return [one.asked(query, at) for query, one in zip(queries, decided, strict=True)]


def _is_linked(stand: Stand) -> bool:
    """Whether she is assigned to the person, is the person, or has a recorded authority over her."""
    own = stand.actor.get("id")
    held = {one["person"] for one in stand.subject.get("authorities", ()) if one["authority"] != "none"}
    return bool(stand.actor.get("assigned")) or own == stand.person or own in held


def hidden(digest: str, reason: str = "NO_RELATIONSHIP") -> Decision:
    """Refuse in a way that says as little as an unknown id."""
    return replace(denied(digest, reason), disclose_existence=False)


def denied(digest: str, reason: str) -> Decision:
    """Refuse by the table of acts or by a rule of the domain, in a way that may be explained."""
    return replace(refusal(EnforcementReason.POLICY_UNAVAILABLE, digest), reasons=(reason,))


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried, for the entry of its refusal; `detail` says by what name the caller meant it.

    Where the decision rests on a person's facts, `person` is she: they are kept under her record key.
    """

    act: str
    caller: Caller
    detail: Mapping[str, Any] = field(default_factory=dict)
    purpose: str = ""
    person: PersonId | None = None
    owner: AgencyId | None = None
    views: Mapping[PersonId, View] | None = None
    """Who of the family is shown it; she who tried, where nothing is said."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Turns a no into an entry and a value."""

    acts: ActStore
    ids: Ids

    async def __call__(
        self, tried: Tried, decision: Decision, *, unavailable: bool = False, retry_after_s: int | None = None
    ) -> Refused:
        """Record the refusal, then hand it back; raises as `record_refusal`."""
        refused = Refused(decision, None, unavailable, retry_after_s)
        return await record_refusal(self.acts, lambda said: self._note(tried, said), refused)

    def _note(self, tried: Tried, decision: Decision) -> Note:
        return Note(
            kind=EntryKind.REFUSED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=tried.caller,
            detail={"act": tried.act, **tried.detail},
            outcome="deny",
            reason=decision.reasons[0] if decision.reasons else "",
            purpose=tried.purpose,
            person=tried.person,
            owner=tried.owner,
            decision=decision,
            views=own_view(tried.caller.person) if tried.views is None else tried.views,
            counts=count_of_refusal(tried.caller, tried.act, tried.detail, decision),
        )


def own_view(person: PersonId | None) -> dict[PersonId, View]:
    """Show an act to her who did it, and to nobody else of the family."""
    return {} if person is None else {person: View.FULL}


def consent_views(caller: Caller, giver: PersonId) -> dict[PersonId, View]:
    """Tell whose act it is: hers who did it, or in whose name it was recorded (domain rules A1 and A2)."""
    return own_view(caller.person or giver)


__all__ = [
    "MAX_QUERIES",
    "MAX_RELOADS",
    "Ask",
    "Named",
    "Pair",
    "Refuse",
    "Tried",
    "Verdict",
    "consent_views",
    "decide_many",
    "denied",
    "hidden",
    "own_view",
]
