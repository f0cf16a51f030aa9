"""The closed lists of codes that a policy may answer with; any other is not an answer."""


def _codes(words: str) -> frozenset[str]:
    return frozenset(words.split())


REASONS = _codes(
    """
    ACCOUNT_INACTIVE ADMIN_NO_CONTENT AGENCY_NOT_MEMBER AUDIT_METADATA_ONLY AUDIT_UNAVAILABLE BREAK_GLASS
    BREAK_GLASS_CONSENT_OBTAINABLE BREAK_GLASS_EXPIRED BREAK_GLASS_JUSTIFICATION_MISSING
    BREAK_GLASS_NOT_DECLARED BREAK_GLASS_NOT_ELIGIBLE BREAK_GLASS_NOT_NECESSARY
    BREAK_GLASS_RISK_INSUFFICIENT BREAK_GLASS_SUSPENDED BREAK_GLASS_WRONG_SUBJECT CATEGORY_NOT_COVERED
    COMMITTEE_CLOSED COMMITTEE_NOT_OPEN COMMITTEE_RECUSED CONSENT_EVIDENCE_INCOMPLETE CONSENT_EXCEPTION
    CONSENT_EXHAUSTED CONSENT_EXPIRED CONSENT_NOT_ACTIVE CONSENT_NOT_YET_IN_FORCE CONSENT_NO_END_DATE
    CONSENT_PERMITS CONSENT_RECORDED CONSENT_REFUSED CONSENT_WITHDRAWN CONTENT_NOT_FOR_ROLE
    COURT_ORDER_PROHIBITS COURT_ORDER_REQUIRES DATA_PERIOD_EXCLUDED DECIDER_MAY_CONSENT DECIDER_MAY_REFUSE
    DECIDER_MAY_WITHDRAW DEIDENTIFIED_CONSULTATION DUTY_TO_REPORT FAMILY_COPY FAMILY_NOT_INFORMED
    FRAGMENT_ERASED FRAGMENT_NOT_COVERED FRAGMENT_UNAVAILABLE GRANTOR_AUTHORITY_LAPSED
    GRANTOR_WITHOUT_AUTHORITY GUARDIAN_ACCESS GUARDIAN_CONFLICT HARM_DETERMINATION INPUT_INVALID
    JOINT_AUTHORITY_REQUIRED JOINT_CONSENT_INCOMPLETE MINOR_UNDER_14_NO_DIRECT_ACCESS NOT_CAPABLE
    NOT_COMMITTEE_MEMBER NOT_IN_PACKAGE NOT_NECESSARY NO_AUTHORITY NO_CONSENT NO_RELATIONSHIP
    OUTSIDE_PROTECTION_MISSION OUT_OF_AUDIT_SCOPE OWNER_ACCESS OWNER_HOLD OWNER_NOT_COVERED
    POLICY_UNAVAILABLE PRESUMED_CONSENT PURPOSE_MISMATCH PURPOSE_NOT_ALLOWED
    RECIPIENT_NOT_BOUND_BY_SECRECY RECIPIENT_NOT_NAMED REFERRAL_REFUSED RESTRICTION_NAMES_ACTOR
    ROLE_NOT_ALLOWED SECTION_SEALED SELF_ACCESS SENSITIVITY_EXCEEDS SHARED_SECRET STATUTORY_DEMAND
    STRONG_AUTH_REQUIRED SUBJECT_ACCESS_LOG SYSTEM_ROUTING TRANSFER_NOT_ACCEPTED WITHDRAWAL_RECORDED
    YOUTH_CONSULTATION_REQUIRED YOUTH_DECIDES_ALONE YOUTH_DECISION_PREVAILS YOUTH_REFUSES
    """
)
"""Reasons of permits and refusals, spelt as in the policy."""

OBLIGATIONS = _codes(
    """
    delay_family_notice effective_immediately escalate_conflict inform_family_before issue_receipt
    log_access log_the_log_reader mark_incomplete minimum_necessary no_decrypt no_redisclosure
    no_subject_identifier notify_family notify_owner_agency notify_privacy_officer notify_recipients
    notify_referrer offer_break_glass plain_language protect_reporter_identity pseudonymise_subject
    purpose_bound request_other_guardian review_required route_to_guardian_or_lawyer surface_child_view
    time_limit withhold_delayed_entries
    """
)
"""What a decision asks of the enforcement point; `log_access` goes with every one."""

BASES = _codes(
    """
    administration consent court_order decider deidentified_consultation duty_to_report emergency
    family_right oversight owner_use presumed recording routing shared_secret statutory_demand
    """
)
"""What a permit rests on."""

NO_BASIS = "none"
"""What a refusal rests on."""
