"""Who may do what outside the policy's own actions: one reviewed table, role x act x own agency.

Unlisted is refused. What a release, a consent or a reading of the ledger needs is decided by the policy and
is not here. Source: the network agreement; domain rules 3.3 and 3.9 for the roles.
"""

from enum import StrEnum
from types import MappingProxyType

from gateway.domain.vocabulary import Role


class Act(StrEnum):
    MATCH_PERSON = "match_person"
    OPEN_DOSSIER = "open_dossier"
    DEPOSIT = "deposit"
    RELABEL = "relabel"
    DELETE = "delete"
    ASSIGN = "assign"
    END_ASSIGNMENT = "end_assignment"
    RECORD_AUTHORITY = "record_authority"
    END_AUTHORITY = "end_authority"
    ADMINISTER_AGENCY = "administer_agency"
    ADMINISTER_NETWORK = "administer_network"


class Reach(StrEnum):
    """Over which agencies a row of the table holds."""

    OWN = "own"
    """The caller's own agency; for `assign` and the authorities, one that holds a fragment of the person."""
    OWN_AND_UNITS = "own_and_units"
    NETWORK = "network"
    """Any agency, and only for an account that the network itself marked as network-wide."""


_CASE = (Role.CASEWORKER, Role.PIVOT, Role.CHILD_PROTECTION_WORKER)

TABLE: MappingProxyType[tuple[Role, Act], Reach] = MappingProxyType(
    {
        **{(role, Act.MATCH_PERSON): Reach.OWN for role in _CASE},
        **{(role, Act.OPEN_DOSSIER): Reach.OWN for role in _CASE},
        **{(role, Act.DEPOSIT): Reach.OWN for role in _CASE},
        **{(role, Act.RELABEL): Reach.OWN for role in _CASE},
        **{(role, Act.DELETE): Reach.OWN for role in _CASE},
        (Role.PIVOT, Act.ASSIGN): Reach.OWN,
        (Role.PIVOT, Act.END_ASSIGNMENT): Reach.OWN,
        (Role.AGENCY_ADMIN, Act.ASSIGN): Reach.OWN_AND_UNITS,
        (Role.AGENCY_ADMIN, Act.END_ASSIGNMENT): Reach.OWN_AND_UNITS,
        (Role.CHILD_PROTECTION_WORKER, Act.RECORD_AUTHORITY): Reach.OWN,
        (Role.CHILD_PROTECTION_WORKER, Act.END_AUTHORITY): Reach.OWN,
        (Role.PRIVACY_OFFICER, Act.RECORD_AUTHORITY): Reach.OWN,
        (Role.PRIVACY_OFFICER, Act.END_AUTHORITY): Reach.OWN,
        (Role.AGENCY_ADMIN, Act.ADMINISTER_AGENCY): Reach.OWN_AND_UNITS,
        (Role.AGENCY_ADMIN, Act.ADMINISTER_NETWORK): Reach.NETWORK,
    }
)


def is_listed(role: Role, act: Act, reach: Reach) -> bool:
    """Whether the table lets this role do this act at this reach; a wider row covers a narrower reach."""
    order = tuple(Reach)
    row = TABLE.get((role, act))
    return row is not None and order.index(reach) <= order.index(row)
