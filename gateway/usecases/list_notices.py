"""List the notices in a caller's inboxes, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.asking import MAX_QUERIES, Refuse, Tried, denied, hidden, own_view
from gateway.auditing import FamilyLog, OpenLog
from gateway.domain.access import Recorded, Refused
from gateway.domain.acting import Note
from gateway.domain.acts import ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.errors import PolicyUnavailableError
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.notices import boxes_of
from gateway.domain.vocabulary import EnforcementReason
from gateway.ports import ActStore, Ids, ListStore, Policy, TellingStore
from gateway.reading import inactive, rests_on

READING_FOR = "family_access"
"""What a family reads its log for, and so its notices about somebody."""

MAX_PAGES_READ = 10
"""How many pages that are closed to her today are read at most to fill one page."""


@dataclass(frozen=True, slots=True)
class NoticesAsked:
    """The last page ended before this notice: (recorded_at, id)."""

    caller: Caller
    before: tuple[int, str] | None = None
    limit: int = MAX_QUERIES


@dataclass(frozen=True, slots=True)
class NoticePage:
    """`person` is the caller's own handle, None where her agency has none. `entry` records this reading."""

    rows: tuple[Mapping[str, Any], ...]
    next_before: tuple[int, str] | None
    entry: Recorded | None


@dataclass(frozen=True, slots=True)
class ListNotices:
    """Leaves out what is about somebody whose log is closed to this family member today.

    The stricter of then and now counts (domain rule 3.10).
    """

    telling: TellingStore
    lists: ListStore
    acts: ActStore
    family: FamilyLog
    refuse: Refuse
    policy: Policy
    ids: Ids

    async def __call__(self, asked: NoticesAsked) -> NoticePage | Refused:
        """Give one page, recorded before it is shown."""
        caller = asked.caller
        tried = Tried("list_notices", caller)
        if not caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        try:
            shown, before = await self._page(asked)
        except PolicyUnavailableError:
            silent = denied(self.policy.digest, EnforcementReason.POLICY_UNAVAILABLE)
            return await self.refuse(tried, silent, unavailable=True)
        # 2. Record what is shown, then name the persons as her agency does.
        try:
            entry = (await self.acts.note_act(self._note(caller, shown))).entry
        except ActRefusedError as refused:
            return await self.refuse(tried, hidden(self.policy.digest, refused.objection.reason))
        return NoticePage(tuple([await self._named(caller, row) for row in shown]), before, entry)

    async def _page(self, asked: NoticesAsked) -> tuple[list[Mapping[str, Any]], tuple[int, str] | None]:
        # 1. Page after page, until this one is full of what she may see.
        caller = asked.caller
        limit = max(1, min(asked.limit, MAX_QUERIES))
        boxes, before = boxes_of(caller), asked.before
        shown: list[Mapping[str, Any]] = []
        logs: dict[str, OpenLog | None] = {}
        for _ in range(MAX_PAGES_READ):
            rows = await self.telling.inbox(boxes, before, limit)
            shown += [row for row in rows if await self._may_see(caller, row, logs)]
            before = (rows[-1]["recorded_at"], rows[-1]["id"]) if len(rows) == limit else None
            if before is None or len(shown) >= limit:
                break
        if len(shown) > limit:
            shown, before = shown[:limit], (shown[limit - 1]["recorded_at"], shown[limit - 1]["id"])
        return shown, before

    async def _may_see(self, caller: Caller, row: Mapping[str, Any], logs: dict[str, OpenLog | None]) -> bool:
        if not caller.is_family or row["person"] is None:
            return True
        if row["person"] not in logs:
            log = await self.family(caller, row["person"], READING_FOR)
            if log is not None and log.verdict.down:
                raise PolicyUnavailableError("whether she may know cannot be asked now")
            logs[row["person"]] = log if log is not None and log.verdict.decision.permitted else None
        log = logs[row["person"]]
        return log is not None and log.shows(row["says"])

    async def _named(self, caller: Caller, row: Mapping[str, Any]) -> Mapping[str, Any]:
        person = row["person"]
        handle = None if person is None else await self.lists.handle_of(caller.agency, person)
        return {**row, "person": handle}

    def _note(self, caller: Caller, shown: list[Mapping[str, Any]]) -> Note:
        return Note(
            kind=EntryKind.LISTED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=caller,
            detail={"what": "notices", "shown": [row["id"] for row in shown]},
            views=own_view(caller.person),
            epochs=rests_on(caller),
        )
