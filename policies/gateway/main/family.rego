# The family branch.
# What guardians and youth may do and read of their own.

package gateway.main

_category := input.fragment.category

_decisions := ["give_consent", "refuse_recommendation"]

# METADATA
# title: The outcome for a guardian or a youth
family := _decide if {
	data.gateway.request.action in _decisions
} else := _youth if {
	input.actor.role == "youth"
	_youth
} else := _guardian if {
	input.actor.role == "guardian"
	_guardian
} else := data.gateway.outcome.permit(
	"F4", "decider", "DECIDER_MAY_WITHDRAW",
	{"effective_immediately", "issue_receipt", "notify_recipients"},
) if {
	data.gateway.request.action == "withdraw_consent"
} else := data.gateway.outcome.permit(
	"F4", "family_right", "SUBJECT_ACCESS_LOG",
	{"plain_language", "withhold_delayed_entries"},
) if {
	data.gateway.request.action == "read_audit"
} else := _copy

# METADATA
# title: Giving consent, refusing a recommendation
# custom: {step: F1, reasons: [GRANTOR_WITHOUT_AUTHORITY, NO_AUTHORITY, YOUTH_DECIDES_ALONE, DECIDER_MAY_CONSENT, DECIDER_MAY_REFUSE]}
_decide := data.gateway.outcome.refusal("F1", "GRANTOR_WITHOUT_AUTHORITY") if {
	input.actor.role == "youth"
	not _youth_with_standing
} else := data.gateway.outcome.hidden("F1", "NO_AUTHORITY") if {
	input.actor.role == "guardian"
	not _holds_authority
} else := data.gateway.outcome.refusal("F1", "YOUTH_DECIDES_ALONE") if {
	input.actor.role == "guardian"
	not _guardian_decides
} else := data.gateway.outcome.permit("F1", "decider", "DECIDER_MAY_CONSENT", {"issue_receipt"}) if {
	data.gateway.request.action == "give_consent"
} else := data.gateway.outcome.permit("F1", "decider", "DECIDER_MAY_REFUSE", {"issue_receipt", "notify_referrer"})

_youth_with_standing if {
	input.actor.id == input.subject.id
	data.gateway.standing.decider[_category] in ["youth", "either"]
}

_holds_authority if input.actor.id in data.gateway.standing.guardians[_category]

_guardian_decides if data.gateway.standing.decider[_category] in ["guardian", "either"]

# METADATA
# title: What stops a youth
# custom: {step: F2, reasons: [NO_RELATIONSHIP, MINOR_UNDER_14_NO_DIRECT_ACCESS, NOT_CAPABLE, HARM_DETERMINATION]}
_youth := data.gateway.outcome.hidden("F2", "NO_RELATIONSHIP") if {
	input.actor.id != input.subject.id
} else := data.gateway.outcome.refusal_with(
	"F2", "MINOR_UNDER_14_NO_DIRECT_ACCESS",
	{"route_to_guardian_or_lawyer"},
) if {
	input.subject.age < data.gateway.standing.profile.own_access_from
} else := data.gateway.outcome.refusal_with("F2", "NOT_CAPABLE", {"route_to_guardian_or_lawyer"}) if {
	not _youth_with_standing
} else := data.gateway.outcome.refusal("F2", "HARM_DETERMINATION") if {
	data.gateway.request.action == "read"
	"youth" in input.fragment.harm_if_disclosed_to
}

# METADATA
# title: What stops a guardian
# custom: {step: F3, reasons: [NO_AUTHORITY, YOUTH_DECIDES_ALONE, HARM_DETERMINATION]}
_guardian := data.gateway.outcome.hidden("F3", "NO_AUTHORITY") if {
	not data.gateway.standing.may_act_as_guardian
} else := data.gateway.outcome.refusal("F3", "YOUTH_DECIDES_ALONE") if {
	data.gateway.request.action == "withdraw_consent"
	not _guardian_decides
} else := data.gateway.outcome.hidden("F3", "HARM_DETERMINATION") if {
	data.gateway.request.action != "withdraw_consent"
	"guardian" in input.fragment.harm_if_disclosed_to
} else := data.gateway.outcome.hidden("F3", "YOUTH_DECIDES_ALONE") if {
	data.gateway.request.action != "withdraw_consent"
	input.fragment.youth_alone == true
} else := _guardian_reads if {
	data.gateway.request.action == "read"
	_category != "recommendation"
	_guardian_reads
}

# METADATA
# title: What stops a guardian who reads anything but a recommendation
# custom: {step: F3, reasons: [YOUTH_CONSULTATION_REQUIRED, HARM_DETERMINATION, YOUTH_DECIDES_ALONE, YOUTH_REFUSES, JOINT_AUTHORITY_REQUIRED]}
_guardian_reads := data.gateway.outcome.refusal("F3", "YOUTH_CONSULTATION_REQUIRED") if {
	_consultation_needed
	not input.fragment.guardian_access.youth_consulted == true
} else := data.gateway.outcome.hidden("F3", "HARM_DETERMINATION") if {
	_consultation_needed
	not input.fragment.guardian_access.harm_expected == false
} else := data.gateway.outcome.refusal("F3", "YOUTH_DECIDES_ALONE") if {
	data.gateway.standing.profile.guardian_bar_from >= 0
	input.subject.age >= data.gateway.standing.profile.guardian_bar_from
	_category in data.gateway.standing.capable
} else := data.gateway.outcome.hidden("F3", "YOUTH_REFUSES") if {
	data.gateway.standing.profile.guardian_bar_from >= 0
	_child_restricts
} else := data.gateway.outcome.refusal_with("F3", "JOINT_AUTHORITY_REQUIRED", {"request_other_guardian"}) if {
	data.gateway.standing.profile.joint_access
	input.actor.id in data.gateway.standing.joint[_category]
	count(data.gateway.standing.joint[_category]) > 1
	not input.context.co_guardian_agrees == true
}

_consultation_needed if {
	data.gateway.standing.profile.consultation_from >= 0
	input.subject.age >= data.gateway.standing.profile.consultation_from
}

# Only a capable child has the standing of a youth, in the category that she speaks of: the document's own, or one
# that a part of it has.
_child_restricts if {
	some said in data.gateway.consent.findings
	_restricts(said)
}

_child_restricts if _restricts(data.gateway.consent.about_document)

_restricts(said) if {
	some finding in said
	finding.effect == "deny"
	finding.side == "youth"
	finding.index in data.gateway.consent.named
}

# METADATA
# title: The copy for the family
# custom: {step: F5, reasons: [SECTION_SEALED, FAMILY_COPY, SELF_ACCESS, GUARDIAN_ACCESS]}
_copy := data.gateway.outcome.hidden("F5", "SECTION_SEALED") if {
	count(_readable) == 0
} else := data.gateway.outcome.permit_without(
	"F5", "family_right", [_copy_reason],
	{"plain_language"}, data.gateway.sections.withheld(_readable),
)

_readable := {index | some index, _ in data.gateway.request.sections} - (data.gateway.sections.family_sealed | data.gateway.sections.prohibited)

_copy_reason := "FAMILY_COPY" if {
	_category == "recommendation"
} else := "SELF_ACCESS" if {
	input.actor.role == "youth"
} else := "GUARDIAN_ACCESS"
