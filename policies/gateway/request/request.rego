# METADATA
# title: The request
# description: What is asked, with the defaults of the input filled in.
# scope: package
package gateway.request

# METADATA
# title: What the actor wants to do
action := "read" if {
	object.get(input, "action", null) == null
} else := input.action

# METADATA
# title: The consent model of the disclosing agency
consent_model := "express" if {
	object.get(input, ["context", "consent_model"], null) == null
} else := input.context.consent_model

# METADATA
# title: The actor belongs to the family
family if input.actor.role in data.gateway.roles.family

# METADATA
# title: The actor works for the exact agency that owns the fragment
of_owner if {
	not family
	input.actor.agency == input.fragment.owner_agency
}

# METADATA
# title: The actor is assigned to this person
assigned if input.actor.assigned == true

# METADATA
# title: The actor signed in strongly
strong_auth if input.actor.strong_auth == true

# METADATA
# title: The purpose is one of the service purposes
for_service if input.purpose in data.gateway.roles.service

# METADATA
# title: The sections to judge, each with its own label or that of the fragment
sections := [section |
	some part in input.fragment.sections
	section := {
		"id": part.id,
		"category": _own_or(part, "category"),
		"sensitivity": _own_or(part, "sensitivity"),
		"tags": _tags(part),
	}
] if {
	is_array(input.fragment.sections)
	count(input.fragment.sections) > 0
} else := [{
	"id": input.fragment.id,
	"category": input.fragment.category,
	"sensitivity": input.fragment.sensitivity,
	"tags": [],
}]

# METADATA
# title: The labels to judge, each once
labels := {[section.category, section.sensitivity] | some section in sections}

# METADATA
# title: The categories that the request touches
categories := {section.category | some section in sections} | {input.fragment.category}

# METADATA
# title: The sensitivity of the whole, at least the highest of its sections
sensitivities := {section.sensitivity | some section in sections} | {input.fragment.sensitivity}

_own_or(part, field) := part[field] if {
	is_string(part[field])
} else := input.fragment[field]

_tags(part) := part.tags if {
	is_array(part.tags)
} else := []
