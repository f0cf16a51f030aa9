"""What an act's change hands back to the one writer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.adapters.sql.driver import Tx
from gateway.domain.acting import Note
from gateway.domain.instants import Instant


@dataclass(frozen=True, slots=True)
class Effect:
    """The rows are changed; now the writer bumps the scopes, appends the entry and commits.

    `reference` holds ids only and is what a repeat of the idempotency key brings back. `narrowing` is set
    for an act that narrows access: enough to apply it again to an older copy of the tables.
    """

    note: Note
    reference: Mapping[str, Any]
    bumps: tuple[str, ...] = ()
    narrowing: Mapping[str, Any] | None = field(default=None)


Change = Callable[[Tx, Instant], Awaitable[Effect]]
"""Runs under the head lock, given the act's own `recorded_at`; raises to leave everything as it was."""
