"""Declare an emergency about one person, and see which documents it opens: never what is in them."""

from dataclasses import dataclass

from gateway.asking import MAX_QUERIES, MAX_RELOADS, Refuse, Tried, decide_many, denied, hidden
from gateway.declaring import Nobody, declared_by
from gateway.domain.access import Decision, Recorded, Refused, Stated
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import Act, ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.emergency import PURPOSE, Declaration, ends_at, to_finding_document
from gateway.domain.errors import (
    ContendedError,
    MalformedError,
    PolicyContractError,
    PolicyUnavailableError,
)
from gateway.domain.facts import Facts, Stretch
from gateway.domain.findings import Finding, FindingKind
from gateway.domain.ids import AgencyId, DecisionId, FindingId, FragmentId, PersonId
from gateway.domain.instants import Instant, to_text
from gateway.domain.ledger import EntryKind
from gateway.domain.person import Described
from gateway.domain.registry import LookUp
from gateway.domain.vocabulary import EnforcementReason
from gateway.judging import enforceable
from gateway.ports import ActStore, Clock, Ids, ListStore, Policy, RegistryStore
from gateway.registering import Errand, Registrar
from gateway.showing import Show, Shown


@dataclass(frozen=True, slots=True)
class EmergencyDeclared:
    """`whom`: identifiers as for a look-up, or a handle of the caller's agency."""

    caller: Caller
    whom: Described | str
    declared: Declaration
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands on a document without opening it; `created` as the policy reads it."""

    fragment: FragmentId
    owner: AgencyId
    category: str
    created: str


@dataclass(frozen=True, slots=True)
class Opened:
    """It holds in `[entry.recorded_at, until)`; `envelopes` are those that it opens at this moment."""

    emergency: FindingId
    handle: str
    until: Instant
    envelopes: tuple[Envelope, ...]
    entry: Recorded


@dataclass(frozen=True, slots=True)
class DeclareEmergency:
    """An unknown person is answered like one of whom there is nothing: a handle, and no envelope.

    Whether a declaration suffices is asked before anybody is looked up, so a refusal tells of nobody.
    """

    nobody: Nobody
    show: Show
    registry: RegistryStore
    lists: ListStore
    acts: ActStore
    registrar: Registrar
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids
    categories: frozenset[str]
    hours: int

    async def __call__(self, asked: EmergencyDeclared) -> Opened | Refused:
        """Record the declaration, then decide what it opens.

        Raises:
            MalformedError: A category that is not in the vocabulary, or one twice.
        """
        named = asked.declared.categories
        if len(set(named)) != len(named) or not self.categories.issuperset(named):
            raise MalformedError("a category is not in the vocabulary", field="categories")
        tried = Tried("declare_emergency", asked.caller, asked.declared.to_document(), PURPOSE)
        try:
            return await self._as_judged(asked, tried)
        except (PolicyUnavailableError, PolicyContractError):
            silent = denied(self.policy.digest, EnforcementReason.POLICY_UNAVAILABLE)
            return await self.refuse(tried, silent, unavailable=True)
        except ContendedError:
            contended = denied(self.policy.digest, EnforcementReason.CONTENDED)
            return await self.refuse(tried, contended, unavailable=True)
        except ActRefusedError as refused:
            return await self.refuse(tried, hidden(self.policy.digest, refused.objection.reason))

    async def _as_judged(self, asked: EmergencyDeclared, tried: Tried) -> Opened | Refused:
        # 1. Whether it suffices, in itself and from this caller: the policy is asked about nobody.
        nowhere = await self.nobody.facts(asked.caller, PURPOSE)
        decision = await self._judge(asked, nowhere)
        if not decision.permitted:
            return await self.refuse(tried, decision)
        # 2. Whom it is about: found or made, as by any look-up.
        found = await self._find(asked)
        if isinstance(found, Refused):
            return found
        if found is None:
            return await self.refuse(tried, hidden(self.policy.digest))
        person, handle = found
        # 3. The declaration, told to whom the audience rule says; then what it opens.
        done = await self._declare(asked, person, nowhere, decision)
        emergency = FindingId(done.reference["finding"])
        if done.entry is None:
            raise ContendedError("the declaration has no entry")
        envelopes = await self._envelopes(asked, person, emergency)
        return Opened(emergency, handle, ends_at(done.entry.recorded_at, self.hours), envelopes, done.entry)

    async def _judge(self, asked: EmergencyDeclared, nowhere: Facts) -> Decision:
        document = nowhere.query.document
        declared = {
            **asked.declared.to_document(),
            "subject": document["subject"]["id"],
            "declared_at": to_text(Instant(max(self.clock.now(), nowhere.floor))),
            "categories": [document["fragment"]["category"]],
        }
        return declared_by(enforceable(await self.nobody.decide(nowhere, {"break_glass": declared})))

    async def _find(self, asked: EmergencyDeclared) -> tuple[PersonId, str] | Refused | None:
        """Answer the person and her handle; None where the agency knows nobody by the handle."""
        caller, handle = asked.caller, asked.whom
        if isinstance(handle, Described):
            look_up = LookUp(handle, PersonId(self.ids.new("per")), self.ids.new("hnd"), urgent=True)
            detail = {"asked_by": handle.asked_by, "for": "declare_emergency"}
            errand = Errand(caller, Act.MATCH_PERSON, EntryKind.LOOKED_UP, caller.agency, detail)
            done = await self.registrar(errand, lambda note: self.acts.match_person(note, look_up))
            if isinstance(done, Refused):
                return done
            handle = str(done.reference["handle"])
        person = await self.registry.person_of_handle(caller.agency, handle)
        return None if person is None else (person, handle)

    async def _declare(
        self, asked: EmergencyDeclared, person: PersonId, nowhere: Facts, sound: Decision
    ) -> Done:
        """Record it once.

        Raises:
            ContendedError: What its telling rests on moved again and again.
        """
        emergency = FindingId(self.ids.new("emg"))
        document = to_finding_document(asked.declared, asked.caller)
        for _ in range(MAX_RELOADS):
            stand = await self.registry.stand(asked.caller, person, self.clock.now())
            if stand is None:
                raise ContendedError("the person is not there any more")
            self.nobody.require_active(stand.policy_digest)
            note = Note(
                kind=EntryKind.EMERGENCY_DECLARED,
                decision_id=DecisionId(self.ids.new("dec")),
                caller=asked.caller,
                detail={"act": "declare_emergency", "emergency": emergency, **document},
                purpose=PURPOSE,
                person=person,
                reason=sound.reasons[0],
                decision=sound,
                once=asked.once,
                epochs=tuple(sorted({*stand.epochs, *nowhere.epochs})),
            )
            shown = Shown(
                asked.caller,
                note.kind,
                categories=asked.declared.categories,
                purpose=PURPOSE,
                obligations=sound.obligations,
            )
            note = await self.show.required(note, shown, stand)
            finding = Finding(emergency, person, FindingKind.EMERGENCY, document)
            try:
                return await self.acts.add_finding(note, finding, narrows=False)
            except ContendedError:
                continue
        raise ContendedError("what the declaration rests on keeps changing")

    async def _envelopes(
        self, asked: EmergencyDeclared, person: PersonId, emergency: FindingId
    ) -> tuple[Envelope, ...]:
        """Decide and record what it opens at this moment.

        Raises:
            ContendedError: That moved again and again.
        """
        for _ in range(MAX_RELOADS):
            opened, words, epochs = await self._opened(asked, person, Stated(emergency=emergency))
            note = Note(
                kind=EntryKind.LISTED,
                decision_id=DecisionId(self.ids.new("dec")),
                caller=asked.caller,
                detail={"emergency": emergency, "shown": [one.fragment for one in opened]},
                purpose=PURPOSE,
                person=person,
                epochs=tuple(sorted(epochs)),
                words=words,
            )
            try:
                await self.acts.note_act(note)
            except ContendedError:
                continue
            return opened
        raise ContendedError("what the declaration opens keeps changing")

    async def _opened(
        self, asked: EmergencyDeclared, person: PersonId, stated: Stated
    ) -> tuple[tuple[Envelope, ...], tuple[Decision, ...], set[tuple[str, int]]]:
        """Decide each document of the declared categories; what stays shut leaves no trace."""
        dossier = await self.lists.dossier_of(person)
        opened: list[Envelope] = []
        words: list[Decision] = []
        rests_on, after = set(asked.caller.epochs), ""
        while dossier is not None:
            page, now = Stretch(dossier, after, MAX_QUERIES), self.clock.now()
            facts = await self.lists.dossier_facts(asked.caller, page, PURPOSE, now, stated)
            for one in facts:
                self.nobody.require_active(one.policy_digest)
                rests_on |= one.rests_on
            named = [one for one in facts if one.fragment.category in asked.declared.categories]
            at = Instant(max(now, *(one.floor for one in named))) if named else now
            decisions = await decide_many(self.policy, [one.query for one in named], at)
            for one, decision in zip(named, decisions, strict=True):
                if enforceable(decision).permitted:
                    ref = one.fragment
                    opened.append(Envelope(ref.id, ref.owner, ref.category, _created(one)))
                    words.append(decision)
            if len(facts) < MAX_QUERIES:
                break
            after = facts[-1].fragment.id
        return tuple(opened), tuple(words), rests_on


def _created(facts: Facts) -> str:
    return str(facts.query.document["fragment"]["created"])
