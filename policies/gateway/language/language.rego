# METADATA
# title: Questions of language
# description: |
#   What the policies rely on of Rego, asked of every engine before it decides about anybody. The right answers
#   stand in selftest/language.json; no decision depends on these packages.
# scope: package
package gateway.language

# METADATA
# title: What each question answers, by topic
# entrypoint: true
answers := {
	"collections": data.gateway.language.collections,
	"every": data.gateway.language.every,
	"negation": data.gateway.language.negation,
	"numbers": data.gateway.language.numbers,
	"rules": data.gateway.language.rules,
	"texts": data.gateway.language.texts,
}
