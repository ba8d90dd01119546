# A thin door: everything is done by tools/bootstrap.py, which also works where there is no make
# (python tools/bootstrap.py lab).
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv/bin/
export OMP_NUM_THREADS ?= 1

.PHONY: help lab test check format lessons grade bench lock

help: ## Say what there is
	@echo "Super-resolution: a course and a library. Start with: make lab"
	@echo
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1|\2/' | awk -F'|' '{printf "%-15s %s\n", $$1, $$2}'

check: ## Format, lint, types, imports, house rules: seconds
	$(VENV)ruff format --check .
	$(VENV)ruff check .
	$(VENV)mypy
	$(VENV)lint-imports
	$(VENV)python -m pytest tests/house -p no:cacheprovider

format: ## Format the code and repair what the linter can repair
	$(VENV)ruff format .
	$(VENV)ruff check --fix .
