.DEFAULT_GOAL := help
.PHONY: help setup setup-test demo story check test contract faults bench fmt goldens requirements clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The shell's own settings must not change what a test sees.
export PYTHONDONTWRITEBYTECODE :=
export NO_COLOR ?=

##@ Try it
demo: setup ## the terminal chat over four simulated clusters
	@$(BIN)/kubechat demo

story: setup ## one incident from question to verified audit trail, not interactive
	@$(BIN)/kubechat story

##@ Change it
setup: $(VENV)/.run ## everything that running needs, in .venv
setup-test: $(VENV)/.test ## and everything that testing needs

$(VENV)/.run: requirements.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (about a minute the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements-test.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@

check: setup-test ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup-test ## every level, with real SQLite, PostgreSQL, Redis and kubectl
	$(BIN)/pytest -n 2 --dist loadgroup tests

contract: setup-test ## the cluster port, on the demo fleet or on KUBECHAT_TEST_KUBECONFIG
	$(BIN)/pytest tests/contract

faults: setup-test ## kills, sleep, lost queues and the rest of docs/reliability.md; SHORT=1 for small counts
	$(BIN)/python -m tests.faults $(if $(SHORT),--short)

bench: setup-test ## the figures of docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks

fmt: setup-test ## format, and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

goldens: setup-test ## rewrite the recorded transcripts and generated pages, to be reviewed like code
	$(BIN)/pytest -n 0 --goldens tests/conversation tests/architecture

requirements: setup-test ## recompute the hash-pinned requirements files
	$(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 --extra test pyproject.toml -o requirements-test.txt

clean: ## remove what setup and runs have made
	rm -rf $(VENV) var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
