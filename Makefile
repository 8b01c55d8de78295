# `make` alone lists the targets. Variables such as PROFILE=smoke are passed on to the programs.
MAKEFLAGS += --no-print-directory
PY := .venv/bin/python
# Libraries of other servers are installed only to measure these servers.
FURTHER := $(filter servers drivers pythons,$(COMBINATIONS))

.PHONY: help setup libraries check test test-fast fuzz matrix report selfcheck simulation bench staleness faults up down locks
.DEFAULT_GOAL := help

help:
	@echo 'The Async Rewrite Matrix: one API written twice, each with the cache off and on.'
	@echo
	@echo '  make matrix       measure the four combinations and compare them: the main job'
	@echo '                      PROFILE=quick, origin, smoke, mixed, capacity or sweep    ROUNDS=4'
	@echo '                      STACK=local, compose or none    COMBINATIONS=sync,async or servers, drivers, pythons, naive'
	@echo '                      STACK=kubernetes CONTEXT=name: on a cluster'
	@echo '                      GENERATORS=4: four k6 processes share the load'
	@echo '  make report       rewrite the report of the newest results'
	@echo '  make bench        each service beside a bare constant answer on the same server'
	@echo '  make faults       one fault after another under load    ONLY=redis-frozen COMBINATIONS=async-cached'
	@echo '  make staleness    look for stale reads under load    READS=2000 WRITES=200'
	@echo '  make selfcheck    is a service found that is a tenth slower, and no difference between equal ones?    RUNS=20'
	@echo '  make simulation   how often is the tool right, on simulated runs with a known effect?    RUNS=100'
	@echo
	@echo '  make up, down     start the stack as local processes, until Ctrl-C; stop it from another terminal'
	@echo '  make test         all tests, on a real database and a real Redis    TESTS="-k cache -x"'
	@echo '  make test-fast    the tests that need no server, no k6 and no browser'
	@echo '  make fuzz         invalid requests to all four services, with schemathesis    CASES=5000'
	@echo '  make check        format, lint, types, twins; starts nothing'
	@echo '  make setup        run by the others: .venv, and a database server and Redis if missing'
	@echo '  make locks        rewrite compose/locks/*.txt after a change of pyproject.toml'
	@echo
	@echo '`.venv/bin/python -m loadtests run --help` lists its options; each is also a variable, as above.'
	@echo 'With Docker: docker compose up -d --wait && K6_USER="$$(id -u):$$(id -g)" docker compose run --rm k6'

setup: libraries
	@tools/system_packages

# Libraries only, for targets that need no server.
libraries:
	@tools/setup $(FURTHER)

check: libraries
	@tools/check

test: FURTHER := servers drivers
test: setup
	@tools/system_packages test
	@tools/test $(TESTS)

test-fast: libraries
	@tools/test -m "not stack and not k6 and not browser" --numprocesses 2 --dist loadfile $(TESTS)

fuzz: setup
	@[ "$${CASES:-5000}" -gt 0 ] 2>/dev/null || { echo "fuzz: CASES=$$CASES: give a whole number above 0" >&2; exit 2; }
	@CASES=$${CASES:-5000} $(PY) -m pytest tests/contract/test_bad_input_at_volume.py --capture=no

matrix: setup
	@$(PY) -m loadtests run

selfcheck: setup
	@$(PY) -m loadtests selfcheck

simulation: libraries
	@$(PY) -m loadtests simulate

report: libraries
	@$(PY) -m loadtests compare --report

faults: libraries
	@tools/system_packages faults
	@$(PY) -m loadtests faults $(FAULTS)

bench: setup
	@$(PY) -m loadtests ceiling

staleness: setup
	@$(PY) -m loadtests staleness $(CHECK)

up: setup
	@$(PY) -m compose.local up

down: libraries
	@$(PY) -m compose.local down

locks: libraries
	@tools/locks
