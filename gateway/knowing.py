"""What of a dossier its reader may know of, by the policy's own word on what stands there now.

A worker knows of whom she is linked with. The family's link is not enough: a court may have barred her, her
authority may give her nothing to see, the child may be of age (domain rule F2: without authority even
existence is hidden).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.asking import MAX_QUERIES, decide_many
from gateway.domain.access import Query, Stated
from gateway.domain.acting import Stand
from gateway.domain.acts import NO_LINK, SILENT, Objection
from gateway.domain.alike import labels_of
from gateway.domain.caller import Caller
from gateway.domain.consent import Names
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError
from gateway.domain.facts import Facts, Stretch
from gateway.domain.ids import AgencyId, DossierId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import Action
from gateway.judging import Judge, Question
from gateway.ports import Clock, ListStore, Policy, RegistryStore
from gateway.showing import OF_A_PERSON

READING_FOR = "family_access"
MAX_PAGES_READ = 20
"""How many pages of a dossier are read at most to say what is known of it."""

_NOBODYS = AgencyId("(dossier)")
"""Stands for an owner in the question about a dossier itself; no agency can be called so."""

_LOG = Stated(Action.READ_AUDIT)


class Known(NamedTuple):
    """A document that its reader may know of; `open_log` is whether she may read who read it."""

    facts: Facts
    open_log: bool


@dataclass(frozen=True, slots=True)
class Knowing:
    """Asks what the dossier's own list asks: whether an answer would disclose that it is there.

    `profile` is put where the question is about the dossier and no document: authority and prohibitions are
    judged alike in all of them.
    """

    registry: RegistryStore
    lists: ListStore
    judge: Judge
    policy: Policy
    clock: Clock
    categories: frozenset[str]
    profile: str

    async def of_person(self, caller: Caller, person: PersonId) -> bool:
        """Whether she may know that there is a dossier about this person, whatever it holds.

        Raises:
            PolicyUnavailableError: The policy does not answer.
            PolicyContractError: What it answers is no answer.
        """
        now = self.clock.now()
        if not await self.registry.is_linked(caller, person, now):
            return False
        return not caller.is_family or await self.still(caller, person)

    async def objection(self, caller: Caller, person: PersonId | None) -> Objection | None:
        """Why she may not know that there is a dossier about this person; None where she may."""
        try:
            return None if person is not None and await self.of_person(caller, person) else NO_LINK
        except (PolicyUnavailableError, PolicyContractError):
            return SILENT

    async def still(self, caller: Caller, person: PersonId) -> bool:
        """The same, for a member of the family who is linked with her; raises as `of_person`."""
        stand = await self.registry.stand(caller, person, self.clock.now())
        if stand is None:
            return False
        self._require_active(stand.policy_digest)
        at = Instant(max(self.clock.now(), stand.floor))
        # An authority may be for some kinds of documents alone: all are asked about before the answer is no.
        for kinds in ((OF_A_PERSON,), sorted(self.categories - {OF_A_PERSON})):
            queries = [self._about(stand, one) for one in kinds]
            if any(one.disclose_existence for one in await decide_many(self.policy, queries, at)):
                return True
        return False

    async def dossier(self, caller: Caller, dossier: DossierId) -> Mapping[str, Any] | None:
        """Give `{id, person, created_at}` if she may know of it; absent and hidden alike are None.

        Raises as `of_person`.
        """
        row = await self.lists.dossier(caller, dossier, self.clock.now())
        if row is None or (caller.is_family and not await self.still(caller, row["person"])):
            return None
        return row

    def _about(self, stand: Stand, category: str) -> Query:
        fragment = {"id": "dossier", "owner_agency": _NOBODYS, "category": category}
        return Query.of(
            {
                "profile": self.profile,
                "subject": dict(stand.subject_of(_NOBODYS)),
                "consents": [],
                "actor": dict(stand.actor),
                "action": str(Action.READ),
                "purpose": READING_FOR,
                "fragment": {**fragment, "sensitivity": "N", "status": "active"},
                "context": {"consent_model": "express"},
            }
        )

    async def may_name(
        self, caller: Caller, person: PersonId, fragment: FragmentId, *, purpose: str, giver: PersonId
    ) -> bool:
        """Whether this is a document of this dossier for her: there, and not hidden from her.

        An unknown id takes the same way as a hidden one, with a decoy. What `giver` named before, in a line
        of hers, is no news, whatever was found since.

        Raises:
            PolicyUnavailableError: The policy does not answer.
        """
        found = await self.judge(Question(caller, fragment, purpose, EntryKind.LISTED))
        if found.down:
            raise PolicyUnavailableError("whether she may know of a document cannot be asked now")
        own = [one for one in await self.registry.directives(person) if one.giver == giver]
        if any(fragment in Names.of(one).fragments for one in own):
            return True
        return found.facts.fragment.person == person and found.judged.decision.disclose_existence

    async def documents(self, caller: Caller, person: PersonId) -> Sequence[Known] | None:
        """Give each document that is not hidden from her; None where there are too many to ask about.

        Judged on what stands on each now: its kind, its sections, whether the youth consented alone, the harm
        that a reading was found to do. What the policy cannot tell apart is asked about once.

        Raises:
            PolicyUnavailableError: The policy does not answer.
            PolicyContractError: What it answers is no answer.
        """
        found = await self._every(caller, person)
        if not found:
            return None if found is None else ()
        keys = [_as_asked(one.query.document) for one in found]
        queries = {key: one.query for key, one in zip(keys, found, strict=True)}
        at = Instant(max(self.clock.now(), *(one.floor for one in found)))
        decisions = await decide_many(self.policy, list(queries.values()), at)
        told = dict(zip(queries, decisions, strict=True))
        return [
            Known(one, told[key].permitted)
            for key, one in zip(keys, found, strict=True)
            if told[key].permitted or told[key].disclose_existence
        ]

    async def _every(self, caller: Caller, person: PersonId) -> list[Facts] | None:
        dossier = await self.lists.dossier_of(person)
        found: list[Facts] = []
        for _ in range(MAX_PAGES_READ if dossier is not None else 0):
            assert dossier is not None
            page = Stretch(dossier, found[-1].fragment.id if found else "", MAX_QUERIES)
            now = self.clock.now()
            facts = await self.lists.dossier_facts(caller, page, READING_FOR, now, _LOG)
            for one in facts:
                self._require_active(one.policy_digest)
            found += facts
            if len(facts) < MAX_QUERIES:
                return found
        return found if dossier is None else None

    def _require_active(self, digest: str) -> None:
        if digest != self.policy.digest:
            raise PolicyUnavailableError("another bundle is active than the one that this worker runs")


def _as_asked(document: Mapping[str, Any]) -> str:
    """A question less an id and a day that no directive names: no two documents are told apart by those."""
    said = json.dumps(document["consents"])
    fragment = labels_of(document["fragment"])
    if json.dumps(fragment["id"]) not in said:
        del fragment["id"]
    if '"data_period"' not in said:
        del fragment["created"]
    return json.dumps([fragment, document["context"]], sort_keys=True)
