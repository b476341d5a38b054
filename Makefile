# make demo   set up what is needed and score an embedded example
# make test   set up what is needed and run all tests; the site tests where a bench is found
# make walk   walk through the desk of a bench in Chromium and take the pictures of the guides (PEOPLE="sales manager")
# make soak   a million random formulas, a hundred random ledgers, histories of audiences and points, twenty nights with workers, Redis and MariaDB killed
# make bench  scoring of 100,000 customers on a site of its own, as ratios; CUSTOMERS=10000 for a quick look
# make truth  how true the scores are on real invoices; INVOICES=/path/to/invoices.csv names the file
# make lint   style, formatting, types, and Frappe's semgrep rules where FRAPPE_SEMGREP_RULES names their folder
# TESTS=crm_success.tests.scoring.test_x runs only these site tests (make test-site)
# PYTHON=/path/to/python3 picks the interpreter, FRAPPE_BENCH=/path/to/bench the bench (empty: no site tests)

BIN := .venv/bin
# where PYTHON names another version than that of .venv, it is made anew
OTHER := $(if $(PYTHON),$(shell [ "$$($(PYTHON) -V 2>&1)" = "$$($(BIN)/python -V 2>&1)" ] || echo other-python))

.PHONY: other-python help demo test test-plain test-site walk soak bench truth lint format clean

help:
	@sed -n 's/^# //p' Makefile

demo: .venv/.ready
	@$(BIN)/crm-success demo

test: test-plain test-site

test-plain: .venv/.ready-dev
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

test-site: .venv/.ready-dev
	@$(BIN)/python -m tools.bench.site_tests $(TESTS)

# without its library the walk says what it misses, and is skipped
walk: .venv/.ready-dev
	@$(BIN)/python -c "import PIL, playwright" 2>/dev/null || bash tools/setup_venv.sh '.[walk]' || true
	@$(BIN)/python -m tools.walk $(PEOPLE)

soak: .venv/.ready-dev
	@FUZZ_TIMES=50 $(BIN)/python -m pytest -q tests/properties
	@FUZZ_TIMES=10 $(BIN)/python -m tools.bench.site_tests crm_success.tests.scoring.test_fuzzed_metrics crm_success.tests.scoring.test_random_ledgers crm_success.tests.audiences.test_random_histories crm_success.tests.loyalty.test_random_points crm_success.tests.loyalty.test_points_at_once
	@$(BIN)/python -m tools.soak $(NIGHTS)

bench: .venv/.ready-dev
	@$(BIN)/python -m tools.benchmarks $(CUSTOMERS)

truth: .venv/.ready-dev
	@$(BIN)/python -m tools.truth $(INVOICES)

lint: .venv/.ready-dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/python -m tools.frappe_rules

format: .venv/.ready-dev
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Stamps: a second run installs nothing unless the requirements changed.
.venv/.ready: Makefile pyproject.toml setup.py tools/setup_venv.sh $(OTHER)
	@bash tools/setup_venv.sh '.[mysql,postgresql]'
	@touch $@

.venv/.ready-dev: pyproject.toml setup.py tools/setup_venv.sh $(OTHER)
	@bash tools/setup_venv.sh '.[dev]'
	@touch $@ .venv/.ready
