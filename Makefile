PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup

help: ## show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## make .venv with everything in it (again only when the pins change)

$(STAMP): pyproject.toml requirements/dev.txt tools/bootstrap.py
	$(PYTHON) tools/bootstrap.py "$(VENV)" requirements/dev.txt
	@touch "$@"
