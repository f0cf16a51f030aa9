# The closest consent.
# When no directive in force speaks for or against, the reason tells the family and the worker what the nearest
# permit lacks. Equally near ones: the code that comes first in alphabetical order.

package gateway.consent

# METADATA
# title: Why no consent covers a section
# custom: {reasons: [GRANTOR_AUTHORITY_LAPSED, YOUTH_DECIDES_ALONE, GRANTOR_WITHOUT_AUTHORITY, CONSENT_NOT_ACTIVE, CONSENT_WITHDRAWN, CONSENT_NOT_YET_IN_FORCE, CONSENT_EXPIRED, CONSENT_EXHAUSTED, CONSENT_NO_END_DATE, RECIPIENT_NOT_NAMED, OWNER_NOT_COVERED, PURPOSE_MISMATCH, CATEGORY_NOT_COVERED, SENSITIVITY_EXCEEDS, DATA_PERIOD_EXCLUDED, FRAGMENT_NOT_COVERED, NO_CONSENT]}
closest(category, sensitivity) := min(_lacking_standing(category, full & live)) if {
	full := _full(category, sensitivity)
	count(_lacking_standing(category, full & live)) > 0
} else := min({_why_over(input.consents[index]) | some index in over}) if {
	over := _full(category, sensitivity) - live
	count(over) > 0
} else := min(_nearest(heard, category, sensitivity))[1] if {
	heard := _heard(category)
	count(heard) > 0
} else := min(_nearest(permits, category, sensitivity))[1] if {
	count(permits) > 0
} else := "NO_CONSENT"

# Permits that match in every dimension; a carve-out still makes a full match.
_full(category, sensitivity) := {index |
	some index in (permits & covering)
	directive := input.consents[index]
	_in_category(directive, category)
	_within_ceiling(directive, category, sensitivity)
}

_lacking_standing(category, indexes) := {_why_not_heard(_side(index, category)) |
	some index in indexes
}

_side(index, category) := side if {
	decider := data.gateway.standing.decider
	guardians := data.gateway.standing.guardians
	side := data.gateway.standing.side(input.consents[index].grantor, decider[category], guardians[category])
}

_why_not_heard("lapsed") := "GRANTOR_AUTHORITY_LAPSED" if data.gateway.standing.of_age

_why_not_heard("lapsed") := "YOUTH_DECIDES_ALONE" if not data.gateway.standing.of_age

_why_not_heard("child") := "GRANTOR_WITHOUT_AUTHORITY"

_why_not_heard("nobody") := "GRANTOR_WITHOUT_AUTHORITY"

_why_over(directive) := "CONSENT_NOT_ACTIVE" if {
	directive.status != "active"
} else := "CONSENT_WITHDRAWN" if {
	data.gateway.instants.ns[directive.withdrawn_at] <= data.gateway.instants.now
} else := "CONSENT_NOT_YET_IN_FORCE" if {
	data.gateway.instants.ns[directive.from] > data.gateway.instants.now
} else := "CONSENT_EXPIRED" if {
	data.gateway.instants.ns[directive.until] <= data.gateway.instants.now
} else := "CONSENT_EXHAUSTED" if {
	_exhausted(directive)
} else := "CONSENT_NO_END_DATE"

# Permits in force of grantors with standing.
_heard(category) := {index |
	some index in (permits & live)
	_side(index, category) in ["youth", "guardian"]
}

# Pairs of how many dimensions fail and the first that does.
_nearest(indexes, category, sensitivity) := {[count(missed), missed[0]] |
	some index in indexes
	missed := _missed(index, category, sensitivity)
}

_missed(index, category, sensitivity) := array.concat(
	[code |
		some [code, satisfied] in _dimensions
		not index in satisfied
	],
	array.concat(
		_missed_label(input.consents[index], category, sensitivity),
		[code |
			some [code, failing] in _late_dimensions
			index in failing
		],
	),
)

_dimensions := [
	["RECIPIENT_NOT_NAMED", (named | to_anyone)],
	["OWNER_NOT_COVERED", _from_owner],
	["PURPOSE_MISMATCH", _for_purpose],
]

_late_dimensions := [
	["DATA_PERIOD_EXCLUDED", _outside_period],
	["FRAGMENT_NOT_COVERED", _on_other_fragments],
]

_missed_label(directive, category, sensitivity) := array.concat(
	["CATEGORY_NOT_COVERED" | not _in_category(directive, category)],
	["SENSITIVITY_EXCEEDS" | not _within_ceiling(directive, category, sensitivity)],
)
