"""Notices, cases, and what must be known of a person to tell her family something later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.domain.access import Viewer
from gateway.domain.acting import Done, Note
from gateway.domain.facts import Epochs
from gateway.domain.findings import Finding
from gateway.domain.ids import AgencyId, DecisionId, NoticeId, PersonId, ReviewId
from gateway.domain.instants import Instant
from gateway.domain.instruments import subject_of
from gateway.domain.notices import Audience


@dataclass(frozen=True, slots=True)
class PersonNow:
    """A person as she stands now: what the audience rule reads beside the entry itself."""

    subject: Mapping[str, Any]
    recorded_by: tuple[str | None, ...]
    """Which agency recorded each of the subject's orders; None is the network."""
    viewers: tuple[Viewer, ...]
    epochs: Epochs
    floor: Instant
    policy_digest: str
    findings: Sequence[Finding] = ()

    def subject_of(self, owner: AgencyId) -> Mapping[str, Any]:
        """The person as a decision about this owner's fragments reads her."""
        return subject_of(self.subject, self.recorded_by, owner)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the notices of one entry have come in the family."""

    told: frozenset[PersonId]
    is_held: bool
    """Whether somebody is not told yet."""

    def waits(self, viewer: PersonId) -> bool:
        """Whether what is said of that entry would tell her of it before it may."""
        return self.is_held and viewer not in self.told


class TellingStore(Protocol):
    """Reads of notices and cases.

    A notice is `{id, kind, audience, recipient, person, decision_id, says, recorded_at, held_until, keeper,
    read_at}`; a case `{id, kind, decision_id, agency, owner, worker, person, opened_at, due_at, closed_at,
    closed_by, finding}`, and `question` where one is read alone.
    """

    async def inbox(
        self, boxes: Mapping[Audience, str], before: tuple[int, str] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """Notices that may be told, newest first, before (recorded_at, id)."""

    async def notice(self, notice: NoticeId) -> Mapping[str, Any] | None: ...

    async def held(self, keeper: AgencyId | None, after: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """Notices that this agency's officers may tell, by id; of every agency where it is None."""

    async def due(
        self, at: Instant, limit: int, after: tuple[Instant, NoticeId]
    ) -> Sequence[tuple[Instant, NoticeId]]:
        """Held notices whose delay is over, with its end, the longest first, after (held_until, id)."""

    async def reach(self, entry: DecisionId) -> Reach:
        """Who of the family was told of this entry; it only ever reaches more."""

    async def reviews(
        self, agency: AgencyId | None, after: tuple[int, str] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """Open cases of this agency's officers, of every agency where it is None.

        The soonest due first, after (due_at, id); where no rule sets a term, due_at is FAR_FUTURE there.
        """

    async def review(self, review: ReviewId) -> Mapping[str, Any] | None: ...

    async def person_now(self, person: PersonId, now: Instant) -> PersonNow: ...


class TellingActs(Protocol):
    """Acts on notices and cases: each one transaction with its entry."""

    async def take_note(self, note: Note, notice: NoticeId) -> Done:
        """Mark it as read; read already stays as it is."""

    async def tell(self, note: Note, notice: NoticeId, says: Mapping[str, Any] | None) -> Done:
        """Put a held notice in its recipient's inbox, saying this; None where it is told already.

        Raises:
            ConflictError: Told already, and not by this request under its idempotency key.
        """

    async def delay(self, note: Note, notice: NoticeId, until: Instant, acted: str | None = None) -> Done:
        """Hold it until then; `acted` is the account whose act it tells of.

        Raises:
            ConflictError: It is told already, or an officer alone tells it.
            ActRefusedError: The caller is who acted, under whatever account, or the owner has an officer of
                its own.
        """

    async def close_review(self, note: Note, review: ReviewId, finding: str, words: str) -> Done:
        """End a case; an unjustified access is told to the officers of both agencies.

        Raises:
            ConflictError: It is closed already.
            ActRefusedError: She acted herself, or the owner has an officer of its own.
        """
