# METADATA
# title: Audience
# description: |
#   Who may see an entry of the ledger: of the family, judged when it is written and again when it is read; of
#   the profession, when it is read. The first rule that applies decides; an entry that says too little about
#   itself is seen by nobody but who oversees.
# scope: package
package gateway.audience

_entry := input.entry

# METADATA
# title: Person to level, the strictest of what her roles give
# entrypoint: true
views := {person: level |
	levels := data.gateway.audience.levels
	seen := _seen
	some person, ranks in seen
	level := levels[min(ranks)]
}

# Person to the ranks of what her roles give, each view judged once.
_seen := {person: ranks |
	persons := {viewer.person | some viewer in input.viewers}
	judged := [[viewer.person, _view(viewer)] | some viewer in input.viewers]
	some person in persons
	ranks := {rank |
		some [whose, level] in judged
		whose == person
		some rank, known in data.gateway.audience.levels
		known == level
	}
}

# METADATA
# title: What one viewer sees
# custom: {rules: [A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11]}
_view(viewer) := "full" if {
	_is_family(viewer)
	viewer.person == _entry.own_act_of
} else := "full" if {
	_oversees(viewer)
} else := "full" if {
	_acted(viewer)
} else := "none" if {
	not _is_family(viewer)
} else := "none" if {
	not _no_family_act
} else := "none" if {
	not _about_a_child
} else := "none" if {
	not _may_read_log(viewer)
} else := "delayed" if {
	_delayed
	not _released
} else := "full" if {
	_protected
	_entrusted(viewer)
} else := "none" if {
	_protected
} else := "generic" if {
	_generic
} else := "full" if {
	_entry.hidden == false
} else := "none"

_is_family(viewer) if viewer.role in data.gateway.roles.family

_about_a_child if _entry.about in data.gateway.audience.about_a_child

# Absent and null are the same: a worker acted.
_no_family_act if object.get(input, ["entry", "own_act_of"], null) == null

# An officer in scope and an auditor see every entry, the auditor under handles (rule A10). Whether she is in
# scope, gate 8 says; it depends on nothing of the person.
_oversees(viewer) if {
	purpose := data.gateway.audience.oversight[viewer.role]
	asked := {
		"profile": input.query.profile,
		"subject": {"id": "ledger", "age": 0, "authorities": [], "orders": []},
		"consents": [],
		"actor": {
			"id": viewer.person,
			"role": viewer.role,
			"agency": viewer.agency,
			"agency_status": viewer.agency_status,
			"active": viewer.active,
			"network_wide": object.get(viewer, "network_wide", false),
		},
		"action": "read_audit",
		"purpose": purpose,
		"fragment": {
			"id": "entry",
			"owner_agency": _belongs_to,
			"category": input.query.fragment.category,
			"sensitivity": "N",
		},
		"context": {
			"time": input.query.context.time,
			"audit_requester_agency": object.get(_entry, "acting_agency", null),
		},
	}
	answer := data.gateway.main.decision with input as asked
	answer.decision == "permit"
}

# What belongs to no agency is the network's; no agency can be called so.
_belongs_to := _entry.owner_agency if {
	is_string(_entry.owner_agency)
} else := _entry.acting_agency if {
	is_string(_entry.acting_agency)
} else := "(network)"

# Her own acts, for the agency that she acts for now; what the family did has another account (rule A11).
_acted(viewer) if {
	not _is_family(viewer)
	viewer.person == _entry.account
	viewer.agency == _entry.acting_agency
}

# An officer has said that it may be told, whatever kept it (rule A5).
_released if _entry.released == true

_may_read_log(viewer) if {
	asked := object.union(object.remove(input.query, ["actor", "context"]), {
		"actor": {"id": viewer.person, "role": viewer.role, "active": true},
		"action": "read_audit",
		"purpose": "family_access",
		"context": {"time": input.query.context.time},
	})
	answer := data.gateway.main.decision with input as asked
	answer.decision == "permit"
}

# Time ends a delay that was declared; it lifts no seal.
_delayed if {
	_put_off
	not _entry.delay_over == true
}

_delayed if data.gateway.instruments.kept_from_family with input as input.query

_delayed if {
	input.query.context.consent_model == "shared_secret"
	input.query.purpose == "child_protection"
	not input.query.context.family_informed == true
}

_put_off if not _entry.delayed == false

_put_off if "delay_family_notice" in _entry.obligations

_protected if not _says_who_is_protected

_says_who_is_protected if {
	is_array(_entry.protected_agencies)
	every body in _entry.protected_agencies {
		is_string(body)
	}
}

_protected if count(_protected_here) > 0

_protected_here := {agency |
	_says_who_is_protected
	some agency in {input.entry[side] | some side in ["acting_agency", "owner_agency"]}
	some body in _entry.protected_agencies
	_within(agency, body)
}

_within(agency, body) if agency == body

_within(agency, body) if {
	is_string(agency)
	startswith(agency, concat("", [body, "/"]))
}

# The subject with standing, or whoever named that agency in a directive of her own.
_entrusted(viewer) if {
	viewer.person == input.query.subject.id
	category := input.query.fragment.category
	decider := data.gateway.standing.decider[category] with input as input.query
	decider in ["youth", "either"]
}

# Which agencies she named is a fact of the viewer: the question holds the directives that concern its actor.
_entrusted(viewer) if {
	is_array(viewer.named)
	some agency in viewer.named
	agency in _protected_here
}

_generic if {
	_entry.hidden == true
	_entry.outcome == "deny"
}

_generic if _entry.kind in data.gateway.audience.look_ups
