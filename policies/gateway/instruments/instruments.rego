# METADATA
# title: Legal instruments
# description: Orders and demands in force that name the actor, as the holder's privacy officer recorded them.
# scope: package
package gateway.instruments

_in_force := [order |
	some order in input.subject.orders
	not data.gateway.instants.outside(order, data.gateway.instants.ns, data.gateway.instants.now)
]

_prohibitions := [order |
	some order in _in_force
	order.type == "prohibit"
	data.gateway.recipients.reach(order.recipients)
]

# METADATA
# title: A prohibition in force names the actor for all categories
prohibited if {
	some order in _prohibitions
	_unlimited(order)
}

# METADATA
# title: The categories that a prohibition in force withholds from the actor
prohibited_categories := {category |
	some order in _prohibitions
	some category in data.gateway.instants.list(object.get(order, "categories", null))
}

# METADATA
# title: The ids of the prohibitions in force that name the actor
prohibition_ids := {order.id | some order in _prohibitions}

# METADATA
# title: Requiring instruments in force that name the actor and the purpose
requirements := [order |
	some order in _in_force
	order.type == "require"
	_names(order.recipients)
	_for_purpose(object.get(order, "purposes", null))
	basis(order) in ["court_order", "statutory_demand"]
]

# Persons, agencies and roles of agencies: an order that opens does not name a committee.
_names(recipients) if {
	is_array(recipients)
	data.gateway.recipients.names([one |
		some one in recipients
		object.get(one, "committee", null) == null
	])
}

# METADATA
# title: What an instrument rests on
basis(order) := "court_order" if {
	object.get(order, "basis", null) == null
} else := order.basis

# METADATA
# title: An instrument speaks of a category
covers(order, _) if _unlimited(order)

covers(order, category) if category in order.categories

_unlimited(order) if object.get(order, "categories", null) in [null, "any"]

_for_purpose(null) if input.purpose in data.gateway.purposes.instrument_default

_for_purpose("any") := true

_for_purpose(purposes) if input.purpose in purposes

# METADATA
# title: The family must not learn of an instrument
sealed_from_family(order) if not object.get(order, "sealed_from_family", false) in [false, null]

# METADATA
# title: An instrument in force that names the actor must stay unknown to the family
kept_from_family if {
	some order in requirements
	sealed_from_family(order)
}

kept_from_family if {
	some order in _prohibitions
	sealed_from_family(order)
}
