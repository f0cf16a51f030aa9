"""List the consents about a person, as far as the caller may know of them."""

from dataclasses import dataclass, replace
from typing import Any

from gateway.asking import (
    MAX_QUERIES,
    Ask,
    Named,
    Refuse,
    Tried,
    Verdict,
    hidden,
    own_view,
)
from gateway.domain.access import Recorded, Refused
from gateway.domain.acting import Note, Stand
from gateway.domain.caller import Caller
from gateway.domain.consent import ConsentStatus, Directive
from gateway.domain.ids import AgencyId, DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.protecting import agencies_in, masked
from gateway.domain.vocabulary import Action
from gateway.masking import Mask
from gateway.ports import ActStore, Clock, Ids, Policy, RegistryStore
from gateway.reading import inactive, rests_on


@dataclass(frozen=True, slots=True)
class ConsentsAsked:
    """`person` is the caller's handle; `after` the id of the last one seen."""

    caller: Caller
    person: str
    purpose: str
    after: str = ""
    limit: int = MAX_QUERIES


@dataclass(frozen=True, slots=True)
class ShownConsent:
    """One line; another family member's shows the state that results, without author or instant."""

    directive: Directive
    is_own: bool
    with_author: bool
    hidden: frozenset[AgencyId] = frozenset()
    """Agencies that this caller may not be told of."""

    def to_document(self) -> dict[str, Any]:
        """Render in the policy's fields, less what this caller may not know."""
        document = {**self.directive.to_policy(), "status": str(self.directive.status), "own": self.is_own}
        if not self.with_author:
            for name in ("grantor", "from", "withdrawn_at"):
                document.pop(name, None)
        if self.is_own and "recorded_by" in self.directive.capture:
            by = self.directive.capture["recorded_by"]
            told = {"agency": by["agency"], "role": by["role"]}
            document["recorded"] = {"method": self.directive.capture["method"], **told}
        if self.directive.reach is not None:
            document["owners"] = "any"
            document["reach"] = self.directive.reach.to_policy()
        return document if self.with_author else masked(document, self.hidden)


@dataclass(frozen=True, slots=True)
class ConsentPage:
    shown: tuple[ShownConsent, ...]
    next_after: str | None
    entry: Recorded | None


@dataclass(frozen=True, slots=True)
class ListConsents:
    """Shows the last version of each lineage: her own always, others' on the policy's word."""

    registry: RegistryStore
    acts: ActStore
    ask: Ask
    mask: Mask
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids

    async def __call__(self, asked: ConsentsAsked) -> ConsentPage | Refused:
        """Give one page in the order of the ids, recorded before it is shown."""
        tried = Tried("list_consents", asked.caller, {"person": asked.person}, asked.purpose)
        if not asked.caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        # 1. Who it is about.
        person = await self.registry.person_of_handle(asked.caller.agency, asked.person)
        stand = person and await self.registry.stand(asked.caller, person, self.clock.now())
        if not person or not stand:
            return await self.refuse(tried, hidden(self.policy.digest))
        # 2. Whether she may see what others said; her own words are hers whatever the answer.
        verdict = await self._ask(asked, stand)
        latest = {one.id: one for one in await self.registry.directives(person)}
        shown = [
            line
            for one in sorted(latest.values(), key=lambda each: each.id)
            if one.id > asked.after
            and (line := show(asked.caller, one, permitted=verdict.decision.permitted))
        ]
        if not verdict.decision.permitted and not shown:
            tried = replace(tried, person=person)
            return await self.refuse(tried, verdict.decision, unavailable=verdict.down)
        # 3. Record what is shown.
        limit = max(1, min(asked.limit, MAX_QUERIES))
        page = [await self._masked(asked.caller, one) for one in shown[:limit]]
        note = replace(self._note(asked, stand, page), words=(verdict.decision,))
        entry = (await self.acts.note_act(note)).entry
        return ConsentPage(tuple(page), page[-1].directive.id if len(shown) > limit else None, entry)

    async def _masked(self, caller: Caller, line: ShownConsent) -> ShownConsent:
        if line.with_author:
            return line
        said = line.directive
        hidden = await self.mask(caller, said.subject, agencies_in(said), said.categories)
        return replace(line, hidden=hidden)

    async def _ask(self, asked: ConsentsAsked, stand: Stand) -> Verdict:
        action = Action.READ_AUDIT if asked.caller.is_family else Action.RECORD_WITHDRAWAL
        return await self.ask(stand, action, asked.purpose, Named(stand.person))

    def _note(self, asked: ConsentsAsked, stand: Stand, page: list[ShownConsent]) -> Note:
        shown = [[one.directive.id, one.directive.version] for one in page]
        return Note(
            kind=EntryKind.LISTED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=asked.caller,
            detail={"what": "consents", "shown": shown},
            purpose=asked.purpose,
            person=stand.person,
            views=own_view(asked.caller.person),
            epochs=rests_on(asked.caller, stand),
        )


def show(caller: Caller, directive: Directive, *, permitted: bool) -> ShownConsent | None:
    """How this caller sees a line, if at all (domain rules A1 and A2)."""
    is_own = caller.person is not None and caller.person == directive.giver
    if not is_own and (not permitted or directive.status is ConsentStatus.DRAFT):
        return None
    return ShownConsent(directive, is_own, with_author=is_own or not caller.is_family)
