# METADATA
# title: Outcomes
# description: The shapes in which a gate answers. `gate` names the gate, for explanations; it is not part of the decision.
# scope: package
package gateway.outcome

# METADATA
# title: A refusal that discloses existence and carries no obligation
refusal(gate, reason) := refusal_with(gate, reason, set())

# METADATA
# title: A refusal that must look like "not found"
hidden(gate, reason) := object.union(refusal(gate, reason), {"disclose_existence": false})

# METADATA
# title: A refusal that carries obligations
refusal_with(gate, reason, obligations) := {
	"gate": gate,
	"decision": "deny",
	"basis": "none",
	"reasons": [reason],
	"obligations": obligations,
	"redacted_sections": set(),
	"disclose_existence": true,
	"consents_used": set(),
	"instrument_ids": set(),
}

# METADATA
# title: A permit of the whole
permit(gate, basis, reason, obligations) := permit_without(gate, basis, [reason], obligations, set())

# METADATA
# title: A permit less the sections withheld
permit_without(gate, basis, reasons, obligations, withheld) := {
	"gate": gate,
	"decision": "permit",
	"basis": basis,
	"reasons": reasons,
	"obligations": (obligations | {"mark_incomplete" | count(withheld) > 0}),
	"redacted_sections": withheld,
	"disclose_existence": true,
	"consents_used": set(),
	"instrument_ids": set(),
}
