# Every target makes its own environment first (.ci/bootstrap); PYTHON=/path/to/python names another Python.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench prove format lock
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec

BIN := .venv/bin
OPA := $(shell PATH="$(CURDIR)/$(BIN):$$PATH" command -v opa 2>/dev/null)
TODAY := $(shell date -u +%F)
export PYTHON

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: ## a story in the terminal: three agencies, one child, a consent, a refusal, a proof
	@.ci/bootstrap run
	@$(BIN)/gateway demo

test: ## every test but the long figures, three at a time, for they wait more than they work
	@.ci/bootstrap dev
	$(BIN)/python -m pytest -m "not prove" -n 3 --dist loadfile $(ARGS)

check: ## format, lint, types, layers, texts; with an `opa` on the PATH, the policies too
	@.ci/bootstrap dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/unit/test_words.py
ifeq ($(OPA),)
	@echo "opa: not on the PATH; opa fmt, check and test are skipped (the tests run the embedded engine)"
else
	$(OPA) fmt --list --fail policies
	$(OPA) check --strict --bundle policies
	$(BIN)/python -m tests.policies.rows_for_opa .venv/opa-rows
	$(OPA) test --timeout 300s --coverage --threshold 94 --bundle policies .venv/opa-rows >.venv/opa-coverage.json
endif

bench: ## the release path against a bare answer, both stores
	@.ci/bootstrap dev
	$(BIN)/python -m tests.bench $(ARGS)

prove: ## the long figures (races, kills, flips); dated output goes to tests/proofs
	@.ci/bootstrap dev
	$(BIN)/python -m pytest -m prove --timeout 7200 -s $(ARGS) | tee tests/proofs/$(TODAY)-run.txt

format: ## rewrite the sources as `make check` wants them
	@.ci/bootstrap dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .

lock: ## resolve the newest versions that pyproject.toml allows, with hashes (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-header --no-annotate --quiet -o requirements.lock
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-header --no-annotate --quiet -c requirements.lock -o requirements-dev.lock
	printf 'hatchling\neditables\n' | uv pip compile - --universal --python-version 3.11 --generate-hashes \
		--upgrade --no-header --no-annotate --quiet -c requirements-dev.lock -o requirements-build.lock
