# METADATA
# title: Recipients
# description: |
#   Whether a list of recipients reaches the actor. Identifiers are compared exactly; a unit is its parent,
#   "/" and a name; a display name never matters. An empty list is nobody, and "any" must be written.
# scope: package
package gateway.recipients

# METADATA
# title: A list of recipients names the actor, her role at an agency, her agency or her committee in session
names(recipients) if {
	is_array(recipients)
	some recipient in recipients
	_fits(recipient)
}

# METADATA
# title: A list of recipients names the actor's own person
names_person(recipients) if {
	is_array(recipients)
	some recipient in recipients
	recipient.person == input.actor.id
	_fits(recipient)
}

# METADATA
# title: Recipients, "any" included, reach the actor
reach("any") := true

reach(recipients) if names(recipients)

# Each body is anchored in one field; the others may only narrow it.
_fits(recipient) if {
	recipient.agency == _agency
	not _narrower(recipient)
}

_fits(recipient) if {
	recipient.include_units == true
	_unit_of(recipient)
	not _narrower(recipient)
}

_fits(recipient) if {
	recipient.person == input.actor.id
	_no_agency(recipient)
	not _narrower(recipient)
}

_fits(recipient) if {
	_sits_in(recipient.committee)
	_no_agency(recipient)
	not _narrower(recipient)
}

_no_agency(recipient) if object.get(recipient, "agency", null) == null

_narrower(recipient) if {
	recipient.person != input.actor.id
	recipient.person != null
}

_narrower(recipient) if {
	recipient.role != input.actor.role
	recipient.role != null
}

_narrower(recipient) if {
	recipient.committee != null
	not _sits_in(recipient.committee)
}

_agency := input.actor.agency if {
	is_string(input.actor.agency)
} else := ""

_unit_of(recipient) if {
	is_string(recipient.agency)
	startswith(_agency, concat("", [recipient.agency, "/"]))
}

# A committee covers its members, in their part there and during its session, of the agencies listed when the
# family signed: the same person in another part of hers is one of her agency, which the family did not name.
_sits_in(committee) if {
	input.actor.role == "committee_member"
	session := input.context.committee
	session.id == committee
	input.actor.id in session.members
	not input.actor.id in data.gateway.instants.list(object.get(session, "recused", null))
	_agency in session.agencies_at_consent
	not session_not_open
	not session_closed
}

# METADATA
# title: The session has not begun
session_not_open if data.gateway.instants.ns[input.context.committee.opens] > data.gateway.instants.now

# A session without an opening instant is open only when it says so.
session_not_open if {
	not _has_opening
	not _says_open
}

_has_opening if data.gateway.instants.ns[input.context.committee.opens]

_says_open if input.context.committee.status in ["open", "closed"]

# METADATA
# title: The session is over
session_closed if input.context.committee.status == "closed"

session_closed if data.gateway.instants.ns[input.context.committee.closes] <= data.gateway.instants.now
