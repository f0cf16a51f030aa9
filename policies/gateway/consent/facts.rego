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
	some index, directive in input.consents
	directive.status == "active"
	not _over(directive)
}

_over(directive) if data.gateway.instants.ns[directive.from] > data.gateway.instants.now

_over(directive) if data.gateway.instants.ns[directive.until] <= data.gateway.instants.now

_over(directive) if data.gateway.instants.ns[directive.withdrawn_at] <= data.gateway.instants.now

_over(directive) if {
	directive.decision == "permit"
	_inert(directive)
}

# A permit without an end, or a one-time permit that was used.
_inert(directive) if not is_string(directive.until)

_inert(directive) if _exhausted(directive)

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
	_lists(directive.owners, input.fragment.owner_agency)
}

_for_purpose := {index |
	some index, directive in input.consents
	_lists(directive.purposes, input.purpose)
}

_in_period := {index |
	some index, directive in input.consents
	not _outside_period(directive)
}

_on_fragment := {index |
	some index, directive in input.consents
	not _other_fragments(directive)
}

_outside_period(directive) if {
	directive.data_period.from != null
	not data.gateway.instants.ns[directive.data_period.from] <= data.gateway.instants.ns[input.fragment.created]
}

_outside_period(directive) if {
	directive.data_period.until != null
	not data.gateway.instants.ns[directive.data_period.until] > data.gateway.instants.ns[input.fragment.created]
}

_other_fragments(directive) if {
	is_array(directive.fragments)
	not input.fragment.id in directive.fragments
}

# METADATA
# title: Directives that match in every dimension but category and sensitivity
covering := ((((named | to_anyone) & _from_owner) & _for_purpose) & _in_period) & _on_fragment

_lists("any", _) := true

_lists(values, value) if value in values

# METADATA
# title: The permit's ceiling reaches a section
# description: N unless it says otherwise; very restricted content must also be listed by name.
_reaches(ceiling, categories, category, sensitivity) if {
	rank := data.gateway.vocabulary.sensitivity
	rank[sensitivity] <= rank[ceiling]
	_listed_if_very_restricted(categories, category, sensitivity)
}

_listed_if_very_restricted(_, _, sensitivity) if sensitivity != "V"

_listed_if_very_restricted(categories, category, "V") if category in categories

_ceiling(holder) := "N" if {
	object.get(holder, "max_sensitivity", null) == null
} else := holder.max_sensitivity
