"""Stop sharing: withdraw one's own permits within a reach and record one's refusal of it, in one act."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.asking import Ask, Named, Refuse, Tried, denied, hidden, own_view
from gateway.continuing import Continuing
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once, Stand
from gateway.domain.caller import Caller
from gateway.domain.consent import StopReach
from gateway.domain.errors import CorruptionError, MalformedError, UnavailableError
from gateway.domain.ids import ConsentId, DecisionId, PersonId
from gateway.domain.instants import Instant, parse_instant
from gateway.domain.ledger import EntryKind
from gateway.domain.receipt import StopTold
from gateway.domain.stopping import Continues, check_reach, refusal_within
from gateway.domain.vocabulary import DECIDING_AUTHORITIES, Action, Role
from gateway.knowing import READING_FOR, Knowing, Known
from gateway.masking import Mask
from gateway.ports import ActStore, Clock, Ids, LedgerStore, Policy, RegistryStore
from gateway.registering import proven


@dataclass(frozen=True, slots=True)
class Stop:
    caller: Caller
    person: str
    reach: StopReach
    purpose: str = "family_access"
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """It is recorded; the rest is None where the policy cannot say it now.

    `continues` is what goes on all the same; None where it cannot be told now. `in_force` is False where the
    policy says that she decides about nothing within the reach: her word is kept as her view.
    """

    done: Done
    continues: tuple[Continues, ...] | None = None
    in_force: bool = True


@dataclass(frozen=True, slots=True)
class StopSharing:
    """Waits for neither the policy engine nor the key provider: who may stop is checked in code."""

    registry: RegistryStore
    acts: ActStore
    ledger: LedgerStore
    ask: Ask
    continuing: Continuing
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids
    knowing: Knowing
    mask: Mask
    categories: frozenset[str]

    async def __call__(self, stop: Stop) -> Stopped | Refused:
        """Stop at once; then say, if the policy answers, what continues all the same.

        Raises:
            MalformedError: A reach that does not name exactly what its kind needs, or names nothing that is.
        """
        check_reach(stop.reach)
        if stop.reach.category is not None and stop.reach.category not in self.categories:
            raise MalformedError("a category is not in the vocabulary", field="category")
        tried = Tried("stop_sharing", stop.caller, {"person": stop.person}, stop.purpose)
        # 1. Who it is about; no worker stops anything, whomever she names.
        person = await self.registry.person_of_handle(stop.caller.agency, stop.person)
        if not stop.caller.is_family:
            no = denied(self.policy.digest, "ROLE_NOT_ALLOWED")
            return await self.refuse(replace(tried, person=person), no)
        stand = person and await self.registry.stand(stop.caller, person, self.clock.now())
        if not person or not stand:
            return await self.refuse(tried, hidden(self.policy.digest))
        # 2. Whether she may, by a check in code that the entry names.
        giver, check = stop.caller.person, standing_check(stop.caller, stand, self.clock.now())
        if giver is None or check is None:
            no = hidden(self.policy.digest, "NO_AUTHORITY")
            return await self.refuse(replace(tried, person=person), no)
        # A mistyped name must not be answered as a sharing that has stopped.
        await self._require_named(stop, person, giver)
        # 3. Withdraw and refuse, in one act.
        consent = ConsentId(self.ids.new("cns"))
        directive = refusal_within(stop.reach, (consent, person), giver)
        note = self._note(stop, person, consent, check)
        # 4. Acknowledge it as proven once a mirror holds it.
        done = await proven(await self.acts.stop(note, directive, stop.reach), self.ledger)
        # 5. Say what goes on, and whether it stops anything; silence of the policy takes nothing back.
        stopped = await self._say(stop, stand, Stopped(done), consent)
        # 6. Put that in a second receipt: the first could not know it.
        return await self._told(stop, stopped, person)

    async def _told(self, stop: Stop, stopped: Stopped, person: PersonId) -> Stopped:
        """Add the receipt that says what continues, where that is known and the ledger can record it.

        What fails here takes nothing back: her receipt then says that it cannot be told yet, and sending the
        stop again under the same key tells it, unless there is more than one list may hold.
        """
        done = stopped.done
        if stopped.continues is None or done.entry is None:
            return stopped
        reference = done.reference
        told = StopTold(str(reference["stop"]), (), stopped.continues, stopped.in_force)
        note = Note(
            kind=EntryKind.NOTIFIED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=stop.caller,
            detail={"what": "receipt", "stop": told.id},
            purpose=stop.purpose,
            person=person,
            consent=ConsentId(str(reference["consent"])),
            views=own_view(stop.caller.person),
            once=_once_told(stop.once),
        )
        try:
            receipt = (await self.acts.tell_stop(note, told)).reference["receipt"]
        except UnavailableError:
            return stopped
        return replace(stopped, done=replace(done, reference={**reference, "receipt": receipt}))

    async def _say(self, stop: Stop, stand: Stand, stopped: Stopped, consent: ConsentId) -> Stopped:
        """Add what goes on, and whether she decides, judged on the documents that she may know of alone."""
        try:
            known = await self.knowing.documents(stop.caller, stand.person)
        except (UnavailableError, CorruptionError):
            known = None
        if known is None:
            return stopped
        continues = await self.continuing(stop.caller, stand.person, known)
        return replace(
            stopped, continues=continues, in_force=await self._is_in_force(stop, stand, consent, known)
        )

    async def _is_in_force(
        self, stop: Stop, stand: Stand, consent: ConsentId, known: Sequence[Known]
    ) -> bool:
        """Whether she decides about anything within the reach.

        Asked of every category that there is, at owners of whose documents she knows: the answer must not
        tell what else the dossier holds.
        """
        reach = stop.reach
        documents = [one.facts.fragment for one in known]
        owners = {one.owner for one in documents if one.owner in stand.owners}
        owners -= await self.mask(stop.caller, stand.person, owners)
        categories = tuple(self.categories) if reach.category is None else (reach.category,)
        for one in documents:
            if one.id == reach.fragment:
                owners, categories = {one.owner}, (one.category,)
        named = Named(consent, tuple(reach.owners(sorted(owners))), tuple(sorted(categories)))
        verdict = await self.ask(stand, Action.WITHDRAW_CONSENT, stop.purpose, named)
        return verdict.down or verdict.decision.permitted or not verdict.pairs

    async def _require_named(self, stop: Stop, person: PersonId, giver: PersonId) -> None:
        reach = stop.reach
        if reach.agency is not None and await self.registry.row("agencies", reach.agency) is None:
            raise MalformedError("there is no such agency", field="agency")
        if reach.fragment is None:
            return
        try:
            is_known = await self.knowing.may_name(
                stop.caller, person, reach.fragment, purpose=READING_FOR, giver=giver
            )
        except (UnavailableError, CorruptionError):
            # A stop waits for no policy. Which ids are hidden only the policy knows, so each is taken alike.
            return
        if not is_known:
            raise MalformedError("there is no such document in this dossier", field="fragment")

    def _note(self, stop: Stop, person: PersonId, consent: ConsentId, check: str) -> Note:
        return Note(
            kind=EntryKind.STOPPED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=stop.caller,
            detail={"check": check, "reach": stop.reach.to_policy()},
            # The one permit that the rules know for this act, whoever stops. The codes for who decides
            # nothing are refusals, and whether she decides is the policy's word, which a stop does not wait
            # for. `check` says what was looked at; the second receipt says whether it is in force.
            reason="DECIDER_MAY_WITHDRAW",
            purpose=stop.purpose,
            person=person,
            consent=consent,
            views=own_view(stop.caller.person),
            once=stop.once,
        )


def _once_told(once: Once | None) -> Once | None:
    """The key under which the stop's second receipt is made once; a caller's own key holds no line feed."""
    return None if once is None else Once(f"told\n{once.key}", once.request_digest)


def standing_check(caller: Caller, stand: Stand, now: Instant) -> str | None:
    """Name the check in code that lets her stop: her own dossier, or a deciding authority now in force."""
    if not caller.active or caller.person is None:
        return None
    if caller.role is Role.YOUTH:
        return "own_dossier" if caller.person == stand.person else None
    if caller.role is not Role.GUARDIAN:
        return None
    at = max(now, stand.floor)
    for authority in stand.subject.get("authorities", ()):
        if authority["person"] != caller.person or authority["authority"] not in DECIDING_AUTHORITIES:
            continue
        starts, ends = authority.get("from"), authority.get("until")
        started = starts is None or parse_instant(starts, field="from") <= at
        ended = ends is not None and parse_instant(ends, field="until") <= at
        if started and not ended:
            return "recorded_authority"
    return None
