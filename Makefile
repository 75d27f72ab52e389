# Vitrine: every command that one needs, the same that CI calls.
.DEFAULT_GOAL := help
.PHONY: help demo down setup doctor audit check test bench images kind-up
SHELL := /bin/sh

STATE := $(or $(VITRINE_STATE_DIR),.vitrine)
UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv),$(STATE)/uv/bin/uv)
BIN := .venv/bin
SYNCED := .venv/.synced
# A process for each core, up to four: each starts its own Kafka, warehouse and stream. If one crashes, the
# run ends, since it would wait for ever for the tests of the crashed one.
SHARED_OUT := --numprocesses auto --maxprocesses 4 --max-worker-restart 0
PROJECTS := $(wildcard libs/*/pyproject.toml services/*/pyproject.toml \
	spark-apps/*/pyproject.toml local/*/pyproject.toml operator/pyproject.toml)

export UV_PYTHON_DOWNLOADS := never
# Where this is set, every start of a part compiles its packages anew: seconds for Spark's.
unexport PYTHONDONTWRITEBYTECODE

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

demo: $(SYNCED) ## Run everything with a make-believe shop; ARGS="--fresh --with-airflow"
	@$(BIN)/vitrine demo $(ARGS)

down: $(SYNCED) ## Stop everything, wherever it was started
	@$(BIN)/vitrine down

setup: $(SYNCED) ## Install the packages and fetch the jars, and run nothing
	@$(BIN)/vitrine fetch

doctor: $(SYNCED) ## Say what is missing on this machine and what mends it
	@$(BIN)/vitrine doctor

audit: $(SYNCED) ## Check on live data that every event is accounted for
	@$(BIN)/vitrine audit

check: $(SYNCED) ## Lint, format, types, layers, scripts, Dockerfiles
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m vitrine_local.generate --check
	$(BIN)/python charts/generate.py --check
	$(BIN)/lint-imports
	$(BIN)/shellcheck .ci/run k8s/*.sh k8s/kind/*.sh libs/*/*.sh services/*.sh spark-apps/*.sh
	$(BIN)/hadolint */Dockerfile

test: $(SYNCED) ## All tests but SUITE=cluster and SUITE=slow; ARGS="-k ledger"
	@$(BIN)/python -m vitrine_local.class_archive
	$(BIN)/pytest $(if $(SUITE),-m "$(SUITE)",-m "not cluster and not slow" $(SHARED_OUT)) $(ARGS)

bench: $(SYNCED) ## Measure the platform beside plain Spark jobs; ARGS="stream --millions 2"
	@$(UV) sync --quiet --frozen --all-packages --group bench
	@$(BIN)/python -m tests.bench $(ARGS)

images: ## Build the images with docker, podman or buildah; IMAGES="analytics-api"
	@k8s/images.sh $(IMAGES)

kind-up: ## Install everything in a kind cluster of this machine
	@k8s/kind/up.sh

$(SYNCED): uv.lock pyproject.toml $(PROJECTS) | $(UV)
	$(UV) sync --frozen --all-packages
	@touch $@

$(STATE)/uv/bin/uv:
	@python3 -m venv $(STATE)/uv || { \
		echo "no venv for python3: apt-get install python3-venv" >&2; exit 1; }
	$(STATE)/uv/bin/python -m pip install --quiet uv==$(UV_VERSION)
