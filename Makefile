# Open Lines. `make run` sets up everything and runs the product; `make test` sets up everything and tests it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One process of tests more than there are cores, and four at most: they wait for servers and disks.
AT_ONCE := --numprocesses $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 4 ? cores + 1 : 4))) --dist worksteal
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes
LOCKS := requirements.lock requirements-dev.lock requirements-fit.lock requirements-tools.lock
COMPILE := $(VENV)/tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --custom-compile-command "make lock" $(UPGRADE)

# Where Python may not keep what it compiled, each of the many processes of the tests compiles the product anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install run demo test test-long test-postgres lint audit lock words screenshots bench soak fit release sbom clean

help:  ## what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.run  ## make .venv with what the product needs

run: install  ## make the database, load the record, serve on http://127.0.0.1:8000 and poll
	@$(BIN)/python -m tracker migrate
	@$(BIN)/python -m tracker seed
	@exec $(BIN)/python -m tracker serve

demo: install  ## the same with sample feeds on loopback: the thaw of winter 2023-24, no network needed
	@exec $(BIN)/python -m tracker demo

test: $(VENV)/.dev  ## run the whole test suite; installs Debian's chromium where it may
	@sh scripts/debian.sh
	$(BIN)/python -m pytest $(AT_ONCE)

test-long: $(VENV)/.dev  ## kill, fill, fuzz and poll for the better part of an hour; writes the table of docs/reliability.md
	@sh scripts/debian.sh debootstrap
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest tests/reliability -m "long or not long" \
		--survived docs/reliability.md $(AT_ONCE)
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -m long --ignore tests/reliability \
		$(AT_ONCE)
	$(MAKE) test-postgres

test-postgres: $(VENV)/.dev  ## the whole suite with its records in PostgreSQL, which is installed where it may be
	@sh scripts/debian.sh
	$(BIN)/python -m pytest --record-on postgresql $(AT_ONCE)

lint: $(VENV)/.dev  ## format, lint, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

audit: $(VENV)/.tools  ## ask whether something is known against the pinned packages; needs the network (OR_SKIP=--or-skip: not)
	$(BIN)/python scripts/audit.py $(VENV)/tools/bin/pip-audit $(LOCKS) $(OR_SKIP)

lock: $(VENV)/.tools  ## write the locks anew from the lists (UPGRADE=--upgrade: with what is newest beneath them)
	$(COMPILE) requirements.txt -o requirements.lock
	$(COMPILE) requirements-dev.txt -c requirements.lock -o requirements-dev.lock
	$(COMPILE) requirements-fit.txt -c requirements.lock -o requirements-fit.lock
	$(COMPILE) requirements-tools.txt -o requirements-tools.lock

words: $(VENV)/.run  ## bring the catalogues of translations up to date with the words in the code
	$(BIN)/python scripts/words.py

screenshots: $(VENV)/.dev  ## make the pictures of the README anew
	@sh scripts/debian.sh
	$(BIN)/python scripts/screenshots.py

bench: $(VENV)/.dev  ## public reads against a bare Flask and Datasette, polling against a reader, detection against one regular expression; bombs
	$(BIN)/python -m bench.status
	$(BIN)/python -m bench.pages
	$(BIN)/python -m bench.polling
	$(BIN)/python -m bench.bombs
	-$(BIN)/python -m bench.feedparser_corpus
	$(BIN)/python -m bench.detection
	$(BIN)/python -m bench.search
	$(BIN)/python -m bench.machines
	$(BIN)/python -m bench.scale 100000 1000

soak: $(VENV)/.dev  ## 200 requests a second while feeds change and reviews are made, beside a bare Flask; 20 minutes (SECONDS: of each)
	$(BIN)/python -m bench.soak $(SECONDS)

fit: $(VENV)/.fit  ## fit the weights of detection to the labelled cases anew, and measure (CASES: more of them)
	$(BIN)/python -m training.fit $(if $(CASES),--development $(CASES)) --write

release: $(VENV)/.dev  ## the last commit as dist/openlines-VERSION.tar.gz, with its SHA-256 and the bill of its packages
	@$(BIN)/python -m scripts.release

sbom: $(VENV)/.dev  ## print what a release is installed with (CycloneDX)
	@$(BIN)/python -m scripts.sbom

clean:  ## remove .venv, dist and what tools cached; the database in var/ stays
	rm -rf $(VENV) dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/.run: requirements.lock
	@sh scripts/venv.sh $(PYTHON) $(VENV)
	$(INSTALL) -r requirements.lock
	@touch $@

$(VENV)/.fit: requirements-fit.lock $(VENV)/.run
	$(INSTALL) -r requirements-fit.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(INSTALL) -r requirements-dev.lock
	@touch $@

$(VENV)/.tools: requirements-tools.lock $(VENV)/.run
	@sh scripts/venv.sh $(PYTHON) $(VENV)/tools
	$(subst $(BIN),$(VENV)/tools/bin,$(INSTALL)) -r requirements-tools.lock
	@touch $@
