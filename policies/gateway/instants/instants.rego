# METADATA
# title: Instants
# description: |
#   Every instant of the input, read once. A text is tested against one pattern (shape, calendar, years) before
#   it is parsed: engines differ on what they take for an instant, and some raise on the rest.
# scope: package
package gateway.instants

# An instant outside 1900 to 2261 in UTC is refused below; the two neighbouring days are let through the
# pattern because an offset may bring them back inside.
_date := concat("|", [
	`(?:19[0-9]{2}|2[01][0-9]{2}|22[0-5][0-9]|226[01])-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))`,
	`19(?:0[48]|[2468][048]|[13579][26])-02-29`,
	`20(?:0[048]|[2468][048]|[13579][26])-02-29`,
	`21(?:0[48]|[2468][048]|[13579][26])-02-29`,
	`22(?:0[48]|[24][048]|[135][26]|60)-02-29`,
	`1899-12-31|2262-01-01`,
])

_clock := `T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])`

_pattern := concat("", [`^(?:`, _date, `)`, _clock, `$`])

_first := -2208988800000000000

_end := 9214646400000000000

_hour := 3600000000000

# METADATA
# title: Text to nanoseconds since 1970, of every well-formed instant of the input
ns := {text: nanoseconds |
	some text in _texts
	is_string(text)
	regex.match(_pattern, text)
	nanoseconds := time.parse_rfc3339_ns(text)
	nanoseconds >= _first
	nanoseconds < _end
}

_texts := _bounds | _dates

# METADATA
# title: The instant of the request
now := ns[input.context.time]

# METADATA
# title: Every instant in the input is well formed, and there is one of the request
# description: Asked only once the lists of the input are known to be lists.
sound if {
	now
	count(ns) == count(_texts)
}

# METADATA
# title: The next instant at which any comparison with the instant of the request could turn out otherwise
next_change := time.format(min(_ahead)) if {
	count(_ahead) > 0
} else := null

# METADATA
# title: When an emergency declaration ends
emergency_end := ns[input.context.break_glass.declared_at] + (data.gateway.emergency.hours * _hour)

_ahead := {at | some text in _bounds; at := ns[text]; at > now} | {at |
	at := emergency_end
	at > now
	at < _end
}

# What the instant of the request is compared with.
_bounds := union({
	{text | some holder in input.consents; text := holder.from; text != null},
	{text | some holder in input.consents; text := holder.until; text != null},
	{text | some holder in input.consents; text := holder.withdrawn_at; text != null},
	{text | some holder in list(input.subject.authorities); text := holder.from; text != null},
	{text | some holder in list(input.subject.authorities); text := holder.until; text != null},
	{text | some holder in list(input.subject.orders); text := holder.from; text != null},
	{text | some holder in list(input.subject.orders); text := holder.until; text != null},
	{text | some field in ["opens", "closes"]; text := input.context.committee[field]; text != null},
	{text | text := input.context.break_glass.declared_at; text != null},
})

# What is compared with the instant of the request.
_bounds := ({text |
	some holder in _holders
	text := holder.from
	text != null
} | {text |
	some holder in _holders
	text := holder.until
	text != null
}) | _single_bounds

_holders := array.concat(
	array.concat(input.subject.authorities, input.subject.orders),
	input.consents,
)

_single_bounds := {text |
	some holder in input.consents
	text := holder.withdrawn_at
	text != null
} | ({text |
	some field in ["opens", "closes"]
	text := input.context.committee[field]
	text != null
} | {text |
	text := input.context.break_glass.declared_at
	text != null
})

# What is compared with other instants only, and the instant of the request itself.
_dates := {text |
	some text in [input.context.time, object.get(input.fragment, "created", null)]
	text != null
} | {text |
	some holder in input.consents
	some field in ["from", "until"]
	text := holder.data_period[field]
	text != null
}

# METADATA
# title: The value if it is a list, else the empty list
list(value) := value if {
	is_array(value)
} else := []
