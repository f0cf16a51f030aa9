"""Ask a protection body for advice about nobody: there is no place for a person, and none may be named."""

from dataclasses import dataclass, field

from gateway.asking import MAX_RELOADS, Refuse, Tried, denied, hidden
from gateway.declaring import Nobody, require_protection
from gateway.domain.access import Refused, Stated
from gateway.domain.acting import Done, Letter, Note, Once
from gateway.domain.acts import ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.errors import ContendedError, PolicyContractError, PolicyUnavailableError
from gateway.domain.ids import AgencyId, DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.nameless import has_identifier, names_one
from gateway.domain.vocabulary import Action, EnforcementReason
from gateway.judging import enforceable
from gateway.ports import ActStore, Ids, Policy, RegistryStore

PURPOSE = "child_protection"


@dataclass(frozen=True, slots=True)
class Consultation:
    caller: Caller
    to: AgencyId
    words: str = field(repr=False)
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class ConsultDeidentified:
    """What she writes goes to that body alone, if it names nobody.

    Refused is what has the shape of an identifier, or a name of those whom she knows by her work. Another
    name, or what makes a child known without one, the gateway does not see.
    """

    nobody: Nobody
    registry: RegistryStore
    acts: ActStore
    refuse: Refuse
    policy: Policy
    ids: Ids

    async def __call__(self, asked: Consultation) -> Done | Refused:
        """Record it, and hand it over in the same transaction.

        Raises:
            MalformedError: The agency is no member that protects children.
        """
        await require_protection(self.registry, asked.to)
        tried = Tried("consult_deidentified", asked.caller, {"to": asked.to}, PURPOSE)
        reason = EnforcementReason.CONTENDED
        for _ in range(MAX_RELOADS):
            # 1. Whether she may: asked about nobody, for it is about nobody.
            try:
                nowhere = await self.nobody.facts(asked.caller, PURPOSE, Stated(Action.CONSULT_DEIDENTIFIED))
                decision = enforceable(await self.nobody.decide(nowhere))
            except (PolicyUnavailableError, PolicyContractError):
                reason = EnforcementReason.POLICY_UNAVAILABLE
                break
            if not decision.permitted:
                return await self.refuse(tried, decision)
            # 2. Whether it names somebody: its refusal keeps none of her words, and is about nobody either.
            if has_identifier(asked.words) or names_one(
                asked.words, await self.registry.names_known_to(asked.caller)
            ):
                return await self.refuse(tried, denied(self.policy.digest, EnforcementReason.NAMES_SOMEBODY))
            # 3. Write it with what it hands over.
            note = Note(
                kind=EntryKind.CONSULTED,
                decision_id=DecisionId(self.ids.new("dec")),
                caller=asked.caller,
                detail={"act": "consult_deidentified", "to": asked.to, "words": asked.words},
                purpose=PURPOSE,
                decision=decision,
                once=asked.once,
                epochs=nowhere.epochs,
                letter=Letter(asked.to, {"words": asked.words}),
            )
            try:
                return await self.acts.hand_over(note, asked.to, "")
            except ContendedError:
                continue
            except ActRefusedError as refused:
                return await self.refuse(tried, hidden(self.policy.digest, refused.objection.reason))
        return await self.refuse(tried, denied(self.policy.digest, reason), unavailable=True)
