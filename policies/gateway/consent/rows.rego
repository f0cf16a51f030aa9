# The decision table of consents.
# One section, express agreement: the first row that applies decides. Not the most specific directive, not the
# most recent one: both would let one person undo another's refusal.

package gateway.consent

# METADATA
# title: What the consents say about a section
# custom: {reasons: [RESTRICTION_NAMES_ACTOR, YOUTH_REFUSES, CONSENT_PERMITS, YOUTH_DECISION_PREVAILS, GUARDIAN_CONFLICT, CONSENT_REFUSED, CONSENT_EXCEPTION, JOINT_CONSENT_INCOMPLETE]}
express(category, sensitivity) := _answer(
	category,
	sensitivity,
	_voices(_about(category, sensitivity)),
)

# Per grantor, an explicit refusal beats a permit, which beats a carve-out.
_voices(said) := {
	"restricts": {finding.index |
		some finding in said
		finding.effect == "deny"
		_with_standing(finding)
		data.gateway.recipients.names_person(input.consents[finding.index].recipients)
	},
	"youth": {finding.effect | some finding in said; finding.side == "youth"},
	"permit": permit - deny,
	"carve_out": (carve_out - permit) - deny,
	"deny": deny,
	"said": said,
} if {
	permit := {finding.person | some finding in said; finding.side == "guardian"; finding.effect == "permit"}
	deny := {finding.person | some finding in said; finding.side == "guardian"; finding.effect == "deny"}
	carve_out := {finding.person | some finding in said; finding.side == "guardian"; finding.effect == "carve_out"}
}

_answer(category, sensitivity, voices) := _refusal("RESTRICTION_NAMES_ACTOR") if {
	count(voices.restricts) > 0
} else := _refusal("YOUTH_REFUSES") if {
	_youth_refuses(voices)
} else := _permit(voices, "youth", _prevails(voices)) if {
	"permit" in voices.youth
} else := _refusal_with("GUARDIAN_CONFLICT", "escalate_conflict") if {
	count(voices.permit) > 0
	count(voices.deny | voices.carve_out) > 0
} else := _refusal("CONSENT_REFUSED") if {
	count(voices.deny) > 0
} else := _refusal("CONSENT_EXCEPTION") if {
	_only_carved_out(voices)
} else := _refusal_with("JOINT_CONSENT_INCOMPLETE", "request_other_guardian") if {
	count(voices.permit) > 0
	sensitivity != "N"
	count(voices.permit & data.gateway.standing.decisive[category]) == 0
	count(data.gateway.standing.joint[category] - voices.permit) > 0
} else := _permit(voices, "guardian", []) if {
	count(voices.permit) > 0
} else := _refusal(closest(category, sensitivity))

_youth_refuses(voices) if "deny" in voices.youth

_youth_refuses(voices) if {
	voices.youth == {"carve_out"}
	count(voices.permit) > 0
}

_prevails(voices) := ["YOUTH_DECISION_PREVAILS"] if {
	count(voices.deny) > 0
} else := []

_only_carved_out(voices) if count(voices.carve_out) > 0

_only_carved_out(voices) if "carve_out" in voices.youth

_refusal(reason) := {"permit": false, "reasons": [reason], "obligations": set()}

_refusal_with(reason, obligation) := {"permit": false, "reasons": [reason], "obligations": {obligation}}

_permit(voices, side, more) := {
	"permit": true,
	"notices": notices(voices.said),
	"reasons": array.concat(["CONSENT_PERMITS"], more),
	"used": {used |
		some finding in voices.said
		finding.effect == "permit"
		finding.side == side
		directive := input.consents[finding.index]
		used := {"id": directive.id, "version": directive.version}
	},
}
