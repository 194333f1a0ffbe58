# Everything is in ops/*.py; this file only gives it short names. PYTHON=... chooses the interpreter for .venv.
PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
# Stored bytecode makes every start seconds faster; some images switch it off.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run test coverage check lock trace messages demo-session bench

help:
	@echo "make run           open the clinic in the browser (installs what is missing first)"
	@echo "make test          everything that proves the project, from lint to browser"
	@echo "make coverage      the same with the lines of code counted, which takes a third longer before Python 3.12"
	@echo "make setup         only install: .venv, libraries, front-end files"
	@echo "make check         format, lint, types, import contracts: the quick part of make test"
	@echo "make lock          compile requirements*.in and package.json into their lock files"
	@echo "make trace         write docs/traceability.md: which tests prove which requirement"
	@echo "make messages      bring the Romanian catalogue up to the words in code and templates"
	@echo "make demo-session  stream a recorded exercise session into the running system"
	@echo "make bench         benchmarks, as ratios to floors measured in the same run"

setup:
	@$(PYTHON) -m ops.start

run:
	@$(PYTHON) -m ops.start --quiet
	@exec $(VENV_PYTHON) -m ops

test:
	@$(PYTHON) -m ops.start --quiet --dev
	@exec $(VENV_PYTHON) -m ops.test

coverage:
	@$(PYTHON) -m ops.start --quiet --dev
	@exec $(VENV_PYTHON) -m ops.test --coverage

check:
	@$(PYTHON) -m ops.start --quiet --dev
	@exec $(VENV_PYTHON) -m ops.check

lock:
	@$(PYTHON) -m ops.start --quiet --dev
	@$(VENV_PYTHON) -m ops.lock_files $(UPGRADE)

trace:
	@$(PYTHON) -m ops.traceability

messages:
	@$(VENV_PYTHON) -m ops.catalogues update

demo-session:
	@exec $(VENV_PYTHON) -m ops.demo_session $(ARGS)

bench:
	@$(PYTHON) -m ops.start --quiet --dev
	@exec $(VENV_PYTHON) -m ops.test --bench
