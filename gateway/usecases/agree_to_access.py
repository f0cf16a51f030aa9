"""Agree that the other guardian reads: one holder of joint authority about another's access."""

from dataclasses import dataclass, replace

from gateway.asking import Refuse, Tried, denied, hidden, own_view
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once, Stand
from gateway.domain.caller import Caller
from gateway.domain.determinations import check_assessed, holds_joint_authority
from gateway.domain.errors import MalformedError
from gateway.domain.findings import FindingKind, found_now
from gateway.domain.ids import DecisionId, FindingId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import EnforcementReason, Role
from gateway.ports import ActStore, Clock, Ids, Policy, RegistryStore
from gateway.reading import inactive, rests_on


@dataclass(frozen=True, slots=True)
class AgreementGiven:
    """`guardian` is whose access; without a fragment it is about the whole dossier."""

    caller: Caller
    person: PersonId
    guardian: PersonId
    fragment: FragmentId | None = None
    until_at: Instant | None = None
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class AgreeToAccess:
    """A check in code, which the entry names: both hold joint authority now. She alone sees the entry.

    Source: CYFSA, Part X, as read in IPC Decision 22: joint custodians are equally ranked.
    """

    registry: RegistryStore
    acts: ActStore
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids

    async def __call__(self, given: AgreementGiven) -> Done | Refused:
        """Record it; `reference` is `{finding, revision}`.

        Raises:
            MalformedError: An end that is past, or a guardian who holds no joint authority beside her.
            ContendedError: An authority changed meanwhile; it may be sent again.
        """
        caller, now = given.caller, self.clock.now()
        check_assessed(None, given.until_at, now)
        tried = Tried("agree_to_access", caller, {"person": given.person}, "family_access")
        if not caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        if caller.role is not Role.GUARDIAN or caller.person is None:
            return await self.refuse(tried, denied(self.policy.digest, "ROLE_NOT_ALLOWED"))
        if caller.is_stale:
            return await self.refuse(tried, denied(self.policy.digest, EnforcementReason.STEP_UP_REQUIRED))
        person = await self.registry.person_of_handle(caller.agency, given.person)
        stand = person and await self.registry.stand(caller, person, now)
        if not person or not stand:
            return await self.refuse(tried, hidden(self.policy.digest, "NO_AUTHORITY"))
        at = Instant(max(now, stand.floor))
        if not holds_joint_authority(stand.subject, caller.person, at):
            no = hidden(self.policy.digest, "NO_AUTHORITY")
            return await self.refuse(replace(tried, person=person), no)
        if given.guardian == caller.person or not holds_joint_authority(stand.subject, given.guardian, at):
            raise MalformedError("she holds no joint authority beside you", field="guardian")
        name = FindingId(self.ids.new("agr"))
        document = {"giver": caller.person, "guardian": given.guardian, "fragment": given.fragment}
        finding = found_now(name, person, FindingKind.AGREEMENT, document, given.until_at)
        return await self.acts.add_finding(self._note(given, stand, name), finding, narrows=False)

    def _note(self, given: AgreementGiven, stand: Stand, name: FindingId) -> Note:
        return Note(
            kind=EntryKind.AGREEMENT_GIVEN,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=given.caller,
            detail={"check": "joint_authority", "agreement": name, "guardian": given.guardian},
            purpose="family_access",
            person=stand.person,
            views=own_view(given.caller.person),
            once=given.once,
            epochs=rests_on(given.caller, stand),
        )
