"""The acts that keep the registry: what the table lists is done, once, with an entry."""

from collections.abc import Awaitable, Callable

import pytest

from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.acts import NOT_A_MEMBER
from gateway.domain.ids import AssignmentId, AuthorityId, ClientId, WorkerId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NewClient, NewWorker, WorkerChange
from gateway.domain.vocabulary import AgencyStatus, Role
from gateway.usecases.add_agency import AddAgency
from gateway.usecases.add_client import AddClient
from gateway.usecases.assign_worker import AssignWorker
from gateway.usecases.change_worker import ChangeWorker
from gateway.usecases.disable_client import DisableClient
from gateway.usecases.end_assignment import EndAssignment
from gateway.usecases.end_authority import EndAuthority
from gateway.usecases.open_dossier import OpenDossier
from gateway.usecases.register_worker import RegisterWorker
from gateway.usecases.set_agency_status import SetAgencyStatus
from tests.support.registry import (
    ADMIN,
    ANNEX,
    CLINIC,
    NETWORK,
    OFFICER,
    PIVOT,
    SCHOOL,
    ZOE,
    Acts,
    Ids,
    Ledger,
    Registry,
    a_filled_registry,
    a_registrar,
    a_show,
    as_ledger,
    as_registry,
    claimed,
    matching,
    new_agency,
    record,
)


@pytest.fixture
def acts() -> Acts:
    return Acts()


@pytest.fixture
def registry() -> Registry:
    return a_filled_registry()


Attempt = Callable[[Acts, Registry], Awaitable[Done | Refused]]

DONE: dict[str, tuple[Attempt, str, EntryKind]] = {
    "the network admits an agency": (
        lambda a, _: AddAgency(a_registrar(a), frozenset({"QC-PRIV"}))(NETWORK, new_agency(CLINIC)),
        "add_agency",
        EntryKind.AGENCY_ADMITTED,
    ),
    "the network suspends an agency": (
        lambda a, _: SetAgencyStatus(a_registrar(a), as_ledger())(
            NETWORK, CLINIC, AgencyStatus.SUSPENDED, if_match="1"
        ),
        "set_agency_status",
        EntryKind.AGENCY_SUSPENDED,
    ),
    "the network restores an agency": (
        lambda a, _: SetAgencyStatus(a_registrar(a), as_ledger())(
            NETWORK, CLINIC, AgencyStatus.MEMBER, if_match="2"
        ),
        "set_agency_status",
        EntryKind.AGENCY_RESTORED,
    ),
    "an administrator registers a client": (
        lambda a, _: AddClient(a_registrar(a))(ADMIN, NewClient(ClientId("c:new"), SCHOOL)),
        "add_client",
        EntryKind.CLIENT_REGISTERED,
    ),
    "the network registers the family portal": (
        lambda a, _: AddClient(a_registrar(a))(NETWORK, NewClient(ClientId("c:new"), None)),
        "add_client",
        EntryKind.CLIENT_REGISTERED,
    ),
    "an administrator disables a client": (
        lambda a, r: DisableClient(a_registrar(a), as_registry(r), as_ledger())(ADMIN, ClientId("c:school")),
        "disable_client",
        EntryKind.CLIENT_DISABLED,
    ),
    "the network disables the family portal": (
        lambda a, r: DisableClient(a_registrar(a), as_registry(r), as_ledger())(
            NETWORK, ClientId("c:family")
        ),
        "disable_client",
        EntryKind.CLIENT_DISABLED,
    ),
    "an administrator registers a worker of a unit": (
        lambda a, _: RegisterWorker(a_registrar(a))(
            ADMIN, NewWorker(WorkerId("w:new"), ANNEX, "Invented", (Role.PIVOT,))
        ),
        "add_worker",
        EntryKind.WORKER_REGISTERED,
    ),
    "the network registers an auditor": (
        lambda a, _: RegisterWorker(a_registrar(a))(
            NETWORK, NewWorker(WorkerId("w:new"), CLINIC, "Invented", (Role.AUDITOR,))
        ),
        "add_worker",
        EntryKind.WORKER_REGISTERED,
    ),
    "an administrator disables a worker": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r), as_ledger())(
            ADMIN, WorkerId("w:two"), WorkerChange(active=False), if_match="1"
        ),
        "set_worker",
        EntryKind.WORKER_DISABLED,
    ),
    "an administrator disables a network-wide worker": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r), as_ledger())(
            ADMIN, WorkerId("w:far"), WorkerChange(active=False), if_match="1"
        ),
        "set_worker",
        EntryKind.WORKER_DISABLED,
    ),
    "an administrator changes the roles of a unit's worker": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r), as_ledger())(
            ADMIN, WorkerId("w:annex"), WorkerChange(roles=(Role.CASEWORKER,)), if_match="1"
        ),
        "set_worker",
        EntryKind.WORKER_CHANGED,
    ),
    "a pivot assigns a colleague": (
        lambda a, r: AssignWorker(a_registrar(a), as_registry(r), a_show(r), Ids())(
            PIVOT, WorkerId("w:two"), "hnd_zoe"
        ),
        "assign",
        EntryKind.ASSIGNED,
    ),
    "a pivot ends a colleague's assignment": (
        lambda a, r: EndAssignment(a_registrar(a), as_registry(r), a_show(r), as_ledger())(
            PIVOT, AssignmentId("a:school")
        ),
        "end_assignment",
        EntryKind.UNASSIGNED,
    ),
    "a pivot looks a person up": (
        lambda a, r: matching(a, r)(PIVOT, ZOE),
        "match_person",
        EntryKind.LOOKED_UP,
    ),
    "a pivot opens a dossier": (
        lambda a, r: OpenDossier(a_registrar(a), as_registry(r), a_show(r), Ids())(PIVOT, "hnd_zoe"),
        "open_dossier",
        EntryKind.PERSON_CHANGED,
    ),
    "an officer asks for an authority": (
        lambda a, r: record(a, r)(OFFICER, claimed()),
        "ask_authority",
        EntryKind.APPROVAL_ASKED,
    ),
    "an officer ends an authority": (
        lambda a, r: EndAuthority(a_registrar(a), as_registry(r), a_show(r), as_ledger())(
            OFFICER, "hnd_zoe", AuthorityId("u:one")
        ),
        "end_authority",
        EntryKind.AUTHORITY_ENDED,
    ),
}


@pytest.mark.parametrize(("attempt", "verb", "kind"), DONE.values(), ids=DONE)
async def test_a_listed_act_is_done_once_with_an_entry_of_its_kind(
    acts: Acts, registry: Registry, attempt: Attempt, verb: str, kind: EntryKind
) -> None:
    assert isinstance(await attempt(acts, registry), Done)
    assert [(done, note.kind) for done, note, _ in acts.done] == [(verb, kind)]
    assert acts.refused == []


@pytest.mark.parametrize(("attempt", "verb", "kind"), DONE.values(), ids=DONE)
async def test_an_objection_of_the_store_is_a_refusal_with_an_entry(
    registry: Registry, attempt: Attempt, verb: str, kind: EntryKind
) -> None:
    acts = Acts(objection=NOT_A_MEMBER)
    refused = await attempt(acts, registry)
    assert isinstance(refused, Refused), (verb, kind)
    assert refused.decision.reasons == ("AGENCY_NOT_MEMBER",)
    assert [note.reason for note in acts.refused] == ["AGENCY_NOT_MEMBER"]


@pytest.mark.parametrize(("attempt", "verb", "kind"), DONE.values(), ids=DONE)
async def test_an_act_rests_on_the_account_it_was_asked_from(
    acts: Acts, registry: Registry, attempt: Attempt, verb: str, kind: EntryKind
) -> None:
    await attempt(acts, registry)
    note = acts.done[0][1]
    assert note.caller is not None, (verb, kind)
    assert note.epochs == note.caller.epochs


NARROWING = {
    "a suspension": lambda a, _, p: SetAgencyStatus(a_registrar(a), as_ledger(p))(
        NETWORK, CLINIC, AgencyStatus.SUSPENDED, if_match="1"
    ),
    "a disabled client": lambda a, r, p: DisableClient(a_registrar(a), as_registry(r), as_ledger(p))(
        ADMIN, ClientId("c:school")
    ),
    "a disabled worker": lambda a, r, p: ChangeWorker(a_registrar(a), as_registry(r), as_ledger(p))(
        ADMIN, WorkerId("w:two"), WorkerChange(active=False), if_match="1"
    ),
    "an ended assignment": lambda a, r, p: EndAssignment(
        a_registrar(a), as_registry(r), a_show(r), as_ledger(p)
    )(PIVOT, AssignmentId("a:school")),
    "an ended authority": lambda a, r, p: EndAuthority(
        a_registrar(a), as_registry(r), a_show(r), as_ledger(p)
    )(OFFICER, "hnd_zoe", AuthorityId("u:one")),
}


@pytest.mark.parametrize("answer", [True, False])
@pytest.mark.parametrize("attempt", NARROWING.values(), ids=NARROWING)
async def test_a_narrowing_act_is_acknowledged_with_its_proof_or_without(
    acts: Acts,
    registry: Registry,
    attempt: Callable[[Acts, Registry, Ledger], Awaitable[Done | Refused]],
    *,
    answer: bool,
) -> None:
    done = await attempt(acts, registry, Ledger(answer))
    assert isinstance(done, Done)
    assert done.proven is answer
