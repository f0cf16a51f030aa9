"""The lists of the registry: bounded, and each to whom it concerns."""

import pytest

from gateway.domain.access import Refused
from gateway.domain.acts import NO_LINK, NOT_A_MEMBER, NOT_FOR_ROLE
from gateway.domain.caller import Caller
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import Page
from gateway.domain.vocabulary import Role
from gateway.usecases.list_agencies import ListAgencies
from gateway.usecases.list_assignments import ListAssignments
from gateway.usecases.list_authorities import ListAuthorities
from gateway.usecases.list_workers import ListWorkers
from gateway.usecases.who_am_i import WhoAmI
from tests.support.registry import (
    ADMIN,
    CLINIC,
    GUARDIAN,
    OFFICER,
    PIVOT,
    Acts,
    Registry,
    a_caller,
    a_filled_registry,
    a_knowing,
    a_mask,
    a_registrar,
    as_registry,
)


@pytest.fixture
def acts() -> Acts:
    return Acts()


@pytest.fixture
def registry() -> Registry:
    return a_filled_registry()


async def test_agencies_are_listed_without_a_caller_in_pages(registry: Registry) -> None:
    registry.found |= {("agencies", f"t:{n:03d}"): {"id": f"t:{n:03d}"} for n in range(60)}
    first = await ListAgencies(as_registry(registry))()
    assert first.after is not None
    second = await ListAgencies(as_registry(registry))(after=first.after)
    assert (len(first.rows), len(second.rows), second.after) == (50, 11, None)


@pytest.mark.parametrize(
    ("caller", "where"),
    [
        (ADMIN, {"agency": "t:school"}),
        (PIVOT, {"agency": "t:school"}),
        (OFFICER, {"agency": "t:school"}),
        (a_caller(Role.CASEWORKER), {"worker": "w:caller"}),
    ],
)
async def test_whom_the_table_does_not_list_sees_her_own_assignments(
    acts: Acts, registry: Registry, caller: Caller, where: dict[str, str]
) -> None:
    listed = await ListAssignments(a_registrar(acts), as_registry(registry))(caller)
    assert isinstance(listed, Page)
    assert registry.asked == [where]


async def test_nobody_lists_another_agency(acts: Acts, registry: Registry) -> None:
    workers = await ListWorkers(a_registrar(acts), as_registry(registry))(ADMIN, agency=CLINIC)
    assignments = await ListAssignments(a_registrar(acts), as_registry(registry))(ADMIN, agency=CLINIC)
    assert isinstance(workers, Refused)
    assert isinstance(assignments, Refused)
    assert registry.asked == []


async def test_a_guardian_lists_no_worker(acts: Acts, registry: Registry) -> None:
    assert isinstance(await ListWorkers(a_registrar(acts), as_registry(registry))(GUARDIAN), Refused)
    assert isinstance(await ListAssignments(a_registrar(acts), as_registry(registry))(GUARDIAN), Refused)


async def test_authorities_are_shown_to_whom_a_link_exists_and_the_reading_is_an_entry(
    acts: Acts, registry: Registry
) -> None:
    registry.linked = True
    listed = await ListAuthorities(
        a_registrar(acts), as_registry(registry), a_knowing(registry), a_mask(registry)
    )(PIVOT, "hnd_zoe")
    assert isinstance(listed, Page)
    assert [(verb, note.kind, note.person) for verb, note, _ in acts.done] == [
        ("note_act", EntryKind.LISTED, "p:zoe")
    ]


@pytest.mark.parametrize(
    ("caller", "handle"), [(PIVOT, "hnd_zoe"), (PIVOT, "hnd_other"), (GUARDIAN, "p:zoe")]
)
async def test_without_a_link_a_person_and_no_person_answer_alike(
    acts: Acts, registry: Registry, caller: Caller, handle: str
) -> None:
    use_case = ListAuthorities(
        a_registrar(acts), as_registry(registry), a_knowing(registry), a_mask(registry)
    )
    refused = await use_case(caller, handle)
    assert isinstance(refused, Refused)
    assert (refused.decision.reasons, refused.decision.disclose_existence) == ((NO_LINK.reason,), False)


async def test_a_caller_is_told_the_roles_of_her_record(registry: Registry) -> None:
    me = await WhoAmI(as_registry(registry))(PIVOT)
    assert (me.roles, me.agency and me.agency["id"]) == (("pivot",), "t:school")
    mine = await WhoAmI(as_registry(registry))(GUARDIAN)
    assert (mine.roles, mine.agency) == (("guardian", "youth"), None)


def test_the_objection_to_a_role_is_open_and_that_to_a_missing_link_hidden() -> None:
    assert (NOT_FOR_ROLE.hidden, NO_LINK.hidden, NOT_A_MEMBER.hidden) == (False, True, True)
