# The two commands a newcomer needs are `make run` and `make test`. Both install what is missing; both are quick when nothing is.

VENV := .venv
BIN := $(VENV)/bin
# An installation is stale when what pyproject.toml asks for changed; the sources themselves are installed editable.
KEY := $(shell sha256sum pyproject.toml | cut -c1-16)
INSTALLED := $(VENV)/.installed-$(KEY)
INSTALLED_DEV := $(VENV)/.installed-dev-$(KEY)
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

# Tests start Python often. Where the environment forbids to keep what is compiled, each would compile all of it anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run test check format bench clean
.DEFAULT_GOAL := help

help:
	@echo 'make run      install everything Rollcage needs, build the guest image, open the application'
	@echo 'make test     install what the tests need and run all of them'
	@echo 'make check    linters, types and import contracts only'
	@echo 'make format   format the sources'
	@echo 'make bench    measure, and compare with peers'
	@echo 'make clean    remove what was built here (guest images and sessions stay: see `rollcage info`)'

run: $(INSTALLED)
	@$(BIN)/rollcage setup
	@$(BIN)/rollcage

# nodejs runs the steps of shipped definitions and bubblewrap confines what runs on the host; the others are the references
# that the image code is compared with.
test: $(INSTALLED_DEV) check
	@scripts/bootstrap.sh packages nodejs cpio lz4 zstd bubblewrap tmux
	$(BIN)/rollcage setup
	$(BIN)/pytest -n 2 -m 'not machine'
	$(BIN)/pytest -m machine

check: $(INSTALLED_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED_DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(INSTALLED_DEV)
	@$(BIN)/rollcage setup
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find tui tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

$(INSTALLED):
	@scripts/bootstrap.sh venv $(VENV)
	@echo 'rollcage: installing into $(VENV)' >&2
	@$(PIP) install --editable .
	@rm -f $(VENV)/.installed-*; touch $@

# `pip install --group` needs pip 25.1, which is newer than Debian 12's.
$(INSTALLED_DEV): $(INSTALLED)
	@echo 'rollcage: installing the development tools into $(VENV)' >&2
	@$(PIP) install 'pip>=25.1'
	@$(PIP) install --group dev
	@touch $@
