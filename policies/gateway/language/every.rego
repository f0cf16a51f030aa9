# METADATA
# title: Questions of language - every
# description: Engines were seen to differ here, and a wrong `every` opens a dossier.
# scope: package
package gateway.language.every

# A value whose type the compiler cannot know, as of everything in the input.
_loose(value) := object.get(input, "nothing", value)

every_fails_on_one_negation if {
	every x in [1, 2] {
		not x == 2
	}
}

every_holds_with_negation if {
	every x in [1, 2] {
		not x == 3
	}
}

every_over_nothing if {
	every x in [] {
		x == 1
	}
}

every_over_an_empty_set if {
	every x in set() {
		x == 1
	}
}

every_over_an_empty_object if {
	every x in {} {
		x == 1
	}
}

every_over_what_is_missing if {
	every x in input.missing {
		x == 1
	}
}

every_over_a_comprehension_of_nothing if {
	every x in [y | some y in [1, 2]; y > 2] {
		x == 1
	}
}

every_revoked_among_many if {
	every c in [{"revoked": false}, {"revoked": true}] {
		not c.revoked
	}
}

every_missing_flag if {
	every c in [{}, {"revoked": false}] {
		not c.revoked
	}
}

every_first_fails if {
	every x in [3, 1, 1] {
		x == 1
	}
}

every_last_fails if {
	every x in [1, 1, 3] {
		x == 1
	}
}

every_undefined_inside if {
	every c in [{"a": 1}, {}] {
		c.a == 1
	}
}

every_with_key_and_value if {
	every k, v in {"a": "a", "b": "b"} {
		k == v
	}
}

every_with_key_and_value_fails if {
	every k, v in {"a": "a", "b": "c"} {
		k == v
	}
}

every_with_index if {
	every i, v in [0, 1, 2] {
		i == v
	}
}

every_of_a_set if {
	every x in {"a", "b"} {
		x in {"a", "b", "c"}
	}
}

every_of_a_set_fails if {
	every x in {"a", "d"} {
		x in {"a", "b", "c"}
	}
}

every_nested if {
	every xs in [[1, 1], [1, 1]] {
		every x in xs {
			x == 1
		}
	}
}

every_nested_fails if {
	every xs in [[1, 1], [1, 2]] {
		every x in xs {
			x == 1
		}
	}
}

every_several_conditions if {
	every x in [2, 4] {
		x > 1
		x < 5
	}
}

every_several_conditions_fails if {
	every x in [2, 4] {
		x > 1
		x < 4
	}
}

_some_two_in(xs) if 2 in xs

every_calls_a_function if {
	every xs in [[1, 2], [2]] {
		_some_two_in(xs)
	}
}

every_calls_a_function_fails if {
	every xs in [[1, 2], [3]] {
		_some_two_in(xs)
	}
}

every_negates_a_function if {
	every xs in [[1], [3]] {
		not _some_two_in(xs)
	}
}

every_negates_a_function_fails if {
	every xs in [[1], [2]] {
		not _some_two_in(xs)
	}
}

_all_ones(xs) if {
	every x in xs {
		x == 1
	}
}

not_every if not _all_ones([1, 2])

not_every_fails if not _all_ones([1, 1])

not_every_of_nothing if not _all_ones([])

_grants := _loose([{"who": "a", "joint": true}, {"who": "b", "joint": true}])

_agrees("a") := true

_disagreeing contains grant.who if {
	some grant in _grants
	not _agrees(grant.who)
}

whoever_does_not_agree := _disagreeing

all_agree if count(_disagreeing) == 0

every_joint_holder_agrees if {
	every grant in _grants {
		_agrees(grant.who)
	}
}

every_holder_agrees_or_is_absent if {
	every who in {grant.who | some grant in _grants; not grant.absent; grant.who != "b"} {
		_agrees(who)
	}
}
