# Two commands do all: `make demo` runs the main job, `make check` passes every test.
# Needs python3 (3.11 or later) with venv and pip; no root.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help install demo check format test bench faults disk fuzz soak sbom audit clean

help:  ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(INSTALLED)  ## the environment in .venv

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or later is needed: make PYTHON=python3.12 …'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Installing into $(VENV) (a few minutes the first time) …'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(INSTALLED)  ## the main job, whole, in a throw-away home
	@$(BIN)/broadcaster demo

check: $(INSTALLED)  ## format, lint, types, layers, tests: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -n auto --dist worksteal

format: $(INSTALLED)  ## mend the format and what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: $(INSTALLED)  ## the tests alone
	$(BIN)/python -m pytest -n auto --dist worksteal

bench: $(INSTALLED)  ## measure, and print what was measured against what
	$(BIN)/python -m benchmarks

faults: $(INSTALLED)  ## the power fails 1,000 times; about half an hour
	$(BIN)/python -m tests.faults --kills 1000

disk: $(INSTALLED)  ## the disk is full, or broken, at each write of every delivery
	$(BIN)/python -m tests.faults.disk

fuzz: $(INSTALLED)  ## spoilt documents, answers and settings, for as long as MINUTES says
	$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),10)

soak: $(INSTALLED)  ## a month of station life in minutes: memory, handles, every delivery
	$(BIN)/python -m tests.faults.soak --days 31

sbom: $(INSTALLED)  ## the list of what is installed, CycloneDX, in dist/sbom.json
	@mkdir -p dist
	$(BIN)/cyclonedx-py environment --output-reproducible --of JSON -o dist/sbom.json $(BIN)/python
	@echo 'dist/sbom.json'

audit: $(INSTALLED)  ## known vulnerabilities of the pinned packages; needs the Internet
	@$(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r constraints.txt || \
	  { echo 'make audit: a vulnerability is named above, or the database was not reached (no Internet?).'; exit 1; }

clean:  ## take the environment away
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis dist
