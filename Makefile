# Everything sets itself up: the first target that needs the environment makes it.
# A change of pyproject.toml or requirements.lock brings it up to date.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PACKAGES := tests/debian-packages.txt
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
# What an image holds is part of what was tested: its lock takes all versions from the whole one.
WHOLE := --all-extras --group dev
CONTROL := --extra server --extra operator --constraints requirements.lock
STEP := --extra ml --extra explain --extra mysql --extra postgres --constraints requirements.lock
IMAGES := deploy/images

# uv trusts whom this machine trusts: the certificate of a proxy may be among them.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem),)
export UV_SYSTEM_CERTS ?= true
endif

.DEFAULT_GOAL := help
.PHONY: help setup run serve cluster cluster-packages cluster-status cluster-down load deploy undeploy \
	test test-unit test-cluster test-packages check format codegen check-codegen lock check-lock bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make the environment in .venv

$(READY): requirements.lock pyproject.toml tools/setup
	@PYTHON=$(PYTHON) tools/setup $(VENV)
	@touch $@

run: $(READY) ## run the main job: train, evaluate, use and explain a model of iris
	@$(BIN)/sqlflow run examples/iris.sql

serve: $(READY) ## start a server on this machine
	@$(BIN)/sqlflow serve

cluster: $(READY) cluster-packages ## start a Kubernetes cluster with Argo on this machine
	@$(BIN)/python -m devcluster up

# Nothing to install for kind. Where there can be no cluster the command says what it takes.
cluster-packages: $(READY)
	@flavour=$$($(BIN)/python -m devcluster flavour) || exit; \
	[ "$$flavour" != node ] || tools/debian-packages devcluster/debian-packages.txt

cluster-status: $(READY) ## show how each part of the cluster is
	@$(BIN)/python -m devcluster status

cluster-down: $(READY) ## remove the cluster
	@$(BIN)/python -m devcluster down

load: $(READY) ## bring the code as it is now into the cluster, as images
	@$(BIN)/python -m devcluster load control step

deploy: $(READY) ## install the operator into the cluster, from the code as it is now
	@tools/deploy sqlflow sqlflow-jobs

undeploy: $(READY) ## remove the operator from the cluster; jobs stay
	@$(BIN)/python -m devcluster helm uninstall sqlflow --namespace sqlflow --ignore-not-found --wait

test: $(READY) test-packages ## run all tests: the quick ones, then those that need a cluster
	$(BIN)/python -m pytest --ignore tests/cluster -n 2 --dist worksteal
	@tools/test-cluster

test-unit: $(READY) ## run the quick tests
	$(BIN)/python -m pytest -n 2 tests/unit

test-cluster: $(READY) ## run the tests that need a cluster: on the one that is up, or one of their own
	@tools/test-cluster

# The database servers that tests start for themselves. Where they can't be installed the tests
# that need them fail and name what is missing.
test-packages:
	@tools/debian-packages $(PACKAGES)

check: $(READY) check-lock check-codegen ## formatting, lint, types, layers, generated files, lock
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

codegen: $(READY) ## write the generated files
	$(BIN)/python tools/codegen.py

check-codegen: $(READY) ## fail if a generated file is not current
	$(BIN)/python tools/codegen.py --check

lock: $(READY) ## bring the locks up to date with pyproject.toml
	$(COMPILE) $(WHOLE) --output-file requirements.lock
	$(COMPILE) $(CONTROL) --output-file $(IMAGES)/control.lock
	$(COMPILE) $(STEP) --output-file $(IMAGES)/step.lock

check-lock: $(READY) ## fail if a lock does not fit pyproject.toml
	@cp requirements.lock $(IMAGES)/control.lock $(IMAGES)/step.lock $(VENV)/
	@$(COMPILE) $(WHOLE) --output-file $(VENV)/requirements.lock
	@$(COMPILE) $(CONTROL) --output-file $(VENV)/control.lock
	@$(COMPILE) $(STEP) --output-file $(VENV)/step.lock
	@for lock in requirements.lock $(IMAGES)/control.lock $(IMAGES)/step.lock; do \
		diff -u $$lock $(VENV)/$${lock##*/} \
			|| { echo "$$lock is not current: run 'make lock'" >&2; exit 1; }; \
	done

bench: $(READY) ## measure, side by side with a peer, and print the ratios
	$(BIN)/python -m benchmarks

clean: ## remove the environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
