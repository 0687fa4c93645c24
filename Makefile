# Two commands do everything: `make run` and `make test`. The rest is for people who work on it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT ?= 8000
DATA_DIR ?= data
PYTHON ?= python3
UV := .tools/bin/uv
UV_VERSION := 0.13.8
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .tools/stamps
WEB_SOURCES = $(shell find web/src web/public web/index.html web/package-lock.json web/vite.config.ts src/vivavoce/locales -type f ! -name '*.pyc' 2>/dev/null)

# Two at a time, each command's output in one piece.
TOGETHER = $(MAKE) --no-print-directory -j2 -Oline

export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(VENV)
# Where the environment forbids Python to keep what it compiled, a server takes twice as long to start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Show the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# --- set-up -----------------------------------------------------------------------------------------------------

$(UV):
	@echo "· fetching uv"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --target .tools uv==$(UV_VERSION) 2>/dev/null \
	  || ($(PYTHON) -m venv .tools/venv && .tools/venv/bin/pip install --quiet uv==$(UV_VERSION) \
	      && mkdir -p .tools/bin && ln -sf ../venv/bin/uv .tools/bin/uv)

$(STAMPS)/python: pyproject.toml uv.lock | $(UV)
	@echo "· installing the Python packages"
	@$(UV) sync --quiet --frozen --all-extras --python $(PYTHON)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/npm: web/package.json web/package-lock.json
	@echo "· installing the web packages"
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@mkdir -p $(STAMPS) && touch $@

# The official clients that the tests speak with.
CLIENTS := tests/protocol/socketio/clients
$(STAMPS)/clients: $(CLIENTS)/package.json $(CLIENTS)/package-lock.json
	@cd $(CLIENTS) && npm ci --no-audit --no-fund --loglevel=error
	@mkdir -p $(STAMPS) && touch $@

src/vivavoce/http/webapp/index.html: $(STAMPS)/npm $(WEB_SOURCES)
	@echo "· building the web app"
	@cd web && npm run --silent build
	@touch $@

.PHONY: setup web
setup: $(STAMPS)/python $(STAMPS)/npm ## Install everything that is needed
web: src/vivavoce/http/webapp/index.html ## Build the web app

# Browser, speech synthesis and fonts for the tests; without root those tests say that they were left out.
.PHONY: system
system:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && ! { command -v chromium && command -v espeak-ng && command -v tesseract; } >/dev/null 2>&1; then \
	  echo "· installing Debian's browser and test tools"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    chromium espeak-ng fonts-noto-cjk gcc libc6-dev tesseract-ocr tesseract-ocr-kor >/dev/null; \
	fi

# The models that the tests of speech listen with, where `make run` has them too.
.PHONY: models
models: $(STAMPS)/python
	@VIVAVOCE_MODELS_DIR="$${VIVAVOCE_MODELS_DIR:-$(CURDIR)/data/models}" $(BIN)/vivavoce models pull \
	  || echo "· the models could not be fetched (is there a network?): the tests of speech say that they were left out"

# --- the two commands -------------------------------------------------------------------------------------------

.PHONY: run test
run: $(STAMPS)/python web ## Set everything up and serve (PORT=, DATA_DIR=)
	@VIVAVOCE_MODE=$${VIVAVOCE_MODE:-development} exec $(BIN)/vivavoce serve \
	  --port $(PORT) --data-dir "$(DATA_DIR)" --sign-in-link --fetch-models

test: | $(UV) ## Every check there is
	@$(TOGETHER) system $(STAMPS)/clients models web lint-python lint-web test-web
	@$(BIN)/coverage erase
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report=term:skip-covered --cov-report=xml

# --- while working ----------------------------------------------------------------------------------------------

.PHONY: check lint format bench clean
check: | $(UV) ## The fast checks: lint, types, architecture, unit and protocol tests
	@$(TOGETHER) web lint-python lint-web test-web
	@$(MAKE) --no-print-directory test-fast

lint: | $(UV)
	@$(TOGETHER) lint-python lint-web

.PHONY: lint-python lint-web test-web test-fast
lint-python: $(STAMPS)/python
	@$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
lint-web: $(STAMPS)/npm
	@cd web && npm run --silent lint
test-web: $(STAMPS)/npm
	@cd web && npm test --silent
# Nothing in them is fast, and collecting them takes long.
ALL_SLOW := tests/integration tests/e2e tests/protocol/http/test_openapi_holds.py
test-fast: $(STAMPS)/python
	@$(BIN)/python -m pytest -q -n 3 --dist loadgroup -m "not slow" $(ALL_SLOW:%=--ignore=%)

format: setup ## Put all code into shape
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .
	@cd web && npx eslint --fix .

bench: setup ## The benchmarks, side by side with their peers (ONLY=core|gateway|dialogue|evaluation|…)
	@$(BIN)/python -m bench $(ONLY)

clean: ## Remove what was built and installed (not the data)
	@rm -rf .venv .tools web/node_modules $(CLIENTS)/node_modules src/vivavoce/http/webapp dist .mypy_cache .ruff_cache .pytest_cache \
	  .hypothesis .coverage* coverage.xml bench/.cache
