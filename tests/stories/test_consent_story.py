"""A parent's consent from giving to stopping to undoing, on a whole gateway with its real policy."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.consent import ReachKind, Recipient, StopReach
from gateway.domain.errors import PolicyUnavailableError
from gateway.domain.giving import Given, Terms
from gateway.domain.ids import AgencyId, ConsentId, DecisionId, DossierId, FragmentId, StopId
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import Role
from gateway.judging import Foretold, Inquiry
from gateway.releasing import Asked, Released
from gateway.usecases.give_consent import Agreed
from gateway.usecases.list_consents import ConsentPage, ConsentsAsked
from gateway.usecases.list_dossier import Listing, Page
from gateway.usecases.read_ledger import LedgerPage, LedgerSearch
from gateway.usecases.stop_sharing import Stop, Stopped
from gateway.usecases.undo_stop import Lifted, Undo
from gateway.usecases.withdraw_consent import Withdrawal
from tests.support.stack import Stack, open_stack

CLINIC, SCHOOL = AgencyId("qc:clinic"), AgencyId("qc:school")
LETTER, DOSSIER = FragmentId("frg_letter"), DossierId("dos_child")
DAY_US = 24 * 3600 * 1_000_000


@pytest.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with open_stack(store_url, tmp_path / "state") as opened:
        yield opened


async def ask(stack: Stack) -> Released | Refused:
    bob = await stack.caller("bob", "client:clinic")
    return await stack.uses.release(Asked(bob, LETTER, "coordination"))


async def test_the_parent_stops_learns_what_continues_and_signs_anew(stack: Stack) -> None:
    parent = await stack.caller("conte", "client:family", Role.GUARDIAN)
    assert isinstance(await ask(stack), Released)

    stopped = await stack.uses.stop_sharing(Stop(parent, "p:child", StopReach(ReachKind.ALL)))
    assert isinstance(stopped, Stopped)
    assert stopped.done.proven
    assert {one["id"] for one in stopped.done.reference["withdrawn"]} == {"cns_1", "cns_once"}
    assert stopped.continues is not None
    assert {(one.agency, one.reason) for one in stopped.continues} == {(SCHOOL, "OWNER_ACCESS")}

    refused = await ask(stack)
    assert isinstance(refused, Refused)
    assert refused.decision.reasons[0] == "CONSENT_REFUSED"

    lifted = await stack.uses.undo_stop(Undo(parent, StopId(stopped.done.reference["stop"])))
    assert isinstance(lifted, Lifted)
    assert {one.id for one in lifted.offers} == {"cns_1", "cns_once"}
    refused = await ask(stack)
    assert isinstance(refused, Refused)
    assert refused.decision.reasons[0] == "CONSENT_WITHDRAWN"

    terms = Terms(
        decision="permit",
        recipients=(Recipient(agency=CLINIC),),
        owners=(SCHOOL,),
        purposes=("coordination",),
        categories=("family_situation",),
        until_at=Instant(stack.parts.clock.now() + 100 * DAY_US),
    )
    agreed = await stack.uses.give_consent(Given(parent, "p:child", terms, "family_access"))
    assert isinstance(agreed, Agreed)
    assert agreed.without_effect == ()
    assert isinstance(await ask(stack), Released)


async def test_a_withdrawal_and_a_stop_go_on_without_the_policy(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = await stack.caller("conte", "client:family", Role.GUARDIAN)

    async def silent(*_: object) -> None:
        raise PolicyUnavailableError("silent")

    for verb in ("decide", "decide_all", "views"):
        monkeypatch.setattr(type(stack.parts.policy), verb, silent)
    ended = await stack.uses.withdraw_consent(Withdrawal(parent, ConsentId("cns_1"), "family_access"))
    assert isinstance(ended, Done)
    stopped = await stack.uses.stop_sharing(Stop(parent, "p:child", StopReach(ReachKind.ALL)))
    assert isinstance(stopped, Stopped)
    assert stopped.continues is None
    monkeypatch.undo()
    assert isinstance(await ask(stack), Refused)


async def test_a_parent_without_authority_is_told_nothing(stack: Stack) -> None:
    other = await stack.caller("recit", "client:family", Role.GUARDIAN)
    for refused in (
        await stack.uses.stop_sharing(Stop(other, "p:child", StopReach(ReachKind.ALL))),
        await stack.uses.withdraw_consent(Withdrawal(other, ConsentId("cns_1"), "family_access")),
        await stack.uses.list_consents(ConsentsAsked(other, "p:child", "family_access")),
    ):
        assert isinstance(refused, Refused)
        assert not refused.decision.disclose_existence


async def test_lists_and_dry_runs_say_what_each_may_know(stack: Stack) -> None:
    bob = await stack.caller("bob", "client:clinic")
    cam = await stack.caller("cam", "client:clinic")
    ada = await stack.caller("ada", "client:school")
    page = await stack.uses.list_dossier(Listing(ada, DOSSIER, "coordination"))
    assert isinstance(page, Page | Refused)
    foretold = await stack.uses.decide_dry_run(Inquiry(bob, LETTER, "coordination"))
    assert isinstance(foretold, Foretold)
    assert foretold.decision.permitted
    assert isinstance(await stack.uses.decide_dry_run(Inquiry(cam, LETTER, "coordination")), Refused)
    wrong = await stack.uses.list_dossier(Listing(cam, DOSSIER, "audit"))
    assert isinstance(wrong, Refused)
    assert wrong.decision.reasons[0] == "PURPOSE_NOT_ALLOWED"


async def test_the_family_the_officer_and_the_worker_each_read_their_own(stack: Stack) -> None:
    parent = await stack.caller("conte", "client:family", Role.GUARDIAN)
    eva = await stack.caller("eva", "client:clinic")
    bob = await stack.caller("bob", "client:clinic")
    released = await ask(stack)
    assert isinstance(released, Released)
    await stack.uses.withdraw_consent(Withdrawal(parent, ConsentId("cns_1"), "family_access"))

    page = await stack.uses.read_ledger(LedgerSearch(parent, "family_access", person="p:child"))
    assert isinstance(page, LedgerPage)
    assert [row["kind"] for row in page.rows] == ["consent_withdrawn", "released"]
    consents = await stack.uses.list_consents(ConsentsAsked(parent, "p:child", "family_access"))
    assert isinstance(consents, ConsentPage)
    assert {one.directive.id for one in consents.shown} == {"cns_1", "cns_once"}

    named = {"decision_id": DecisionId(released.entry.decision_id)}
    sheet = await stack.uses.read_ledger(LedgerSearch(eva, "privacy_investigation", where=named))
    assert isinstance(sheet, LedgerPage)
    assert sheet.rows[0]["detail"]["fragment"] == LETTER
    refused = await stack.uses.read_ledger(LedgerSearch(eva, "coordination"))
    assert isinstance(refused, Refused)

    own = await stack.uses.read_ledger(LedgerSearch(bob, "coordination"))
    assert isinstance(own, LedgerPage)
    assert [row["kind"] for row in own.rows] == ["released"]
