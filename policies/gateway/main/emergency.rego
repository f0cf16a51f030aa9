# Emergency access.
# Last resort, after an ordinary refusal. A refused declaration reveals no more than the refusal it wanted to lift.

package gateway.main

_rules := data.gateway.emergency

_declared := input.context.break_glass

# METADATA
# title: A refusal without a declaration
# custom: {step: P8, reasons: [BREAK_GLASS_NOT_DECLARED]}
undeclared(refused) := _followed("P8", "BREAK_GLASS_NOT_DECLARED", refused) if {
	input.purpose == "emergency"
} else := object.union(refused, {"obligations": (refused.obligations | {"offer_break_glass"})}) if {
	input.actor.role in _rules.roles
	refused.disclose_existence
	refused.reasons[0] in _rules.liftable
} else := refused

# METADATA
# title: A refusal with a declaration
# custom: {step: P9, reasons: [BREAK_GLASS]}
emergency(refused) := refused if {
	not _liftable(refused.reasons[0])
} else := _followed("P9", _objection, refused) if {
	_objection
} else := _nothing_left if {
	count(data.gateway.sections.left) == 0
} else := _followed("P9", "BREAK_GLASS_NOT_NECESSARY", refused) if {
	count(_listed) == 0
} else := data.gateway.outcome.permit_without(
	"P9", "emergency", ["BREAK_GLASS", refused.reasons[0]],
	_notices, data.gateway.sections.withheld(_listed),
)

_liftable(reason) if reason in _rules.liftable

_liftable(reason) if reason in _rules.liftable_without_offer

_followed(gate, reason, refused) := object.union(refused, {
	"gate": gate,
	"reasons": [reason, refused.reasons[0]],
	"obligations": set(),
})

# METADATA
# title: What is wrong with a declaration
# custom: {step: P9, reasons: [BREAK_GLASS_NOT_ELIGIBLE, STRONG_AUTH_REQUIRED, BREAK_GLASS_SUSPENDED, BREAK_GLASS_JUSTIFICATION_MISSING, BREAK_GLASS_RISK_INSUFFICIENT, BREAK_GLASS_CONSENT_OBTAINABLE, BREAK_GLASS_WRONG_SUBJECT, BREAK_GLASS_NOT_NECESSARY, BREAK_GLASS_EXPIRED]}
_objection := "BREAK_GLASS_NOT_ELIGIBLE" if {
	not _eligible
} else := "STRONG_AUTH_REQUIRED" if {
	not data.gateway.request.strong_auth
} else := "BREAK_GLASS_SUSPENDED" if {
	not object.get(input.actor, "overdue_reviews", 0) in [0, null]
} else := "BREAK_GLASS_JUSTIFICATION_MISSING" if {
	not _justified
} else := "BREAK_GLASS_RISK_INSUFFICIENT" if {
	not _grave_enough
} else := "BREAK_GLASS_CONSENT_OBTAINABLE" if {
	not _declared.consent_unobtainable == true
} else := "BREAK_GLASS_WRONG_SUBJECT" if {
	not _declared.subject == input.subject.id
} else := "BREAK_GLASS_NOT_NECESSARY" if {
	not _category_declared
} else := "BREAK_GLASS_EXPIRED" if {
	not _running
}

_eligible if input.actor.role in _rules.roles

_category_declared if input.fragment.category in _declared.categories

_justified if {
	is_string(_declared.justification)
	count(trim_space(_declared.justification)) >= _rules.justification_min_characters
}

_grave_enough if {
	_declared.risk in _rules.risks
	not "V" in data.gateway.request.sensitivities
}

_grave_enough if _declared.risk in _rules.risks_for_very_restricted

_running if {
	data.gateway.instants.ns[_declared.declared_at] <= data.gateway.instants.now
	data.gateway.instants.now < data.gateway.instants.emergency_end
}

_listed := {index |
	some index in data.gateway.sections.left
	data.gateway.request.sections[index].category in _declared.categories
}

_notices := {
	"notify_privacy_officer",
	"notify_owner_agency",
	"review_required",
	"time_limit",
	"no_redisclosure",
	"purpose_bound",
	_family_notice,
}

_family_notice := "delay_family_notice" if {
	_said(_declared.delay_family_notice)
} else := "notify_family"
