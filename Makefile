# `make` alone says what there is. Variables such as PROFILE=smoke are passed on to the programs.
MAKEFLAGS += --no-print-directory
PY := .venv/bin/python

.PHONY: help setup libraries check test fuzz matrix report selfcheck simulation bench staleness faults up down locks
.DEFAULT_GOAL := help

help:
	@echo 'The Async Rewrite Matrix: one API written twice, each with the cache off and on.'
	@echo
	@echo '  make matrix   measures the four combinations and compares them: the main job'
	@echo '                  PROFILE=quick (default), origin, smoke, mixed    ROUNDS=4    STACK=local, compose, none'
	@echo '                  PROFILE=capacity: how many requests each can take    PROFILE=sweep: when the answer would flip'
	@echo '                  COMBINATIONS=sync,async-cached    PORT_BASE=8000    RESUME=newest goes on with an interrupted run'
	@echo '                  COMBINATIONS=yours.json STACK=none    services of your own'
	@echo '  make report   writes the report of the newest results again: report.html, report.md'
	@echo '  make test     runs all tests on a real database and a real Redis    TESTS="-k cache -x"'
	@echo '  make fuzz     sends bad input at volume, with schemathesis, to all four    CASES=5000'
	@echo '  make check    format, lint, types, twins; starts nothing'
	@echo '  make selfcheck    does the tool find nothing where there is nothing, and 5 ms where there are 5 ms?'
	@echo '  make simulation   how often is the tool right, on thousands of runs of a known effect?'
	@echo '  make bench    each service beside a bare constant answer on the same server'
	@echo '  make staleness  looks for stale reads under load, with faults of Redis, and under broken policies    CHECK="--help"'
	@echo '  make faults   does one fault after the other to each combination under load, and judges what came of it'
	@echo '                  FAULTS="--only redis-frozen --combinations async-cached"    FAULTS=--help says the rest'
	@echo '  make up       starts the stack as local processes, to look at and play with; Ctrl-C or make down ends it'
	@echo '  make down     ends what make up has started'
	@echo '  make setup    what the others do first: .venv, and a database server and Redis where they are missing'
	@echo '  make locks    writes compose/locks/*.txt again after a change of pyproject.toml'
	@echo
	@echo 'The same with Docker: docker compose up -d --wait && K6_USER="$$(id -u):$$(id -g)" docker compose run --rm k6'

setup: libraries
	@tools/system_packages

# The libraries alone: what is checked without a service needs no server.
libraries:
	@tools/setup

check: libraries
	@tools/check

test: setup
	@tools/system_packages test
	@tools/test $(TESTS)

fuzz: setup
	@CASES=$${CASES:-5000} $(PY) -m pytest tests/contract/test_bad_input_at_volume.py --capture=no

matrix: setup
	@$(PY) -m loadtests.run

selfcheck: setup
	@$(PY) -m loadtests.validation.selfcheck

simulation: libraries
	@$(PY) -m loadtests.simulation

report: libraries
	@$(PY) -m loadtests.compare --report

faults: libraries
	@tools/system_packages faults
	@$(PY) -m loadtests.faults $(FAULTS)

bench: libraries
	@tools/system_packages bench
	@$(PY) -m loadtests.studies.ceiling.run

staleness: setup
	@$(PY) -m loadtests.consistency.command $(CHECK)

up: setup
	@$(PY) -m compose.local up

down: libraries
	@$(PY) -m compose.local down

locks: libraries
	@tools/locks
