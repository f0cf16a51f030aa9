"""Who of the family may see an act of a worker about a person (domain rule 3.10, A4 to A9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.domain.access import STRICTEST, Query, View
from gateway.domain.acting import Stand
from gateway.domain.caller import Caller
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError
from gateway.domain.found import harmful
from gateway.domain.ids import AgencyId, FragmentId, PersonId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.ports import Clock, ListStore, Policy, RegistryStore

MAX_CELLS = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """An act that is about to be written: by whom, of which kind, about what.

    `fragments` are those that it concerns; without any it concerns all that the caller's agency holds of
    these `categories`, and of all categories where None is named.
    """

    caller: Caller
    kind: EntryKind
    fragments: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Show:
    """Asks the audience rule once for each owner and category that the act touches: the strictest counts.

    A policy that does not answer shows nobody anything; the act does not wait for it.
    """

    registry: RegistryStore
    lists: ListStore
    policy: Policy
    clock: Clock

    async def __call__(self, stand: Stand, act: Shown) -> dict[PersonId, View]:
        """Give each family viewer's level; of another bundle than the active one, nobody's."""
        if stand.policy_digest != self.policy.digest:
            return {}
        at = Instant(max(self.clock.now(), stand.floor))
        cells = (await self._cells(stand, act))[:MAX_CELLS]
        entry = await self._entry(act, cells)
        levels: dict[PersonId, View] = {}
        try:
            for cell in cells:
                entry_of = {**entry, "owner_agency": cell.owner}
                told = await self.policy.views(_query(stand, cell, at), at, entry_of, stand.viewers)
                for viewer in stand.viewers:
                    level = told.get(viewer.person, View.NONE)
                    levels[viewer.person] = min(levels.get(viewer.person, level), level, key=STRICTEST.index)
        except (PolicyUnavailableError, PolicyContractError):
            return {}
        return {viewer: level for viewer, level in levels.items() if level is not View.NONE}

    async def _cells(self, stand: Stand, act: Shown) -> list["_Cell"]:
        found = []
        for name in act.fragments:
            row = await self.lists.fragment(FragmentId(name))
            if row is not None and row["person"] == stand.person:
                alone = bool(row["youth_alone"])
                found.append(_Cell(AgencyId(row["owner"]), str(row["category"]), name, youth_alone=alone))
        own = act.caller.agency
        if not found and own is not None and own in stand.owners:
            held = act.categories or stand.owners[own]["categories"]
            found = [_Cell(own, one, f"what:{own}") for one in held]
        return sorted(found)

    async def _entry(self, act: Shown, cells: list["_Cell"]) -> Mapping[str, Any]:
        acting = () if act.caller.agency is None else parents_of(act.caller.agency)
        bodies = {body for one in cells for body in parents_of(one.owner)} | set(acting)
        rows = {body: await self.registry.row("bodies", body) for body in sorted(bodies)}
        return {
            "kind": str(act.kind),
            "outcome": "permit",
            "hidden": False,
            "obligations": [],
            "own_act_of": act.caller.person,
            "acting_agency": act.caller.agency,
            "protected_agencies": [body for body, row in rows.items() if row and row["protected"]],
            "delayed": False,
            "about": "fragment" if act.fragments else "person",
        }


class _Cell(NamedTuple):
    owner: AgencyId
    category: str
    fragment: str
    youth_alone: bool = False


def _query(stand: Stand, cell: _Cell, at: Instant) -> Query:
    rules = stand.owners[cell.owner]
    fragment: dict[str, Any] = {
        "id": cell.fragment,
        "owner_agency": cell.owner,
        "category": cell.category,
        "sensitivity": "N",
        "status": "active",
        "youth_alone": cell.youth_alone,
    }
    if rules.get("sector") is not None:
        fragment["owner_sector"] = rules["sector"]
    fragment |= harmful(stand.findings, at, fragment)
    return Query.of(
        {
            "profile": rules["profile"],
            "subject": dict(stand.subject_of(cell.owner)),
            "consents": [],
            "actor": dict(stand.actor),
            "action": "read",
            "purpose": "service_delivery",
            "fragment": fragment,
            "context": {"consent_model": rules["consent_model"]},
        }
    )
