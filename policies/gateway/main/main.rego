# METADATA
# title: The decision
# description: |
#   One ordered chain of gates; the first that objects gives the primary reason, and what no gate permits is
#   refused. The policy has no clock, no network and no chance: the same input gives the same answer for ever.
#   No package imports another: the embedded interpreter loses what an alias stands for inside functions, once
#   another package has asked through an alias. Full paths only; and what is negated is a rule of its own.
# scope: package
package gateway.main

# METADATA
# title: The answer to one query
# entrypoint: true
decision := {
	"decision": answer.decision,
	"basis": answer.basis,
	"reasons": answer.reasons,
	"obligations": (answer.obligations | {"log_access"}),
	"redacted_sections": answer.redacted_sections,
	"disclose_existence": answer.disclose_existence,
	"consents_used": answer.consents_used,
	"instrument_ids": answer.instrument_ids,
	"valid_until": _valid_until,
}

# METADATA
# title: The answers to a list of queries, in the same order
# entrypoint: true
decisions := [decided |
	some query in input.queries
	decided := data.gateway.main.decision with input as query
]

default _valid_until := null

_valid_until := data.gateway.instants.next_change if data.gateway.validity.well_formed

# METADATA
# title: The outcome, with the gate that gave it
answer := _dependencies if {
	_dependencies
} else := data.gateway.outcome.refusal("2", "INPUT_INVALID") if {
	not data.gateway.validity.well_formed
} else := _account if {
	_account
} else := _duty if {
	data.gateway.request.action in ["submit_report", "consult_deidentified"]
} else := _matrix if {
	_matrix
} else := _fragment if {
	data.gateway.request.action == "read"
	_fragment
} else := _prohibited if {
	data.gateway.instruments.prohibited
} else := family if {
	data.gateway.request.family
} else := professional if {
	data.gateway.request.action == "read"
} else := _oversight if {
	data.gateway.request.action in ["read_audit", "read_metadata"]
} else := _recording if {
	data.gateway.request.action in ["record_consent", "record_withdrawal"]
} else := _service if {
	data.gateway.request.action in ["manage_users", "route_ciphertext"]
} else := data.gateway.outcome.hidden("11", "NO_RELATIONSHIP")

# METADATA
# title: A prohibition beats everything below, emergencies included
# custom: {gate: 7, reasons: [COURT_ORDER_PROHIBITS]}
_prohibited := object.union(
	data.gateway.outcome.hidden("7", "COURT_ORDER_PROHIBITS"),
	{"instrument_ids": data.gateway.instruments.prohibition_ids},
)
