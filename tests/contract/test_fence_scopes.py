"""Whatever changes access moves the epochs of what it touches, in its own transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.adapters.sql.acts.policies import activate
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.fence import bump
from gateway.adapters.sql.tables import epochs
from gateway.domain.acting import Note
from gateway.domain.consent import ConsentStatus, Directive, ReachKind, Recipient, StopReach
from gateway.domain.errors import ContendedError, QuarantinedError
from gateway.domain.facts import Turned
from gateway.domain.fragment import DOCUMENT_SECTION, NewLabels, SectionChange
from gateway.domain.ids import (
    AgencyId,
    AssignmentId,
    AuthorityId,
    ClientId,
    ConsentId,
    DecisionId,
    OrderId,
    PersonId,
    StopId,
    WorkerId,
)
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import (
    Identity,
    NewAgency,
    NewAssignment,
    NewAuthority,
    NewClient,
    NewOrder,
    NewWorker,
    WorkerChange,
)
from gateway.domain.stopping import refusal_within
from gateway.domain.vocabulary import AgencyStatus, AuthorityKind, Role, Sensitivity
from tests.support.race_attempts import LETTER, MARKS, an_attempt
from tests.support.race_gate import OTHER_POLICY
from tests.support.stack import ISSUER, Stack, bearer, open_stack

CHILD, PARENT, OTHER = PersonId("p:child"), PersonId("p:parent"), PersonId("p:other")
CLINIC, SCHOOL = AgencyId("qc:clinic"), AgencyId("qc:school")
BOB = WorkerId("w:bob")

Act = Callable[[Stack], Awaitable[object]]


@pytest.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with open_stack(store_url, tmp_path / "state") as opened:
        yield opened


def note(stack: Stack) -> Note:
    return Note(EntryKind.OPERATED, DecisionId(stack.parts.ids.new("dec")), None, {"act": "test"})


def line(stack: Stack, name: str, **changes: object) -> Directive:
    now = stack.parts.clock.now()
    made = Directive(
        id=ConsentId(name),
        version=1,
        subject=CHILD,
        giver=PARENT,
        given_as="guardian",
        decision="permit",
        recipients=(Recipient(agency=CLINIC),),
        owners="any",
        purposes="any",
        categories="any",
        from_at=now,
        until_at=type(now)(now + 86_400_000_000),
    )
    return replace(made, **changes)  # type: ignore[arg-type] # fields of any type


async def give(stack: Stack) -> None:
    await stack.parts.acts.give(note(stack), line(stack, "cns_new"), None)


async def refuse(stack: Stack) -> None:
    denied = line(stack, "cns_no", decision="deny", until_at=None)
    await stack.parts.acts.give(note(stack), denied, None)


async def replace_consent(stack: Stack) -> None:
    newer = line(stack, "cns_1", version=2)
    await stack.parts.acts.give(note(stack), newer, (ConsentId("cns_1"), 1))


async def withdraw(stack: Stack) -> None:
    permit = await stack.parts.registry.directive(ConsentId("cns_1"))
    assert permit is not None
    await stack.parts.acts.withdraw(note(stack), permit)


async def stop(stack: Stack) -> None:
    reach = StopReach(ReachKind.ALL)
    denied = refusal_within(reach, (ConsentId("cns_stop"), CHILD), PARENT)
    await stack.parts.acts.stop(note(stack), denied, reach)


async def undo_stop(stack: Stack) -> None:
    await stop(stack)
    await stack.parts.acts.undo_stop(note(stack), StopId("stp_stop"))


async def suspend(stack: Stack) -> None:
    await stack.parts.acts.set_agency_status(note(stack), CLINIC, AgencyStatus.SUSPENDED, "1")


async def suspend_owner(stack: Stack) -> None:
    await stack.parts.acts.set_agency_status(note(stack), SCHOOL, AgencyStatus.SUSPENDED, "1")


async def disable_client(stack: Stack) -> None:
    await stack.parts.acts.disable_client(note(stack), ClientId("client:clinic"))


async def disable_worker(stack: Stack) -> None:
    await stack.parts.acts.set_worker(note(stack), BOB, WorkerChange(active=False), "1")


async def change_roles(stack: Stack) -> None:
    change = WorkerChange(roles=(Role.CASEWORKER, Role.PIVOT))
    await stack.parts.acts.set_worker(note(stack), BOB, change, "1")


async def assign(stack: Stack) -> None:
    await stack.parts.acts.assign(
        note(stack), NewAssignment(AssignmentId("asg_new"), WorkerId("w:cam"), CHILD)
    )


async def end_assignment(stack: Stack) -> None:
    await stack.parts.acts.end_assignment(note(stack), AssignmentId("asg_2"))


async def record_authority(stack: Stack) -> None:
    new = NewAuthority(AuthorityId("aut_new"), CHILD, OTHER, AuthorityKind.JOINT)
    await stack.parts.acts.add_authority(note(stack), new)


async def end_authority(stack: Stack) -> None:
    await stack.parts.acts.end_authority(note(stack), AuthorityId("aut_1"))


async def add_order(stack: Stack) -> None:
    await stack.parts.acts.add_order(note(stack), NewOrder(OrderId("ord_1"), CHILD, {"kind": "no_contact"}))


async def relabel(stack: Stack) -> None:
    own = (SectionChange(DOCUMENT_SECTION),)
    labels = NewLabels("family_situation", Sensitivity.RESTRICTED, youth_alone=False, sections=own)
    await stack.parts.acts.relabel(note(stack), LETTER, labels, "1")


async def erase(stack: Stack) -> None:
    await stack.parts.acts.erase(note(stack), LETTER, "1")


async def use_once(stack: Stack) -> None:
    await stack.parts.store.record(await an_attempt(stack, MARKS))


async def activate_another(stack: Stack) -> None:
    parts = stack.parts
    await activate(parts.database, parts.writer, note(stack), OTHER_POLICY, b"{}")


BUMPS: dict[str, tuple[Act, dict[str, int]]] = {
    "a consent given": (give, {"person:p:child": 1}),
    "a refusal given": (refuse, {"person:p:child": 1}),
    "a consent replaced": (replace_consent, {"person:p:child": 1}),
    "a consent withdrawn": (withdraw, {"person:p:child": 1}),
    "a stop": (stop, {"person:p:child": 1}),
    "a stop and its undoing": (undo_stop, {"person:p:child": 2}),
    "a consent for once used up": (use_once, {"person:p:child": 1}),
    "the caller's agency suspended": (suspend, {"agency:qc:clinic": 1}),
    "the owner suspended": (suspend_owner, {"agency:qc:school": 1}),
    "a client disabled": (disable_client, {"client:client:clinic": 1}),
    "a worker disabled": (disable_worker, {"account:w:bob": 1}),
    "a worker's roles changed": (change_roles, {"account:w:bob": 1}),
    "somebody assigned": (assign, {"person:p:child": 1}),
    "an assignment ended": (end_assignment, {"person:p:child": 1}),
    "an authority recorded": (record_authority, {"person:p:child": 1}),
    "an authority ended": (end_authority, {"person:p:child": 1}),
    "an order recorded": (add_order, {"person:p:child": 1}),
    "a fragment relabelled": (relabel, {"person:p:child": 1}),
    "a fragment erased": (erase, {"person:p:child": 1}),
    "another policy": (activate_another, {"policy": 1}),
}


async def numbers(stack: Stack) -> dict[str, int]:
    async def read(tx: Tx) -> dict[str, int]:
        rows = await tx.all(select(epochs.c.scope, epochs.c.number))
        return {row["scope"]: row["number"] for row in rows}

    return await stack.parts.database.snapshot(read)


@pytest.mark.parametrize(("act", "moved"), BUMPS.values(), ids=BUMPS)
async def test_an_act_moves_what_it_touches_and_no_more_and_overtakes_what_was_decided(
    stack: Stack, act: Act, moved: dict[str, int]
) -> None:
    decided, before = await an_attempt(stack), await numbers(stack)
    assert decided.decision.permitted
    await act(stack)
    after = await numbers(stack)
    changed = {scope: number - before.get(scope, 0) for scope, number in after.items()}
    assert {scope: by for scope, by in changed.items() if by} == moved
    assert await stack.parts.store.record(decided) is Turned.MOVED


async def test_a_release_rests_on_every_scope_that_could_narrow_it(stack: Stack) -> None:
    decided = await an_attempt(stack)
    assert [scope for scope, _ in decided.facts.epochs] == [
        "account:w:bob",
        "agency:qc:clinic",
        "agency:qc:school",
        "client:client:clinic",
        "person:p:child",
        "policy",
    ]


async def test_an_account_that_changed_at_another_process_is_read_anew_after_one_contended_act(
    stack: Stack,
) -> None:
    shown = bearer("bob", "client:clinic")
    caller = await stack.parts.store.caller(shown, None)
    await stack.parts.database.transaction(lambda tx: bump(tx, ["account:w:bob"]))
    act = replace(note(stack), caller=caller, epochs=caller.epochs)
    with pytest.raises(ContendedError):
        await stack.parts.acts.note_act(act)
    again = await stack.parts.store.caller(shown, None)
    done = await stack.parts.acts.note_act(replace(act, caller=again, epochs=again.epochs))
    assert done.entry is not None


async def test_a_units_release_rests_on_every_body_that_it_is_a_unit_of(stack: Stack) -> None:
    acts, unit = stack.parts.acts, AgencyId("qc:clinic/east/night")
    for name in (AgencyId("qc:clinic/east"), unit):
        await acts.add_agency(note(stack), NewAgency(name, "Unité", "Unit", "QC-LRSSS"))
    await acts.add_client(note(stack), NewClient(ClientId("client:night"), unit))
    identity = Identity(ISSUER, "uma")
    worker = NewWorker(WorkerId("w:uma"), unit, "Inventée Uma", (Role.CASEWORKER,), identity)
    await acts.add_worker(note(stack), worker)
    uma = await stack.caller("uma", "client:night")
    now = stack.parts.clock.now()
    facts = await stack.parts.store.facts(uma, LETTER, "coordination", now, every_directive=False)
    scopes = [scope for scope, _ in facts.epochs if scope.startswith("agency:")]
    assert scopes == [
        "agency:qc:clinic", "agency:qc:clinic/east", "agency:qc:clinic/east/night", "agency:qc:school"
    ]  # fmt: skip
    await suspend(stack)
    after = await stack.parts.store.facts(uma, MARKS, "coordination", now, every_directive=False)
    assert after.query.document["actor"]["agency_status"] == "suspended"


async def test_a_consent_that_is_recorded_as_withdrawn_lets_nothing_through(stack: Stack) -> None:
    await withdraw(stack)
    over = line(stack, "cns_over", status=ConsentStatus.WITHDRAWN)
    await stack.parts.acts.give(note(stack), over, None)
    decided = await an_attempt(stack)
    assert decided.decision.reasons == ("CONSENT_WITHDRAWN",)


async def test_in_quarantine_roles_are_taken_away_and_none_is_given_in_their_place(stack: Stack) -> None:
    await change_roles(stack)
    stack.parts.writer.quarantined = lambda: True
    swapped = WorkerChange(roles=(Role.CASEWORKER, Role.AGENCY_ADMIN))
    with pytest.raises(QuarantinedError):
        await stack.parts.acts.set_worker(note(stack), BOB, swapped, "2")
    fewer = WorkerChange(roles=(Role.CASEWORKER,))
    done = await stack.parts.acts.set_worker(note(stack), BOB, fewer, "2")
    assert (done.entry, done.reference["roles"]) == (None, ["caseworker"])
    disabled = WorkerChange(roles=(Role.CASEWORKER, Role.PIVOT), active=False)
    done = await stack.parts.acts.set_worker(note(stack), BOB, disabled, "3")
    assert (done.entry, done.reference["active"]) == (None, False)
