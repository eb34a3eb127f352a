# Two commands for a fresh machine: make demo, make test. Everything else is for developers.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint bench fuzz sample pages clean
$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("cldlink needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(STAMP)

demo: $(STAMP)          ## the main job on sample_data
	$(BIN)/cldlink demo

test: $(STAMP)          ## every test
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder

lint: $(STAMP)          ## ruff and mypy, as .ci/run does
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(STAMP)         ## speed and accuracy (FEBRL=folder adds Febrl 4); see docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks $(FEBRL)

fuzz: $(STAMP)          ## 10,000 damaged submissions (CASES=n, FIRST=seed), 100 random worlds (WORLDS=n) for every measure
	$(BIN)/python -m tests.fuzz $(or $(CASES),10000) $(or $(FIRST),0)
	$(BIN)/python -m tests.independent $(or $(WORLDS),100)

sample: $(STAMP)        ## make sample_data again, byte for byte; if it has changed, make pages too
	$(BIN)/cldlink synth --profile sample --out sample_data --synthetic

pages: $(STAMP)         ## write what the documentation shows again: outputs, tables, reference pages
	$(BIN)/python -m tests.e2e.test_tutorial
	$(BIN)/python -m tests.e2e.test_extract_page
	$(BIN)/python -m tests.unit.test_docs
	$(BIN)/python -m tests.unit.test_intake_docs
	$(BIN)/python -m tests.unit.test_cli_reference
	$(BIN)/python -m tests.unit.test_measures_page

clean:
	rm -rf $(VENV) dist build out .pytest_cache .mypy_cache .ruff_cache
