"""List what a family is not told yet, for the officers who may say so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.access import Refused
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import PAGE, Page
from gateway.domain.vocabulary import Role
from gateway.ports import ListStore, RegistryStore, TellingStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class ListHeldNotices:
    """Those of her own agency; of every agency for an officer of the whole network."""

    registrar: Registrar
    telling: TellingStore
    lists: ListStore
    registry: RegistryStore

    async def __call__(self, caller: Caller, *, after: str = "") -> Page | Refused:
        """Give rows as `TellingStore` does; `person` and `recipient` as handles of the caller's agency.

        One entry is held for each of a family apart, and an agency has few handles: `relation` and
        `recipient_name` say who is told when the officer tells it.
        """
        errand = Errand(caller, Act.TELL_FAMILY, EntryKind.LISTED, caller.agency, {"what": "held notices"})
        answer = await self.registrar(errand, self.registrar.acts.note_act)
        if isinstance(answer, Refused):
            return answer
        keeper = None if caller.network_wide else caller.agency
        rows = await self.telling.held(keeper, after, PAGE + 1)
        return Page.of([await self._named(caller, row) for row in rows], PAGE)

    async def _named(self, caller: Caller, row: Mapping[str, Any]) -> Mapping[str, Any]:
        names = {
            name: await self.lists.handle_of(caller.agency, row[name]) for name in ("person", "recipient")
        }
        relation = Role.YOUTH if row["recipient"] == row["person"] else Role.GUARDIAN
        record = await self.registry.row("persons", row["recipient"])
        name = None if record is None else record["name"]
        return {**row, **names, "relation": str(relation), "recipient_name": name}
