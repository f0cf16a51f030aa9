"""Obligations that this build fulfils; a permit that carries any other becomes a refusal.

An obligation is listed here only when code does what it says; `deploy/obligations.md` says where.
"""

FULFILLED = frozenset(
    {
        "log_access",
        "no_redisclosure",
        "purpose_bound",
        "mark_incomplete",
        "minimum_necessary",
        "surface_child_view",
        "plain_language",
        "effective_immediately",
        "withhold_delayed_entries",
        "pseudonymise_subject",
        "log_the_log_reader",
        "no_decrypt",
        "issue_receipt",
    }
)
