"""What took place, as far as anybody may be told of it; and what an entry's family viewers are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.access import STRICTEST, Decision, Query, View
from gateway.domain.acting import Letter, Note
from gateway.domain.caller import Caller
from gateway.domain.facts import Attempt, Facts
from gateway.domain.findings import Finding
from gateway.domain.found import HARM, harmful
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import FAMILY_ROLES

_WORDS = frozenset({"necessity", "inform_exception", "evidence"})
"""What an asker says in her own words: no part of who may see an entry."""

PROTECTS_ACTOR = "protect_reporter_identity"
"""Whoever acted, and for which agency, is told to nobody but the officers who read the ledger."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An entry about to be written: its facts, and who may see how much of it.

    `told` is what a viewer of the level *full* is told. `question` is the audience question as it was put,
    less the person: what was delayed is judged by it once more before it is told.
    """

    kind: EntryKind
    obligations: frozenset[str]
    told: Mapping[str, Any]
    views: Mapping[PersonId, View]
    basis: str = ""
    person: PersonId | None = None
    owner: AgencyId | None = None
    agency: AgencyId | None = None
    account: str | None = None
    fragment: str | None = None
    is_family: bool = False
    touches_protected: bool = False
    question: Mapping[str, Any] | None = None
    authorities: Sequence[Mapping[str, Any]] = ()
    consents: Sequence[Mapping[str, Any]] = ()
    at: Instant | None = None
    named: tuple[AgencyId, ...] = ()
    """Agencies that what has ended had named."""
    letter: Letter | None = None
    referrer: str | None = None
    """The worker whose recommendation, or offer, is answered."""
    of_entry: str | None = None
    """An earlier entry that this one says more of: nobody is told of this one before that one."""

    @property
    def delays(self) -> bool:
        """Whether somebody of the family may not be told yet."""
        return View.DELAYED in self.views.values()


def happening_of_attempt(attempt: Attempt) -> Happening:
    """What a release, a refusal or a dry run tells; a dry run gave nothing, so nobody is owed anything."""
    facts, decision, caller = attempt.facts, attempt.decision, attempt.caller
    document, fragment = facts.query.document, facts.fragment
    return Happening(
        kind=attempt.kind,
        obligations=frozenset() if attempt.kind is EntryKind.INQUIRED else decision.obligations,
        told=told_of_attempt(attempt),
        views=attempt.views,
        basis=decision.basis,
        person=fragment.person,
        owner=fragment.owner,
        agency=caller.agency,
        account=caller.account,
        fragment=fragment.id,
        is_family=caller.is_family,
        touches_protected=bool(facts.protected),
        question=audience_question(document, audience_entry(attempt.kind, caller, facts, decision)),
        authorities=document["subject"]["authorities"],
        consents=document["consents"],
        at=attempt.decided_at,
    )


def happening_of_note(note: Note, named: tuple[AgencyId, ...] = ()) -> Happening:
    """What an act tells; `named` are the agencies that what it ended had named."""
    caller, decision = note.caller, note.decision
    owed = frozenset[str]() if decision is None or not decision.permitted else decision.obligations
    return Happening(
        kind=note.kind,
        obligations=owed | {"notify_recipients"} if named else owed - {"notify_recipients"},
        told=told_of_act(note),
        views=note.views,
        basis="" if decision is None else decision.basis,
        person=note.person,
        owner=note.owner,
        agency=None if caller is None else caller.agency,
        account=None if caller is None else caller.account,
        fragment=note.fragment,
        is_family=caller is not None and caller.is_family,
        question=note.question,
        named=named,
        letter=note.letter,
        referrer=note.detail.get("referrer"),
        of_entry=note.detail.get("of_entry"),
    )


def part_of(told: Mapping[str, Any], level: View) -> dict[str, Any] | None:
    """What one family viewer is told (domain rule 3.10); None where she has no part."""
    if level is View.GENERIC:
        return {"view": "generic", "outcome": told["outcome"]} | _when(told)
    return {"view": "full", **told} if level is View.FULL else None


def _when(told: Mapping[str, Any]) -> dict[str, Any]:
    """An entry that tells an earlier one says when that was, however little else."""
    return {"happened_at": told["happened_at"]} if "happened_at" in told else {}


def told_of_attempt(attempt: Attempt) -> dict[str, Any]:
    """What is told of an attempt in full: who, what kind, what for, with what outcome, on what basis."""
    decision, fragment = attempt.decision, attempt.facts.fragment
    return {
        "kind": str(attempt.kind),
        **_actor(attempt.caller, decision),
        "owner": fragment.owner,
        "category": fragment.category,
        "purpose": attempt.purpose,
        "outcome": str(decision.outcome),
        "basis": decision.basis,
        "reasons": decision.reasons,
        "policy": decision.policy_digest,
    }


def told_of_act(note: Note) -> dict[str, Any]:
    """What is told of an act in full."""
    return {
        "kind": str(note.kind),
        **_actor(note.caller, note.decision),
        "owner": note.owner,
        "purpose": note.purpose,
        "outcome": note.outcome,
        "reasons": [note.reason] if note.reason else [],
        "consent": note.consent,
        **_way(note.caller),
        **note.tells,
    }


def _actor(caller: Caller | None, decision: Decision | None) -> dict[str, Any]:
    if caller is None or (decision is not None and PROTECTS_ACTOR in decision.obligations):
        return {"agency": None, "role": None}
    return {"agency": caller.agency, "role": str(caller.role)}


def _way(caller: Caller | None) -> dict[str, Any]:
    """How a family member had come in: what was done by a code that she knows nothing of shows."""
    return {"way": str(caller.way)} if caller is not None and caller.is_family and caller.way else {}


def audience_entry(kind: str, caller: Caller, facts: Facts, decision: Decision) -> dict[str, Any]:
    """What the audience rule must know of the entry that is about to be written (domain rule 3.10)."""
    return {
        "kind": str(kind),
        "outcome": str(decision.outcome),
        "hidden": not decision.disclose_existence,
        "obligations": sorted(decision.obligations),
        "own_act_of": caller.person,
        "account": caller.account,
        "acting_agency": caller.agency,
        "owner_agency": facts.fragment.owner,
        "protected_agencies": list(facts.protected),
        "delayed": "delay_family_notice" in decision.obligations,
        "about": "fragment",
    }


def audience_question(document: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """An audience question without the person: she is read anew when it is put again.

    What was declared stays out: it is free text, and no part of who may see an entry.
    """
    context = {name: value for name, value in document["context"].items() if name not in _WORDS}
    context["break_glass"] = None
    kept = {name: document[name] for name in ("profile", "actor", "purpose")}
    kept["fragment"] = {name: one for name, one in document["fragment"].items() if name != HARM}
    return {"query": {**kept, "action": "read", "context": context}, "entry": dict(entry)}


def asked_again(
    question: Mapping[str, Any],
    subject: Mapping[str, Any],
    findings: Sequence[Finding],
    at: Instant,
) -> Query:
    """Give the policy's input for a question of earlier, about the person as she stands at this instant.

    No directive says who may see an entry, but what a viewer named, which is a fact of hers.
    """
    fragment = {name: one for name, one in question["query"]["fragment"].items() if name != HARM}
    fragment |= harmful(findings, at, fragment)
    document = {**question["query"], "subject": dict(subject), "consents": []}
    return Query.of({**document, "fragment": fragment})


RECORDED_FOR = frozenset(
    {
        EntryKind.CONSENT_RECORDED,
        EntryKind.CONSENT_CONFIRMED,
        EntryKind.WITHDRAWAL_RECORDED,
        EntryKind.STOP_LIFTED,
        EntryKind.CODE_PRINTED,
        EntryKind.CODE_REVOKED,
        EntryKind.SIGN_IN_REFUSED,
    }
)
"""Acts that somebody else may do in a family member's name: she alone has a part in them (rule A1)."""


@dataclass(frozen=True, slots=True)
class ChainRow:
    """A row of a viewer's own chain: what she was told, and what only rules may read beside it.

    `facts` is the officers' part of the entry, `query` the policy's input behind an attempt.
    """

    told: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    query: Mapping[str, Any] | None = field(default=None, repr=False)

    def is_of(self, viewer: PersonId) -> bool:
        """Whether it is her own act, or was recorded in her name."""
        return self.facts.get("account") == viewer or self.facts.get("kind") in RECORDED_FOR

    def worker(self) -> str | None:
        """The account of the worker whose act it tells; None of the family's, a reporter's, or nobody's.

        A row that tells an earlier entry has her in the question of that one, under the agency and the role
        that it tells: an officer who lets it be told is not who did it.
        """
        told, facts = self.told, self.facts
        if told.get("agency") is None or told.get("role") in FAMILY_ROLES:
            return None
        who: Mapping[str, Any] = {name: facts.get(name) for name in ("account", "agency", "role")}
        obligations = facts.get("obligations", ())
        if told.get("kind") != facts.get("kind"):
            asked = next(iter(self.questions()), None)
            if asked is None:
                return None
            entry, obligations = asked["entry"], asked["entry"]["obligations"]
            who = {"account": entry["account"], "agency": entry["acting_agency"]}
            who |= {"role": asked["query"]["actor"]["role"]}
        if PROTECTS_ACTOR in obligations or any(who[name] != told[name] for name in ("agency", "role")):
            return None
        return None if who["account"] is None else str(who["account"])

    @property
    def was_hidden(self) -> bool:
        """Whether it is a refusal that told its caller as little as an unknown id would."""
        return bool(self.facts.get("hidden")) and self.told["outcome"] == "deny"

    def at_level(self, level: View) -> Mapping[str, Any] | None:
        """What she was told, as far as she may know of it now: the stricter of then and now."""
        told = part_of(self.told, min(View(self.told["view"]), level, key=STRICTEST.index))
        return None if told is None else {**told, **{name: self.told[name] for name in _PLACE}}

    def questions(self) -> Sequence[Mapping[str, Any]]:
        """Every audience question that was put when the entry was written; its person is read anew."""
        if self.query is None:
            return tuple(self.facts.get("asked", ()))
        return (audience_question(self.query, _entry_of(self.facts)),)


_PLACE = ("n", "at", "ledger", "index")
"""Where a row stands in her chain, and its entry in the ledger."""


def _entry_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the audience rule must know of an attempt, out of the officers' part of its entry."""
    is_family = facts["role"] in FAMILY_ROLES
    return {
        "kind": facts["kind"],
        "outcome": facts["outcome"],
        "hidden": facts["hidden"],
        "obligations": facts["obligations"],
        "own_act_of": facts["account"] if is_family else None,
        "account": facts["account"],
        "acting_agency": facts["agency"],
        "owner_agency": facts["owner"],
        "delayed": "delay_family_notice" in facts["obligations"],
        "about": "fragment",
    }
