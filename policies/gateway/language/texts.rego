# METADATA
# title: Questions of language - texts and patterns
# scope: package
package gateway.language.texts

letters_are_compared_byte_by_byte if "on:hospital" == "on:Hospital"

what_looks_alike_differs if "\u00e9" == "e\u0301"

order_of_letters := ["a" < "b", "B" < "a", "a" < "aa", "" < "a", "Z" < "é", "9" < "a"]

characters_are_counted := [count("\u00e9"), count("e\u0301"), count("日本"), count("")]

joined := [concat("/", ["a", "b"]), concat(", ", []), concat("", ["a"])]

a_set_is_joined_in_order := concat(",", {"c", "a", "b"})

held := [contains("abc", "b"), contains("abc", "d"), contains("abc", ""), contains("", "a")]

begins := [startswith("abc", "ab"), startswith("abc", "b"), startswith("abc", ""), startswith("", "a")]

ends := [endswith("abc", "bc"), endswith("abc", "b"), endswith("abc", ""), endswith("", "a")]

a_unit_is_below_its_body := [
	startswith("on:hospital/ward", "on:hospital/"),
	startswith("on:hospitality", "on:hospital/"),
	startswith("on:hospital", "on:hospital/"),
]

in_small_letters := [lower("ABC"), lower("ÉCOLE"), lower("")]

in_capitals := [upper("abc"), upper("école")]

where := [indexof("abc", "c"), indexof("abc", "d"), indexof("éa", "a"), indexof("abab", "b")]

every_where := [indexof_n("abab", "b"), indexof_n("abc", "d")]

parted := [split("a/b/c", "/"), split("abc", "/"), split("", "/"), split("a//b", "/"), split("/a", "/")]

parted_by_nothing := split("abc", "")

a_part := [substring("abcdef", 1, 2), substring("abc", 1, -1), substring("abc", 0, 99), substring("abc", 3, 1)]

a_part_of_wide_characters := substring("aéb", 1, 1)

replaced := [replace("abab", "b", "c"), replace("abc", "x", "y"), replace("aaa", "aa", "b")]

blanks_are_trimmed := [trim_space("\u00a0\u2003 a \t"), trim_space(" a b "), trim_space("\n\r\t"), trim_space("")]

a_zero_width_space_is_no_blank := count(trim_space("\u200b"))

a_feed_and_a_next_line_are_blanks := trim_space("\u000b\u000c\u0085a")

trimmed := [trim("xxaxx", "x"), trim_left("xxa", "x"), trim_right("axx", "x"), trim("abcab", "ab")]

trimmed_once := [trim_prefix("aab", "a"), trim_suffix("abb", "b"), trim_prefix("abc", "x"), trim_suffix("abc", "x")]

formatted := [
	sprintf("%s-%d", ["a", 7]),
	sprintf("%v", ["a"]),
	sprintf("%d%%", [5]),
	sprintf("%05d", [42]),
	sprintf("none", []),
]

turned := [strings.reverse("abc"), strings.reverse("aé")]

how_often := [strings.count("abab", "ab"), strings.count("abc", "x")]

any_begins := [
	strings.any_prefix_match("abc", "ab"),
	strings.any_prefix_match("abc", {"x", "a"}),
	strings.any_prefix_match(["x", "abc"], ["ab"]),
	strings.any_prefix_match("abc", []),
]

any_ends := [strings.any_suffix_match("abc", "bc"), strings.any_suffix_match("abc", {"x"})]

a_digit_is_of_our_script if regex.match(`^[0-9]$`, "٣")

a_digit := [regex.match(`^[0-9]$`, "3"), regex.match(`^[0-9]{2}$`, "123"), regex.match(`^[0-9]{2,}$`, "123")]

the_end_is_the_end if regex.match(`^a$`, "a\n")

the_absolute_end if regex.match(`\Aa\z`, "a\n")

a_pattern_is_searched := [regex.match("b", "abc"), regex.match("^b", "abc"), regex.match("", "abc")]

alternatives := [regex.match(`^(a|b)$`, "b"), regex.match(`^(a|b)$`, "c"), regex.match(`^(Z|[+-]0)$`, "-0")]

optional := [regex.match(`^ab?$`, "a"), regex.match(`^ab?$`, "abb"), regex.match(`^a(\.[0-9]{1,9})?$`, "a.123")]

a_dot_is_any_but_the_line_end := [regex.match(`^.$`, "a"), regex.match(`^.$`, "é"), regex.match(`^.$`, "\n")]

letters_in_either_case := [regex.match(`(?i)^ABC$`, "abc"), regex.match(`^[a-z]+$`, "ABC")]

a_literal_dot := [regex.match(`^a\.b$`, "a.b"), regex.match(`^a\.b$`, "axb")]

an_instant_by_its_form := [
	regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T`, "2026-03-10T14:00:00Z"),
	regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T`, "2026-3-10T14:00:00Z"),
	regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T`, "+2026-03-10T14:00:00Z"),
]

found_all := [regex.find_n(`[a-z]`, "a1b2c", -1), regex.find_n(`[a-z]`, "a1b2c", 2)]

parts_by_a_pattern := regex.split(`[,;]`, "a,b;c")

replaced_by_a_pattern := regex.replace("a1b2", `[0-9]`, "-")

groups := regex.find_all_string_submatch_n(`([a-z])([0-9])`, "a1b2", -1)

a_pattern_is_valid := [regex.is_valid(`^a$`), regex.is_valid(`(`), regex.is_valid(`[a-`)]

as_a_number := [to_number("5"), to_number("-1.5"), to_number(true), to_number(null)]

written_as_json := [json.marshal({"b": 1, "a": [true, null]}), json.marshal("é"), json.marshal("a\"b")]

read_from_json := [json.unmarshal(`{"a": [1, 2]}`), json.unmarshal(`"x"`), json.unmarshal("null")]

is_json := [json.is_valid(`{"a": 1}`), json.is_valid("{"), json.is_valid("")]

in_base_64 := [base64.encode("é"), base64.decode("w6k="), base64.is_valid("w6k="), base64.is_valid("?")]

in_hex := [hex.encode("a"), hex.decode("61")]

escaped := ["\u0041", "tab\there", `raw\n`, count("\\")]
