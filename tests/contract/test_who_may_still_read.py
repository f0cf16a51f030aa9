"""Readings by whoever may not act any more: refused and recorded, or turned away once and read anew."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import update

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.fence import bump
from gateway.adapters.sql.tables import accounts, agencies
from gateway.domain.access import Refused
from gateway.domain.caller import Caller
from gateway.domain.errors import ContendedError
from gateway.domain.facts import account_scope
from gateway.domain.ids import ConsentId, DecisionId, DossierId
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import Role
from gateway.usecases.list_consents import ConsentsAsked
from gateway.usecases.list_dossier import Listing
from gateway.usecases.list_notices import NoticesAsked
from gateway.usecases.read_consent import ConsentAsked
from gateway.usecases.read_ledger import LedgerSearch
from gateway.usecases.read_proof import OwnRow, ProofAsked
from tests.support.stack import Stack, bearer, open_stack

Reading = Callable[[Stack, Caller], Awaitable[Any]]

BOB, EVA, CONTE = ("bob", "client:clinic"), ("eva", "client:clinic"), ("conte", "client:family")
CHILD, FOR_HER = "p:child", "family_access"
_SUSPEND = update(agencies).where(agencies.c.id == "qc:clinic").values(status="suspended")
_SET_INACTIVE = update(accounts).values(active=False)


async def _own_proof(stack: Stack, caller: Caller) -> object:
    (newest,) = await stack.parts.ledger.entries({"account": caller.account}, None, 1)
    return await stack.uses.read_proof(ProofAsked(caller, DecisionId(newest["decision_id"]), "coordination"))


READINGS: dict[str, tuple[tuple[str, str], Reading]] = {
    "dossiers": (BOB, lambda stack, one: stack.uses.list_dossiers(one)),
    "her dossiers": (CONTE, lambda stack, one: stack.uses.list_dossiers(one)),
    "a dossier": (CONTE, lambda stack, one: stack.uses.read_dossier(one, DossierId("dos_child"))),
    "a list": (BOB, lambda stack, one: stack.uses.list_dossier(_listing(one))),
    "own acts": (BOB, lambda stack, one: stack.uses.read_ledger(LedgerSearch(one, "coordination"))),
    "notices": (BOB, lambda stack, one: stack.uses.telling.list_notices(NoticesAsked(one))),
    "a scope": (EVA, lambda stack, one: stack.uses.read_ledger(LedgerSearch(one, "audit"))),
    "a chain": (CONTE, lambda stack, one: stack.uses.read_ledger(LedgerSearch(one, FOR_HER, CHILD))),
    "a proof": (BOB, _own_proof),
    "her proof": (CONTE, lambda stack, one: stack.uses.read_proof(_proof(one))),
    "consents": (CONTE, lambda stack, one: stack.uses.list_consents(ConsentsAsked(one, CHILD, FOR_HER))),
    "a consent": (CONTE, lambda stack, one: stack.uses.read_consent(_consent(one))),
}


def _listing(caller: Caller) -> Listing:
    return Listing(caller, DossierId("dos_child"), "coordination")


def _proof(caller: Caller) -> ProofAsked:
    return ProofAsked(caller, OwnRow(CHILD, 1), FOR_HER)


def _consent(caller: Caller) -> ConsentAsked:
    return ConsentAsked(caller, ConsentId("cns_1"), FOR_HER)


@pytest.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with open_stack(store_url, tmp_path / "state") as opened:
        yield opened


async def _leave_an_entry(stack: Stack, caller: Caller) -> None:
    read = READINGS["consents"][1] if caller.is_family else READINGS["dossiers"][1]
    assert not isinstance(await read(stack, caller), Refused)


async def _elsewhere(stack: Stack, account: str, *, inactive: bool) -> None:
    """Change the account as another process would: this one's caches hear nothing of it."""

    async def work(tx: Tx) -> None:
        if inactive:
            await tx.run(_SET_INACTIVE.where(accounts.c.id == account))
        await bump(tx, [account_scope(account)])

    await stack.parts.database.transaction(work)


@pytest.mark.parametrize(("who", "read"), READINGS.values(), ids=READINGS)
async def test_whose_account_was_disabled_elsewhere_reads_nothing(
    stack: Stack, who: tuple[str, str], read: Reading
) -> None:
    shown, role = bearer(*who), Role.GUARDIAN if who == CONTE else None
    caller = await stack.parts.store.caller(shown, role)
    await _leave_an_entry(stack, caller)
    assert not isinstance(await read(stack, caller), Refused)
    await _elsewhere(stack, caller.account, inactive=True)
    # Still known as she was: turned away, or refused by what was read afresh.
    try:
        assert isinstance(await read(stack, caller), Refused)
    except ContendedError:
        again = await stack.parts.store.caller(shown, role)
        assert not again.active
    # Read anew: refused before anything is looked up, and recorded.
    stack.parts.store.forget_caller(caller)
    answer = await read(stack, await stack.parts.store.caller(shown, role))
    assert isinstance(answer, Refused)
    assert (answer.decision.reasons, answer.unavailable) == (("ACCOUNT_INACTIVE",), False)
    assert not answer.decision.disclose_existence
    (newest,) = await stack.parts.ledger.entries({}, None, 1)
    assert (newest["kind"], newest["reason"]) == ("refused", "ACCOUNT_INACTIVE")


@pytest.mark.parametrize(("who", "read"), READINGS.values(), ids=READINGS)
async def test_whose_account_changed_elsewhere_is_turned_away_at_most_once(
    stack: Stack, who: tuple[str, str], read: Reading
) -> None:
    shown, role = bearer(*who), Role.GUARDIAN if who == CONTE else None
    caller = await stack.parts.store.caller(shown, role)
    await _leave_an_entry(stack, caller)
    await _elsewhere(stack, caller.account, inactive=False)
    try:
        answer = await read(stack, caller)
        assert isinstance(answer, Refused)
        assert answer.unavailable
    except ContendedError:
        pass
    again = await stack.parts.store.caller(shown, role)
    assert again.epochs != caller.epochs
    assert not isinstance(await read(stack, again), Refused)


async def _bobs_dossier(stack: Stack, caller: Caller) -> object:
    return await stack.uses.read_dossier(caller, DossierId("dos_child"))


@pytest.mark.parametrize(
    "read",
    [_bobs_dossier, *(READINGS[name][1] for name in ("dossiers", "own acts", "a proof", "notices"))],
)
async def test_whose_agency_is_suspended_is_refused_as_if_there_were_nothing(
    stack: Stack, read: Reading
) -> None:
    caller = await stack.caller(*BOB)
    await _leave_an_entry(stack, caller)
    assert not isinstance(await read(stack, caller), Refused)
    await stack.parts.database.transaction(lambda tx: tx.run(_SUSPEND))
    answer = await read(stack, caller)
    assert isinstance(answer, Refused)
    assert (answer.decision.reasons, answer.decision.disclose_existence) == (("AGENCY_NOT_MEMBER",), False)


@dataclass
class SuspendedMeanwhile:
    """Suspends the clinic once the dossier is found."""

    stack: Stack

    async def dossier(self, caller: Caller, dossier: DossierId, now: Instant) -> Mapping[str, Any] | None:
        found = await self.stack.uses.list_dossier.lists.dossier(caller, dossier, now)
        await self.stack.parts.database.transaction(lambda tx: tx.run(_SUSPEND))
        return found

    def __getattr__(self, name: str) -> object:
        return getattr(self.stack.uses.list_dossier.lists, name)


async def test_who_is_suspended_while_a_page_of_nothing_is_read_is_refused_with_an_entry(
    stack: Stack,
) -> None:
    caller = await stack.caller(*BOB)
    behind_everything = replace(_listing(caller), after="zzz")
    uses = stack.uses.list_dossier
    knowing = replace(uses.knowing, lists=cast("Any", SuspendedMeanwhile(stack)))
    slow = replace(uses, knowing=knowing)
    assert not isinstance(await stack.uses.list_dossier(behind_everything), Refused)
    answer = await slow(behind_everything)
    assert isinstance(answer, Refused)
    assert (answer.decision.reasons, answer.decision.disclose_existence) == (("AGENCY_NOT_MEMBER",), False)
    (newest,) = await stack.parts.ledger.entries({}, None, 1)
    assert (newest["kind"], newest["reason"]) == ("refused", "AGENCY_NOT_MEMBER")
