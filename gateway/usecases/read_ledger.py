"""Read the ledger: a family its own chain, an officer what is in her scope, a worker her own acts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.asking import (
    MAX_QUERIES,
    Refuse,
    Tried,
    denied,
    hidden,
    own_view,
)
from gateway.auditing import OVERSIGHT, AuditScope, FamilyLog, InScope, OpenLog, own_act, own_search
from gateway.domain.access import Decision, Recorded, Refused
from gateway.domain.acting import Note, Stand
from gateway.domain.acts import ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import EnforcementReason, Role
from gateway.ports import ActStore, Clock, Ids, LedgerStore, Policy, RegistryStore
from gateway.reading import inactive, rests_on

MAX_PAGES_READ = 20
"""How many pages out of scope are read at most to fill one page."""

FILTERS = frozenset(
    {"kind", "outcome", "reason", "purpose", "agency", "owner", "account", "fragment", "consent"}
    | {"decision_id", "from_at", "until_at"}
)
"""What a search may name, beside the person."""


@dataclass(frozen=True, slots=True)
class LedgerSearch:
    """`person` is the caller's handle, which the family needs.

    The last page ended at `after`, (ledger, index), for officers and workers, at `before`, the number of a
    row of her own chain, for the family; `row` names one row of it.
    """

    caller: Caller
    purpose: str
    person: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[int, int] | None = None
    before: int | None = None
    row: int | None = None
    limit: int = MAX_QUERIES


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Newest first. `entry` records this very reading."""

    rows: tuple[Mapping[str, Any], ...]
    next_after: tuple[int, int] | None
    next_before: int | None
    entry: Recorded | None


@dataclass(frozen=True, slots=True)
class ReadLedger:
    """One search, one entry: whoever reads the ledger is in it."""

    registry: RegistryStore
    ledger: LedgerStore
    acts: ActStore
    family: FamilyLog
    scope: AuditScope
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids

    async def __call__(self, search: LedgerSearch) -> LedgerPage | Refused:
        """Answer one page of at most 50 rows.

        Detail is opened only for an officer who names one entry; an auditor sees handles, never names.
        """
        tried = Tried("read_ledger", search.caller, _to_detail(search), search.purpose)
        if not search.caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        try:
            if search.caller.is_family:
                return await self._own_chain(search, tried)
            if search.caller.role in OVERSIGHT:
                return await self._in_scope(search, tried)
            return await self._own_acts(search)
        except ActRefusedError as refused:
            reason = refused.objection.reason
            return await self.refuse(tried, hidden(self.policy.digest, reason))
        except (PolicyUnavailableError, PolicyContractError):
            silent = denied(self.policy.digest, EnforcementReason.POLICY_UNAVAILABLE)
            return await self.refuse(tried, silent, unavailable=True)

    async def _own_chain(self, search: LedgerSearch, tried: Tried) -> LedgerPage | Refused:
        # 1. Whose log, and whether she may read it now; without a person there is nothing to read.
        log = await self.family(search.caller, search.person or "", search.purpose)
        if log is None:
            return await self.refuse(tried, hidden(self.policy.digest))
        if not log.verdict.decision.permitted:
            tried = replace(tried, person=log.person)
            return await self.refuse(tried, log.verdict.decision, unavailable=log.verdict.down)
        # 2. Her rows, as far as they are open to her today.
        shown, before = await self._shown(search, log)
        entry = await self._record(search, shown, (log.verdict.decision,), log.stand)
        return LedgerPage(tuple(shown), None, before, entry)

    async def _shown(self, search: LedgerSearch, log: OpenLog) -> tuple[list[Mapping[str, Any]], int | None]:
        """One row, or page after page until this one is full."""
        if search.row is not None:
            rows = await self.ledger.chain(log.viewer, log.person, search.row + 1, 1)
            return await self.family.rows(log, [row for row in rows if row.told["n"] == search.row]), None
        limit, before = _limit(search), search.before
        shown: list[Mapping[str, Any]] = []
        for _ in range(MAX_PAGES_READ):
            rows = await self.ledger.chain(log.viewer, log.person, before, limit)
            shown += await self.family.rows(log, rows)
            before = rows[-1].told["n"] if len(rows) == limit and rows[-1].told["n"] > 1 else None
            if before is None or len(shown) >= limit:
                break
        return (shown, before) if len(shown) <= limit else (shown[:limit], shown[limit - 1]["n"])

    async def _in_scope(self, search: LedgerSearch, tried: Tried) -> LedgerPage | Refused:
        # 1. Whether she reads the ledger at all.
        caller = search.caller
        decision = await self.scope.may_read(caller, search.purpose)
        if not decision.permitted:
            return await self.refuse(tried, decision)
        # 2. What she searches for, and no wider than her own agency unless she has the whole network.
        where = await self._where(search)
        if where is None:
            return await self._page(search, [], None, (decision,))
        if caller.role is Role.PRIVACY_OFFICER and not caller.network_wide:
            where["of_agency"] = caller.agency
        # 3. Page after page, until this one is full of what the policy lets her see.
        found: list[InScope] = []
        after, limit = search.after, _limit(search)
        for _ in range(MAX_PAGES_READ):
            rows = await self.ledger.entries(where, after, limit)
            found += await self.scope.within(caller, rows, search.purpose)
            after = (rows[-1]["ledger"], rows[-1]["index"]) if len(rows) == limit else None
            if after is None or len(found) >= limit:
                break
        if len(found) > limit:
            found, last = found[:limit], found[limit - 1].row
            after = (last["ledger"], last["index"])
        words, kept = (decision, *(one.decision for one in found)), [one.row for one in found]
        # 4. One entry named: its detail, for an officer.
        if "decision_id" in where and caller.role is Role.PRIVACY_OFFICER:
            kept = [{**row, "detail": await self.ledger.detail(row["ledger"], row["index"])} for row in kept]
        return await self._page(search, kept, after, words)

    async def _own_acts(self, search: LedgerSearch) -> LedgerPage | Refused:
        where = await self._where(search)
        wanted = None if where is None else own_search(search.caller, where)
        if wanted is None:
            return await self._page(search, [], None)
        limit = _limit(search)
        rows = await self.ledger.entries(wanted, search.after, limit)
        after = (rows[-1]["ledger"], rows[-1]["index"]) if len(rows) == limit else None
        return await self._page(search, [own_act(row) for row in rows], after)

    async def _where(self, search: LedgerSearch) -> dict[str, Any] | None:
        """The search terms that are known; None where the person is not known by this handle."""
        where = {name: value for name, value in search.where.items() if name in FILTERS}
        if search.person is None:
            return where
        person = await self.registry.person_of_handle(search.caller.agency, search.person)
        return None if person is None else {**where, "person": person}

    async def _page(
        self,
        search: LedgerSearch,
        rows: list[Mapping[str, Any]],
        after: tuple[int, int] | None,
        words: tuple[Decision, ...] = (),
    ) -> LedgerPage:
        entry = await self._record(search, rows, words)
        return LedgerPage(tuple(rows), after, None, entry)

    async def _record(
        self,
        search: LedgerSearch,
        rows: list[Mapping[str, Any]],
        words: tuple[Decision, ...],
        stand: Stand | None = None,
    ) -> Recorded | None:
        note = Note(
            kind=EntryKind.LEDGER_READ,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=search.caller,
            detail={**_to_detail(search), "shown": [[row["ledger"], row["index"]] for row in rows]},
            purpose=search.purpose,
            person=None if stand is None else stand.person,
            views=own_view(search.caller.person),
            epochs=rests_on(search.caller, stand),
            words=words,
        )
        return (await self.acts.note_act(note)).entry


def _limit(search: LedgerSearch) -> int:
    return max(1, min(search.limit, MAX_QUERIES))


def _to_detail(search: LedgerSearch) -> dict[str, Any]:
    return {"person_handle": search.person, "where": dict(search.where)}
