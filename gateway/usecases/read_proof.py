"""Prove that an entry is in the ledger, to whoever may see that entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.asking import Refuse, Tried, denied, hidden, own_view
from gateway.auditing import OVERSIGHT, AuditScope, FamilyLog, OpenLog, own_acts
from gateway.domain.access import Decision, Recorded, Refused
from gateway.domain.acting import Note
from gateway.domain.acts import ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError
from gateway.domain.ids import DecisionId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import EnforcementReason
from gateway.ports import ActStore, Ids, LedgerStore, Policy
from gateway.reading import inactive, rests_on


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A row of a family member's own chain: the handle of the person, and the row's number."""

    person: str
    n: int


@dataclass(frozen=True, slots=True)
class ProofAsked:
    """`entry` is a decision id for the professions, a row of her own chain for the family."""

    caller: Caller
    entry: DecisionId | OwnRow
    purpose: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The leaf's hash, its place, and the hashes up to a signed checkpoint; None while none covers it yet."""

    document: Mapping[str, Any] | None
    entry: Recorded | None


@dataclass(frozen=True, slots=True)
class ReadProof:
    """An entry that the caller may not see is as if it did not exist."""

    family: FamilyLog
    ledger: LedgerStore
    acts: ActStore
    scope: AuditScope
    refuse: Refuse
    policy: Policy
    ids: Ids

    async def __call__(self, asked: ProofAsked) -> Proof | Refused:
        """Answer with the proof; the reading is an entry too."""
        what = asked.entry.n if isinstance(asked.entry, OwnRow) else asked.entry
        tried = Tried("read_proof", asked.caller, {"entry": what}, asked.purpose)
        if not asked.caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        # 1. The entry, if it is hers to see.
        try:
            place, person, words = await self._find(asked)
        except (PolicyUnavailableError, PolicyContractError):
            silent = denied(self.policy.digest, EnforcementReason.POLICY_UNAVAILABLE)
            return await self.refuse(tried, silent, unavailable=True)
        if place is None:
            return await self.refuse(tried, hidden(self.policy.digest))
        # 2. Its proof, and the entry of this reading.
        document = await self.ledger.proof(*place)
        note = Note(
            kind=EntryKind.LEDGER_READ,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=asked.caller,
            detail={"proof_of": list(place)},
            purpose=asked.purpose,
            person=person,
            views=own_view(asked.caller.person),
            epochs=rests_on(asked.caller),
            words=words,
        )
        try:
            return Proof(document, (await self.acts.note_act(note)).entry)
        except ActRefusedError as refused:
            return await self.refuse(tried, hidden(self.policy.digest, refused.objection.reason))

    async def _find(self, asked: ProofAsked) -> "_Found":
        caller, wanted = asked.caller, asked.entry
        if isinstance(wanted, OwnRow):
            log = await self.family(caller, wanted.person, asked.purpose)
            if log is None or not log.verdict.decision.permitted:
                _require_answer(log)
                return _Found()
            rows = await self.ledger.chain(log.viewer, log.person, wanted.n + 1, 1)
            named = [row for row in rows if row.told["n"] == wanted.n]
            held = next(iter(await self.family.rows(log, named)), None)
            return _Found(_place(held), log.person, (log.verdict.decision,))
        if caller.is_family:
            return _Found()
        where = {"decision_id": wanted}
        if caller.role not in OVERSIGHT:
            found = await self.ledger.entries({**where, **own_acts(caller)}, None, 1)
            return _Found(_place(next(iter(found), None)))
        found = await self.ledger.entries(where, None, 1)
        seen = await self.scope.within(caller, found, asked.purpose)
        return _Found(_place(seen[0].row), None, (seen[0].decision,)) if seen else _Found()


class _Found(NamedTuple):
    """Where the entry is; in whose log; and what the policy said of that."""

    place: tuple[int, int] | None = None
    person: PersonId | None = None
    words: tuple[Decision, ...] = ()


def _require_answer(log: OpenLog | None) -> None:
    if log is not None and log.verdict.down:
        raise PolicyUnavailableError("the policy does not answer")


def _place(row: Mapping[str, Any] | None) -> tuple[int, int] | None:
    return None if row is None else (row["ledger"], row["index"])
