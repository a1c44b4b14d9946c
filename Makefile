# Every target sets itself up on a fresh machine: Python 3.11 or newer, git, make and a package registry are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV_VERSION := 0.13.9

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench mutate soak docs clean

help: ## say what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-6s %s\n", $$1, $$2}'

setup: $(READY) ## make the virtual environment from uv.lock

# Compiled once: where Python keeps no bytecode, each of the hundreds of processes of the tests would do it again.
$(READY): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("drcheck needs Python 3.11 or newer; this is %s. Set PYTHON=/path/to/python3.11" % sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv==$(UV_VERSION)'
	@UV_PROJECT_ENVIRONMENT=$(VENV) $(BIN)/uv sync --locked --inexact --compile-bytecode --quiet --python $(BIN)/python
	@touch $(READY)

demo: $(READY) ## check the healthy lab estate, run its drills, leave an HTML report
	$(BIN)/drcheck drill --lab contoso --lab-speed 60
	@echo "HTML report: reports/latest/html/index.html"

# Where Python is told to keep no bytecode, every process of the tests would compile drcheck and its checks anew.
test: export PYTHONDONTWRITEBYTECODE :=

# Hypothesis' own profile for CI: the same examples every time, and none called too slow on a busy machine.
test: $(READY) ## run every test
	$(BIN)/python -m pytest -n 2 --dist worksteal --hypothesis-profile ci tests

lint: $(READY) ## style, types, import contracts, size budgets
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy drcheck checks tests
	$(BIN)/lint-imports

bench: $(READY) ## measure; one JSON line per figure
	$(BIN)/python -m tests.benchmarks.bench

mutate: $(READY) ## change the checks in thousands of ways; does a test notice?
	$(BIN)/python -m tests.mutation.run

soak: $(READY) ## a thousand drills and recoveries that are killed, cut off and raced; fuzzed requests by the ten thousand
	DRCHECK_SOAK=1000 $(BIN)/python -m pytest -s tests/drills/test_drill_states.py tests/drills/test_drill_sabotage.py
	DRCHECK_FUZZ=10 $(BIN)/python -m pytest -s tests/drills/test_drill_never_real.py

docs: $(READY) ## write the pages that are made from the code
	$(BIN)/python -m tests.pages_of_checks docs/checks
	$(BIN)/drcheck permissions --format sources > docs/sources.md

clean: ## remove what the other targets made
	rm -rf $(VENV) reports/*/ build dist
