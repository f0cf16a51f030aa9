package gateway.instants_test

_input(time) := {
	"subject": {"authorities": [], "orders": []},
	"fragment": {},
	"consents": [],
	"context": {"time": time},
}

test_a_leap_day_exists if {
	data.gateway.instants.sound with input as _input("2028-02-29T00:00:00Z")
}

test_no_leap_day_in_other_years if {
	every year in ["1900", "2100", "2200", "2027"] {
		time := concat("", [year, "-02-29T00:00:00Z"])
		not data.gateway.instants.sound with input as _input(time)
	}
}

test_the_years_are_bounded_in_utc if {
	data.gateway.instants.sound with input as _input("1899-12-31T23:30:00-00:30")
	data.gateway.instants.sound with input as _input("2262-01-01T00:30:00+00:31")
	not data.gateway.instants.sound with input as _input("1900-01-01T00:00:00+00:01")
	not data.gateway.instants.sound with input as _input("2261-12-31T23:59:59-00:01")
}

test_one_instant_in_two_zones if {
	one := data.gateway.instants.now with input as _input("2030-06-01T12:00:00Z")
	other := data.gateway.instants.now with input as _input("2030-06-01T14:00:00.000+02:00")
	one == other
}
