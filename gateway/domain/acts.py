"""Who may do what outside the policy's own actions: one reviewed table, role x act x own agency.

Unlisted is refused. What a release, a consent or a reading of the ledger needs is decided by the policy and
is not here. Source: the network agreement; domain rules 3.3 and 3.9 for the roles.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gateway.domain.caller import Caller
from gateway.domain.errors import NotAllowedError
from gateway.domain.ids import AgencyId
from gateway.domain.vocabulary import Role


class Act(StrEnum):
    MATCH_PERSON = "match_person"
    OPEN_DOSSIER = "open_dossier"
    DEPOSIT = "deposit"
    RELABEL = "relabel"
    DELETE = "delete"
    HOLD = "hold"
    LIFT_HOLD = "lift_hold"
    MARK_IN_ERROR = "mark_in_error"
    ASSIGN = "assign"
    END_ASSIGNMENT = "end_assignment"
    RECORD_AUTHORITY = "record_authority"
    END_AUTHORITY = "end_authority"
    RECORD_CAPACITY = "record_capacity"
    END_CAPACITY = "end_capacity"
    DETERMINE_HARM = "determine_harm"
    END_HARM = "end_harm"
    CONSULT_YOUTH = "consult_youth"
    OPEN_SESSION = "open_session"
    CLOSE_SESSION = "close_session"
    RECUSE = "recuse"
    OFFER_TRANSFER = "offer_transfer"
    TAKE_TRANSFER = "take_transfer"
    COMPLETE_TRANSFER = "complete_transfer"
    ADMINISTER_AGENCY = "administer_agency"
    ADMINISTER_NETWORK = "administer_network"
    MANAGE_TEAM = "manage_team"
    """Form and end a team, and say who is in it or on call for it."""
    LIST_TEAMS = "list_teams"
    SIGN_AGREEMENT = "sign_agreement"
    LEAVE_NETWORK = "leave_network"
    """Ask to leave, take one's own data along, and leave."""
    LIST_WORKERS = "list_workers"
    LIST_ASSIGNMENTS = "list_assignments"
    RECORD_INSTRUMENT = "record_instrument"
    END_INSTRUMENT = "end_instrument"
    LIST_INSTRUMENTS = "list_instruments"
    LIST_APPROVALS = "list_approvals"
    ANSWER_APPROVAL = "answer_approval"
    TELL_FAMILY = "tell_family"
    """Release or delay a notice that is held, and see which ones are."""
    REVIEW = "review"
    """Close a case, and see which ones are open."""
    LIST_EMERGENCIES = "list_emergencies"
    PRINT_CODE = "print_code"
    """Print a code on paper for somebody of the family, see those that one's agency printed, revoke them."""
    CONFIRM_CONSENT = "confirm_consent"
    """Say that the giver of a consent that waits was spoken to."""


class Reach(StrEnum):
    """Over which agencies a row of the table holds."""

    OWN = "own"
    """The caller's own agency; for `assign` and the authorities, one that holds a fragment of the person."""
    OWN_AND_UNITS = "own_and_units"
    OWN_OR_NETWORK = "own_or_network"
    """The caller's own agency; any agency, and what is the network's own, for a network-wide account."""
    NETWORK = "network"
    """Any agency, and only for an account that the network itself marked as network-wide."""


_CASE = (Role.CASEWORKER, Role.PIVOT, Role.CHILD_PROTECTION_WORKER)

_CASE_ACTS = (
    Act.RECORD_CAPACITY,
    Act.END_CAPACITY,
    Act.DETERMINE_HARM,
    Act.END_HARM,
    Act.CONSULT_YOUTH,
    Act.OPEN_SESSION,
    Act.CLOSE_SESSION,
    Act.RECUSE,
    Act.OFFER_TRANSFER,
    Act.TAKE_TRANSFER,
    Act.COMPLETE_TRANSFER,
)
"""What a worker with a case records about a person whom she is assigned to, or is named in."""

TABLE: MappingProxyType[tuple[Role, Act], Reach] = MappingProxyType(
    {
        **{(role, Act.MATCH_PERSON): Reach.OWN for role in _CASE},
        **{(role, Act.OPEN_DOSSIER): Reach.OWN for role in _CASE},
        **{(role, Act.DEPOSIT): Reach.OWN for role in _CASE},
        **{(role, Act.RELABEL): Reach.OWN for role in _CASE},
        **{(role, Act.DELETE): Reach.OWN for role in _CASE},
        **{(role, Act.HOLD): Reach.OWN for role in _CASE},
        **{(role, Act.LIFT_HOLD): Reach.OWN for role in _CASE},
        **{(role, Act.MARK_IN_ERROR): Reach.OWN for role in _CASE},
        **{(role, Act.LIST_EMERGENCIES): Reach.OWN for role in _CASE},
        **{(role, Act.PRINT_CODE): Reach.OWN for role in (*_CASE, Role.PRIVACY_OFFICER)},
        **{(role, Act.CONFIRM_CONSENT): Reach.OWN for role in _CASE},
        (Role.PIVOT, Act.ASSIGN): Reach.OWN,
        (Role.PIVOT, Act.END_ASSIGNMENT): Reach.OWN,
        (Role.AGENCY_ADMIN, Act.ASSIGN): Reach.OWN_AND_UNITS,
        (Role.AGENCY_ADMIN, Act.END_ASSIGNMENT): Reach.OWN_AND_UNITS,
        (Role.CHILD_PROTECTION_WORKER, Act.RECORD_AUTHORITY): Reach.OWN,
        (Role.CHILD_PROTECTION_WORKER, Act.END_AUTHORITY): Reach.OWN,
        (Role.PRIVACY_OFFICER, Act.RECORD_AUTHORITY): Reach.OWN,
        (Role.PRIVACY_OFFICER, Act.END_AUTHORITY): Reach.OWN,
        **{(role, act): Reach.OWN for role in _CASE for act in _CASE_ACTS},
        (Role.COMMITTEE_MEMBER, Act.RECUSE): Reach.OWN,
        (Role.AGENCY_ADMIN, Act.ADMINISTER_AGENCY): Reach.OWN_AND_UNITS,
        (Role.AGENCY_ADMIN, Act.ADMINISTER_NETWORK): Reach.NETWORK,
        (Role.AGENCY_ADMIN, Act.MANAGE_TEAM): Reach.OWN_AND_UNITS,
        (Role.AGENCY_ADMIN, Act.LIST_TEAMS): Reach.OWN_AND_UNITS,
        (Role.PIVOT, Act.LIST_TEAMS): Reach.OWN,
        (Role.PRIVACY_OFFICER, Act.LIST_TEAMS): Reach.OWN,
        (Role.AGENCY_ADMIN, Act.SIGN_AGREEMENT): Reach.OWN,
        (Role.AGENCY_ADMIN, Act.LEAVE_NETWORK): Reach.OWN,
        (Role.PIVOT, Act.LIST_WORKERS): Reach.OWN,
        (Role.PIVOT, Act.LIST_ASSIGNMENTS): Reach.OWN,
        (Role.PRIVACY_OFFICER, Act.LIST_WORKERS): Reach.OWN,
        (Role.PRIVACY_OFFICER, Act.LIST_ASSIGNMENTS): Reach.OWN,
        (Role.PRIVACY_OFFICER, Act.RECORD_INSTRUMENT): Reach.OWN,
        (Role.PRIVACY_OFFICER, Act.LIST_INSTRUMENTS): Reach.OWN,
        (Role.PRIVACY_OFFICER, Act.END_INSTRUMENT): Reach.OWN_OR_NETWORK,
        (Role.PRIVACY_OFFICER, Act.LIST_APPROVALS): Reach.OWN_OR_NETWORK,
        (Role.PRIVACY_OFFICER, Act.ANSWER_APPROVAL): Reach.OWN_OR_NETWORK,
        (Role.PRIVACY_OFFICER, Act.TELL_FAMILY): Reach.OWN_OR_NETWORK,
        (Role.PRIVACY_OFFICER, Act.REVIEW): Reach.OWN_OR_NETWORK,
        (Role.AGENCY_ADMIN, Act.LIST_WORKERS): Reach.OWN_AND_UNITS,
        (Role.AGENCY_ADMIN, Act.LIST_ASSIGNMENTS): Reach.OWN_AND_UNITS,
    }
)


@dataclass(frozen=True, slots=True)
class Objection:
    """Why an act is refused; a hidden one answers as if what it is about did not exist.

    `retry_after_s` where it only has to wait.
    """

    reason: str
    hidden: bool
    retry_after_s: int | None = None


INACTIVE = Objection("ACCOUNT_INACTIVE", hidden=True)
NOT_A_MEMBER = Objection("AGENCY_NOT_MEMBER", hidden=True)
NOT_FOR_ROLE = Objection("ROLE_NOT_ALLOWED", hidden=False)
NO_LINK = Objection("NO_RELATIONSHIP", hidden=True)
SILENT = Objection("POLICY_UNAVAILABLE", hidden=False)
"""Whether there is an objection cannot be asked now."""
UNSIGNED = Objection("AGREEMENT_UNSIGNED", hidden=False)
"""The network requires the agreement's signature by now, and her agency has not signed."""
INVOLVED = Objection("REVIEWER_INVOLVED", hidden=False)
SURER_WAY = Objection("SURER_WAY_NEEDED", hidden=False)
"""What she would end is less doubtful than the way in by which she came."""
STALE = Objection("STEP_UP_REQUIRED", hidden=False)
"""She proved who she is too long ago for what opens a door."""


class ActRefusedError(NotAllowedError):
    """Leaves an act before it changes anything; who asked for it then records the refusal."""

    def __init__(self, objection: Objection) -> None:
        super().__init__("the act is refused")
        self.objection = objection


def has(caller: Caller, act: Act) -> bool:
    """Whether the table lists this act for the caller at all, over whatever agency."""
    row = TABLE.get((caller.role, act))
    return row is not None and (row is not Reach.NETWORK or caller.network_wide)


def reaches(caller: Caller, act: Act, agency: AgencyId) -> bool:
    """Whether the table lets the caller do this act over this agency."""
    row = TABLE.get((caller.role, act))
    if row is Reach.NETWORK:
        return caller.network_wide
    if row is Reach.OWN_AND_UNITS:
        return caller.administers(agency)
    if row is Reach.OWN_OR_NETWORK:
        return caller.network_wide or caller.belongs_to(agency)
    return row is Reach.OWN and caller.belongs_to(agency)


def objection_to(caller: Caller, act: Act, over: AgencyId | None) -> Objection | None:
    """Why the table refuses this act over this agency, or None.

    `over` is None where what the request names does not exist, or not for this caller: the two answers are
    one. The account and the role are judged first, so that they answer alike whatever the request names.
    """
    if not caller.active:
        return INACTIVE
    if not has(caller, act):
        return NOT_FOR_ROLE
    if over is None:
        return NO_LINK
    return None if reaches(caller, act, over) else NOT_FOR_ROLE


def administration_of(caller: Caller, agency: AgencyId | None) -> Act:
    """Under which row of the table this caller would administer this agency; None is the family portal's."""
    if agency is None or (caller.network_wide and not caller.administers(agency)):
        return Act.ADMINISTER_NETWORK
    return Act.ADMINISTER_AGENCY
