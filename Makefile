# Needs Python >= 3.11, git and make; uv and Node are brought into the checkout when missing.
# make up PYTHON=/path/to/python3.13 uses that Python; ARGS go to the command that a target runs.

PYTHON ?= python3
ARGS ?=
VENV := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help up dev page test test-fast check fmt types docs sbom bench conformance soak mutants lock clean distclean bootstrap bootstrap-run

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1 — /p' Makefile

up: bootstrap-run ## server, page and three simulated bots at http://localhost:3000/llm-bot
	@$(VENV)/motherhaven up $(ARGS)

dev: ## page with hot reload on port 3000, and the server if none runs (npm run dev)
	@$(PYTHON) scripts/dev.py $(ARGS)

page: bootstrap-run ## build the page if its sources have changed
	@$(VENV)/python scripts/build_page.py --if-stale $(ARGS)

test: bootstrap ## every check and every test; also all that CI calls
	@$(VENV)/python scripts/verify.py -- $(ARGS)

test-fast: bootstrap ## static checks and the unit tests that need no process, within a minute
	@$(VENV)/python scripts/verify.py --fast -- $(ARGS)

check: bootstrap ## the static checks alone
	@$(VENV)/python scripts/verify.py --static

fmt: bootstrap ## format everything
	@$(VENV)/ruff check --quiet --fix-only .
	@$(VENV)/ruff format .
	@$(VENV)/python scripts/build_page.py --packages
	@cd dashboard && ../$(VENV)/python ../scripts/node_env.py npx biome check --write .

types: bootstrap ## renew dashboard/openapi.json and the page's types from the server's routes
	@$(VENV)/python -m motherhaven.server.openapi > .tools/openapi.json
	@mv .tools/openapi.json dashboard/openapi.json
	@$(VENV)/python scripts/build_page.py --packages
	@cd dashboard && ../$(VENV)/python ../scripts/node_env.py npm run --silent types

docs: bootstrap ## renew docs/reference from the code and build the site in .tools/site
	@$(VENV)/python scripts/docs_reference.py
	@$(VENV)/mkdocs build --clean

sbom: bootstrap ## print the bill of materials (CycloneDX)
	@$(VENV)/python scripts/sbom.py

bench: bootstrap ## the benchmarks, as ratios
	@$(VENV)/python -m benchmarks $(ARGS)

conformance: bootstrap ## the suite over all four stores; its table into docs/reference
	@$(VENV)/pytest tests/conformance/stores tests/conformance/server \
		--conformance-table=docs/reference/conformance.md $(ARGS)

soak: bootstrap page ## the slow sweeps, and the figures in seconds with a verdict; a table into benchmarks/reliability.md
	@$(VENV)/python -m benchmarks reliability --full
	@MOTHERHAVEN_TEST_FULL=1 $(VENV)/pytest tests/property \
		tests/conformance/stores/test_store_agreement.py tests/conformance/server/test_server_odd_text.py \
		tests/acceptance/bot/test_misbehaving_model.py
	@MOTHERHAVEN_TEST_FIGURES=1 $(VENV)/pytest -rs -m "soak or figures" $(ARGS)

mutants: bootstrap ## break each safeguard in a copy: the tests must notice (ARGS="guard" chooses)
	@MOTHERHAVEN_TEST_FULL=1 $(VENV)/python scripts/mutants.py $(ARGS)

lock: ## renew requirements/*.lock and the pins after a change to the dependencies
	@$(PYTHON) scripts/lock.py $(ARGS)

clean: ## remove builds, caches and results of tests
	@$(PYTHON) scripts/clean.py

distclean: ## clean, and remove .venv, .tools and node_modules
	@$(PYTHON) scripts/clean.py --all

bootstrap:
	@$(PYTHON) scripts/bootstrap.py dev

bootstrap-run:
	@$(PYTHON) scripts/bootstrap.py run
