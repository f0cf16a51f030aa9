# METADATA
# title: Sections
# description: What is left of a fragment once seals and prohibitions are taken away. No route opens these.
# scope: package
package gateway.sections

# METADATA
# title: The sections sealed from a professional
sealed := {index |
	some index, section in data.gateway.request.sections
	some tag in section.tags
	_sealing(tag)
}

_sealing("reporter_identity") if not _owners_protection_worker

_sealing("legal_privilege") if not data.gateway.request.of_owner

_owners_protection_worker if {
	data.gateway.request.of_owner
	data.gateway.request.assigned
	input.actor.role == "child_protection_worker"
}

# METADATA
# title: The sections sealed from a member of the family
family_sealed := {index |
	some index, section in data.gateway.request.sections
	some tag in section.tags
	_family_sealing(tag)
}

_family_sealing("reporter_identity") := true

_family_sealing("legal_privilege") := true

_family_sealing("third_party") := true

_family_sealing("youth_private") if input.actor.role == "guardian"

# METADATA
# title: The sections that a prohibition limited to categories withholds
prohibited := {index |
	some index, section in data.gateway.request.sections
	section.category in data.gateway.instruments.prohibited_categories
}

# METADATA
# title: The sections neither sealed nor prohibited, by their place
left := {index | some index, _ in data.gateway.request.sections} - (sealed | prohibited)

# METADATA
# title: The ids of the sections outside a set of places
withheld(open) := {section.id |
	some index, section in data.gateway.request.sections
	not index in open
}
