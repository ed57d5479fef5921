# Everything rests on .venv, which `make setup` makes from pinned packages.
PYTHON ?= python3
JOBS ?= 2
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
CODE := protocol broker connectors tests .ci
JS := tests/conformance/js
UI := connectors/web/ui
UV_COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --quiet $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.PHONY: help setup run quick test night coverage check fix sim bench docs schemas clauses js lock clean

help: ## show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## make .venv with .venv/bin/parley, and what browsers run (again only what changed)
	@$(BIN)/python .ci/ui.py build

$(STAMP): pyproject.toml .ci/requirements/dev.txt .ci/bootstrap.py
	@$(PYTHON) .ci/bootstrap.py "$(VENV)" .ci/requirements/dev.txt
	@$(BIN)/python -m compileall -q protocol broker connectors # where Python is told to write none
	@echo "setup: what tests and documentation need besides"
	@($(BIN)/python .ci/npm.py install $(JS) && $(BIN)/python .ci/docs.py fetch) || \
		echo "setup: that could not be had; make test and make docs will try again"
	@touch "$@"

run: setup ## run broker, web site and e-mail from a folder, as in var/*.toml (ARGS=--new: an empty database)
	@mkdir -p var/mail/in var/mail/out
	@test -e var/parley.toml || cat broker/config/sample.toml .ci/web.toml > var/parley.toml
	@test -e var/mail.toml || cp .ci/mail.toml var/mail.toml
	@$(BIN)/python .ci/run_hint.py var/parley.toml
	@cd var && exec "../$(BIN)/python" ../.ci/run.py parley.toml mail.toml $(ARGS)

test: setup js ## run the whole test suite (ARGS="-k name" for a part)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

quick: setup js ## in under a minute: unit tests, conformance, ten seeds
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow" tests/unit tests/conformance $(ARGS)
	$(BIN)/parley simulate --seed 1 --runs 10 --processes $(JOBS)

night: setup ## the long tests, for HOURS=10 at the most; prints rows for docs/proof.md
	nice -n 15 $(BIN)/python -m tests.night --hours $(or $(HOURS),10) $(ARGS)

coverage: setup ## what each module's own tests reach, against the table of floors (RAISE=1 lifts it)
	@mkdir -p .cache
	COVERAGE_FILE=.cache/coverage $(BIN)/python -m pytest -q -n $(JOBS) --cov=protocol --cov=broker/core \
		--cov-branch --cov-context=test --cov-report= tests/unit/protocol tests/unit/broker/core
	$(BIN)/python -m tests.house.covered .cache/coverage $(if $(RAISE),--raise)

check: setup ## format, lint, types, import contracts, house rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-logo --cache-dir .cache/import-linter
	$(BIN)/python -m tests.house.rules
	$(BIN)/python .ci/ui.py check

fix: setup ## format, and repair what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python .ci/ui.py fix

sim: setup ## run the simulator (SEED=1 RUNS=200)
	$(BIN)/parley simulate --seed $(or $(SEED),1) --runs $(or $(RUNS),200) $(ARGS)

bench: setup ## load a broker of its own over TCP and print what it does
	$(BIN)/python -m broker.bench $(ARGS)

docs: setup ## build the documentation as a site into site/
	$(BIN)/python .ci/docs.py

schemas: setup ## write the schemas, tables and golden frames of the protocol anew
	$(BIN)/python -m tests.house.schemas
	$(BIN)/python -m tests.house.typescript
	$(BIN)/python -m tests.house.diagrams
	$(BIN)/python -m tests.conformance.make

clauses: setup ## write docs/clauses.md: which test holds which clause
	$(BIN)/python -m tests.house.clauses

js: setup ## install what the conformance tests run under Node
	@$(BIN)/python .ci/npm.py install $(JS)

lock: setup ## pin the dependencies anew (UPGRADE=1 takes the newest)
	$(UV_COMPILE) pyproject.toml --output-file .ci/requirements/run.txt
	$(UV_COMPILE) pyproject.toml --all-extras --group dev \
		--constraint .ci/requirements/run.txt --output-file .ci/requirements/dev.txt
	$(BIN)/python .ci/npm.py lock $(JS)
	$(BIN)/python .ci/npm.py lock $(UI)

clean: ## remove what was made, except .venv and var
	rm -rf build dist site connectors/web/static connectors/desk/static htmlcov .coverage .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find $(CODE) -name __pycache__ -prune -exec rm -rf {} +
