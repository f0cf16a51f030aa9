# METADATA
# title: Standing
# description: |
#   Whose decision counts for a category: by the profile of the agency that discloses, the age and the capacity
#   of the person, and the authorities in force at the instant of the request.
# scope: package
package gateway.standing

_vocabulary := data.gateway.vocabulary

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
of_age if input.subject.age >= _vocabulary.majority

# METADATA
# title: Category to who decides, the "youth" alone, "either" of them, or the "guardian"
decider := {category: who |
	some category in data.gateway.request.categories
	who := {true: _when_capable, false: "guardian"}[category in capable]
}

_when_capable := "youth" if {
	_youth_alone
} else := "either" if {
	profile.either_from >= 0
	input.subject.age >= profile.either_from
} else := "guardian"

_youth_alone if of_age

_youth_alone if {
	profile.youth_alone_from >= 0
	input.subject.age >= profile.youth_alone_from
}

_youth_alone if {
	profile.own_services_alone
	input.fragment.youth_alone == true
}

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
		holder.authority in _vocabulary.decisive
		_covers(holder, category)
	}
}

_holders := [holder |
	some holder in input.subject.authorities
	holder.authority in _vocabulary.deciding
	not _outside(holder)
]

# A half-open period that does not hold the instant of the request.
_outside(holder) if data.gateway.instants.ns[holder.from] > data.gateway.instants.now

_outside(holder) if data.gateway.instants.ns[holder.until] <= data.gateway.instants.now

# Without a list of categories an authority covers all.
_covers(holder, _) if object.get(holder, "scope", null) in [null, "all"]

_covers(holder, category) if category in holder.scope

# METADATA
# title: In what capacity a grantor decides about a category
# description: |
#   "youth" and "guardian" have standing; "child" is the person herself without standing; "lapsed" is a guardian
#   whose authority is in force but who does not decide; "nobody" is everyone else.
side(grantor, category) := "youth" if {
	grantor["as"] == "self"
	grantor.person == input.subject.id
	decider[category] in ["youth", "either"]
} else := "child" if {
	grantor["as"] == "self"
	grantor.person == input.subject.id
} else := "guardian" if {
	grantor["as"] == "guardian"
	grantor.person in guardians[category]
	decider[category] in ["guardian", "either"]
} else := "lapsed" if {
	grantor["as"] == "guardian"
	grantor.person in guardians[category]
} else := "nobody"
