# METADATA
# title: Instants
# description: |
#   Every instant of the input, read once. A text is tested against one pattern (shape, calendar, years) before
#   it is parsed: engines differ on what they take for an instant, and some raise on the rest.
# scope: package
package gateway.instants

# Days of the months, the 29th of February of leap years, then the time of day and the zone. An instant outside
# 1900 to 2261 in UTC is refused below; the two neighbouring days pass here, for an offset may bring them inside.
_pattern := `^(?:(?:19[0-9]{2}|2[01][0-9]{2}|22[0-5][0-9]|226[01])-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:19(?:0[48]|[2468][048]|[13579][26])|20(?:0[048]|[2468][048]|[13579][26])|21(?:0[48]|[2468][048]|[13579][26])|22(?:0[48]|[24][048]|[135][26]|60))-02-29|1899-12-31|2262-01-01)T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$`

# METADATA
# title: Text to nanoseconds since 1970, of every well-formed instant of the input
ns := {text: nanoseconds |
	some text in _texts
	is_string(text)
	regex.match(_pattern, text)
	nanoseconds := time.parse_rfc3339_ns(text)

	# 1900-01-01T00:00:00Z, and 2262-01-01T00:00:00Z.
	nanoseconds >= -2208988800000000000
	nanoseconds < 9214646400000000000
}

# METADATA
# title: The instant of the request
now := nanoseconds if {
	known := ns
	nanoseconds := known[input.context.time]
}

# METADATA
# title: Every instant in the input is well formed, and there is one of the request
# description: Asked only once the lists of the input are known to be lists.
sound if {
	now
	count(ns) == count(_texts)
}

# METADATA
# title: The next instant at which any comparison with the instant of the request could turn out otherwise
next_change := time.format(min(ahead)) if {
	known := ns
	start := now
	written := {at | some text in _bounds; at := known[text]; at > start}

	# No instant of the input may lie in 2262, so none is named there either.
	declared := {at | at := emergency_end; at > start; at < 9214646400000000000}
	ahead := written | declared
	count(ahead) > 0
} else := null

# METADATA
# title: When an emergency declaration ends
emergency_end := ns[input.context.break_glass.declared_at] + (data.gateway.emergency.hours * 3600000000000)

_texts := _bounds | ({text |
	text := input.context.time
} | ({text |
	text := input.fragment.created
	text != null
} | {text |
	some directive in input.consents
	some field in ["from", "until"]
	text := directive.data_period[field]
	text != null
}))

# What the instant of the request is compared with.
_bounds := {text |
	some directive in input.consents
	some field in ["from", "until", "withdrawn_at"]
	text := directive[field]
	text != null
} | ({text |
	some holder in array.concat(input.subject.authorities, input.subject.orders)
	some field in ["from", "until"]
	text := holder[field]
	text != null
} | ({text |
	some field in ["opens", "closes"]
	text := input.context.committee[field]
	text != null
} | {text |
	text := input.context.break_glass.declared_at
	text != null
}))

# METADATA
# title: A half-open period does not hold the instant
# description: |
#   The instants are handed over, because looking up a computed key through a rule costs four times as much as
#   through a variable.
outside(period, known, at) if known[period.from] > at

outside(period, known, at) if known[period.until] <= at

# METADATA
# title: The value if it is a list, else the empty list
list(value) := value if {
	is_array(value)
} else := []
