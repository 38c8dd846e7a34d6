# make run: start Transfer Lab. make test: run every test. make bench: measure. All set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501

.PHONY: run test bench clean
run: $(VENV)/.run
	@echo "Transfer Lab starts at http://localhost:$(PORT)  (stop it with Ctrl-C)"
	@$(BIN)/python -m streamlit run streamlit_app.py --server.port $(PORT)

test: $(VENV)/.test
	@$(BIN)/python -m pytest

bench: $(VENV)/.test
	@$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV)

$(VENV)/.run: requirements.txt scripts/set_up.py
	@$(PYTHON) scripts/set_up.py $(VENV) requirements.txt
	@touch $@

$(VENV)/.test: requirements.txt requirements-dev.txt scripts/set_up.py
	@$(PYTHON) scripts/set_up.py $(VENV) requirements-dev.txt
	@touch $(VENV)/.run $@
