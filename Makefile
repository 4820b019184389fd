# `make` alone shows this list.
# Every target sets up what it needs; a second call finds .venv ready.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
BROWSER := $(VENV)/.browser
UV     := $(shell sed -n 's/^  "uv==\(.*\)",/\1/p' pyproject.toml)

# Containers set PYTHONDONTWRITEBYTECODE; without byte code every report starts twice as slowly.
unexport PYTHONDONTWRITEBYTECODE
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1

.PHONY: help setup demo test test-fast test-thorough test-browser lint format lessons bench bench-reports calibration evidence forecasts docs gallery images lock clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup: $(READY)  ## build .venv from the lock, unless it is there

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "retention_kit needs Python 3.11 or newer; say which with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "Python lacks venv; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	@# uv installs the lock in seconds; where it cannot (no wheel, a proxy of its own kind), pip does the same in a minute.
	$(BIN)/pip install --quiet --disable-pip-version-check --only-binary :all: uv==$(UV) 2>/dev/null \
	  && $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --require-hashes -r requirements.lock \
	  || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(READY)  ## the main job on the bundled business: a report in English and in French
	@$(BIN)/retention-kit demo

test: $(READY) lint  ## all tests: package, doctests, notebooks, environment
	@# neighbours share fixtures: cut in two halves, the suite makes each of them once
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg notebooks/lessons/fr

test-fast: $(READY)  ## the tests of the package alone, without running notebooks
	$(BIN)/python -m pytest -m "not notebook and not slow and not browser"

test-thorough: $(READY)  ## the slow tests too, and every property on ten times as many examples
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m "not browser" --hypothesis-profile thorough
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg notebooks/lessons

test-browser: $(BROWSER)  ## pages and lessons in a headless Chromium: hostile names, accessibility, JupyterLab
	$(BIN)/python -m pytest -m browser tests/browser

$(BROWSER): $(READY) requirements-browser.lock
	$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --require-hashes -r requirements-browser.lock
	touch $@

lint: $(READY)  ## ruff: style and format
	@$(BIN)/ruff check --quiet retention_kit tests benchmarks docs hatch_build.py
	@$(BIN)/ruff format --quiet --check retention_kit tests benchmarks docs hatch_build.py

format: $(READY)  ## let ruff mend what it can
	$(BIN)/ruff check --fix retention_kit tests
	$(BIN)/ruff format retention_kit tests

lessons: $(READY)  ## run the French lessons, build the English ones from them and run those; keeps their outputs
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace notebooks/lessons/fr/*.ipynb
	$(BIN)/python docs/lessons/write.py
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace notebooks/lessons/en/*.ipynb
	$(BIN)/nbstripout --keep-output --keep-count --keep-id --extra-keys "cell.metadata.execution metadata.language_info.version" notebooks/lessons/*/*.ipynb

bench: $(READY)  ## speed and memory of the measures, as tables
	@$(BIN)/python benchmarks/measures.py

bench-reports: $(READY)  ## a hundred reports by our engine, by papermill and by the command lines (ten minutes)
	@$(BIN)/python benchmarks/reports.py

calibration: $(READY)  ## true and false alarms of every answer in worlds with a known truth; writes docs/calibration.md (half an hour)
	$(BIN)/python -m tests.calibration

evidence: $(READY)  ## write docs/evidence anew from ../shared/data
	$(BIN)/python docs/evidence/write.py

forecasts: $(READY)  ## back-test forecasts on 200 invented businesses; writes docs/forecasts.md (minutes)
	$(BIN)/python docs/forecasts/write.py

docs: $(READY)  ## write the pages of definitions anew
	$(BIN)/python docs/definitions/write.py

gallery: $(READY)  ## render every report in both languages; writes docs/gallery.md and its pictures (minutes; needs a Chromium)
	$(BIN)/python docs/gallery/write.py

images: $(READY)  ## draw the README's picture anew
	$(BIN)/python docs/images/draw.py

lock: $(READY)  ## resolve requirements.lock anew from pyproject.toml: hashes, no addresses
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --python-version 3.11 --group dev --all-extras --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --python-version 3.11 --group browser --output-file requirements-browser.lock --constraint requirements.lock

clean:  ## remove what was built
	rm -rf $(VENV) reports build dist
