"""Assignments and authorities: what their acts promise, on every store."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.domain.acting import Done
from gateway.domain.acts import ActRefusedError
from gateway.domain.approving import Answer
from gateway.domain.consent import Recipient
from gateway.domain.errors import ConflictError, MalformedError
from gateway.domain.ids import (
    AgencyId,
    ApprovalId,
    AssignmentId,
    AuthorityId,
    ConsentId,
    PersonId,
)
from gateway.domain.instants import to_text
from gateway.domain.person import Attributes, Described
from gateway.domain.registry import (
    Identity,
    NewPerson,
)
from gateway.domain.vocabulary import AuthorityKind, Role
from tests.support.registry import a_caller
from tests.support.registry_store import (
    ANNEX,
    AT,
    CLINIC,
    CLOCK,
    DAY_US,
    MOTHER,
    SCHOOL,
    ZOE,
    Opened,
    assignment,
    authority,
    caller_of,
    fill,
    open_store,
    permit,
)


@pytest.fixture
async def store(store_url: str, tmp_path: Path) -> AsyncIterator[Opened]:
    async with open_store(store_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def network(store: Opened) -> Opened:
    return await fill(store)


async def test_an_agency_without_a_link_assigns_nobody(network: Opened) -> None:
    await network.deposit(CLINIC)
    caller = await caller_of(network)
    with pytest.raises(ActRefusedError):
        await network.acts.assign(network.note(caller), assignment())


async def test_an_agency_that_holds_a_fragment_assigns_its_worker_once(network: Opened) -> None:
    await network.deposit(SCHOOL)
    caller = await caller_of(network)
    before = await network.epoch("person:p:zoe")
    await network.acts.assign(network.note(caller), assignment())
    again = await network.acts.assign(network.note(caller), assignment(name="a:2"))
    assert again.reference == {"assignment": "a:1"}
    assert await network.epoch("person:p:zoe") == before + 1
    two = a_caller(Role.PIVOT, account="w:two")
    assert await network.registry.is_linked(two, ZOE, CLOCK.now())
    assert not await network.registry.is_linked(two, MOTHER, CLOCK.now())


NAMED = {
    "the agency": (Recipient(agency=SCHOOL), True),
    "the agency's role": (Recipient(agency=SCHOOL, role="pivot"), True),
    "another role": (Recipient(agency=SCHOOL, role="caseworker"), False),
    "the worker": (Recipient(person="w:two"), True),
    "the worker in her agency": (Recipient(person="w:two", agency=SCHOOL), True),
    "the worker in another agency": (Recipient(person="w:two", agency=CLINIC), False),
    "another agency": (Recipient(agency=CLINIC), False),
    "the agency's unit": (Recipient(agency=ANNEX), False),
}


@pytest.mark.parametrize(("recipient", "named"), NAMED.values(), ids=NAMED)
async def test_a_live_consent_that_names_them_is_a_link(
    network: Opened, *, recipient: Recipient, named: bool
) -> None:
    await network.acts.give(network.note(), permit(recipient), None)
    attempt = network.acts.assign(network.note(await caller_of(network)), assignment())
    assert await is_done(attempt) is named


@pytest.mark.parametrize(
    ("recipient", "named"),
    [(Recipient(agency=SCHOOL, include_units=True), True), (Recipient(agency=SCHOOL), False)],
)
async def test_a_unit_is_named_with_its_parent_only_where_units_are(
    network: Opened, *, recipient: Recipient, named: bool
) -> None:
    await network.acts.give(network.note(), permit(recipient), None)
    caller = await caller_of(network)
    attempt = network.acts.assign(network.note(caller), assignment("w:annex"))
    assert await is_done(attempt) is named


async def test_a_refusal_and_a_consent_that_is_to_come_are_no_link(network: Opened) -> None:
    caller = await caller_of(network)
    to_come = permit(Recipient(agency=SCHOOL), from_us=AT + DAY_US)
    await network.acts.give(network.note(), to_come, None)
    deny = replace(permit(Recipient(agency=SCHOOL)), id=ConsentId("cns_2"), decision="deny")
    await network.acts.give(network.note(), deny, None)
    assert await is_done(network.acts.assign(network.note(caller), assignment())) is False


async def is_done(attempt: Awaitable[Done]) -> bool:
    try:
        await attempt
    except ActRefusedError:
        return False
    return True


async def test_an_assignment_does_not_end_before_it_starts(network: Opened) -> None:
    with pytest.raises(MalformedError):
        await network.acts.assign(network.note(), assignment(until=AT))


async def test_an_ended_assignment_ends_at_the_act_and_stays_ended(network: Opened) -> None:
    await network.acts.assign(network.note(), assignment())
    done = await network.acts.end_assignment(network.note(), AssignmentId("a:1"))
    assert done.entry is not None
    row = await network.registry.row("assignments", "a:1")
    assert row is not None
    assert (row["until"], row["person"]) == (to_text(done.entry.recorded_at), ZOE)
    assert not await network.registry.is_linked(a_caller(account="w:two"), ZOE, done.entry.recorded_at)


async def test_an_agency_that_holds_a_fragment_records_an_authority_once_it_is_approved(
    network: Opened,
) -> None:
    caller = await caller_of(network)
    with pytest.raises(ActRefusedError):
        await network.acts.ask_authority(network.note(caller), authority(), ApprovalId("apv_1"))
    await network.deposit(SCHOOL)
    await network.acts.ask_authority(network.note(caller), authority(), ApprovalId("apv_1"))
    assert await network.registry.rows("authorities", caller, {"person": ZOE}, "", 10) == []
    second = await caller_of(network, "w:two")
    await network.acts.answer_approval(network.note(second), ApprovalId("apv_1"), Answer.APPROVED)
    rows = await network.registry.rows("authorities", caller, {"person": ZOE}, "", 10)
    assert [(row["id"], row["authority"], row["scope"]) for row in rows] == [("u:1", "sole", "all")]


@pytest.mark.parametrize("holder", [SCHOOL, AgencyId("t:school/annex")])
async def test_an_agency_records_no_authority_of_its_own(network: Opened, holder: AgencyId) -> None:
    await network.deposit(SCHOOL)
    caller = await caller_of(network)
    new = authority(holder, kind=AuthorityKind.AGENCY)
    with pytest.raises(ActRefusedError, match="refused") as refused:
        await network.acts.ask_authority(network.note(caller), new, ApprovalId("apv_1"))
    assert refused.value.objection.reason == "ROLE_NOT_ALLOWED"


async def test_a_worker_records_no_authority_for_herself_as_a_mother(network: Opened) -> None:
    await network.deposit(SCHOOL)
    described = Described("Essai", "Caller", date(1985, 1, 1))
    herself = NewPerson(
        PersonId("p:caller"), Attributes(described), Identity("https://issuer.invalid", "w:caller")
    )
    await network.acts.add_person(network.note(), herself)
    caller = await caller_of(network)
    with pytest.raises(ActRefusedError):
        await network.acts.ask_authority(network.note(caller), authority("p:caller"), ApprovalId("apv_1"))


async def test_an_agency_holds_an_agencys_authority_and_a_person_any_other(network: Opened) -> None:
    with pytest.raises(MalformedError):
        await network.acts.add_authority(network.note(), authority(CLINIC))
    with pytest.raises(MalformedError):
        await network.acts.add_authority(network.note(), authority(kind=AuthorityKind.AGENCY))
    with pytest.raises(MalformedError):
        await network.acts.add_authority(network.note(), authority(ZOE))
    with pytest.raises(ConflictError):
        await network.acts.add_authority(network.note(), authority("p:none"))


async def test_a_guardian_is_linked_until_her_authority_ends(network: Opened) -> None:
    await network.acts.add_authority(network.note(), authority())
    mother = a_caller(Role.GUARDIAN, account=MOTHER)
    assert await network.registry.is_linked(mother, ZOE, CLOCK.now())
    before = await network.epoch("person:p:zoe")
    await network.acts.end_authority(network.note(), AuthorityId("u:1"))
    assert not await network.registry.is_linked(mother, ZOE, CLOCK.now())
    assert await network.epoch("person:p:zoe") == before + 1
