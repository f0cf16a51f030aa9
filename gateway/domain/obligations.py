"""Obligations that this build fulfils; a permit that carries any other becomes a refusal.

An obligation is listed here only when code does what it says; `deploy/obligations.md` says where.
"""

from gateway.domain.holding import HELD
from gateway.domain.notices import CARRIED_OUT

IN_THE_ANSWER = frozenset(
    {
        "no_redisclosure",
        "purpose_bound",
        "mark_incomplete",
        "minimum_necessary",
        "surface_child_view",
        "plain_language",
        "time_limit",
        "offer_break_glass",
        "inform_family_before",
        "route_to_guardian_or_lawyer",
    }
)
"""What whoever asked is told, or what leaves; the last three come with refusals, as remedies."""

IN_THE_LEDGER = frozenset(
    {
        "log_access",
        "effective_immediately",
        "withhold_delayed_entries",
        "pseudonymise_subject",
        "log_the_log_reader",
        "no_decrypt",
        "issue_receipt",
    }
)
"""What the fence, the parts of the viewers, the search columns and the receipts do by themselves."""

FULFILLED = IN_THE_ANSWER | IN_THE_LEDGER | CARRIED_OUT | {HELD}
