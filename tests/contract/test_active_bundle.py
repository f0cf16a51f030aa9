"""Acts that name no fragment, once another process has activated another bundle."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.adapters.sql.tables import deployment
from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.consent import ReachKind, StopReach
from gateway.domain.ids import ConsentId, DossierId
from gateway.domain.vocabulary import Role
from gateway.usecases.list_dossier import Listing
from gateway.usecases.read_consent import ConsentAsked
from gateway.usecases.read_ledger import LedgerSearch
from gateway.usecases.stop_sharing import Stop, Stopped
from gateway.usecases.withdraw_consent import Withdrawal
from tests.support.stack import Stack, open_stack

_ACTIVATE = update(deployment).where(deployment.c.name == "policy").values(value="1" * 64)


@pytest.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with open_stack(store_url, tmp_path / "state") as opened:
        yield opened


async def test_a_worker_behind_the_active_bundle_answers_nothing_and_still_narrows(stack: Stack) -> None:
    bob = await stack.caller("bob", "client:clinic")
    eva = await stack.caller("eva", "client:clinic")
    conte = await stack.caller("conte", "client:family", Role.GUARDIAN)
    await stack.parts.database.transaction(lambda tx: tx.run(_ACTIVATE))
    answers = [
        await stack.uses.list_dossier(Listing(bob, DossierId("dos_child"), "coordination")),
        await stack.uses.read_consent(ConsentAsked(bob, ConsentId("cns_1"), "coordination")),
        await stack.uses.read_ledger(LedgerSearch(eva, "audit")),
        await stack.uses.read_ledger(LedgerSearch(conte, "family_access", person="p:child")),
    ]
    for answer in answers:
        assert isinstance(answer, Refused)
        assert (answer.unavailable, answer.decision.reasons) == (True, ("POLICY_UNAVAILABLE",))
    withdrawal = Withdrawal(conte, ConsentId("cns_1"), "family_access")
    assert isinstance(await stack.uses.withdraw_consent(withdrawal), Done)
    stopped = await stack.uses.stop_sharing(Stop(conte, "p:child", StopReach(ReachKind.ALL)))
    assert isinstance(stopped, Stopped)
    assert stopped.continues is None
