"""List the emergencies that a worker has declared for the agency she acts for now, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.auditing import own_acts
from gateway.domain.access import Refused
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.emergency import ends_at
from gateway.domain.ids import PersonId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import PAGE
from gateway.ports import LedgerStore, ListStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class Declarations:
    """At most 50; `after` is (ledger, index) of the last one, None at the end."""

    rows: tuple[Mapping[str, Any], ...]
    after: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class ListEmergencies:
    """Read from the entries of her own acts; the reading is an entry itself."""

    registrar: Registrar
    ledger: LedgerStore
    lists: ListStore
    hours: int

    async def __call__(
        self, caller: Caller, *, after: tuple[int, int] | None = None
    ) -> Declarations | Refused:
        """Give `{id, person, risk, categories, declared_at, until}`, the person by the agency's handle."""
        errand = Errand(caller, Act.LIST_EMERGENCIES, EntryKind.LEDGER_READ, caller.agency, {})
        answer = await self.registrar(errand, self.registrar.acts.note_act)
        if isinstance(answer, Refused):
            return answer
        where = {**own_acts(caller), "kind": str(EntryKind.EMERGENCY_DECLARED), "outcome": "permit"}
        entries = await self.ledger.entries(where, after, PAGE + 1)
        kept = entries[:PAGE]
        more = (kept[-1]["ledger"], kept[-1]["index"]) if len(entries) > PAGE else None
        return Declarations(tuple([await self._row(caller, one) for one in kept]), more)

    async def _row(self, caller: Caller, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        detail = await self.ledger.detail(entry["ledger"], entry["index"]) or {}
        declared_at = Instant(entry["recorded_at"])
        return {
            "id": detail["emergency"],
            "person": await self.lists.handle_of(caller.agency, PersonId(detail["person"])),
            "risk": detail["risk"],
            "categories": detail["categories"],
            "declared_at": declared_at,
            "until": ends_at(declared_at, self.hours),
        }
