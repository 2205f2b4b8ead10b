# Planwatch: two commands for a newcomer, `make run` and `make once`; the rest is for those who work on it.
# Needs make and Python 3.11 or newer, nothing else. Another Python: make run PYTHON=python3.13. Another year: PLAN=2025.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PROCESSES := -n 2 --dist loadfile
PLAN_OPTION = $(if $(PLAN),--plan $(PLAN))
UNIT := $(wildcard tests/model tests/progress tests/properties tests/plan tests/reconcile tests/feeds tests/alerts)
SLOW := $(wildcard tests/warehouse tests/steps tests/local tests/compose tests/dags)
FAST := $(UNIT) $(filter-out $(UNIT) $(SLOW) tests/e2e %__pycache__,$(patsubst %/,%,$(wildcard tests/*/)))
CODE := $(wildcard src dags plugins tests scripts compose bench)

# Without bytecode every process compiles every import again, and a start takes twice as long.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: bench help setup dev run once test test-e2e test-unit lint types format lock env clean reset

help: ## say what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: .venv/.run ## make the environment (.venv) from pinned, hashed requirements
	@echo "  .venv is as pinned"

dev: .venv/.dev ## the same, with what the tests and linters need

run: .venv/.run ## start everything, publish, show the scoreboard, stay until Ctrl-C (PLAN=2025 for that year)
	@exec $(BIN)/planwatch up $(PLAN_OPTION)

once: .venv/.run ## the same without staying; fails unless the editions were published
	@exec $(BIN)/planwatch once $(PLAN_OPTION)

test: .venv/.dev ## run all tests but the end-to-end ones, the quick ones first (ARGS="-n 0 -x": in one process)
	$(BIN)/pytest $(FAST) $(SLOW) $(PROCESSES) $(ARGS)

test-e2e: .venv/.dev ## start the whole system as a newcomer does, several times
	$(BIN)/pytest tests/e2e $(ARGS)

test-unit: .venv/.dev ## run the quick tests that start nothing, properties on fewer examples
	$(BIN)/pytest $(UNIT) --hypothesis-profile=quick -m "not slow and not postgres and not airflow and not e2e" $(PROCESSES) $(ARGS)

bench: .venv/.dev ## measure: JSON lines, each beside its floor (BENCH=bench/reading.py for one)
	@for program in $(or $(BENCH),$(wildcard bench/*.py)); do $(BIN)/python $$program || exit 1; done

lint: .venv/.dev ## check style, likely bugs and layers
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/lint-imports

types: .venv/.dev ## check types
	$(BIN)/mypy

format: .venv/.dev ## format the code
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

lock: ## compile requirements/*.in into hashed pins, newest versions that fit
	@$(PYTHON) scripts/lock.py

env: ## write .env with fresh secrets for docker compose
	@$(PYTHON) scripts/new_env.py

clean: ## remove the environment and all caches; data stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage* htmlcov build src/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

reset: ## forget the local system's data (var/): database, mails, archive
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m planwatch.local.reset; else rm -rf var; fi

.venv/.run: requirements/pip.txt requirements/run.txt pyproject.toml scripts/environment.py
	@$(if $(PYTHON),:,echo "No Python 3.11 or newer was found. Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1)
	@$(PYTHON) scripts/environment.py run

.venv/.dev: .venv/.run requirements/dev.txt
	@$(BIN)/python scripts/environment.py dev
