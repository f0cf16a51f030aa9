"""Read what may be known of a fragment without its content; recorded as an inquiry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.domain.access import Refused
from gateway.domain.caller import Caller
from gateway.domain.errors import NotVisibleError
from gateway.domain.ids import FragmentId
from gateway.judging import Foretold, Inquiry
from gateway.ports import ListStore


class Inquire(Protocol):
    async def __call__(self, asked: Inquiry) -> Foretold | Refused: ...


@dataclass(frozen=True, slots=True)
class ReadFragment:
    """The dry run decides whether she may know of it at all; the row says the rest."""

    inquire: Inquire
    lists: ListStore

    async def __call__(
        self, caller: Caller, fragment: FragmentId, purpose: str
    ) -> Mapping[str, Any] | Refused:
        """Give `{id, dossier, owner, category, sensitivity, status, created_at, version, etag, ...}`.

        Beside these, `decision` and `entry`. Hidden where the decision hides it, and for an unknown id.
        """
        told = await self.inquire(Inquiry(caller, fragment, purpose))
        if isinstance(told, Refused):
            return told
        row = await self.lists.fragment(told.ref.id)
        if row is None:
            raise NotVisibleError("no such fragment")
        kept = ("id", "dossier", "owner", "category", "sensitivity", "status", "created_at", "version")
        return {
            **{name: row[name] for name in kept},
            "etag": str(row["revision"]),
            "decision": told.decision,
            "entry": told.entry,
        }
