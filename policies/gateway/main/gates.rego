# Gates before any branch.

package gateway.main

# METADATA
# title: A dependency is down
# custom: {gate: 1, reasons: [AUDIT_UNAVAILABLE, POLICY_UNAVAILABLE]}
_dependencies := data.gateway.outcome.refusal("1", "AUDIT_UNAVAILABLE") if {
	"audit" in _down
} else := data.gateway.outcome.refusal("1", "POLICY_UNAVAILABLE") if {
	count(_down) > 0
	not data.gateway.request.action == "submit_report"
}

# What is not a list is not understood: something is down.
_down := [] if {
	object.get(input, ["context", "unavailable"], null) == null
} else := input.context.unavailable if {
	is_array(input.context.unavailable)
} else := ["policy"]

# METADATA
# title: The account or its agency is out of service
# custom: {gate: 3, reasons: [ACCOUNT_INACTIVE, AGENCY_NOT_MEMBER]}
_account := data.gateway.outcome.hidden("3", "ACCOUNT_INACTIVE") if {
	not input.actor.active == true
} else := data.gateway.outcome.hidden("3", "AGENCY_NOT_MEMBER") if {
	not data.gateway.request.family
	not _member
}

_member if {
	input.actor.agency_status == "member"
	is_string(input.actor.agency)
	input.actor.agency != ""
}

# METADATA
# title: Reporting a child in danger, asking for advice without naming her
# custom: {gate: 4, reasons: [ROLE_NOT_ALLOWED, DUTY_TO_REPORT, DEIDENTIFIED_CONSULTATION]}
_duty := data.gateway.outcome.refusal("4", "ROLE_NOT_ALLOWED") if {
	not _purpose_allowed
} else := data.gateway.outcome.permit(
	"4", "duty_to_report", "DUTY_TO_REPORT",
	{"protect_reporter_identity", "delay_family_notice"},
) if {
	data.gateway.request.action == "submit_report"
} else := data.gateway.outcome.permit(
	"4", "deidentified_consultation", "DEIDENTIFIED_CONSULTATION",
	{"no_subject_identifier"},
)

# METADATA
# title: Role by action by purpose
# custom: {gate: 5, reasons: [CONTENT_NOT_FOR_ROLE, ROLE_NOT_ALLOWED, PURPOSE_NOT_ALLOWED]}
_matrix := _mismatch if not _purpose_allowed

_mismatch := data.gateway.outcome.refusal("5", "CONTENT_NOT_FOR_ROLE") if {
	data.gateway.request.action == "read"
	input.actor.role in data.gateway.roles.no_content
} else := data.gateway.outcome.refusal("5", "ROLE_NOT_ALLOWED") if {
	not _cell
} else := data.gateway.outcome.refusal("5", "PURPOSE_NOT_ALLOWED")

_cell := purposes if {
	table := data.gateway.roles.matrix
	action := data.gateway.request.action
	row := table[input.actor.role]
	purposes := row[action]
}

_purpose_allowed if input.purpose in _cell

_purpose_allowed if {
	"SERVICE" in _cell
	input.purpose in data.gateway.roles.service
}

# METADATA
# title: The state of the fragment, and strong authentication
# custom: {gate: 6, reasons: [FRAGMENT_ERASED, FRAGMENT_UNAVAILABLE, OWNER_HOLD, STRONG_AUTH_REQUIRED]}
_fragment := object.union(_state, {"disclose_existence": _linked})

_state := data.gateway.outcome.refusal("6", "FRAGMENT_ERASED") if {
	input.fragment.status == "erased"
} else := data.gateway.outcome.refusal("6", "FRAGMENT_UNAVAILABLE") if {
	not _available
} else := data.gateway.outcome.refusal("6", "OWNER_HOLD") if {
	input.fragment.status == "owner_hold"
	not data.gateway.request.of_owner
} else := data.gateway.outcome.refusal("6", "STRONG_AUTH_REQUIRED") if {
	not data.gateway.request.family
	not data.gateway.request.strong_auth
	count(data.gateway.request.sensitivities - {"N"}) > 0
}

_available if input.fragment.status in ["active", "owner_hold"]

# A reader without a link must not learn the state of what may not exist.
default _linked := true

_linked := false if {
	not data.gateway.request.family
	data.gateway.relationship.objection.disclose_existence == false
}

_linked := false if {
	input.actor.role == "youth"
	input.actor.id != input.subject.id
}

_linked := false if {
	input.actor.role == "guardian"
	not data.gateway.standing.may_act_as_guardian
}

# METADATA
# title: Oversight reads the log, never content
# custom: {gate: 8, reasons: [AUDIT_METADATA_ONLY, OUT_OF_AUDIT_SCOPE]}
_oversight := data.gateway.outcome.permit("8", "oversight", "AUDIT_METADATA_ONLY", {"pseudonymise_subject"}) if {
	input.actor.role == "auditor"
} else := data.gateway.outcome.permit("8", "oversight", "AUDIT_METADATA_ONLY", {"log_the_log_reader"}) if {
	_in_scope
} else := data.gateway.outcome.hidden("8", "OUT_OF_AUDIT_SCOPE")

_in_scope if input.actor.network_wide == true

_in_scope if data.gateway.request.of_owner

_in_scope if input.actor.agency == input.context.audit_requester_agency

# METADATA
# title: Recording what a family said
# description: A withdrawal needs no evidence; a consent that was not signed needs four things.
# custom: {gate: 9, reasons: [NO_RELATIONSHIP, WITHDRAWAL_RECORDED, CONSENT_EVIDENCE_INCOMPLETE, CONSENT_RECORDED]}
_recording := data.gateway.outcome.hidden("9", "NO_RELATIONSHIP") if {
	not data.gateway.request.assigned
	not _officer_records_withdrawal
} else := data.gateway.outcome.permit(
	"9", "recording", "WITHDRAWAL_RECORDED",
	{"effective_immediately", "issue_receipt", "notify_recipients"},
) if {
	data.gateway.request.action == "record_withdrawal"
} else := data.gateway.outcome.refusal("9", "CONSENT_EVIDENCE_INCOMPLETE") if {
	not _evidence
} else := data.gateway.outcome.permit("9", "recording", "CONSENT_RECORDED", {"issue_receipt"})

_officer_records_withdrawal if {
	data.gateway.request.action == "record_withdrawal"
	input.actor.role == "privacy_officer"
}

_evidence if input.context.evidence.method == "written_signed"

_evidence if {
	_said(input.context.evidence.grantor_name)
	_said(input.context.evidence.information_described)
	_said(input.context.evidence.purposes_explained_how)
	_said(input.context.evidence.withdrawal_right_explained)
}

_said(true) := true

_said(text) if {
	is_string(text)
	trim_space(text) != ""
}

# METADATA
# title: Administration and routing open nothing
# custom: {gate: 10, reasons: [ADMIN_NO_CONTENT, SYSTEM_ROUTING]}
_service := data.gateway.outcome.permit("10", "administration", "ADMIN_NO_CONTENT", set()) if {
	data.gateway.request.action == "manage_users"
} else := data.gateway.outcome.permit("10", "routing", "SYSTEM_ROUTING", {"no_decrypt"})
