"""Stands where a bundle was refused: it answers nothing, so nothing is released and nothing waits for it."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.domain.access import Decision, Query, View, Viewer
from gateway.domain.errors import PolicyUnavailableError
from gateway.domain.ids import PersonId
from gateway.domain.instants import Instant


class SilentPolicy:
    """Satisfies the port `Policy` by never answering; narrowing acts do not ask it."""

    digest = "0" * 64
    """Of no bundle: it is never the active one."""

    async def decide(self, query: Query, at: Instant) -> Decision:  # noqa: ARG002 - the port's shape
        raise _refused()

    async def decide_all(self, queries: Sequence[Query], at: Instant) -> tuple[Decision, ...]:  # noqa: ARG002
        raise _refused()

    async def views(
        self,
        query: Query,  # noqa: ARG002
        at: Instant,  # noqa: ARG002
        entry: Mapping[str, Any],  # noqa: ARG002
        viewers: Sequence[Viewer],  # noqa: ARG002
    ) -> Mapping[PersonId, View]:
        raise _refused()

    async def health(self) -> None:
        raise _refused()

    async def close(self) -> None:
        """There is nothing to let go."""


def _refused() -> PolicyUnavailableError:
    return PolicyUnavailableError("the policy bundle was refused at the start")
