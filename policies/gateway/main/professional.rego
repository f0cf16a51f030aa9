# The professional branch.
# A worker reads. Instruments first, then the relationship, then the owner's own use, then the family's word.

package gateway.main

# METADATA
# title: The outcome for a professional who reads
professional := _required if {
	count(_openings) > 0
} else := _ordinary if {
	_ordinary.decision == "permit"
} else := emergency(_ordinary) if {
	object.get(input.context, "break_glass", null) != null
} else := undeclared(_ordinary)

# METADATA
# title: A requiring instrument opens its sections
# custom: {step: P1, reasons: [COURT_ORDER_REQUIRES, STATUTORY_DEMAND]}
_required := object.union(
	data.gateway.outcome.permit_without("P1", _required_basis, [_required_reason[_required_basis]], _required_notices, withheld),
	{"instrument_ids": {opening.order.id | some opening in _openings}},
) if {
	withheld := data.gateway.sections.withheld({index | some opening in _openings; some index in opening.indexes})
}

_openings := [{"order": order, "indexes": indexes} |
	some order in data.gateway.instruments.requirements
	indexes := {index |
		some index in data.gateway.sections.left
		data.gateway.instruments.covers(order, data.gateway.request.sections[index].category)
	}
	count(indexes) > 0
]

_required_basis := "court_order" if {
	some opening in _openings
	data.gateway.instruments.basis(opening.order) == "court_order"
} else := "statutory_demand"

_required_reason := {"court_order": "COURT_ORDER_REQUIRES", "statutory_demand": "STATUTORY_DEMAND"}

_required_notices := {"notify_privacy_officer", "no_redisclosure", "purpose_bound"} | {"notify_family" |
	not _required_in_secret
}

_required_in_secret if {
	some opening in _openings
	data.gateway.instruments.sealed_from_family(opening.order)
}

_ordinary := data.gateway.relationship.objection if {
	data.gateway.relationship.objection
} else := _nothing_left if {
	count(data.gateway.sections.left) == 0
} else := _owner if {
	data.gateway.request.of_owner
	data.gateway.request.for_service
} else := _shared_secret if {
	data.gateway.request.consent_model == "shared_secret"
	input.purpose in data.gateway.purposes.shared_secret
} else := _by_consent

# METADATA
# title: Everything is sealed or prohibited
# custom: {step: P3, reasons: [COURT_ORDER_PROHIBITS, SECTION_SEALED]}
_nothing_left := object.union(
	data.gateway.outcome.hidden("P3", "COURT_ORDER_PROHIBITS"),
	{"instrument_ids": data.gateway.instruments.prohibition_ids},
) if {
	count(data.gateway.sections.prohibited) > 0
} else := data.gateway.outcome.hidden("P3", "SECTION_SEALED")

# METADATA
# title: The owner's own worker, less what a restriction withholds from her
# custom: {step: P4, reasons: [RESTRICTION_NAMES_ACTOR, OWNER_ACCESS]}
_owner := data.gateway.outcome.refusal("P4", "RESTRICTION_NAMES_ACTOR") if {
	count(_unrestricted) == 0
} else := data.gateway.outcome.permit_without("P4", "owner_use", ["OWNER_ACCESS"], set(), data.gateway.sections.withheld(_unrestricted))

_unrestricted := {index |
	some index in data.gateway.sections.left
	section := data.gateway.request.sections[index]
	not data.gateway.consent.restricted(section.category, section.sensitivity)
}

# METADATA
# title: Professionals bound by secrecy, in the protection mission
# custom: {step: P5, reasons: [RECIPIENT_NOT_BOUND_BY_SECRECY, OUTSIDE_PROTECTION_MISSION, NOT_NECESSARY, FAMILY_NOT_INFORMED, SHARED_SECRET]}
_shared_secret := data.gateway.outcome.refusal("P5", "RECIPIENT_NOT_BOUND_BY_SECRECY") if {
	not input.actor.bound_by_secrecy == true
} else := data.gateway.outcome.refusal("P5", "OUTSIDE_PROTECTION_MISSION") if {
	not input.actor.protection_mission == true
} else := data.gateway.outcome.refusal("P5", "NOT_NECESSARY") if {
	not _necessary
} else := data.gateway.outcome.refusal_with("P5", "FAMILY_NOT_INFORMED", {"inform_family_before"}) if {
	not _family_informed
	not _excepted
} else := data.gateway.outcome.permit_without(
	"P5", "shared_secret", ["SHARED_SECRET"],
	{"minimum_necessary", "no_redisclosure", "purpose_bound"} | _uninformed,
	data.gateway.sections.withheld(data.gateway.sections.left),
)

_necessary if _said(input.context.necessity)

_excepted if _said(input.context.inform_exception)

_family_informed if input.context.family_informed == true

_uninformed := set() if {
	_family_informed
} else := {"delay_family_notice", "notify_privacy_officer"}

# METADATA
# title: Section by section, what the family said
# custom: {step: P6, reasons: [CONSENT_PERMITS, YOUTH_DECISION_PREVAILS, PRESUMED_CONSENT, RESTRICTION_NAMES_ACTOR, YOUTH_REFUSES, GUARDIAN_CONFLICT, CONSENT_REFUSED, CONSENT_EXCEPTION, JOINT_CONSENT_INCOMPLETE]}
_by_consent := _consented if {
	count(_permitted) > 0
} else := data.gateway.outcome.refusal_with("P6", first.reasons[0], first.obligations) if {
	section := data.gateway.request.sections[min(data.gateway.sections.left)]
	first := _verdicts[[section.category, section.sensitivity]]
}

_consented := {
	"gate": "P6",
	"decision": "permit",
	"basis": _consent_basis[reasons[0]],
	"reasons": reasons,
	"obligations": ({"no_redisclosure", "purpose_bound"} | (notices | {"mark_incomplete" | count(withheld) > 0})),
	"redacted_sections": withheld,
	"disclose_existence": true,
	"consents_used": {used | some label in labels; some used in verdicts[label].used},
	"instrument_ids": set(),
} if {
	verdicts := _verdicts
	labels := [[section.category, section.sensitivity] |
		permitted := _permitted
		some index, section in data.gateway.request.sections
		index in permitted
	]
	withheld := data.gateway.sections.withheld(_permitted)
	first := verdicts[labels[0]].reasons[0]
	more := {reason | some label in labels; some reason in verdicts[label].reasons}
	reasons := array.concat([first], [reason | some reason in (more - {first})])
	notices := {notice | some label in labels; some notice in verdicts[label].notices}
}

_consent_basis := {"CONSENT_PERMITS": "consent", "PRESUMED_CONSENT": "presumed"}

_permitted := {index |
	left := data.gateway.sections.left
	verdicts := _verdicts
	some index, section in data.gateway.request.sections
	index in left
	verdicts[[section.category, section.sensitivity]].permit
}

# Label to verdict: sections with the same label are judged once.
_verdicts := {label: verdict |
	some label in data.gateway.request.labels
	verdict := _verdict(label[0], label[1])
}

_verdict(category, sensitivity) := data.gateway.consent.express(category, sensitivity) if {
	not _presumed
} else := _refused("RESTRICTION_NAMES_ACTOR") if {
	data.gateway.consent.restricted(category, sensitivity)
} else := _refused(reason) if {
	reason := data.gateway.consent.refused(category, sensitivity)
} else := _presumed_permit(category, sensitivity) if {
	sensitivity != "V"
} else := data.gateway.consent.express(category, sensitivity)

_presumed_permit(category, sensitivity) := {
	"permit": true,
	"reasons": ["PRESUMED_CONSENT"],
	"used": set(),
	"notices": data.gateway.consent.notices(data.gateway.consent.findings[[category, sensitivity]]),
}

_refused(reason) := {"permit": false, "reasons": [reason], "obligations": set()}

_presumed if {
	data.gateway.request.consent_model == "presumed"
	input.purpose in data.gateway.purposes.presumed
	input.actor.sector == "health_social"
	input.fragment.owner_sector == "health_social"
}
