# make run: start Transfer Lab for this computer alone; for others in the network too: make run ADDRESS=0.0.0.0
# make test: run every test. make check: lint, format, types. make bench: measure.
# make build: the wheel and the sdist, in dist/. All set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
ADDRESS ?= 127.0.0.1

.PHONY: run test check bench build clean
run: $(VENV)/.run
	@$(BIN)/python -m tlcore app --port $(PORT) --address $(ADDRESS)

test: $(VENV)/.test
	@$(BIN)/python -m pytest

check: $(VENV)/.test
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m mypy

bench: $(VENV)/.test
	@$(BIN)/python -m benchmarks

build: $(VENV)/.test
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation

clean:
	rm -rf $(VENV) dist

$(VENV)/.run: requirements.txt scripts/set_up.py
	@$(PYTHON) scripts/set_up.py $(VENV) requirements.txt
	@touch $@

$(VENV)/.test: requirements.txt requirements-dev.txt scripts/set_up.py
	@$(PYTHON) scripts/set_up.py $(VENV) requirements-dev.txt
	@touch $(VENV)/.run $@
