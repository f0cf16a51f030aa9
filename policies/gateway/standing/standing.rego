# METADATA
# title: Standing
# description: |
#   Whose decision counts for a category: by the profile of the agency that discloses, the age and the capacity
#   of the person, and the authorities in force at the instant of the request.
# scope: package
package gateway.standing

# METADATA
# title: The rules of the profile
profile := _profiles[input.profile]

_profiles := data.gateway.profiles.rules

# METADATA
# title: The categories for which the person is capable
capable := data.gateway.request.categories if {
	object.get(input.subject, "capable", true) in [true, null]
} else := {category | some category in data.gateway.request.categories; category in input.subject.capable}

# METADATA
# title: The person is of age
of_age if input.subject.age >= data.gateway.vocabulary.majority

# METADATA
# title: Category to who decides, the "youth" alone, "either" of them, or the "guardian"
decider := {category: who |
	some category in data.gateway.request.categories
	who := {true: _when_capable, false: "guardian"}[category in capable]
}

_when_capable := "youth" if {
	input.subject.age >= profile.youth_alone_from
} else := "youth" if {
	input.fragment.youth_alone == true
	profile.own_services_alone
} else := "either" if {
	input.subject.age >= profile.either_from
} else := "guardian"

# METADATA
# title: Category to the persons who hold authority for it now
guardians := {category: persons |
	some category in data.gateway.request.categories
	persons := {holder.person |
		some holder in _holders
		_covers(holder, category)
	}
}

# METADATA
# title: The actor holds authority for the fragment, and the person is not of age and capable
may_act_as_guardian if {
	input.actor.id in guardians[input.fragment.category]
	not _of_age_and_capable
}

_of_age_and_capable if {
	of_age
	input.fragment.category in capable
}

# METADATA
# title: Category to the persons who hold joint authority for it now
joint := {category: persons |
	some category in data.gateway.request.categories
	persons := {holder.person |
		some holder in _holders
		holder.authority == "joint"
		_covers(holder, category)
	}
}

# METADATA
# title: Category to the persons who need nobody beside them
decisive := {category: persons |
	some category in data.gateway.request.categories
	persons := {holder.person |
		some holder in _holders
		holder.authority in ["sole", "agency", "substitute"]
		_covers(holder, category)
	}
}

_holders := [holder |
	known := data.gateway.instants.ns
	at := data.gateway.instants.now
	some holder in input.subject.authorities
	holder.authority in ["sole", "joint", "agency", "substitute"]
	not data.gateway.instants.outside(holder, known, at)
]

# Without a list of categories an authority covers all.
_covers(holder, _) if object.get(holder, "scope", null) in [null, "all"]

_covers(holder, category) if category in holder.scope

# METADATA
# title: In what capacity a grantor decides, given who decides about a category and who holds authority for it
# description: |
#   "youth" and "guardian" have standing; "child" is the person herself without standing; "lapsed" is a guardian
#   whose authority is in force but who does not decide; "nobody" is everyone else.
side(grantor, who, holders) := "youth" if {
	grantor["as"] == "self"
	grantor.person == input.subject.id
	who in ["youth", "either"]
} else := "child" if {
	grantor["as"] == "self"
	grantor.person == input.subject.id
} else := "guardian" if {
	grantor["as"] == "guardian"
	grantor.person in holders
	who in ["guardian", "either"]
} else := "lapsed" if {
	grantor["as"] == "guardian"
	grantor.person in holders
} else := "nobody"
