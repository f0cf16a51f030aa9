"""An older copy put back: quarantine; two officers open a new ledger; what was withdrawn stays withdrawn."""

import contextlib
import io
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.clock import SystemClock
from gateway.adapters.crypto.mirror import FolderMirror
from gateway.adapters.crypto.state import KeyState
from gateway.adapters.identity.insecure_issuer import STRONG_ACR, InsecureLocalIssuer
from gateway.cli.verification import Evidence, read_own_vkey, verify_database
from gateway.domain.access import Refused
from gateway.domain.acting import Note
from gateway.domain.caller import Caller
from gateway.domain.consent import Recipient
from gateway.domain.errors import ConflictError, NotAllowedError, UnauthenticatedError
from gateway.domain.ids import AgencyId, ApprovalId, ConsentId, DecisionId, FragmentId, OrderId, PersonId
from gateway.domain.instruments import Instrument
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NewOrder
from gateway.domain.vocabulary import Role
from gateway.observe import OperationalLog
from gateway.releasing import Asked, Released
from gateway.settings import Settings
from gateway.usecases.reopen_ledger import Reopened
from gateway.usecases.withdraw_consent import Withdrawal
from gateway.wiring.reopening import reopen_ledger
from tests.support.keys import TEST_COST
from tests.support.stack import Stack, bearer, network, open_stack

BASE = "http://127.0.0.1:8741"
LOCAL = f"{BASE}/insecure-local-issuer"
LETTER = FragmentId("frg_letter")
CHILD = PersonId("p:child")


def seed() -> dict[str, Any]:
    """The small network with a second privacy officer; the first has an account at another agency too."""
    document = network()
    for name, agency, subject in (
        ("w:gus", "qc:house", "gus"),
        ("w:eva-too", "qc:house", "eva"),
    ):
        document["workers"].append(
            {"id": name, "agency": agency, "name": f"Inventé {subject}", "roles": ["privacy_officer"]}
            | {"identity": {"iss": LOCAL, "sub": subject}, "network_wide": subject == "gus"}
        )
    requirement = {"id": "ord_1", "subject": "p:child", "type": "require", "purposes": ["legal"]}
    document["orders"] = [requirement | {"recipients": [{"person": "w:dia"}]}]
    for worker in document["workers"]:
        if worker["id"] == "w:eva":
            worker["identity"]["iss"] = LOCAL
    return document


class Deployment:
    """One database and its state directory, through a loss."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.database = folder / "gateway.db"
        self.settings = Settings(
            state_dir=self.state,
            database_url=f"sqlite:///{self.database}",
            listen="127.0.0.1:8741",
            insecure_local_issuer=True,
        )
        self.log = OperationalLog(io.StringIO(), "error")

    @contextlib.asynccontextmanager
    async def opened(self, *, fresh: bool = False) -> AsyncIterator[Stack]:
        url = f"sqlite:///{self.database}"
        async with open_stack(url, self.state, seed=seed(), fresh=fresh) as stack:
            yield stack

    def token(self, subject: str, client: str, *, strong: bool = True) -> str:
        issuer = InsecureLocalIssuer(BASE, "127.0.0.1:8741", self.log, state_dir=self.state)
        acr = STRONG_ACR if strong else None
        return issuer.mint(client_id=client, subject=subject, now=SystemClock().now(), acr=acr)

    async def reopen(self, first: str, second: str) -> Reopened:
        return await reopen_ledger(self.settings, self.log, (first, second), insecure_test_cost=TEST_COST)

    async def lose_the_end(self, narrow: Callable[[Stack], Awaitable[object]]) -> None:
        """Begin, keep a copy, narrow something, and put the copy back."""
        copy = self.folder / "copy.db"
        async with self.opened(fresh=True):
            pass
        shutil.copyfile(self.database, copy)
        async with self.opened() as stack:
            assert not isinstance(await narrow(stack), Refused)
        for rest in ("-wal", "-shm"):
            self.database.with_name(self.database.name + rest).unlink(missing_ok=True)
        shutil.copyfile(copy, self.database)

    async def ask(self, stack: Stack) -> Released | Refused:
        worker = await stack.caller("bob", "client:clinic")
        return await stack.uses.release(Asked(worker, LETTER, "coordination", "", None, b""))


@pytest.fixture
async def lost(tmp_path: Path) -> Deployment:
    deployment = Deployment(tmp_path)
    await deployment.lose_the_end(withdraw)
    return deployment


async def withdraw(stack: Stack) -> object:
    guardian = await stack.caller("conte", "client:family", Role.GUARDIAN)
    return await stack.uses.withdraw_consent(Withdrawal(guardian, ConsentId("cns_1"), "family_access", None))


async def end_requirement(stack: Stack) -> object:
    return await stack.uses.end_instrument(await reached(stack, "gus"), OrderId("ord_1"))


async def forbid(stack: Stack) -> object:
    prohibition = Instrument("prohibit", "court_order", (Recipient(agency=AgencyId("qc:clinic")),))
    note = Note(EntryKind.OPERATED, DecisionId("dec_deposit"), await reached(stack, "eva"), {})
    new = NewOrder(OrderId("ins_1"), CHILD, prohibition.to_policy(), agency=AgencyId("qc:school"))
    return await stack.parts.acts.record_instrument(note, new, (ApprovalId("apv_1"), "Invented."), ())


async def reached(stack: Stack, subject: str) -> Caller:
    """An officer whom the local issuer vouches for."""
    client = {"gus": "client:house", "eva": "client:clinic"}[subject]
    return await stack.parts.store.caller(replace(bearer(subject, client), issuer=LOCAL), None)


async def test_two_officers_open_a_new_ledger_and_the_withdrawal_holds(lost: Deployment) -> None:
    async with lost.opened() as stack:
        assert stack.parts.quarantine is not None
    done = await lost.reopen(lost.token("eva", "client:clinic"), lost.token("gus", "client:house"))
    assert done.ledger == 2
    assert done.missing[0] < done.missing[1] == done.last.size
    async with lost.opened() as stack:
        assert stack.parts.quarantine is None
        answer = await lost.ask(stack)
        assert isinstance(answer, Refused)
        assert answer.decision.reasons[0] == "CONSENT_WITHDRAWN"
    report = await verify_database(lost.settings.database_url, Evidence(read_own_vkey(lost.state)))
    assert report.holds, report.findings
    assert (lost.state / "mirror" / "checkpoint-1").read_text() == done.last.note


@pytest.mark.parametrize(
    ("narrow", "reader", "reason"),
    [
        (end_requirement, ("dia", "client:house", "legal"), "NO_RELATIONSHIP"),
        (forbid, ("bob", "client:clinic", "coordination"), "COURT_ORDER_PROHIBITS"),
    ],
)
async def test_an_ended_requirement_stays_ended_and_a_prohibition_stands(
    tmp_path: Path, narrow: Callable[[Stack], Awaitable[object]], reader: tuple[str, str, str], reason: str
) -> None:
    lost = Deployment(tmp_path)
    await lost.lose_the_end(narrow)
    await lost.reopen(lost.token("eva", "client:clinic"), lost.token("gus", "client:house"))
    async with lost.opened() as stack:
        subject, client, purpose = reader
        worker = await stack.caller(subject, client)
        answer = await stack.uses.release(Asked(worker, LETTER, purpose))
        assert isinstance(answer, Refused)
        assert answer.decision.reasons[0] == reason


async def test_the_genesis_names_the_checkpoint_the_gap_and_both_persons(lost: Deployment) -> None:
    done = await lost.reopen(lost.token("eva", "client:clinic"), lost.token("gus", "client:house"))
    async with lost.opened() as stack:
        detail = await stack.parts.ledger.detail(2, 0)
    assert detail is not None
    told = detail["reopened"]
    assert told["checkpoint"] == done.last.note
    assert told["missing"] == list(done.missing)
    assert [one["account"] for one in told["officers"]] == ["w:eva", "w:gus"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("eva", "client:clinic"), ("eva", "client:clinic")),
        (("eva", "client:clinic"), ("eva", "client:house")),
    ],
)
async def test_one_person_is_not_two(
    lost: Deployment, first: tuple[str, str], second: tuple[str, str]
) -> None:
    with pytest.raises(NotAllowedError):
        await lost.reopen(lost.token(*first), lost.token(*second))
    assert read_own_vkey(lost.state).name.endswith("ledger-1")


async def test_a_weak_sign_in_opens_nothing(lost: Deployment) -> None:
    with pytest.raises(NotAllowedError):
        await lost.reopen(lost.token("eva", "client:clinic"), lost.token("gus", "client:house", strong=False))


async def test_who_is_no_account_opens_nothing(lost: Deployment) -> None:
    with pytest.raises(UnauthenticatedError):
        await lost.reopen(lost.token("eva", "client:clinic"), lost.token("nobody", "client:house"))


async def test_a_ledger_that_goes_on_is_not_reopened(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path)
    async with deployment.opened(fresh=True):
        pass
    with pytest.raises(ConflictError, match="not in quarantine"):
        await deployment.reopen(
            deployment.token("eva", "client:clinic"), deployment.token("gus", "client:house")
        )


STEPS = {
    "keys": "gateway.adapters.sql.ledger_store.SqlPublishing.begin",
    "genesis": "gateway.adapters.sql.ledger_store.SqlPublishing.keep",
    "mirror": "gateway.adapters.crypto.mirror.FolderMirror.reopen",
}


async def _refuse(*_: object, **__: object) -> None:
    raise OSError("cut here")


@pytest.mark.parametrize("step", list(STEPS))
async def test_cut_at_any_step_it_stays_in_quarantine_and_is_ended_by_doing_it_again(
    lost: Deployment, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    officers = (lost.token("eva", "client:clinic"), lost.token("gus", "client:house"))
    with monkeypatch.context() as cut:
        cut.setattr(STEPS[step], _refuse)
        with pytest.raises(OSError, match=r"cut here|no mirror"):
            await lost.reopen(*officers)
    async with lost.opened() as stack:
        assert stack.parts.quarantine is not None
    done = await lost.reopen(*officers)
    assert done.ledger == 2
    note = await FolderMirror(lost.state / "mirror").checkpoint()
    assert note == done.checkpoint
    async with lost.opened() as stack:
        assert stack.parts.quarantine is None
        assert isinstance(await lost.ask(stack), Refused)
    with contextlib.closing(sqlite3.connect(lost.database)) as database:
        genesis = database.execute("SELECT count(*) FROM entries WHERE ledger = 2 AND kind = 'genesis'")
        assert genesis.fetchone() == (1,)


async def test_a_second_loss_is_reopened_too(lost: Deployment) -> None:
    officers = (lost.token("eva", "client:clinic"), lost.token("gus", "client:house"))
    await lost.reopen(*officers)
    state = await KeyState.open(lost.state, insecure_test_cost=TEST_COST)
    assert state.ledger == 2
    kept = lost.folder / "second.db"
    async with lost.opened():
        pass
    shutil.copyfile(lost.database, kept)
    async with lost.opened() as stack:
        await lost.ask(stack)
    shutil.copyfile(kept, lost.database)
    done = await lost.reopen(*officers)
    assert done.ledger == 3
    assert done.last.ledger == 2
