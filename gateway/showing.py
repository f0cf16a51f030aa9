"""Who of the family may see an act of a worker about a person (domain rule 3.10, A4 to A9)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from gateway.domain.access import STRICTEST, View, Viewer
from gateway.domain.acting import Note, Stand
from gateway.domain.caller import Caller
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError
from gateway.domain.ids import AgencyId, FragmentId, PersonId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.protecting import with_named
from gateway.domain.telling import asked_again, audience_question
from gateway.ports import Clock, ListStore, Policy, RegistryStore

MAX_CELLS = 100
"""An act that touches more is shown to nobody: half of the questions would be no answer."""

OF_A_PERSON = "identity_contact"
"""What an act concerns that is about the person alone: who she is, and that somebody knows her."""

Bodies = Mapping[AgencyId, Mapping[str, Any] | None]
"""Agencies as they are registered, with every body that one is a unit of."""


class Cell(NamedTuple):
    """What the policy is asked about: a document of this owner, of this kind."""

    owner: AgencyId
    category: str
    fragment: str
    youth_alone: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """An act that is about to be written: by whom, of which kind, about what.

    `fragments` are those that it concerns as they are labelled now, `cells` what it makes of one. Without
    any it concerns all that the caller's agency holds of these `categories`, and of all categories where
    none is named; where that agency holds nothing, whatever anybody holds.
    """

    caller: Caller
    kind: EntryKind
    fragments: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()
    purpose: str = "service_delivery"
    obligations: frozenset[str] = frozenset()
    """Of the decision behind it, where there is one."""


@dataclass(frozen=True, slots=True)
class Show:
    """Asks the audience rule once for each owner and category that the act touches: the strictest counts.

    A policy that does not answer shows nobody anything, and the act does not wait for it: none of these acts
    rests on what the family may see. Such an entry is in no family member's chain, and nothing brings it
    there later; officers, and the worker who acted, read it as any other.
    """

    registry: RegistryStore
    lists: ListStore
    policy: Policy
    clock: Clock

    async def __call__(self, note: Note, act: Shown, stand: Stand | None = None) -> Note:
        """Give the note with each family viewer's level, and the questions that gave it.

        Args:
            note: Of an act about `note.person`; one about nobody is shown to nobody.
            act: What the policy is asked about.
            stand: How the person stands once the act is done, where that is not as she stands now.
        """
        if stand is None and note.person is not None:
            stand = await self.registry.stand(act.caller, note.person, self.clock.now())
        if stand is None:
            return note
        try:
            return await self.required(note, act, stand)
        except (PolicyUnavailableError, PolicyContractError):
            return note

    async def required(self, note: Note, act: Shown, stand: Stand) -> Note:
        """The same, for an act that must not be written before it is known who sees it.

        Raises:
            PolicyUnavailableError: The policy does not answer, or another bundle is the active one.
            PolicyContractError: What it answers is no answer.
        """
        # Of another bundle than the active one, nobody's answer counts.
        if stand.policy_digest != self.policy.digest:
            raise PolicyUnavailableError("another bundle is active than the one that this worker runs")
        return await self._shown(note, stand, await self.questions(act, stand))

    async def questions(self, act: Shown, stand: Stand) -> list[dict[str, Any]]:
        """What the policy is asked; empty where nobody can be shown the act.

        Put again, with the person as she stands then, whenever somebody is told later or reads the row.
        """
        cells = await self._cells(stand, act)
        own = () if act.caller.agency is None else (act.caller.agency,)
        bodies = await bodies_of(self.registry, {*own, *(one.owner for one in cells)})
        if len(cells) > MAX_CELLS or any(bodies[one.owner] is None for one in cells):
            return []
        return [_question(stand, act, one, bodies) for one in cells]

    async def _shown(self, note: Note, stand: Stand, asked: Sequence[Mapping[str, Any]]) -> Note:
        at = Instant(max(self.clock.now(), stand.floor))
        levels: dict[PersonId, View] = {}
        delaying = None
        for question in asked:
            viewers = await knowing_of(self.registry, stand, question["entry"], stand.viewers)
            subject = stand.subject_of(question["entry"]["owner_agency"])
            query = asked_again(question, subject, stand.findings, at)
            told = await self.policy.views(query, at, question["entry"], viewers)
            for viewer in stand.viewers:
                level = told.get(viewer.person, View.NONE)
                levels[viewer.person] = min(levels.get(viewer.person, level), level, key=STRICTEST.index)
            if delaying is None and View.DELAYED in told.values():
                delaying = question
        if not asked:
            return note
        views = {viewer: level for viewer, level in levels.items() if level is not View.NONE}
        return replace(note, views=views, asked=tuple(asked), question=delaying)

    async def _cells(self, stand: Stand, act: Shown) -> list[Cell]:
        found = list(act.cells)
        for name in act.fragments:
            row = await self.lists.fragment(FragmentId(name))
            if row is not None and row["person"] == stand.person:
                found.append(cell_of(row))
        own = act.caller.agency
        if not found and own is not None:
            found = [Cell(own, one, f"what:{own}") for one in act.categories or _held(stand, own)]
        return sorted(set(found))


def cell_of(row: Mapping[str, Any]) -> Cell:
    """Name what a fragment's row is about."""
    return Cell(AgencyId(row["owner"]), str(row["category"]), str(row["id"]), bool(row["youth_alone"]))


async def bodies_of(registry: RegistryStore, agencies: Iterable[AgencyId]) -> Bodies:
    """Read these agencies, and every body that one is a unit of."""
    wanted = sorted({body for one in agencies for body in parents_of(one)})
    return {body: await registry.row("bodies", body) for body in wanted}


def protected_in(bodies: Bodies) -> list[AgencyId]:
    """Name those that are protected (domain rules A6 and A7)."""
    return [body for body, row in bodies.items() if row is not None and row["protected"]]


async def knowing_of(
    registry: RegistryStore, stand: Stand, entry: Mapping[str, Any], viewers: Sequence[Viewer]
) -> Sequence[Viewer]:
    """Give the viewers, where it matters, each with the agencies that she named herself (rule A6)."""
    if not entry["protected_agencies"]:
        return viewers
    return with_named(viewers, await registry.directives(stand.person))


def _held(stand: Stand, own: AgencyId) -> set[str]:
    """Name the categories that an act of this agency about the person as a whole concerns."""
    if own in stand.owners:
        return set(stand.owners[own]["categories"])
    return {one for rules in stand.owners.values() for one in rules["categories"]} or {OF_A_PERSON}


def _question(stand: Stand, act: Shown, cell: Cell, bodies: Bodies) -> dict[str, Any]:
    owner = bodies[cell.owner]
    assert owner is not None  # Asked about no other.
    fragment: dict[str, Any] = {
        "id": cell.fragment,
        "owner_agency": cell.owner,
        "category": cell.category,
        "sensitivity": "N",
        "status": "active",
        "youth_alone": cell.youth_alone,
    }
    if owner["sector"] is not None:
        fragment["owner_sector"] = owner["sector"]
    document = {
        "profile": owner["profile"],
        "actor": dict(stand.actor),
        "purpose": act.purpose,
        "fragment": fragment,
        "context": {"consent_model": owner["consent_model"]},
    }
    entry = {
        "kind": str(act.kind),
        "outcome": "permit",
        "hidden": False,
        "obligations": sorted(act.obligations),
        "own_act_of": act.caller.person,
        "account": act.caller.account,
        "acting_agency": act.caller.agency,
        "owner_agency": cell.owner,
        "protected_agencies": protected_in(bodies),
        "delayed": "delay_family_notice" in act.obligations,
        "about": "fragment" if act.fragments or act.cells else "person",
    }
    return audience_question(document, entry)
