"""What an act's change hands back to the one writer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.adapters.sql.driver import Tx
from gateway.domain.acting import Note
from gateway.domain.consent import Directive
from gateway.domain.instants import Instant
from gateway.domain.notices import Notice


@dataclass(frozen=True, slots=True)
class Effect:
    """The rows are changed; now the writer bumps the scopes, appends the entry and commits.

    `reference` holds ids only and is what a repeat of the idempotency key brings back. `narrowing` is set
    for an act that narrows access: enough to apply it again to an older copy of the tables. `receipt` writes
    the family's receipt in the same transaction; its id joins the reference, its digest the entry.
    """

    note: Note
    reference: Mapping[str, Any]
    bumps: tuple[str, ...] = ()
    narrowing: Mapping[str, Any] | None = field(default=None)
    receipt: "Issue | None" = None
    ended: tuple[Directive, ...] = ()
    """Permits that this act ended: the agencies that they named are told."""
    notices: tuple[Notice, ...] = ()
    """What is owed beside what the decision's obligations ask for."""
    opens_at: Instant | None = None
    """When what the act opens is open; None says at once (`gateway.domain.widening`)."""
    opens: bool = False
    """It opens something too, whatever it takes away: never without its entry."""


@dataclass(frozen=True, slots=True)
class Issued:
    """`digest` is the SHA-256 (hex) of the signed receipt; None where an earlier one is brought back."""

    id: str
    digest: str | None


Issue = Callable[[Tx, Instant, bool], Awaitable[Issued]]
"""Writes the receipt, given the act's own instant and whether its entry is appended."""

Change = Callable[[Tx, Instant], Awaitable[Effect]]
"""Runs under the head lock, given the act's own `recorded_at`; raises to leave everything as it was."""


async def with_receipt(tx: Tx, effect: Effect, at: Instant, *, entered: bool) -> Effect:
    """Write the receipt that the act gives: the entry holds its digest, a repeat brings back its id."""
    if effect.receipt is None:
        return effect
    issued = await effect.receipt(tx, at, entered)
    told = {"id": issued.id, "sha256": issued.digest}
    note = replace(effect.note, detail={**effect.note.detail, "receipt": told})
    return replace(effect, note=note, reference={**effect.reference, "receipt": issued.id})
