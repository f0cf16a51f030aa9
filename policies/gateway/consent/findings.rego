# What each directive in force says about a section.

package gateway.consent

# METADATA
# title: Label to what the directives in force say about such a section
# description: A label is [category, sensitivity]; sections with the same label are judged once.
findings := {label: said |
	decider := data.gateway.standing.decider
	guardians := data.gateway.standing.guardians
	some label in data.gateway.request.labels
	said := _said(label[0], label[1], decider[label[0]], guardians[label[0]])
}

# METADATA
# title: What the directives in force say about the document as it is labelled itself
about_document := _said(category, input.fragment.sensitivity, decider, guardians) if {
	category := input.fragment.category
	decider := data.gateway.standing.decider[category]
	guardians := data.gateway.standing.guardians[category]
}

_said(category, sensitivity, who, holders) := [finding |
	some index in _speaking
	directive := input.consents[index]
	_in_category(directive, category)
	finding := {
		"index": index,
		"person": directive.grantor.person,
		"side": data.gateway.standing.side(directive.grantor, who, holders),
		"effect": _effect(directive, category, sensitivity),
	}
]

_about(category, sensitivity) := found if {
	all := findings
	found := all[[category, sensitivity]]
}

_speaking := live & covering

# A carve-out objects whatever the ceiling of its own consent; a permit exception lives as long as its refusal.
_effect(directive, category, sensitivity) := "carve_out" if {
	directive.decision == "permit"
	_excepted(directive, category, "deny")
} else := "permit" if {
	directive.decision == "permit"
	_within_ceiling(directive, category, sensitivity)
} else := "permit" if {
	directive.decision == "deny"
	_let_through(directive, category, sensitivity)
	not _excepted(directive, category, "deny")
} else := "deny" if {
	directive.decision == "deny"
}

_excepted(directive, category, decision) if {
	is_array(directive.exceptions)
	some exception in directive.exceptions
	exception.decision == decision
	_touches(exception, category)
}

_let_through(directive, category, sensitivity) if {
	is_array(directive.exceptions)
	some exception in directive.exceptions
	exception.decision == "permit"
	_touches(exception, category)
	_reaches(_ceiling(exception), _named_categories(exception, directive), category, sensitivity)
}

# Very restricted content must be listed by name: in the exception, or in the refusal if the exception lists nothing.
_named_categories(exception, directive) := directive.categories if {
	object.get(exception, "categories", null) == null
} else := exception.categories

# An absent field of an exception is no constraint.
_touches(exception, category) if {
	_recipients_touch(object.get(exception, "recipients", null))
	_touch(object.get(exception, "purposes", null), input.purpose)
	_touch(object.get(exception, "categories", null), category)
	_touch(object.get(exception, "fragments", null), input.fragment.id)
}

_touch(null, _) := true

_touch(values, value) if _lists(values, value)

_recipients_touch(null) := true

_recipients_touch(values) if data.gateway.recipients.reach(values)

# METADATA
# title: A restriction in force, by somebody with standing, names the actor's person, role or body
restricted(category, sensitivity) if {
	some finding in _about(category, sensitivity)
	finding.effect == "deny"
	finding.index in named
	_with_standing(finding)
}

# METADATA
# title: Somebody with standing refused
# description: Asked where nothing restricts the actor, so that what is left is a refusal to anybody.
refused(category, sensitivity) := "YOUTH_REFUSES" if {
	some finding in _about(category, sensitivity)
	finding.effect == "deny"
	finding.side == "youth"
} else := "CONSENT_REFUSED" if {
	some finding in _about(category, sensitivity)
	finding.effect == "deny"
	finding.side == "guardian"
}

# METADATA
# title: What a permit owes to those who spoke about it
# description: A child without standing objected; somebody with standing asks that the family be told.
notices(said) := {"surface_child_view" |
	some finding in said
	finding.side == "child"
	finding.effect != "permit"
} | {"notify_family" |
	some finding in said
	input.consents[finding.index].notify_family == true
	_with_standing(finding)
}

_with_standing(finding) if finding.side in ["youth", "guardian"]
