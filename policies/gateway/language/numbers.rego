# METADATA
# title: Questions of language - numbers and instants
# scope: package
package gateway.language.numbers

large_integers_keep_their_last_digit if 9214646399999999999 < 9214646400000000000

large_integers_are_not_rounded if 9007199254740993 == 9007199254740992

nanoseconds_add := 1773151200000000001 + 14400000000000

nanoseconds_subtract := 1773151200000000001 - 1773151200000000000

a_product := (4 * 3600) * 1000000000

whole_and_decimal_are_equal := [1 == 1.0, 2 == 2.5, 0 == -0]

a_quotient := [6 / 3, 7 / 2, 1 / 4]

a_remainder := [7 % 3, 6 % 3, 0 % 5]

a_negative_remainder := -7 % 3

signs := [abs(-3), abs(3), 0 - 4, -2 + 2]

rounded := [round(2.5), round(2.4), round(-2.5), ceil(2.1), floor(2.9), ceil(-2.1), floor(-2.1)]

sums := [sum([1, 2, 3]), sum([]), sum({1, 2})]

products := [product([2, 3]), product([])]

largest := [max([1, 3, 2]), max({"a", "c", "b"}), max([[1, "b"], [1, "a"]])]

smallest := [min([3, 1, 2]), min({"PURPOSE", "OWNER"})]

smallest_goes_by_first_elements := min({[2, "A"], [1, "Z"], [1, "B"]})

smallest_of_nothing := min(set())

largest_of_nothing := max([])

counted := [count([1, 1]), count({1}), count({"a": 1}), count({})]

sorted := [sort([3, 1, 2]), sort({"b", "a"}), sort([[2, 1], [1, 9]]), sort([])]

sorted_by_kind := sort(["a", 1, null, true, [], {}])

a_range := [numbers.range(1, 4), numbers.range(3, 1), numbers.range(2, 2)]

comparisons := [1 < 2, 2 <= 2, 3 > 4, 4 >= 5, 1 != 1, 1.5 > 1]

a_number_is_no_text := [1 == "1", 0 == false, null == 0, "" == null]

kinds_are_ordered if {
	9 < ""
	"zzz" < []
	true < 0
	null < false
	[] < {}
}

lists_are_compared_by_element := [[1, 2] < [1, 3], [1] < [1, 0], [] < [0], [2] < [1, 9]]

objects_are_compared := [{"a": 1} < {"a": 2}, {"a": 1} == {"a": 1}, {"a": 1} == {"a": 1, "b": 2}]

sets_are_compared := [{1, 2} == {2, 1}, {1} == {1, 2}, {1} < {2}]

of_kind := [
	is_string("a"), is_number(1), is_boolean(true), is_null(null), is_array([]), is_object({}), is_set(set()),
]

type_names := [
	type_name("a"), type_name(1), type_name(true), type_name(null), type_name([]), type_name({}), type_name(set()),
]

not_of_kind := [x | some x in [1, null, true, [], {}]; not is_string(x)]

bitwise := [bits.and(6, 3), bits.or(4, 1), bits.xor(5, 1), bits.lsh(1, 4), bits.rsh(16, 2)]

_at(text) := time.parse_rfc3339_ns(text)

an_instant := _at("2026-03-10T14:00:00Z")

an_offset_moves := _at("2026-03-10T15:00:00+02:00") - _at("2026-03-10T13:00:00Z")

a_negative_offset_moves := _at("2026-03-10T09:30:00-04:30") - _at("2026-03-10T14:00:00Z")

nine_digits_count := _at("2026-03-10T14:00:00.000000001Z")

one_digit_counts := _at("2026-03-10T14:00:00.5Z") - _at("2026-03-10T14:00:00Z")

before_1970 := _at("1900-01-01T00:00:00Z")

late := _at("2261-12-31T23:59:59.999999999Z")

a_leap_day := _at("2024-02-29T00:00:00Z") - _at("2024-02-28T00:00:00Z")

a_year_without := _at("2025-03-01T00:00:00Z") - _at("2025-02-28T00:00:00Z")

written_in_utc := time.format(1773151200000000000)

written_with_nanoseconds := time.format(1773151200000000001)

written_before_1970 := time.format(-2208988800000000000)

the_day := [time.date(1773151200000000000), time.clock(1773151200000000000), time.weekday(1773151200000000000)]

the_day_elsewhere := time.date([1773191000000000000, "America/Toronto"])

later_by_a_month := time.add_date(1773151200000000000, 0, 1, 0)

apart := time.diff(1773151200000000000, 1330000000000000000)

a_duration := [time.parse_duration_ns("4h"), time.parse_duration_ns("72h30m"), time.parse_duration_ns("1.5s")]

_opens := _at("2026-03-10T14:00:00Z")

_closes := _at("2026-03-10T18:00:00Z")

a_period_is_half_open := [at |
	some at in [_opens - 1, _opens, _closes - 1, _closes]
	_opens <= at
	at < _closes
]

the_next_change := min({at | some at in {_closes, _opens, 5}; at > _opens})

no_next_change := min({at | some at in {5}; at > _opens})

the_first_of_two_absent_bounds := min({at | some text in [null, "2026-03-10T14:00:00Z"]; text != null; at := _at(text)})

four_hours_later := time.format(_opens + (((4 * 60) * 60) * 1000000000))

a_dimension_is_ranked := min({[0 - satisfied, code] |
	some code, satisfied in {"PURPOSE_MISMATCH": 5, "OWNER_NOT_COVERED": 5, "CATEGORY_NOT_COVERED": 3}
})[1]
