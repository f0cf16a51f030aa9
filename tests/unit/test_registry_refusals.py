"""The acts that keep the registry: what the table does not list is refused, with an entry."""

from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.errors import MalformedError, PreconditionRequiredError
from gateway.domain.ids import AssignmentId, AuthorityId, ClientId, WorkerId
from gateway.domain.ledger import EntryKind
from gateway.domain.person import Described
from gateway.domain.registry import NewClient, NewWorker, WorkerChange
from gateway.domain.vocabulary import AgencyStatus, AuthorityKind, Role
from gateway.usecases.add_agency import AddAgency
from gateway.usecases.add_client import AddClient
from gateway.usecases.assign_worker import AssignWorker
from gateway.usecases.change_worker import ChangeWorker
from gateway.usecases.disable_client import DisableClient
from gateway.usecases.end_assignment import EndAssignment
from gateway.usecases.end_authority import EndAuthority
from gateway.usecases.open_dossier import OpenDossier
from gateway.usecases.record_authority import Claimed
from gateway.usecases.register_worker import RegisterWorker
from gateway.usecases.set_agency_status import SetAgencyStatus
from tests.support.registry import (
    ADMIN,
    ANNEX,
    CLINIC,
    GUARDIAN,
    NETWORK,
    OFFICER,
    PIVOT,
    SCHOOL,
    ZOE,
    Acts,
    Ids,
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

REFUSED: dict[str, tuple[Attempt, str, bool]] = {
    "an administrator admits an agency": (
        lambda a, _: AddAgency(a_registrar(a), frozenset({"QC-PRIV"}))(ADMIN, new_agency(ANNEX)),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an administrator suspends her own agency": (
        lambda a, _: SetAgencyStatus(a_registrar(a), as_ledger())(
            ADMIN, SCHOOL, AgencyStatus.SUSPENDED, if_match="1"
        ),
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
        lambda a, r: DisableClient(a_registrar(a), as_registry(r), as_ledger())(ADMIN, ClientId("c:clinic")),
        "NO_RELATIONSHIP",
        True,
    ),
    "an administrator disables the family portal": (
        lambda a, r: DisableClient(a_registrar(a), as_registry(r), as_ledger())(ADMIN, ClientId("c:family")),
        "NO_RELATIONSHIP",
        True,
    ),
    "an administrator disables an unknown client": (
        lambda a, r: DisableClient(a_registrar(a), as_registry(r), as_ledger())(ADMIN, ClientId("c:none")),
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
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r), as_ledger())(
            ADMIN, WorkerId("w:caller"), WorkerChange(roles=(Role.PIVOT,)), if_match="1"
        ),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an administrator makes an auditor": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r), as_ledger())(
            ADMIN, WorkerId("w:two"), WorkerChange(roles=(Role.AUDITOR,)), if_match="1"
        ),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an administrator gives roles to a network-wide account": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r), as_ledger())(
            ADMIN, WorkerId("w:far"), WorkerChange(roles=(Role.AGENCY_ADMIN,)), if_match="1"
        ),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "an administrator changes another agency's worker": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r), as_ledger())(
            ADMIN, WorkerId("w:clinic"), WorkerChange(active=False), if_match="1"
        ),
        "NO_RELATIONSHIP",
        True,
    ),
    "an administrator changes an unknown worker": (
        lambda a, r: ChangeWorker(a_registrar(a), as_registry(r), as_ledger())(
            ADMIN, WorkerId("w:none"), WorkerChange(active=False), if_match="1"
        ),
        "NO_RELATIONSHIP",
        True,
    ),
    "a pivot assigns herself": (
        lambda a, r: AssignWorker(a_registrar(a), as_registry(r), a_show(r), Ids())(
            PIVOT, WorkerId("w:caller"), "hnd_zoe"
        ),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "a pivot assigns a unit's worker": (
        lambda a, r: AssignWorker(a_registrar(a), as_registry(r), a_show(r), Ids())(
            PIVOT, WorkerId("w:annex"), "hnd_zoe"
        ),
        "NO_RELATIONSHIP",
        True,
    ),
    "a pivot assigns to a handle that is not her agency's": (
        lambda a, r: AssignWorker(a_registrar(a), as_registry(r), a_show(r), Ids())(
            PIVOT, WorkerId("w:two"), "hnd_other"
        ),
        "NO_RELATIONSHIP",
        True,
    ),
    "a pivot ends another agency's assignment": (
        lambda a, r: EndAssignment(a_registrar(a), as_registry(r), a_show(r), as_ledger())(
            PIVOT, AssignmentId("a:clinic")
        ),
        "NO_RELATIONSHIP",
        True,
    ),
    "a guardian looks a person up": (
        lambda a, r: matching(a, r)(GUARDIAN, ZOE),
        "ROLE_NOT_ALLOWED",
        False,
    ),
    "a pivot opens a dossier behind an unknown handle": (
        lambda a, r: OpenDossier(a_registrar(a), as_registry(r), a_show(r), Ids())(PIVOT, "hnd_other"),
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
        lambda a, r: EndAuthority(a_registrar(a), as_registry(r), a_show(r), as_ledger())(
            OFFICER, "hnd_zoe", AuthorityId("u:none")
        ),
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
    await EndAssignment(a_registrar(acts), as_registry(registry), a_show(registry), as_ledger())(
        PIVOT, AssignmentId("a:clinic"), once=once
    )
    assert acts.refused[0].once is None


async def test_the_entry_of_a_look_up_says_what_was_asked_by_and_never_what_it_held(acts: Acts) -> None:
    described = Described("Essai", "Zoé", date(2015, 1, 1), "1234567897")
    await matching(acts, Registry())(PIVOT, described)
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
        await SetAgencyStatus(a_registrar(acts), as_ledger())(
            NETWORK, SCHOOL, AgencyStatus.SUSPENDED, if_match=""
        )
    with pytest.raises(PreconditionRequiredError):
        await ChangeWorker(a_registrar(acts), as_registry(registry), as_ledger())(
            ADMIN, WorkerId("w:two"), WorkerChange(active=False), if_match=""
        )
