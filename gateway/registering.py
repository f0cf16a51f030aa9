"""How an act outside the policy is done: judged by the table of acts, then recorded, done or refused.

Shared by the use cases that keep the registry, which differ only in what they name and what they do.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.access import Decision, Outcome, Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import (
    SILENT,
    STALE,
    Act,
    ActRefusedError,
    Objection,
    administration_of,
    objection_to,
    reaches,
)
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId, DecisionId, PersonId
from gateway.domain.instants import FAR_FUTURE
from gateway.domain.ledger import EntryKind
from gateway.domain.limits import OverBudgetError, count_of_refusal, limited
from gateway.domain.step_up import needs_step_up
from gateway.ports import ActStore, Ids, LedgerStore, Policy

BASIS = "table_of_acts"
PROOF_S = 2.0
"""How long a narrowing act waits to be covered by a mirrored checkpoint before it is answered anyway."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What a caller wants done; `over` is None where what she names does not exist for her.

    `besides` is an objection of the use case's own, judged after the table's. `narrows` says that this one
    only takes away, though others of its kind open something: it asks for no recent authentication.
    """

    caller: Caller
    act: Act
    kind: EntryKind
    over: AgencyId | None
    detail: Mapping[str, Any]
    person: PersonId | None = None
    once: Once | None = None
    besides: Objection | None = None
    narrows: bool = False


@dataclass(frozen=True, slots=True)
class Registrar:
    """One attempt, one entry: the act's own, or that of its refusal."""

    acts: ActStore
    policy: Policy
    ids: Ids

    async def __call__(self, errand: Errand, do: Callable[[Note], Awaitable[Done]]) -> Done | Refused:
        """Do what the table of acts lets this caller do; `do` may still object, before it changes anything.

        Raises:
            LedgerUnavailableError: Nothing was done.
            ContendedError: The caller's account changed meanwhile; nothing was done.
        """
        caller = errand.caller
        objection = objection_to(caller, errand.act, errand.over) or await self.acts.standing(caller)
        objection = objection or errand.besides
        return await self.judged(errand, objection, do)

    async def judged(
        self, errand: Errand, objection: Objection | None, do: Callable[[Note], Awaitable[Done]]
    ) -> Done | Refused:
        """Do what the use case has judged by itself, where it found no objection.

        What opens a door still needs a recent authentication, as the one table of `domain.step_up` says.
        """
        if objection is None and needs_step_up(errand.caller, errand.kind, narrows=errand.narrows):
            objection = STALE
        if objection is None:
            try:
                return await do(self._note(errand))
            except ActRefusedError as refused:
                objection = refused.objection
        return await self.refuse(errand, objection)

    async def refuse(self, errand: Errand, objection: Objection) -> Refused:
        """Record that the act was refused, and why."""
        decision = Decision(
            outcome=Outcome.DENY,
            basis=BASIS,
            reasons=(objection.reason,),
            obligations=frozenset({"log_access"}),
            withheld=frozenset(),
            disclose_existence=not objection.hidden,
            consents_used=(),
            instrument_ids=(),
            valid_until=FAR_FUTURE,
            policy_digest=self.policy.digest,
        )
        refused = Refused(decision, None, objection is SILENT, objection.retry_after_s)
        return await record_refusal(self.acts, lambda said: self._refusal(errand, said), refused)

    def _refusal(self, errand: Errand, decision: Decision) -> Note:
        return Note(
            kind=EntryKind.REFUSED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=errand.caller,
            detail={"act": str(errand.act), **errand.detail},
            outcome=str(Outcome.DENY),
            reason=decision.reasons[0],
            person=errand.person,
            decision=decision,
            counts=count_of_refusal(errand.caller, errand.act, errand.detail, decision),
        )

    def _note(self, errand: Errand) -> Note:
        return Note(
            kind=errand.kind,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=errand.caller,
            detail={"act": str(errand.act), **errand.detail},
            person=errand.person,
            once=errand.once,
            epochs=errand.caller.epochs,
        )


async def record_refusal(acts: ActStore, note_of: Callable[[Decision], Note], refused: Refused) -> Refused:
    """Record a refusal; one too many of those that hide what was named is a refusal for that alone.

    Raises:
        LedgerUnavailableError: It could not be recorded.
    """
    try:
        return replace(refused, entry=await acts.refuse_act(note_of(refused.decision)))
    except OverBudgetError as over:
        decision = limited(refused.decision)
        entry = await acts.refuse_act(note_of(decision))
        return Refused(decision, entry, retry_after_s=over.objection.retry_after_s)


async def acknowledged(answer: Done | Refused, ledger: LedgerStore) -> Done | Refused:
    """Wait for the proof of what narrowed; a refusal has none."""
    return answer if isinstance(answer, Refused) else await proven(answer, ledger)


async def proven(done: Done, ledger: LedgerStore) -> Done:
    """Wait until a mirror holds a narrowing act and a checkpoint covers it; after two seconds, say so."""
    return replace(done, proven=done.entry is not None and await ledger.proven(done.entry, PROOF_S))


def known_to(caller: Caller, act: Act, row: Mapping[str, Any] | None) -> AgencyId | None:
    """Give the agency of a row that the caller may reach with this act; None for another row, or none."""
    agency = None if row is None else row["agency"]
    return AgencyId(agency) if agency is not None and reaches(caller, act, AgencyId(agency)) else None


def over_client(caller: Caller, row: Mapping[str, Any] | None) -> tuple[Act, AgencyId | None]:
    """Give the row of the table under which the caller would administer a client, and over which agency.

    Another agency's client answers as one that does not exist.
    """
    if row is None:
        return Act.ADMINISTER_AGENCY, None
    agency = None if row["agency"] is None else AgencyId(row["agency"])
    act = administration_of(caller, agency)
    over = agency if agency is not None else caller.agency
    if over is None or not reaches(caller, act, over):
        return Act.ADMINISTER_AGENCY, None
    return act, over


def known_in_network(caller: Caller, act: Act, row: Mapping[str, Any] | None) -> AgencyId | None:
    """As `known_to`; what is the network's own is known to a network-wide account, through its own agency."""
    if row is not None and row["agency"] is None:
        return caller.agency if caller.network_wide else None
    return known_to(caller, act, row)
