"""The acts that keep the registry: listed ones are done, others refused, and each has one entry."""

from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import NO_LINK, NOT_A_MEMBER, NOT_FOR_ROLE
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError, PreconditionRequiredError
from gateway.domain.ids import AgencyId, AssignmentId, AuthorityId, ClientId, WorkerId
from gateway.domain.ledger import EntryKind
from gateway.domain.person import Described
from gateway.domain.registry import NewAgency, NewClient, NewWorker, Page, WorkerChange
from gateway.domain.vocabulary import AgencyStatus, AuthorityKind, Role
from gateway.usecases.add_agency import AddAgency
from gateway.usecases.add_client import AddClient
from gateway.usecases.assign_worker import AssignWorker
from gateway.usecases.change_worker import ChangeWorker
from gateway.usecases.disable_client import DisableClient
from gateway.usecases.end_assignment import EndAssignment
from gateway.usecases.end_authority import EndAuthority
from gateway.usecases.list_agencies import ListAgencies
from gateway.usecases.list_assignments import ListAssignments
from gateway.usecases.list_authorities import ListAuthorities
from gateway.usecases.list_workers import ListWorkers
from gateway.usecases.match_person import MatchPerson
from gateway.usecases.open_dossier import OpenDossier
from gateway.usecases.record_authority import Claimed, RecordAuthority
from gateway.usecases.register_worker import RegisterWorker
from gateway.usecases.set_agency_status import SetAgencyStatus
from gateway.usecases.who_am_i import WhoAmI
from tests.support.registry import Acts, Clock, Ids, Registry, a_caller, a_registrar, as_registry

SCHOOL, ANNEX, CLINIC = AgencyId("t:school"), AgencyId("t:school/annex"), AgencyId("t:clinic")
ADMIN = a_caller(Role.AGENCY_ADMIN)
NETWORK = a_caller(Role.AGENCY_ADMIN, network_wide=True)
PIVOT = a_caller(Role.PIVOT)
OFFICER = a_caller(Role.PRIVACY_OFFICER)
GUARDIAN = a_caller(Role.GUARDIAN, account="p:mother")
CATEGORIES = frozenset({"education", "mental_health"})
ZOE = Described("Essai", "Zoé", date(2015, 1, 1))


def new_agency(agency: AgencyId) -> NewAgency:
    return NewAgency(agency, "École", "School", "QC-PRIV")


def worker_row(worker: str, agency: str = "t:school", *, network_wide: bool = False) -> dict[str, object]:
    return {
        "id": worker,
        "agency": agency,
        "name": "Invented",
        "roles": ["pivot"],
        "active": True,
        "network_wide": network_wide,
        "etag": "1",
    }


@pytest.fixture
def acts() -> Acts:
    return Acts()


@pytest.fixture
def registry() -> Registry:
    return Registry(
        found={
            ("workers", "w:two"): worker_row("w:two"),
            ("workers", "w:caller"): worker_row("w:caller"),
            ("workers", "w:annex"): worker_row("w:annex", "t:school/annex"),
            ("workers", "w:clinic"): worker_row("w:clinic", "t:clinic"),
            ("workers", "w:far"): worker_row("w:far", network_wide=True),
            ("clients", "c:school"): {"id": "c:school", "agency": "t:school", "status": "active"},
            ("clients", "c:clinic"): {"id": "c:clinic", "agency": "t:clinic", "status": "active"},
            ("clients", "c:family"): {"id": "c:family", "agency": None, "status": "active"},
            ("assignments", "a:school"): {"id": "a:school", "agency": "t:school", "person": "p:zoe"},
            ("assignments", "a:clinic"): {"id": "a:clinic", "agency": "t:clinic", "person": "p:zoe"},
            ("authorities", "u:one"): {"id": "u:one", "person": "p:zoe", "holder": "p:mother"},
            ("agencies", "t:school"): {"id": "t:school", "name": {"fr": "École", "en": "School"}},
        },
        handles={
            ("t:school", "hnd_zoe"): "p:zoe",
            ("t:school", "hnd_mother"): "p:mother",
            (None, "p:zoe"): "p:zoe",
        },
    )


Attempt = Callable[[Acts, Registry], Awaitable[Done | Refused]]

DONE: dict[str, tuple[Attempt, str, EntryKind]] = {
    "the network admits an agency": (
        lambda a, _: AddAgency(a_registrar(a), frozenset({"QC-PRIV"}))(NETWORK, new_agency(CLINIC)),
        "add_agency",
        EntryKind.AGENCY_ADMITTED,
    ),
    "the network suspends an agency": (
        lambda a, _: SetAgencyStatus(a_registrar(a))(NETWORK, CLINIC, AgencyStatus.SUSPENDED, if_match="1"),
        "set_agency_status",
        EntryKind.AGENCY_SUSPENDED,
    ),
    "the network restores an agency": (
        lambda a, _: SetAgencyStatus(a_registrar(a))(NETWORK, CLINIC, AgencyStatus.MEMBER, if_match="2"),
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
        lambda a, r: DisableClient(a_registrar(a), as_registry(r))(ADMIN, ClientId("c:school")),
        "disable_client",
        EntryKind.CLIENT_DISABLED,
    ),
    "the network disables the family portal": (
        lambda a, r: DisableClient(a_registrar(a), as_registry(r))(NETWORK, ClientId("c:family")),
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
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r))(
            ADMIN, WorkerId("w:two"), WorkerChange(active=False), if_match="1"
        ),
        "set_worker",
        EntryKind.WORKER_DISABLED,
    ),
    "an administrator disables a network-wide worker": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r))(
            ADMIN, WorkerId("w:far"), WorkerChange(active=False), if_match="1"
        ),
        "set_worker",
        EntryKind.WORKER_DISABLED,
    ),
    "an administrator changes the roles of a unit's worker": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r))(
            ADMIN, WorkerId("w:annex"), WorkerChange(roles=(Role.CASEWORKER,)), if_match="1"
        ),
        "set_worker",
        EntryKind.WORKER_CHANGED,
    ),
    "a pivot assigns a colleague": (
        lambda a, r: AssignWorker(a_registrar(a), as_registry(r), Ids())(PIVOT, WorkerId("w:two"), "hnd_zoe"),
        "assign",
        EntryKind.ASSIGNED,
    ),
    "a pivot ends a colleague's assignment": (
        lambda a, r: EndAssignment(a_registrar(a), as_registry(r))(PIVOT, AssignmentId("a:school")),
        "end_assignment",
        EntryKind.UNASSIGNED,
    ),
    "a pivot looks a person up": (
        lambda a, _: MatchPerson(a_registrar(a), Ids())(PIVOT, ZOE),
        "match_person",
        EntryKind.LOOKED_UP,
    ),
    "a pivot opens a dossier": (
        lambda a, r: OpenDossier(a_registrar(a), as_registry(r), Ids())(PIVOT, "hnd_zoe"),
        "open_dossier",
        EntryKind.PERSON_CHANGED,
    ),
    "an officer records an authority": (
        lambda a, r: record(a, r)(OFFICER, claimed()),
        "add_authority",
        EntryKind.AUTHORITY_RECORDED,
    ),
    "an officer ends an authority": (
        lambda a, r: EndAuthority(a_registrar(a), as_registry(r))(OFFICER, AuthorityId("u:one")),
        "end_authority",
        EntryKind.AUTHORITY_ENDED,
    ),
}


def record(acts: Acts, registry: Registry) -> RecordAuthority:
    return RecordAuthority(a_registrar(acts), as_registry(registry), Ids(), CATEGORIES)


def claimed(handle: str = "hnd_zoe", holder: str | None = "hnd_mother") -> Claimed:
    return Claimed(handle, holder, None, AuthorityKind.SOLE)


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


REFUSED: dict[str, tuple[Attempt, str, bool]] = {
    "an administrator admits an agency": (
        lambda a, _: AddAgency(a_registrar(a), frozenset({"QC-PRIV"}))(ADMIN, new_agency(ANNEX)),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an administrator suspends her own agency": (
        lambda a, _: SetAgencyStatus(a_registrar(a))(ADMIN, SCHOOL, AgencyStatus.SUSPENDED, if_match="1"),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an administrator registers the family portal": (
        lambda a, _: AddClient(a_registrar(a))(ADMIN, NewClient(ClientId("c:new"), None)),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an administrator registers another agency's client": (
        lambda a, _: AddClient(a_registrar(a))(ADMIN, NewClient(ClientId("c:new"), CLINIC)),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an administrator disables another agency's client": (
        lambda a, r: DisableClient(a_registrar(a), as_registry(r))(ADMIN, ClientId("c:clinic")),
        "NO_RELATIONSHIP",
        True,
    ),
    "an administrator disables the family portal": (
        lambda a, r: DisableClient(a_registrar(a), as_registry(r))(ADMIN, ClientId("c:family")),
        "NO_RELATIONSHIP",
        True,
    ),
    "an administrator disables an unknown client": (
        lambda a, r: DisableClient(a_registrar(a), as_registry(r))(ADMIN, ClientId("c:none")),
        "NO_RELATIONSHIP",
        True,
    ),
    "an administrator registers an auditor": (
        lambda a, _: RegisterWorker(a_registrar(a))(
            ADMIN, NewWorker(WorkerId("w:new"), SCHOOL, "Invented", (Role.AUDITOR,))
        ),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an administrator registers a network-wide worker": (
        lambda a, _: RegisterWorker(a_registrar(a))(
            ADMIN,
            NewWorker(WorkerId("w:new"), SCHOOL, "Invented", (Role.PRIVACY_OFFICER,), network_wide=True),
        ),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an administrator changes her own account": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r))(
            ADMIN, WorkerId("w:caller"), WorkerChange(roles=(Role.PIVOT,)), if_match="1"
        ),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an administrator makes an auditor": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r))(
            ADMIN, WorkerId("w:two"), WorkerChange(roles=(Role.AUDITOR,)), if_match="1"
        ),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an administrator gives roles to a network-wide account": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r))(
            ADMIN, WorkerId("w:far"), WorkerChange(roles=(Role.AGENCY_ADMIN,)), if_match="1"
        ),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an administrator changes another agency's worker": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r))(
            ADMIN, WorkerId("w:clinic"), WorkerChange(active=False), if_match="1"
        ),
        "NO_RELATIONSHIP",
        True,
    ),
    "an administrator changes an unknown worker": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r))(
            ADMIN, WorkerId("w:none"), WorkerChange(active=False), if_match="1"
        ),
        "NO_RELATIONSHIP",
        True,
    ),
    "a pivot assigns herself": (
        lambda a, r: AssignWorker(a_registrar(a), as_registry(r), Ids())(
            PIVOT, WorkerId("w:caller"), "hnd_zoe"
        ),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "a pivot assigns a unit's worker": (
        lambda a, r: AssignWorker(a_registrar(a), as_registry(r), Ids())(
            PIVOT, WorkerId("w:annex"), "hnd_zoe"
        ),
        "NO_RELATIONSHIP",
        True,
    ),
    "a pivot assigns to a handle that is not her agency's": (
        lambda a, r: AssignWorker(a_registrar(a), as_registry(r), Ids())(
            PIVOT, WorkerId("w:two"), "hnd_other"
        ),
        "NO_RELATIONSHIP",
        True,
    ),
    "a pivot ends another agency's assignment": (
        lambda a, r: EndAssignment(a_registrar(a), as_registry(r))(PIVOT, AssignmentId("a:clinic")),
        "NO_RELATIONSHIP",
        True,
    ),
    "a guardian looks a person up": (
        lambda a, _: MatchPerson(a_registrar(a), Ids())(GUARDIAN, ZOE),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "a pivot opens a dossier behind an unknown handle": (
        lambda a, r: OpenDossier(a_registrar(a), as_registry(r), Ids())(PIVOT, "hnd_other"),
        "NO_RELATIONSHIP",
        True,
    ),
    "an officer names an unknown holder": (
        lambda a, r: record(a, r)(OFFICER, claimed(holder="hnd_other")),
        "NO_RELATIONSHIP",
        True,
    ),
    "an officer names no holder": (
        lambda a, r: record(a, r)(OFFICER, claimed(holder=None)),
        "NO_RELATIONSHIP",
        True,
    ),
    "a guardian records her own authority": (
        lambda a, r: record(a, r)(GUARDIAN, claimed("p:zoe", "p:mother")),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an officer ends an unknown authority": (
        lambda a, r: EndAuthority(a_registrar(a), as_registry(r))(OFFICER, AuthorityId("u:none")),
        "NO_RELATIONSHIP",
        True,
    ),
}


@pytest.mark.parametrize(("attempt", "reason", "hidden"), REFUSED.values(), ids=REFUSED)
async def test_an_unlisted_act_changes_nothing_and_its_refusal_is_an_entry(
    acts: Acts, registry: Registry, *, attempt: Attempt, reason: str, hidden: bool
) -> None:
    refused = await attempt(acts, registry)
    assert isinstance(refused, Refused)
    assert (refused.decision.reasons, refused.decision.disclose_existence) == ((reason,), not hidden)
    assert acts.done == []
    assert [(note.kind, note.outcome) for note in acts.refused] == [(EntryKind.REFUSED, "deny")]


async def test_a_refusal_does_not_use_the_idempotency_key_up(acts: Acts, registry: Registry) -> None:
    once = Once("key", bytes(32))
    await EndAssignment(a_registrar(acts), as_registry(registry))(PIVOT, AssignmentId("a:clinic"), once=once)
    assert acts.refused[0].once is None


async def test_the_entry_of_a_look_up_says_what_was_asked_by_and_never_what_it_held(acts: Acts) -> None:
    described = Described("Essai", "Zoé", date(2015, 1, 1), "1234567897")
    await MatchPerson(a_registrar(acts), Ids())(PIVOT, described)
    detail = acts.done[0][1].detail
    assert detail["asked_by"] == ["birth_date", "family_name", "given_name", "health_number"]
    assert not any(part in repr(detail) for part in ("Essai", "Zoé", "2015", "1234567897"))


async def test_evidence_is_not_in_the_entry(acts: Acts, registry: Registry) -> None:
    judgment = Claimed("hnd_zoe", "hnd_mother", None, AuthorityKind.SOLE, evidence="Judgment 500-12")
    await record(acts, registry)(OFFICER, judgment)
    assert "Judgment" not in repr(acts.done[0][1].detail)


@pytest.mark.parametrize("scope", [(), ("unknown",), ("education", "education")])
async def test_a_scope_outside_the_vocabulary_is_malformed(
    acts: Acts, registry: Registry, scope: tuple[str, ...]
) -> None:
    with pytest.raises(MalformedError):
        await record(acts, registry)(
            OFFICER, Claimed("hnd_zoe", "hnd_mother", None, AuthorityKind.SOLE, scope)
        )


@pytest.mark.parametrize("roles", [(), (Role.GUARDIAN,), (Role.YOUTH, Role.PIVOT), (Role.PIVOT, Role.PIVOT)])
async def test_roles_that_are_none_of_a_workers_are_malformed(acts: Acts, roles: tuple[Role, ...]) -> None:
    with pytest.raises(MalformedError):
        await RegisterWorker(a_registrar(acts))(ADMIN, NewWorker(WorkerId("w:new"), SCHOOL, "I", roles))


async def test_a_change_without_an_etag_is_asked_for_one(acts: Acts, registry: Registry) -> None:
    with pytest.raises(PreconditionRequiredError):
        await SetAgencyStatus(a_registrar(acts))(NETWORK, SCHOOL, AgencyStatus.SUSPENDED, if_match="")
    with pytest.raises(PreconditionRequiredError):
        await ChangeWorker(a_registrar(acts), as_registry(registry))(
            ADMIN, WorkerId("w:two"), WorkerChange(active=False), if_match=""
        )


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
    listed = await ListAuthorities(a_registrar(acts), as_registry(registry), Clock(), Ids())(PIVOT, "hnd_zoe")
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
    use_case = ListAuthorities(a_registrar(acts), as_registry(registry), Clock(), Ids())
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
