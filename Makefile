# The two commands: `make run` opens the app, `make test` checks everything.
# Both make .venv on first use, with the newest Python from 3.11 on that is found.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# Containers often set this; without bytecode every process compiles every package again
# (`import tensorflow` 14.5 s instead of 3.8 s).
unexport PYTHONDONTWRITEBYTECODE
PORT ?= 8501
# make run PUBLIC=1 answers other machines; ALLOW=train,delete,upload,measure lets them act.
PUBLIC ?= $(LSTM_LENS_PUBLIC)
ALLOW ?= $(LSTM_LENS_ALLOW)
OPEN := $(if $(filter-out 0,$(PUBLIC)),--server.address 0.0.0.0 --browser.serverAddress $(shell hostname))

# Compiled on all cores; `pip` alone would use one. A file for another Python version may not compile.
COMPILE = -$(BIN)/python -m compileall -q -j 0 $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') >/dev/null

.PHONY: run test attacks lint bench clean

run: .venv/app-ready
	LSTM_LENS_PUBLIC="$(PUBLIC)" LSTM_LENS_ALLOW="$(ALLOW)" \
		$(BIN)/streamlit run app.py --server.port $(PORT) $(OPEN)

test: .venv/test-ready lint
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Bounded attacks on a running server and the tested nginx guide: minutes, so not part of `make test`.
attacks: .venv/test-ready
	$(BIN)/python -m pytest tests/attacks

lint: .venv/test-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache

bench: .venv/test-ready
	$(BIN)/python -m tests.benchmarks

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and was not found."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/app-ready: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements.txt
	$(COMPILE)
	@touch $@

.venv/test-ready: tests/requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r tests/requirements.txt
	$(COMPILE)
	@touch $@
