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
# custom: {reason: INPUT_INVALID}
well_formed if {
	_named
	_known
	_subject
	_fragment
	_directives
	_context
	data.gateway.instants.sound
}

_named if {
	_text(input.actor.id)
	_text(input.subject.id)
	_text(input.fragment.id)
	_text(input.fragment.owner_agency)
	_text(input.purpose)
}

_known if {
	_matrix[input.actor.role]
	data.gateway.request.action in _vocabulary.actions
	_profiles[input.profile]
	data.gateway.request.consent_model in _vocabulary.consent_models
	_labels[input.fragment.category]
	_vocabulary.sensitivity[input.fragment.sensitivity]
}

_subject if {
	is_number(input.subject.age)
	_capacity(object.get(input.subject, "capable", null))
	is_array(input.subject.authorities)
	is_array(input.subject.orders)
	every authority in input.subject.authorities {
		_text(authority.person)
		authority.authority in _vocabulary.authorities
		_all_or_list(object.get(authority, "scope", null))
	}
	every order in input.subject.orders {
		_text(order.id)
		order.type in _vocabulary.order_types
		_any_or_list(order.recipients)
		_any_or_list(object.get(order, "categories", "any"))
		_any_or_list(object.get(order, "purposes", "any"))
	}
}

_capacity(null) := true

_capacity(value) if is_boolean(value)

_capacity(value) if is_array(value)

_fragment if {
	_list_or_none(object.get(input.fragment, "sections", null))
	_list_or_none(object.get(input.fragment, "harm_if_disclosed_to", null))
	_flag_or_none(object.get(input.fragment, "youth_alone", null))
	every section in data.gateway.instants.list(object.get(input.fragment, "sections", null)) {
		_text(section.id)
		_category_or_none(object.get(section, "category", null))
		_sensitivity_or_none(object.get(section, "sensitivity", null))
		_tags_or_none(object.get(section, "tags", null))
	}
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

_directives if {
	is_array(input.consents)
	count([1 | some directive in input.consents; _directive(directive)]) == count(input.consents)
}

# A permit that leaves a dimension out covers nothing in it; a refusal that does is not understood.
# In the order of types, text lies between the empty text and the empty list, and numbers lie before text.
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
	_any_or_list(directive.recipients)
	_any_or_list(directive.owners)
	_any_or_list(directive.purposes)
	_any_or_list(directive.categories)
	not _odd(directive)
}

# Optional parts that are present and of another type than the schema says.
_odd(directive) if {
	directive.fragments != null
	not is_array(directive.fragments)
}

_odd(directive) if {
	directive.exceptions != null
	not is_array(directive.exceptions)
}

_odd(directive) if {
	directive.data_period != null
	not is_object(directive.data_period)
}

_odd(directive) if {
	some exception in data.gateway.instants.list(object.get(directive, "exceptions", null))
	not _exception(exception)
}

_exception(exception) if {
	exception.decision in _vocabulary.decisions
	every field in ["recipients", "purposes", "categories"] {
		_any_list_or_none(object.get(exception, field, null))
	}
	_list_or_none(object.get(exception, "fragments", null))
}

_context if {
	is_object(input.context)
	_object_or_none(object.get(input.context, "break_glass", null))
	_object_or_none(object.get(input.context, "committee", null))
	_object_or_none(object.get(input.context, "transfer", null))
	_list_or_none(object.get(input.context, ["committee", "recused"], null))
}

_text(value) if {
	is_string(value)
	value != ""
}

_list_or_none(null) := true

_list_or_none(value) if is_array(value)

_object_or_none(null) := true

_object_or_none(value) if is_object(value)

_flag_or_none(null) := true

_flag_or_none(value) if is_boolean(value)

_any_or_list("any") := true

_any_or_list(value) if is_array(value)

_any_list_or_none(null) := true

_any_list_or_none(value) if _any_or_list(value)

_all_or_list(null) := true

_all_or_list("all") := true

_all_or_list(value) if is_array(value)
