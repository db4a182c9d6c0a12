# `make run` and `make test` need Python 3.11+, make and a package index; nothing else.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test check docs bench bench-peers clean

help:  ## say what each target does
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "adrs needs Python 3.11 or newer; found $$($(PYTHON) --version). Try make PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@ $(VENV)/.run

run: $(VENV)/.run  ## evolve a real problem end to end: no key, no Docker, no configuration
	$(BIN)/adrs run spot_multiregion --trials 300 --budget 100s

test: $(VENV)/.dev  ## run the test suite
	$(BIN)/python -m pytest -n auto --dist worksteal

check: $(VENV)/.dev  ## lint, types, import contract, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

docs: $(VENV)/.dev  ## build the documentation site into site/
	$(BIN)/mkdocs build --strict --quiet

bench: $(VENV)/.dev  ## measure evaluations per second, loop overhead, archive growth
	$(BIN)/python tests/bench/bench_evaluation.py
	$(BIN)/python tests/bench/bench_loop.py
	$(BIN)/python tests/bench/bench_archive.py
	$(BIN)/python tests/bench/bench_search.py

bench-peers: $(VENV)/.dev  ## measure four published tools and adrs alike, in one table
	$(BIN)/python -m tests.bench.peers --into docs/reference/peers.md

clean:  ## remove what the targets above made; runs/ is kept
	rm -rf $(VENV) site build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage htmlcov
