"""The closed vocabularies of the domain that code itself must know.

Purposes, categories and profiles are data of the policy bundle, not code; what stands here are the codes
that change what the gateway does.
"""

from enum import StrEnum


class Role(StrEnum):
    CASEWORKER = "caseworker"
    PIVOT = "pivot"
    CHILD_PROTECTION_WORKER = "child_protection_worker"
    COMMITTEE_MEMBER = "committee_member"
    GUARDIAN = "guardian"
    YOUTH = "youth"
    PRIVACY_OFFICER = "privacy_officer"
    AUDITOR = "auditor"
    AGENCY_ADMIN = "agency_admin"
    SYSTEM = "system"


FAMILY_ROLES = frozenset({Role.GUARDIAN, Role.YOUTH})

SERVICE = "SERVICE"
"""In a cell of the bundle's matrix: the purposes that `roles.service` lists."""


class Sensitivity(StrEnum):
    """How delicate a section is; the order is the order of the letters N, R, V."""

    NORMAL = "N"
    RESTRICTED = "R"
    VERY_RESTRICTED = "V"


class Action(StrEnum):
    READ = "read"
    READ_AUDIT = "read_audit"
    READ_METADATA = "read_metadata"
    GIVE_CONSENT = "give_consent"
    WITHDRAW_CONSENT = "withdraw_consent"
    REFUSE_RECOMMENDATION = "refuse_recommendation"
    RECORD_CONSENT = "record_consent"
    RECORD_WITHDRAWAL = "record_withdrawal"
    SUBMIT_REPORT = "submit_report"
    CONSULT_DEIDENTIFIED = "consult_deidentified"
    MANAGE_USERS = "manage_users"
    ROUTE_CIPHERTEXT = "route_ciphertext"


class AuthorityKind(StrEnum):
    SOLE = "sole"
    JOINT = "joint"
    AGENCY = "agency"
    SUBSTITUTE = "substitute"
    ACCESS_ONLY = "access_only"
    NONE = "none"


DECIDING_AUTHORITIES = frozenset(
    {AuthorityKind.SOLE, AuthorityKind.JOINT, AuthorityKind.AGENCY, AuthorityKind.SUBSTITUTE}
)


class SectionTag(StrEnum):
    REPORTER_IDENTITY = "reporter_identity"
    THIRD_PARTY = "third_party"
    LEGAL_PRIVILEGE = "legal_privilege"
    YOUTH_PRIVATE = "youth_private"


class AgencyStatus(StrEnum):
    MEMBER = "member"
    SUSPENDED = "suspended"
    LEFT = "left"
    """For good: nothing of it is released any more, and nobody acts for it."""


class FragmentStatus(StrEnum):
    ACTIVE = "active"
    OWNER_HOLD = "owner_hold"
    ENTERED_IN_ERROR = "entered_in_error"
    ERASED = "erased"


class EnforcementReason(StrEnum):
    """Reasons that the enforcement point gives by itself, beside those of the policy."""

    POLICY_UNAVAILABLE = "POLICY_UNAVAILABLE"
    AUDIT_UNAVAILABLE = "AUDIT_UNAVAILABLE"
    KEYS_UNAVAILABLE = "KEYS_UNAVAILABLE"
    CONTENDED = "CONTENDED"
    QUARANTINED = "QUARANTINED"
    CLOCK_UNSURE = "CLOCK_UNSURE"
    OBLIGATION_UNMET = "OBLIGATION_UNMET"
    RATE_LIMITED = "RATE_LIMITED"
    REVIEWER_INVOLVED = "REVIEWER_INVOLVED"
    AGREEMENT_UNSIGNED = "AGREEMENT_UNSIGNED"
    NAMES_SOMEBODY = "NAMES_SOMEBODY"
    TOKEN_REFUSED = "TOKEN_REFUSED"  # noqa: S105 - the name of a reason
    STEP_UP_REQUIRED = "STEP_UP_REQUIRED"
    CROSS_SITE = "CROSS_SITE"
    SURER_WAY_NEEDED = "SURER_WAY_NEEDED"
    TOKEN_UNBOUND = "TOKEN_UNBOUND"  # noqa: S105 - the name of a reason


CALLER_ALONE = frozenset(
    {"INPUT_INVALID", "CONTENT_NOT_FOR_ROLE", "ROLE_NOT_ALLOWED", "PURPOSE_NOT_ALLOWED"}
    | {"ACCOUNT_INACTIVE", "AGENCY_NOT_MEMBER"}
)
"""Refusals that say nothing of a fragment: whatever is asked for, they are given alike."""
