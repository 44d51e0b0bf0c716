# `make run` and `make test` need Python 3.11 or newer with venv, and nothing else.

SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
# Options for what is started: make run ARGS="--port 9000", make test ARGS="-k up".
ARGS ?=

.PHONY: run test check bench chaos screenshots format

run:
	@$(call install,requirements.txt) && exec $(BIN)/python manage.py up $(ARGS)

test:
	@$(call install,requirements-test.txt) && exec $(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

# The commands that look at the models need settings, but neither a database nor what the shell says about one.
check: SETTLED = env -u DATABASE_URL -u CELERY_BROKER_URL -u SECRET_KEY WAYBILL_DATA=.venv/check
check:
	@$(call install,requirements-test.txt)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive devops_sync dashboard manage.py
	$(SETTLED) $(BIN)/mypy
	$(BIN)/lint-imports
	$(SETTLED) $(BIN)/python -W ignore manage.py makemigrations --check --dry-run
	$(BIN)/python -m tests.settings_doc

bench:
	@$(call install,requirements-test.txt) && exec $(BIN)/python -m tests.bench $(ARGS)

chaos:
	@$(call install,requirements-test.txt) && exec $(BIN)/python -m tests.chaos $(ARGS)

screenshots:
	@$(call install,requirements-test.txt) && exec $(BIN)/python -m tests.screenshots $(ARGS)

format:
	@$(call install,requirements-test.txt)
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

# Makes .venv and installs the file into it, unless just that is what it holds. The tests' requirements contain the
# others, so either stamp will do for those.
define install
	python=$(BIN)/python; $$python -c '' 2>/dev/null || python=$(PYTHON); \
	if ! $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "Waybill needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python3." >&2; exit 1; \
	fi; \
	wanted=$$(cat $(1) | cksum); \
	if ! $(BIN)/python -c '' 2>/dev/null || [ "$$wanted" != "$$(cat .venv/$(1).installed 2>/dev/null)" ]; then \
		if ! $(BIN)/python -m pip --version >/dev/null 2>&1 && ! $(PYTHON) -m venv --clear .venv; then \
			echo "Waybill needs Python's venv module (Debian: apt-get install python3-venv)." >&2; exit 1; \
		fi; \
		echo "installing $(1) into .venv"; \
		$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r $(1) || exit 1; \
		echo "$$wanted" > .venv/$(1).installed; \
		if [ $(1) = requirements-test.txt ]; then cat requirements.txt | cksum > .venv/requirements.txt.installed; fi; \
	fi
endef
