# What each directive in force says about a section.

package gateway.consent

# METADATA
# title: Label to what the directives in force say about such a section
# description: A label is [category, sensitivity]; sections with the same label are judged once.
findings[label] := [finding |
	some index in (live & covering)
	directive := input.consents[index]
	_lists(directive.categories, category)
	finding := {
		"index": index,
		"person": directive.grantor.person,
		"side": data.gateway.standing.side(directive.grantor, category),
		"effect": _effect(directive, category, sensitivity),
	}
] if {
	some label in data.gateway.request.labels
	[category, sensitivity] := label
}

# A carve-out objects whatever the ceiling of its own consent; a permit exception lives as long as its refusal.
_effect(directive, category, sensitivity) := "carve_out" if {
	directive.decision == "permit"
	_excepted(directive, category, "deny")
} else := "permit" if {
	directive.decision == "permit"
	_reaches(_ceiling(directive), directive.categories, category, sensitivity)
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

_named_categories(exception, _) := exception.categories if is_array(exception.categories)

_named_categories(exception, directive) := directive.categories if {
	object.get(exception, "categories", null) == null
}

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
	some finding in findings[[category, sensitivity]]
	finding.effect == "deny"
	finding.index in named
	_with_standing(finding)
}

# METADATA
# title: Somebody with standing refused everybody
refused_to_anyone(category, sensitivity) := "YOUTH_REFUSES" if {
	some finding in findings[[category, sensitivity]]
	finding.effect == "deny"
	finding.index in to_anyone
	finding.side == "youth"
} else := "CONSENT_REFUSED" if {
	some finding in findings[[category, sensitivity]]
	finding.effect == "deny"
	finding.index in to_anyone
	finding.side == "guardian"
}

# METADATA
# title: A child without standing objected
child_objected(category, sensitivity) if {
	some finding in findings[[category, sensitivity]]
	finding.side == "child"
	finding.effect in ["deny", "carve_out"]
}

# METADATA
# title: A matching directive of somebody with standing asks that the family be told
family_asks_to_know(category, sensitivity) if {
	some finding in findings[[category, sensitivity]]
	_with_standing(finding)
	finding.effect in ["permit", "deny"]
	input.consents[finding.index].notify_family == true
}

_with_standing(finding) if finding.side in ["youth", "guardian"]
