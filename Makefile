# The only door: every command of this repository, each setting up .venv by itself when needed.

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
DISTRIBUTIONS := libs/common libs/dimse libs/pixels libs/cli services/ingest services/index services/changefeed \
	services/dicom-gateway services/router
ARGS ?=
# As in every pyproject.toml, and in deploy/compose/compose.yaml.
VERSION ?= 0.1.0
# Processes that run tests. They wait for disks and for one another more than they compute: more than there are cores.
WORKERS ?= 3

export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# No stray output buffering in logs.
export PYTHONUNBUFFERED := 1
# Empty, whatever the shell says: without the bytecode of the last start, each start of each process compiles us anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help up test unit check fmt bench chaos images e2e-compose docs lock clean

help: ## List these commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Installed again only when the lock or a distribution's own list changes. `uv_build` is found through PATH.
$(READY): requirements.lock $(DISTRIBUTIONS:%=%/pyproject.toml)
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what requirements.lock names into $(VENV) …"
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		$(DISTRIBUTIONS:%=-e %)
	@touch $@

up: $(READY) ## Start everything on this machine; options by ARGS="--port 8042 …"
	@exec axial up $(ARGS)

test: $(READY) ## Run every test but the long ones, against real engines
	@python -m pytest -m "not long" -n $(WORKERS) $(ARGS)

unit: $(READY) ## Run the tests that need no engine
	@python -m pytest -m unit $(ARGS)

check: $(READY) ## Check format, lint, types, import contracts and generated documents
	@ruff format --check .
	@ruff check .
	@mypy && mypy conftest.py
	@lint-imports
	@python -m docs.generate --check

fmt: $(READY) ## Format, and repair what lint can repair
	@ruff format .
	@ruff check --fix .

bench: $(READY) ## Measure uploads, downloads, feeds, finds, replay and routing beside Orthanc; one by ARGS="feeds --seconds 2"
	@python -m benchmarks $(ARGS)

chaos: $(READY) ## Kill everything for a long time, and prove that nothing was lost
	@python -m pytest -m long --timeout=0 $(ARGS)

images: ## Build the images of the services
	@for target in ingest index changefeed dicom-gateway router tools seaweedfs; do \
		docker build --quiet --file deploy/images/Dockerfile --target $$target --tag axial-$$target:$(VERSION) . || exit 1; \
	done

e2e-compose: $(READY) ## Build and run deploy/compose, restart and kill all of it during an upload, test it by URL
	@PYTHONPATH=tests python -m compose $(ARGS)

docs: $(READY) ## Write the generated documents again
	@python -m docs.generate && python -m docs.schemas

lock: $(READY) ## Resolve the dependencies anew into requirements.lock
	@uv pip compile --quiet --universal --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate \
		$(foreach name,common dimse pixels cli ingest index changefeed dicom-gateway router,--no-emit-package axial-$(name)) \
		$(DISTRIBUTIONS:%=%/pyproject.toml) --group dev -o requirements.lock

clean: ## Remove .venv and caches; data under .axial stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find benchmarks docs libs services tests -name __pycache__ -prune -exec rm -rf {} +
