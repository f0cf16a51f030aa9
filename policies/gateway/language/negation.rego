# METADATA
# title: Questions of language - negation and what is undefined
# description: What is missing must never come to mean what is allowed.
# scope: package
package gateway.language.negation

# A value whose type the compiler cannot know, as of everything in the input.
_loose(value) := object.get(input, "nothing", value)

not_missing_equals if not input.missing == 1

missing_differs if input.missing != 1

missing_below if input.missing < 1

missing_equals_missing if input.missing == input.other

not_missing if not input.missing

not_missing_deep if not input.missing.deeper.still

not_false if {
	x := {"a": false}
	not x.a
}

not_null if {
	x := {"a": null}
	not x.a
}

not_zero if {
	x := {"a": 0}
	not x.a
}

not_empty_text if {
	x := {"a": ""}
	not x.a
}

not_empty_list if {
	x := {"a": []}
	not x.a
}

a_false_field_fails if {
	x := {"a": false}
	x.a
}

a_null_field_holds if {
	x := {"a": null}
	x.a == null
}

a_false_equals_false if {
	x := {"a": false}
	x.a == false
}

_undefined := 1 if 1 == 2

not_an_undefined_rule if not _undefined

an_undefined_rule_is_no_value if _undefined == _undefined

_false_by_default := false

not_a_false_rule if not _false_by_default

not_twice if not _negated

_negated if not _undefined

not_member if not 3 in [1, 2]

not_member_fails if not 2 in [1, 2]

missing_member if input.missing in [1]

not_with_two_conditions if {
	xs := [1, 2]
	not _both(xs)
}

_both(xs) if {
	1 in xs
	3 in xs
}

undefined_in_a_list := [input.missing]

undefined_in_an_object := {"a": input.missing}

undefined_in_a_call := count(input.missing)

undefined_in_a_comparison if count(input.missing) == 0

undefined_in_a_conjunction if {
	true
	input.missing
}

undefined_index := _loose([1, 2])[5]

undefined_key := _loose({"a": 1}).b

undefined_negative_index := _loose([1, 2])[-1]

not_an_undefined_index if not _loose([1, 2])[5]

a_field_of_a_text if {
	x := _loose("text")
	x.field
}

not_a_field_of_a_text if {
	x := _loose("text")
	not x.field
}

a_field_of_null if {
	x := _loose({"a": null})
	x.a.b
}

not_a_field_of_null if {
	x := _loose({"a": null})
	not x.a.b
}
