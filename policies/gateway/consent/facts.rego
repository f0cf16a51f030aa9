# METADATA
# title: Facts about directives
# description: |
#   What can be said of each directive before any section is looked at, computed once: sets of places in
#   `input.consents`. The order of the directives never matters.
# scope: package
package gateway.consent

# METADATA
# title: Permits that may count as candidates
permits := {index |
	some index, directive in input.consents
	directive.decision == "permit"
	directive.status != "superseded"
}

# METADATA
# title: Directives in force at the instant of the request
live := {index |
	known := data.gateway.instants.ns
	at := data.gateway.instants.now
	some index, directive in input.consents
	directive.status == "active"
	not data.gateway.instants.outside(directive, known, at)
	not _withdrawn(directive, known, at)
	not _over(directive)
}

_withdrawn(directive, known, at) if known[directive.withdrawn_at] <= at

_over(directive) if {
	directive.decision == "permit"
	not _ends(directive)
}

_over(directive) if _exhausted(directive)

# A permit without an end is inert.
_ends(directive) if is_string(directive.until)

_exhausted(directive) if {
	_says(directive.one_time)
	_says(directive.used)
}

# Anything written there, but no and zero.
_says(value) if not value in [null, false, 0]

# METADATA
# title: Directives whose recipients name the actor
named := {index |
	some index, directive in input.consents
	data.gateway.recipients.names(directive.recipients)
}

# METADATA
# title: Directives addressed to anybody
to_anyone := {index |
	some index, directive in input.consents
	directive.recipients == "any"
}

_from_owner := {index |
	some index, directive in input.consents
	directive.owners == "any"
} | {index |
	some index, directive in input.consents
	input.fragment.owner_agency in directive.owners
}

_for_purpose := {index |
	some index, directive in input.consents
	directive.purposes == "any"
} | {index |
	some index, directive in input.consents
	input.purpose in directive.purposes
}

_outside_period := {index |
	some index, directive in input.consents
	directive.data_period != null
	not _holds_fragment(directive.data_period)
}

_holds_fragment(period) if {
	_begun(period)
	_not_ended(period)
}

_begun(period) if object.get(period, "from", null) == null

_begun(period) if data.gateway.instants.ns[period.from] <= data.gateway.instants.ns[input.fragment.created]

_not_ended(period) if object.get(period, "until", null) == null

_not_ended(period) if data.gateway.instants.ns[period.until] > data.gateway.instants.ns[input.fragment.created]

_on_other_fragments := {index |
	some index, directive in input.consents
	directive.fragments != null
	not _lists(directive.fragments, input.fragment.id)
}

# METADATA
# title: Directives that match in every dimension but category and sensitivity
covering := ((((named | to_anyone) & _from_owner) & _for_purpose) - _outside_period) - _on_other_fragments

_lists("any", _) := true

_lists(values, value) if value in values

# A directive's own list: what it leaves out covers nothing.
_in_category(directive, category) if _lists(directive.categories, category)

_within_ceiling(directive, category, sensitivity) if {
	_reaches(_ceiling(directive), object.get(directive, "categories", null), category, sensitivity)
}

# METADATA
# title: The permit's ceiling reaches a section
# description: N unless it says otherwise; very restricted content must also be listed by name.
_reaches(ceiling, categories, category, sensitivity) if {
	rank := _rank
	rank[sensitivity] <= rank[ceiling]
	_listed_if_very_restricted(categories, category, sensitivity)
}

_rank := data.gateway.vocabulary.sensitivity

_listed_if_very_restricted(_, _, sensitivity) if sensitivity != "V"

_listed_if_very_restricted(categories, category, "V") if category in categories

_ceiling(holder) := "N" if {
	object.get(holder, "max_sensitivity", null) == null
} else := holder.max_sensitivity
