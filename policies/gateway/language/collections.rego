# METADATA
# title: Questions of language - lists, sets, objects, comprehensions
# scope: package
package gateway.language.collections

# A value whose type the compiler cannot know, as of everything in the input.
_loose(value) := object.get(input, "nothing", value)

sets_have_no_duplicates := count({1, 2})

intersection_of_two := {1, 2} & {2, 3}

difference_of_two := {1, 2} - {2, 3}

union_of_two := {1, 2} | {2, 3}

empty_results := [{1} & {2}, {1} - {1}, (set() | set())]

intersection_of_many := [intersection({{1, 2}, {2, 3}}), intersection({{1}, {2}}), intersection(set())]

union_of_many := [union({{1}, {2}}), union(set())]

a_member := [x | some x in [1, 2, 3]; x in {1, 3}]

a_member_of_a_set if 1 in {1, 2}

no_member_of_a_set if 3 in {1, 2}

a_text_is_no_member_of_a_text if "a" in "abc"

a_key_is_no_member if "a" in {"a": 1}

a_value_is_a_member if 1 in {"a": 1}

a_pair_is_a_member if "a", 1 in {"a": 1}

an_index_is_a_member if 0, "a" in ["a"]

a_list_in_a_set if [1, 2] in {[1, 2]}

a_set_in_a_set if {
	ones := {1}
	ones in {{1}, {2}}
}

an_object_in_a_list if {"a": 1} in [{"a": 1}]

null_is_a_member if null in [null]

false_is_a_member if false in [false]

the_index_is_bound := [i | some i, x in ["a", "b"]; x == "b"]

the_key_is_bound := {k | some k, x in {"a": 1, "b": 2}; x == 2}

the_element_is_its_own_key := {k | some k, _ in {"a", "b"}}

nothing_from_what_is_missing := [x | some x in input.missing]

nothing_set_from_what_is_missing := {x | some x in input.missing}

nothing_object_from_what_is_missing := {k: x | some k, x in input.missing}

a_set_becomes_a_sorted_list := [x | some x in {"b", "a", "c"}]

an_object_gives_its_values_by_key := [x | some x in {"b": 1, "a": 2}]

a_list_keeps_its_order := [x | some x in [3, 1, 2]]

a_list_keeps_duplicates := [x | some x in [1, 1]]

a_comprehension_inside := [[y | some y in xs; y > 1] | some xs in [[1, 2], [3]]]

an_object_is_made := {k: count(v) | some k, v in {"a": [1, 2], "b": []}}

grouped := {k: {x | some [j, x] in [["a", 1], ["b", 2], ["a", 3]]; j == k} | some [k, _] in [["a", 1], ["b", 2]]}

an_outer_variable := [x | some x in [1, 2]; x == n] if {
	n := 2
}

a_condition_that_is_undefined := [x | some x in [{"a": 1}, {}]; x.a == 1]

a_negation_inside := [x | some x in [1, 2, 3]; not x in {2}]

a_negated_field := [x.id | some x in [{"id": 1, "off": true}, {"id": 2}, {"id": 3, "off": false}]; not x.off]

an_absent_field := object.get({"a": null}, "b", 5)

a_null_field := object.get({"a": null}, "a", 5)

a_false_field := object.get({"a": false}, "a", true)

a_path := [object.get({"a": {"b": 1}}, ["a", "b"], 0), object.get({"a": {}}, ["a", "b"], 0)]

a_broken_path := object.get({"a": 1}, ["a", "b"], 0)

an_empty_path := object.get({"a": 1}, [], 0)

the_later_value := object.union({"a": 1, "b": 1}, {"a": 2})

a_set_is_replaced := object.union({"a": {1, 2}, "b": 1}, {"a": {3}})

a_list_is_replaced := object.union({"a": [1, 2]}, {"a": [3]})

objects_are_merged_deep := object.union({"a": {"x": 1}}, {"a": {"y": 2}})

a_union_of_many := object.union_n([{"a": 1}, {"b": 2}, {"a": 3}])

fields_removed := [object.remove({"a": 1, "b": 2}, ["a"]), object.remove({"a": 1}, {"x"})]

fields_kept := object.filter({"a": 1, "b": 2}, {"a", "x"})

keys_of := [object.keys({"a": 1, "b": 2}), object.keys({})]

a_subset := [
	object.subset({"a": 1, "b": 2}, {"a": 1}), object.subset({"a": 1}, {"a": 2}),
	object.subset({1, 2}, {1}), object.subset([1, 2, 3], [2, 3]),
]

lists_joined := [array.concat([1], [2, 3]), array.concat([], [])]

a_slice := [array.slice([1, 2, 3, 4], 1, 3), array.slice([1], 0, 9), array.slice([1], -1, 1), array.slice([1], 2, 1)]

turned := [array.reverse([1, 2, 3]), array.reverse([])]

by_index := [[10, 20][0], [10, 20][1], {"a": 1}.a, {"a": {"b": 2}}.a.b]

an_index_is_whole if _loose([10, 20])[0.5]

a_text_is_no_index if _loose([10, 20])["0"]

a_number_is_a_key := {1: "one"}[1]

a_key_of_another_kind if _loose({1: "one"})["1"]

a_list_is_a_key := {[1, 2]: "pair"}[[1, 2]]

walked := [path | walk({"a": [1]}, [path, value]); value == 1]

deep := [x | walk({"a": {"b": 5}, "c": 5}, [_, x]); x == 5]

all_true_of := [x | some x in [[true, true], [true, false], []]; false in x]

as_a_set := {x | some x in [2, 1, 2]}

as_a_sum := sum([x | some x in [1, 2, 2]])

first_of := [x | some i, x in ["a", "b"]; i == 0][0]

a_list_with_a_set := [{2, 1}, {"k": {1}}]

an_object_with_several_kinds := {"text": "a", "list": [1, "a", null], "flag": false, "none": null}

two_somes := {[a, b] | some a in {1, 2}; some b in {3}}

an_intersection_is_empty if count({"a"} & {"b"}) == 0

all_within if {
	left := {"a"} - {"a", "b"}
	left == set()
}

not_all_within if {
	left := {"a", "c"} - {"a", "b"}
	left == set()
}

reached := graph.reachable({"a": ["b"], "b": ["c"], "c": []}, {"a"})

patched := json.patch({"a": 1}, [{"op": "replace", "path": "/a", "value": 2}])

filtered := json.filter({"a": {"b": 1, "c": 2}}, ["a/b"])

removed := json.remove({"a": {"b": 1, "c": 2}}, ["a/b"])

_consents := [
	{"id": "a", "version": 1, "decision": "permit", "until": null},
	{"id": "b", "version": 2, "decision": "deny"},
	{"id": "c", "version": 1, "decision": "permit", "until": "2027"},
]

indexes_of_permits := {i | some i, consent in _consents; consent.decision == "permit"}

those_without_an_end := [consent.id | some consent in _consents; object.get(consent, "until", null) == null]

those_with_an_end := [consent.id | some consent in _consents; _consents[_].id == consent.id; is_string(consent.until)]

references := [{"id": consent.id, "version": consent.version} | some consent in _consents; consent.version > 1]

one_for_each_grantor := {consent.version: ids |
	some consent in _consents
	ids := {other.id | some other in _consents; other.version == consent.version}
}

a_wildcard_finds_each_once := count({id | id := _consents[_].id})

a_wildcard_and_a_condition if {
	some i
	_consents[i].id == "b"
	_consents[i].version == 2
}

two_wildcards_are_apart if {
	_consents[_].id == "b"
	_consents[_].version == 1
}
