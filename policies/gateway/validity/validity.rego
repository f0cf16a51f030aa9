# METADATA
# title: Validity of the input
# description: |
#   Gate 2. What is missing, unknown or of another type is an objection: nothing after this gate meets an operand
#   of a type that it does not expect. Fields outside the schema are never read.
# scope: package
package gateway.validity

# Tables are bound once: a look-up by a computed key through the full path costs five times as much.
_vocabulary := data.gateway.vocabulary

_matrix := data.gateway.roles.matrix

_profiles := data.gateway.profiles.rules

_labels := data.gateway.categories.labels

# METADATA
# title: The input is one that the policy can judge
# description: |
#   In the order of types, text lies between the empty text and the empty list. A purpose is missing where it is
#   null; an empty one is a purpose that there is not (gate 5).
# custom: {reason: INPUT_INVALID}
well_formed if {
	input.actor.id > ""
	input.actor.id < []
	input.subject.id > ""
	input.subject.id < []
	input.fragment.id > ""
	input.fragment.id < []
	input.fragment.owner_agency > ""
	input.fragment.owner_agency < []
	is_string(input.purpose)
	_matrix[input.actor.role]
	_profiles[input.profile]
	_labels[input.fragment.category]
	_vocabulary.sensitivity[input.fragment.sensitivity]
	data.gateway.request.action in _vocabulary.actions
	data.gateway.request.consent_model in _vocabulary.consent_models
	is_number(input.subject.age)
	is_array(input.subject.authorities)
	is_array(input.subject.orders)
	is_array(input.consents)
	not _malformed
	data.gateway.instants.sound
}

_malformed if {
	input.subject.capable != null
	not _capacity(input.subject.capable)
}

_malformed if {
	some field in ["sections", "harm_if_disclosed_to"]
	input.fragment[field] != null
	not is_array(input.fragment[field])
}

_malformed if {
	input.fragment.youth_alone != null
	not is_boolean(input.fragment.youth_alone)
}

_malformed if {
	some field in ["break_glass", "committee", "transfer"]
	input.context[field] != null
	not is_object(input.context[field])
}

_malformed if {
	input.context.committee.recused != null
	not is_array(input.context.committee.recused)
}

_malformed if {
	some authority in input.subject.authorities
	not _authority(authority)
}

_malformed if {
	some order in input.subject.orders
	not _order(order)
}

_malformed if {
	is_array(input.fragment.sections)
	some section in input.fragment.sections
	not _section(section)
}

_malformed if {
	some directive in input.consents
	not _directive(directive)
}

_capacity(value) if is_boolean(value)

_capacity(value) if is_array(value)

_authority(authority) if {
	authority.person > ""
	authority.person < []
	authority.authority in _vocabulary.authorities
	not _odd_scope(authority)
}

_odd_scope(authority) if {
	authority.scope != null
	authority.scope != "all"
	not is_array(authority.scope)
}

_order(order) if {
	_text(order.id)
	order.type in _vocabulary.order_types
	_bodies(order.recipients)
	_words_or_none(object.get(order, "categories", null))
	_words_or_none(object.get(order, "purposes", null))
}

_section(section) if {
	_text(section.id)
	_category_or_none(object.get(section, "category", null))
	_sensitivity_or_none(object.get(section, "sensitivity", null))
	_tags_or_none(object.get(section, "tags", null))
}

_category_or_none(null) := true

_category_or_none(value) if _labels[value]

_sensitivity_or_none(null) := true

_sensitivity_or_none(value) if _vocabulary.sensitivity[value]

_tags_or_none(null) := true

_tags_or_none(value) if {
	is_array(value)
	every tag in value {
		tag in _vocabulary.tags
	}
}

# A permit that leaves a dimension out covers nothing in it; a refusal that does is not understood.
# Numbers lie between the booleans and text.
_directive(directive) if {
	directive.decision == "permit"
	directive.id > ""
	directive.id < []
	directive.version > true
	directive.version < ""
	directive.grantor.person > ""
	directive.grantor.person < []
	directive.status > ""
	directive.status < []
	not _odd(directive)
} else if {
	directive.decision == "deny"
	_text(directive.id)
	is_number(directive.version)
	_text(directive.grantor.person)
	_text(directive.status)
	directive.grantor["as"] in ["self", "guardian"]
	_bodies(directive.recipients)
	_words(directive.owners)
	_words(directive.purposes)
	_words(directive.categories)
	not _odd(directive)
}

# Optional parts that are present and of another type than the schema says.
_odd(directive) if not _texts_or_none(object.get(directive, "fragments", null))

_odd(directive) if {
	directive.exceptions != null
	not is_array(directive.exceptions)
}

_odd(directive) if {
	directive.data_period != null
	not is_object(directive.data_period)
}

_odd(directive) if {
	is_array(directive.exceptions)
	some exception in directive.exceptions
	not _exception(exception)
}

_exception(exception) if {
	exception.decision in _vocabulary.decisions
	_bodies_or_none(object.get(exception, "recipients", null))
	_words_or_none(object.get(exception, "purposes", null))
	_words_or_none(object.get(exception, "categories", null))
	_texts_or_none(object.get(exception, "fragments", null))
}

_text(value) if {
	is_string(value)
	value != ""
}

_texts(value) if {
	is_array(value)
	every text in value {
		is_string(text)
	}
}

_texts_or_none(null) := true

_texts_or_none(value) if _texts(value)

# What narrows must be understood whole: a word or a body of another type would silently mean nobody.
_words("any") := true

_words(value) if _texts(value)

_words_or_none(null) := true

_words_or_none(value) if _words(value)

_bodies("any") := true

_bodies(value) if {
	is_array(value)
	every body in value {
		is_object(body)
	}
}

_bodies_or_none(null) := true

_bodies_or_none(value) if _bodies(value)
