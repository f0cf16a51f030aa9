"""What a family member may still see today of rows that were written earlier (domain rule 3.10).

The questions that were put when a row was written are put again, with the person and the fragment as they
stand now: her age, who holds authority over her, what harm a reading was found to do, what kind of document
it is by now, which agencies are protected. The stricter answer counts.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.access import STRICTEST, View, Viewer
from gateway.domain.acting import Stand
from gateway.domain.ids import AgencyId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.telling import ChainRow, asked_again
from gateway.ports import Clock, ListStore, Policy, RegistryStore
from gateway.showing import bodies_of, knowing_of, protected_in

Question = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recall:
    """Asks the audience rule again, once for each question that a page of rows has in common.

    `naming` are the profiles by whose owners' word a family also learns which worker acted.
    """

    registry: RegistryStore
    lists: ListStore
    policy: Policy
    clock: Clock
    naming: frozenset[str]

    async def __call__(
        self, stand: Stand, viewer: PersonId, rows: Sequence[ChainRow]
    ) -> list[Mapping[str, Any]]:
        """Give what she may see of these rows, in their order; less than she was told, never more.

        Raises:
            PolicyUnavailableError: The policy does not answer.
            PolicyContractError: What it answers is no answer.
        """
        seen = [one for one in stand.viewers if one.person == viewer]
        who = seen[0] if seen else Viewer(viewer, "youth" if viewer == stand.person else "guardian")
        at = Instant(max(self.clock.now(), stand.floor))
        asking = _Asking(self, stand, who, at)
        shown = [(row, row.at_level(await asking.level(row))) for row in rows]
        return [await asking.named(row, told) for row, told in shown if told is not None]


@dataclass(slots=True)
class _Asking:
    """One reading: what has been read and answered in it is not asked twice."""

    ports: Recall
    stand: Stand
    viewer: Viewer
    at: Instant
    answers: dict[str, View] = field(default_factory=dict)
    fragments: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)
    protected: dict[tuple[AgencyId, ...], Sequence[AgencyId]] = field(default_factory=dict)
    profiles: dict[str, str | None] = field(default_factory=dict)
    workers: dict[str, str | None] = field(default_factory=dict)

    async def level(self, row: ChainRow) -> View:
        # What she did herself is hers whatever else changes (A1), and nobody else has a part in it (A2). But
        # a refusal that was hidden from her says no more in her log than it did: as little as another's (A8).
        is_own = row.is_of(self.viewer.person)
        if is_own and not row.was_hidden:
            return View.FULL
        questions = [one for asked in row.questions() for one in await self._now(asked)]
        levels = [await self._answer(one) for one in questions]
        # A row that cannot say what it was judged by is judged to be nobody's.
        return min(levels, key=STRICTEST.index, default=View.GENERIC if is_own else View.NONE)

    async def named(self, row: ChainRow, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add the name of the worker who acted, in full rows, where the owner's profile says so (rule 3.10).

        An act about no document is the acting agency's own: its profile says so.
        """
        worker = row.worker() if self.ports.naming and told["view"] == View.FULL else None
        if worker is None:
            return told
        owner = told.get("owner") or told["agency"]
        if owner not in self.profiles:
            body = await self.ports.registry.row("bodies", owner)
            self.profiles[owner] = None if body is None else str(body["profile"])
        if self.profiles[owner] not in self.ports.naming:
            return told
        if worker not in self.workers:
            known = await self.ports.registry.row("workers", worker)
            self.workers[worker] = None if known is None else known["name"]
        return {**told, "worker": self.workers[worker]}

    async def _now(self, asked: Question) -> Sequence[Question]:
        """The question as it was, and once more where its document is labelled otherwise by now."""
        entry, fragment = asked["entry"], asked["query"]["fragment"]
        sides = tuple(
            AgencyId(one) for one in (entry["acting_agency"], entry["owner_agency"]) if one is not None
        )
        if sides not in self.protected:
            self.protected[sides] = protected_in(await bodies_of(self.ports.registry, sides))
        changed = {"protected_agencies": self.protected[sides], "own_act_of": None}
        then: Question = {**asked, "entry": {**entry, **changed}}
        row = await self._fragment(fragment["id"])
        if row is None:
            return (then,)
        labelled = {"category": row["category"], "youth_alone": bool(row["youth_alone"])}
        now = {**then, "query": {**asked["query"], "fragment": {**fragment, **labelled}}}
        return (then, now)

    async def _fragment(self, name: str) -> Mapping[str, Any] | None:
        if name not in self.fragments:
            row = await self.ports.lists.fragment(FragmentId(name))
            self.fragments[name] = row if row is not None and row["person"] == self.stand.person else None
        return self.fragments[name]

    async def _answer(self, question: Question) -> View:
        key = json.dumps(question, sort_keys=True)
        if key not in self.answers:
            self.answers[key] = await self._ask(question)
        return self.answers[key]

    async def _ask(self, question: Question) -> View:
        entry, owner = question["entry"], question["query"]["fragment"]["owner_agency"]
        viewers = await knowing_of(self.ports.registry, self.stand, entry, (self.viewer,))
        subject = self.stand.subject_of(AgencyId(owner))
        query = asked_again(question, subject, self.stand.findings, self.at)
        told = await self.ports.policy.views(query, self.at, entry, viewers)
        return told.get(self.viewer.person, View.NONE)
