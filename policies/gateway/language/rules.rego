# METADATA
# title: Questions of language - rules, functions, else, default, with
# scope: package
package gateway.language.rules

# A value whose type the compiler cannot know, as of everything in the input.
_loose(value) := object.get(input, "nothing", value)

_first := 1 if 1 == 2

else_after_undefined := x if {
	x := _first
} else := 2

else_stops_at_the_first := 1 if {
	true
} else := 2

else_takes_the_third := 1 if {
	1 == 2
} else := 2 if {
	1 == 3
} else := 3

else_takes_the_second_of_three := 1 if {
	1 == 2
} else := 2 if {
	1 == 1
} else := 3

else_may_stay_undefined := 1 if {
	1 == 2
} else := 2 if {
	1 == 3
}

else_of_a_false_value := false if {
	true
} else := true

default gives_way := 1

gives_way := 2 if 1 == 1

default holds := 1

holds := 2 if 1 == 2

default holds_when_undefined := "nothing"

holds_when_undefined := input.missing

default false_is_a_value := true

false_is_a_value := false if 1 == 1

_chosen("a") := 1

_chosen("b") := 2

a_constant_chooses := _chosen("b")

no_constant_matches := _chosen("c")

_absolute(x) := x if x >= 0

_absolute(x) := 0 - x if x < 0

two_bodies := [_absolute(3), _absolute(-3), _absolute(0)]

_sign(x) := "positive" if {
	x > 0
} else := "negative" if {
	x < 0
} else := "none"

a_function_with_else := [_sign(1), _sign(-1), _sign(0)]

_pair([a, _]) := a

a_pattern_of_a_list := _pair([7, 8])

a_pattern_of_another_length := _pair(_loose([7]))

_named({"a": x, "b": _}) := x

a_pattern_of_an_object := _named({"a": 5, "b": 6})

a_pattern_of_another_object := _named(_loose({"a": 5}))

_within(x, low, high) if {
	low <= x
	x < high
}

a_half_open_range := [_within(1, 1, 3), _within(2, 1, 3)]

the_end_is_outside := _within(3, 1, 3)

_default_of(x) := y if {
	y := object.get(x, "y", 9)
}

a_function_calls_a_builtin := [_default_of({}), _default_of({"y": 1})]

_even contains x if {
	some x in [1, 2, 3, 4]
	x % 2 == 0
}

a_partial_set := _even

a_member_of_a_partial_set if _even[2]

no_member_of_a_partial_set if _even[3]

not_a_member_of_a_partial_set if not _even[3]

_nothing contains x if {
	some x in []
}

a_partial_set_of_nothing := _nothing

a_partial_set_of_nothing_is_defined if count(_nothing) == 0

_from_two contains 1

_from_two contains 2

_from_two contains 1 if 1 == 1

a_partial_set_from_several := _from_two

_squares[x] := y if {
	some x in [1, 2, 3]
	y := x * x
}

a_partial_object := {k: v | some k, v in _squares}

_by_name[name] := "adult" if {
	some name in ["rowan"]
}

_by_name[name] := "child" if {
	some name in ["fern"]
}

a_partial_object_from_several := _by_name

a_key_of_a_partial_object := _by_name.fern

no_key_of_a_partial_object := _by_name.alder

_seen := object.get(input, "n", 0)

with_replaces_once := [a, b] if {
	a := _seen with input as {"n": 1}
	b := _seen with input as {"n": 2}
}

with_reaches_what_was_evaluated := [_seen, a, _seen] if {
	a := _seen with input as {"n": 1}
}

with_replaces_a_field := a if {
	a := _seen with input.n as 5
}

with_replaces_the_inner_most := a if {
	a := _outer with input as {"n": 1}
}

_outer := b if {
	b := _seen with input as {"n": 2}
}

with_in_a_comprehension := [a |
	some n in [3, 4]
	a := _seen with input as {"n": n}
]

_has_n if input.n

with_makes_defined if _has_n with input as {"n": 1}

with_makes_undefined if {
	_has_n with input as {"m": 1}
}

with_and_not if {
	not _has_n with input as {"m": 1}
}

with_and_not_fails if {
	not _has_n with input as {"n": 1}
}

_n_above(limit) if input.n > limit

with_reaches_a_function := [x |
	some n in [1, 5]
	x := {"n": n, "above": _above(n)}
]

default _above(_) := false

_above(n) if {
	_n_above(2) with input as {"n": n}
}

_members contains x if some x in input.list

with_reaches_a_partial_set := [a, b] if {
	a := count(_members) with input as {"list": [1, 2]}
	b := count(_members) with input as {"list": [1, 1]}
}

_table := {"a": {"x": 1}, "b": {"x": 2}}

a_table_is_searched := [k | some k, row in _table; row.x == 2]

a_table_by_a_variable := x if {
	k := "b"
	x := _table[k].x
}

a_missing_row := x if {
	k := "c"
	x := _table[k].x
}

a_name_of_its_own := x if {
	x := 1
}

assigned_and_compared if {
	x := 1
	y := 1
	x == y
}

unified_from_the_right := x if {
	[x, 2] = [1, 2]
}

unified_deep := [a, b] if {
	{"p": [a, {"q": b}]} = {"p": [1, {"q": 2}]}
}

unified_in_vain := x if {
	[x, 3] = [1, 2]
}

a_chain_of_rules := _third

_third := _second + 1

_second := _base + 1

_base := 1

same_value_twice := 4 if 1 == 1

same_value_twice := 4 if 2 == 2

_collected contains code if {
	some code, condition in {"A": true, "B": false, "C": true}
	condition
}

false_conditions_are_left_out := _collected

generates_pairs := [[a, b] |
	some a in [1, 2]
	some b in ["x", "y"]
]

a_pair_that_holds := [[a, b] |
	some a in [1, 2, 3]
	some b in [1, 2, 3]
	a + b == 5
	a < b
]

some_without_in := {k | some k; {"a": 1, "b": 2}[k] == 2}

a_body_that_is_a_ref if _table.a

a_false_ref if {
	x := {"flag": false}
	x.flag
}
