# METADATA
# title: What a policy server is asked
# description: |
#   An answer carries the nonce of its question, so that the answer to another question, kept by somebody in
#   between, is never taken for it. The bundle's digest stands in the answer's provenance, as its revision.
# scope: package
package gateway.wire

# METADATA
# title: The decisions on a list of queries, in the same order
# entrypoint: true
decisions := {"nonce": input.nonce, "answer": data.gateway.main.decisions}

# METADATA
# title: What each viewer may see of an entry
# entrypoint: true
views := {"nonce": input.nonce, "answer": data.gateway.audience.views}

# METADATA
# title: The questions of language
# entrypoint: true
language := {"nonce": input.nonce, "answer": data.gateway.language.answers}
