"""Read one consent: every version of its lineage, as far as the caller may know of them."""

from dataclasses import dataclass, replace
from typing import Any

from gateway.asking import Ask, Named, Refuse, Tried, hidden, own_view
from gateway.domain.access import Decision, Recorded, Refused
from gateway.domain.acting import Note
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive
from gateway.domain.ids import AgencyId, ConsentId, DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.protecting import agencies_in
from gateway.domain.vocabulary import Action, Role
from gateway.masking import Mask
from gateway.ports import ActStore, Clock, Ids, Policy, RegistryStore
from gateway.reading import inactive, rests_on


@dataclass(frozen=True, slots=True)
class ConsentAsked:
    caller: Caller
    consent: ConsentId
    purpose: str


@dataclass(frozen=True, slots=True)
class ConsentRead:
    """Versions, oldest first; `with_author` says whether the giver and the instants may be told."""

    versions: tuple[Directive, ...]
    is_own: bool
    with_author: bool
    entry: Recorded | None
    hidden: frozenset[AgencyId] = frozenset()
    """Agencies that the caller may not be told of, in any version."""


_ACTIONS = {
    Role.GUARDIAN: Action.READ_AUDIT,
    Role.YOUTH: Action.READ_AUDIT,
    Role.PRIVACY_OFFICER: Action.READ_METADATA,
}
"""What reading another's line is asked as; a worker may read what she may record the end of."""


@dataclass(frozen=True, slots=True)
class ReadConsent:
    """Her own is hers; another's is shown on the policy's word, to the family without its author."""

    registry: RegistryStore
    acts: ActStore
    ask: Ask
    mask: Mask
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids

    async def __call__(self, asked: ConsentAsked) -> ConsentRead | Refused:
        """Answer for one lineage, recorded before it is shown."""
        tried = Tried("read_consent", asked.caller, {"consent": asked.consent}, asked.purpose)
        if not asked.caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        # 1. The lineage, and the person it is about.
        last = await self.registry.directive(asked.consent)
        stand = last and await self.registry.stand(asked.caller, last.subject, self.clock.now())
        if not last or not stand:
            return await self.refuse(tried, hidden(self.policy.digest))
        # 2. Whether she may see what another said.
        words: tuple[Decision, ...] = ()
        is_own = asked.caller.person is not None and asked.caller.person == last.giver
        if not is_own:
            action = _ACTIONS.get(asked.caller.role, Action.RECORD_WITHDRAWAL)
            named = Named(last.id, last.owners, last.categories)
            verdict = await self.ask(stand, action, asked.purpose, named)
            if not verdict.decision.permitted:
                tried = replace(tried, person=last.subject)
                return await self.refuse(tried, verdict.decision, unavailable=verdict.down)
            words = (verdict.decision,)
        # 3. Record, then show.
        detail: dict[str, Any] = {"what": "consent", "shown": [[last.id, last.version]]}
        note = Note(
            kind=EntryKind.LISTED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=asked.caller,
            detail=detail,
            purpose=asked.purpose,
            person=last.subject,
            consent=last.id,
            views=own_view(asked.caller.person),
            epochs=rests_on(asked.caller, stand),
            words=words,
        )
        entry = (await self.acts.note_act(note)).entry
        known = await self.registry.directives(last.subject)
        how = await self.registry.captures(last.id) if is_own else {}
        versions = tuple(replace(one, capture=how.get(one.version, {})) for one in known if one.id == last.id)
        with_author = is_own or not asked.caller.is_family
        unnamed = frozenset[AgencyId]() if with_author else await self._unnamed(asked.caller, versions)
        return ConsentRead(versions, is_own, with_author, entry, unnamed)

    async def _unnamed(self, caller: Caller, versions: tuple[Directive, ...]) -> frozenset[AgencyId]:
        last = versions[-1]
        named = frozenset[AgencyId]().union(*(agencies_in(one) for one in versions))
        return await self.mask(caller, last.subject, named, last.categories)
