"""Notices and cases as their ports name them."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.adapters.sql.acts import notices, reviews
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.effects import Change
from gateway.adapters.sql.reads import telling
from gateway.adapters.sql.store import SqlStore
from gateway.domain.acting import Done, Note
from gateway.domain.errors import ContendedError
from gateway.domain.ids import AgencyId, DecisionId, NoticeId, PersonId, ReviewId
from gateway.domain.instants import Instant
from gateway.domain.notices import Audience
from gateway.ports import PersonNow, Reach


class SqlTelling:
    """Each read from one instant of the database, each act one transaction with its entry."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database
        self._vault = Vault(store.keys, store.writer.owners)
        self._people = store.people

    async def inbox(
        self, boxes: Mapping[Audience, str], before: tuple[int, str] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        return await self._database.snapshot(
            lambda tx: telling.read_inbox(tx, self._vault, boxes, before, limit)
        )

    async def notice(self, notice: NoticeId) -> Mapping[str, Any] | None:
        return await self._database.snapshot(lambda tx: telling.find_notice(tx, self._vault, notice))

    async def held(self, keeper: AgencyId | None, after: str, limit: int) -> Sequence[Mapping[str, Any]]:
        return await self._database.snapshot(
            lambda tx: telling.list_held(tx, self._vault, keeper, after, limit)
        )

    async def due(
        self, at: Instant, limit: int, after: tuple[Instant, NoticeId]
    ) -> Sequence[tuple[Instant, NoticeId]]:
        return await self._database.snapshot(lambda tx: telling.list_due(tx, at, limit, after))

    async def reach(self, entry: DecisionId) -> Reach:
        return await self._database.snapshot(lambda tx: telling.read_reach(tx, entry))

    async def reviews(
        self, agency: AgencyId | None, after: tuple[int, str] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        return await self._database.snapshot(lambda tx: telling.list_reviews(tx, agency, after, limit))

    async def review(self, review: ReviewId) -> Mapping[str, Any] | None:
        return await self._database.snapshot(lambda tx: telling.find_review(tx, self._vault, review))

    async def person_now(self, person: PersonId, now: Instant) -> PersonNow:
        return await self._database.snapshot(
            lambda tx: telling.read_person_now(tx, self._people, person, now)
        )

    async def take_note(self, note: Note, notice: NoticeId) -> Done:
        return await self._act(note, notices.take_note(note, notice))

    async def tell(self, note: Note, notice: NoticeId, says: Mapping[str, Any] | None) -> Done:
        return await self._act(note, notices.tell(self._vault, note, notice, says))

    async def delay(self, note: Note, notice: NoticeId, until: Instant, acted: str | None = None) -> Done:
        return await self._act(note, notices.delay(note, notice, until, acted))

    async def close_review(self, note: Note, review: ReviewId, finding: str, words: str) -> Done:
        return await self._act(note, reviews.close_review(self._vault, note, review, finding, words))

    async def _act(self, note: Note, change: Change) -> Done:
        """None of these acts narrows: in quarantine they are refused like every entry."""
        try:
            return await self._store.writer.act(note, change)
        except ContendedError:
            if note.caller is not None:
                self._store.forget_caller(note.caller)
            raise
