# METADATA
# title: Relationship
# description: Step 2 of the professional branch. Undefined when the actor has a link to this person and fragment.
# scope: package
package gateway.relationship

_gate := "P2"

# METADATA
# title: Why the actor has no relationship with this person
# custom: {reasons: [NOT_COMMITTEE_MEMBER, COMMITTEE_RECUSED, COMMITTEE_NOT_OPEN, COMMITTEE_CLOSED, NOT_IN_PACKAGE, NO_RELATIONSHIP, REFERRAL_REFUSED, TRANSFER_NOT_ACCEPTED]}
objection := _committee if {
	input.actor.role == "committee_member"
	_committee
} else := _transfer if {
	_by_transfer
	_transfer
} else := data.gateway.outcome.hidden(_gate, "NO_RELATIONSHIP") if {
	not data.gateway.request.assigned
	not input.actor.role == "committee_member"
	not _by_transfer
}

_committee := data.gateway.outcome.hidden(_gate, "NOT_COMMITTEE_MEMBER") if {
	not _member
} else := data.gateway.outcome.refusal(_gate, "COMMITTEE_RECUSED") if {
	input.actor.id in input.context.committee.recused
} else := data.gateway.outcome.refusal(_gate, "COMMITTEE_NOT_OPEN") if {
	data.gateway.recipients.session_not_open
} else := data.gateway.outcome.refusal(_gate, "COMMITTEE_CLOSED") if {
	data.gateway.recipients.session_closed
} else := data.gateway.outcome.hidden(_gate, "NOT_IN_PACKAGE") if {
	not _in_committee_package
}

# Facts of their own: engines differ on the negation of a membership in what is missing.
_member if input.actor.id in input.context.committee.members

_in_committee_package if input.fragment.id in input.context.committee.package

_transfer_accepted if input.context.transfer.state in ["accepted", "completed"]

_in_transfer_package if input.fragment.id in input.context.transfer.package

_by_transfer if {
	input.purpose in data.gateway.purposes.transfer
	input.context.transfer != null
	not data.gateway.request.of_owner
}

_transfer := data.gateway.outcome.hidden(_gate, "NO_RELATIONSHIP") if {
	not input.context.transfer.to_person == input.actor.id
} else := data.gateway.outcome.refusal(_gate, "REFERRAL_REFUSED") if {
	input.context.transfer.state == "refused_by_family"
} else := data.gateway.outcome.refusal(_gate, "TRANSFER_NOT_ACCEPTED") if {
	not _transfer_accepted
} else := data.gateway.outcome.hidden(_gate, "NOT_IN_PACKAGE") if {
	not _in_transfer_package
}
