"""Report a child in danger to a protection body: never lost for want of a link, a name or a policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.asking import MAX_RELOADS, Refuse, Tried, denied, hidden, own_view
from gateway.declaring import Nobody, require_protection
from gateway.domain.access import Decision, Outcome, Refused, Stated, View
from gateway.domain.acting import Done, Letter, Note, Once, Stand
from gateway.domain.acts import Act, ActRefusedError, has
from gateway.domain.caller import Caller
from gateway.domain.errors import (
    ContendedError,
    PolicyContractError,
    PolicyUnavailableError,
)
from gateway.domain.facts import Facts
from gateway.domain.ids import AgencyId, DecisionId, PersonId
from gateway.domain.instants import FAR_FUTURE
from gateway.domain.ledger import EntryKind
from gateway.domain.person import Described
from gateway.domain.registry import LookUp
from gateway.domain.vocabulary import Action, EnforcementReason, Role
from gateway.ports import ActStore, Clock, Ids, Policy, RegistryStore
from gateway.registering import Errand, Registrar
from gateway.showing import Show, Shown

PURPOSE = "child_protection"
CATEGORY = "child_protection"
"""As what kind of document a report is told to the family, once it may be told."""

REPORTERS = frozenset(
    {Role.CASEWORKER, Role.PIVOT, Role.CHILD_PROTECTION_WORKER, Role.COMMITTEE_MEMBER, Role.GUARDIAN}
)
DUTY = "duty_to_report"
"""What the entry says of a report that rests on a check in code, because the policy was silent."""

OWED = frozenset({"log_access", "protect_reporter_identity", "delay_family_notice"})


@dataclass(frozen=True, slots=True)
class Report:
    """`whom`: identifiers, a handle, or nothing where nobody can name her.

    `named`: the reporter agrees that the body learns who she is.
    """

    caller: Caller
    to: AgencyId
    words: str = field(repr=False)
    whom: Described | str | None = None
    named: bool = False
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class SubmitReport:
    """Asks for no link and looks at no consent; only the ledger must be able to take it."""

    nobody: Nobody
    show: Show
    registry: RegistryStore
    acts: ActStore
    registrar: Registrar
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids

    async def __call__(self, asked: Report) -> Done | Refused:
        """Record it, and hand it over in the same transaction.

        Raises:
            MalformedError: The agency is no member that protects children.
            LedgerUnavailableError: Not recorded: to be sent again.
        """
        await require_protection(self.registry, asked.to)
        tried = Tried("submit_report", asked.caller, {"to": asked.to, "words": asked.words}, PURPOSE)
        person: PersonId | None = None
        for _ in range(MAX_RELOADS):
            # 1. Whether she may: asked about nobody, for it rests on her alone.
            nowhere = await self.nobody.facts(asked.caller, PURPOSE, Stated(Action.SUBMIT_REPORT))
            decision, check = await self._decide(asked.caller, nowhere)
            if not decision.permitted:
                return await self.refuse(tried, decision)
            # 2. Whom it is about, if anybody can say; found once.
            found = await self._find(asked) if person is None else person
            if isinstance(found, Refused):
                return found
            if found is None and isinstance(asked.whom, str):
                return await self.refuse(tried, hidden(self.policy.digest))
            person = found
            # 3. Write it with what it hands over.
            try:
                note = await self._note(asked, person, nowhere, decision)
                note = replace(note, detail={**note.detail, **check})
                return await self.acts.hand_over(note, asked.to, self.ids.new("hnd"))
            except ContendedError:
                continue
            except ActRefusedError as refused:
                return await self.refuse(tried, hidden(self.policy.digest, refused.objection.reason))
        contended = denied(self.policy.digest, EnforcementReason.CONTENDED)
        return await self.refuse(tried, contended, unavailable=True)

    async def _find(self, asked: Report) -> PersonId | Refused | None:
        caller, whom = asked.caller, asked.whom
        if isinstance(whom, Described):
            if not has(caller, Act.MATCH_PERSON):
                return None  # Who may look nobody up still reports: the names are in what she hands over.
            look_up = LookUp(whom, PersonId(self.ids.new("per")), self.ids.new("hnd"), urgent=True)
            detail = {"asked_by": whom.asked_by, "for": "submit_report"}
            errand = Errand(caller, Act.MATCH_PERSON, EntryKind.LOOKED_UP, caller.agency, detail)
            done = await self.registrar(errand, lambda note: self.acts.match_person(note, look_up))
            if isinstance(done, Refused):
                return done
            whom = str(done.reference["handle"])
        person = None if whom is None else await self.registry.person_of_handle(caller.agency, whom)
        # A family names persons themselves: whom she has no link with is as if there were nobody.
        if person is not None and caller.is_family:
            linked = await self.registry.is_linked(caller, person, self.clock.now())
            return person if linked else None
        return person

    async def _decide(self, caller: Caller, nowhere: Facts) -> tuple[Decision, Mapping[str, str]]:
        """The policy's word; where it is silent, a check in code that the entry names."""
        try:
            return await self.nobody.decide(nowhere), {}
        except (PolicyUnavailableError, PolicyContractError):
            may = caller.active and caller.role in REPORTERS
            reason = "DUTY_TO_REPORT" if may else "ROLE_NOT_ALLOWED"
            said = replace(denied(self.policy.digest, reason), valid_until=FAR_FUTURE)
            if not may:
                return said, {}
            permit = replace(said, outcome=Outcome.PERMIT, basis=DUTY, obligations=OWED)
            return permit, {"check": DUTY}

    async def _note(self, asked: Report, person: PersonId | None, nowhere: Facts, decision: Decision) -> Note:
        note = Note(
            kind=EntryKind.REPORT_SUBMITTED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=asked.caller,
            detail={"act": "submit_report", "to": asked.to, "words": asked.words},
            reason=decision.reasons[0],
            purpose=PURPOSE,
            person=person,
            decision=decision,
            views=own_view(asked.caller.person),
            once=asked.once,
            epochs=nowhere.epochs,
            letter=Letter(asked.to, await self._says(asked)),
        )
        stand = person and await self.registry.stand(asked.caller, person, self.clock.now())
        if not stand:
            return note
        note = replace(note, epochs=tuple(sorted({*nowhere.epochs, *stand.epochs})))
        # What a family member reports is hers alone to see (domain rules A1 and A2).
        return note if asked.caller.is_family else await self._shown(note, stand, decision)

    async def _shown(self, note: Note, stand: Stand, decision: Decision) -> Note:
        """Say who may see it; with a silent policy nobody is told before an officer has it asked again."""
        assert note.caller is not None  # Only who asks reports.
        act = Shown(
            note.caller,
            note.kind,
            categories=(CATEGORY,),
            purpose=PURPOSE,
            obligations=decision.obligations,
        )
        try:
            return await self.show.required(note, act, stand)
        except (PolicyUnavailableError, PolicyContractError):
            asked = await self.show.questions(act, stand)
            held = {viewer.person: View.DELAYED for viewer in stand.viewers}
            return replace(note, views=held, question=asked[0], asked=tuple(asked)) if asked else note

    async def _says(self, asked: Report) -> Mapping[str, Any]:
        """What the protection body reads; of the reporter only what she agreed to."""
        says: dict[str, Any] = {"words": asked.words}
        if isinstance(asked.whom, Described):
            says["about"] = asked.whom.to_document()
        if asked.named:
            kept = "persons" if asked.caller.is_family else "workers"
            row = await self.registry.row(kept, asked.caller.account)
            name = None if row is None else row["name"]
            says["reporter"] = {"agency": asked.caller.agency, "role": str(asked.caller.role), "name": name}
        return says
