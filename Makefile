# A thin door onto tools/bootstrap.py, which also works where there is no make: python tools/bootstrap.py lab
.DEFAULT_GOAL := help
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell command -v $(name) 2>/dev/null)))
VENV := .venv/bin/
OMP_NUM_THREADS ?= 1

.PHONY: help lab test check types format lessons lessons-html print grade bench release lock python tools

help: ## Say what there is
	@echo "srkit: a course and a library for single-image super-resolution. Start with: make lab"
	@echo
	@grep -hE '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1|\2/' | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

lab: python ## Set up and open JupyterLab at the first lesson
	@"$(PYTHON)" tools/bootstrap.py lab $(ARGS)

test: python ## Set up and run every test (ARGS="tests/ops -x" for some)
	@"$(PYTHON)" tools/bootstrap.py test $(ARGS)

check: tools ## Format, lint, import contracts and the house rules read from the source: seconds
	$(VENV)ruff format --check .
	$(VENV)ruff check .
	$(VENV)lint-imports
	OMP_NUM_THREADS=$(OMP_NUM_THREADS) $(VENV)python -m pytest tests/house -m "not slow and not processes"

types: tools ## Check the types with mypy
	$(VENV)mypy

format: tools ## Format the code and repair what the linter can repair
	$(VENV)ruff format .
	$(VENV)ruff check --fix .

lessons: tools ## Press solutions/ into lessons/ and the grader's notebooks
	$(VENV)python tools/press.py $(ARGS)

print: tools ## Print everything a source decides: atlas, glossary, lessons, references, names, weights' page
	$(VENV)python tools/reprint.py $(ARGS)

lessons-html: tools ## Publish the solved lessons as a static site (ARGS="02 11" for some)
	$(VENV)python tools/publish.py $(ARGS)

grade: tools ## Grade the class that is shipped with the project, start to end
	$(VENV)python -m autograder $(or $(ARGS),--demonstration)

bench: tools ## Measure against peers (ARGS="resize --peers DIR")
	$(VENV)python -m benchmarks $(ARGS)

release: tools ## Build sdist and wheel twice, compare them, try the wheel on each Python there is
	$(VENV)python tools/release.py

lock: tools ## Resolve the dependencies again and write requirements/
	$(VENV)python tools/lock.py

python:
	@test -n "$(PYTHON)" || { echo "There is no python3 on the PATH. Install Python 3.11 to 3.13 (sudo apt-get install python3 python3-venv, or python.org) and call again." >&2; exit 2; }

tools: python
	@"$(PYTHON)" tools/bootstrap.py setup
