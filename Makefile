# carbon-report: `make demo` shows the main job, `make test` proves it; both do all their set-up themselves.
VENV := .venv
BIN := $(VENV)/bin
OUT := out
DEMO := samples/codecarbon/3.3.2-sweep/emissions.csv

.PHONY: help demo test check bench hostile fuzz coverage mutation package docs lock audit sbom runtime clean libraries
help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/installed libraries  ## the main job on samples/: statement on the screen, .tex .bib .html .pdf .md in out/
	@mkdir -p $(OUT)
	@$(BIN)/carbon-report $(DEMO) --title "Distillation sweep" --notes samples/notes.md --quiet
	@$(BIN)/carbon-report $(DEMO) --title "Distillation sweep" --notes samples/notes.md --quiet \
	  --latex $(OUT)/appendix.tex --bibtex $(OUT)/appendix.bib --macros $(OUT)/figures.macros.tex --markdown $(OUT)/report.md \
	  --html $(OUT)/report.html --model-card $(OUT)/card.card.md --badge $(OUT)/badge.svg --json $(OUT)/report.json
	@$(BIN)/carbon-report $(DEMO) --title "Distillation sweep" --notes samples/notes.md --quiet --pdf $(OUT)/report.pdf
	@echo && echo "written to $(OUT)/:" && ls $(OUT)

test: $(VENV)/tested libraries  ## everything: style, types, tests (with LaTeX, Chromium and qpdf where they can be had)
	@sh .ci/libraries test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

check: $(VENV)/tested  ## style and types alone
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/tested  ## measure start-up and reading, as ratios within one run
	$(BIN)/python -m benchmarks.results
	$(BIN)/python -m benchmarks.sampler_overhead

hostile: $(VENV)/tested libraries  ## over 1,200 hostile logs: what is executed, fetched, said and used
	$(BIN)/python -m tests.hostile.run

TIME := 60
fuzz: $(VENV)/tested libraries  ## TIME=60 seconds of damaged logs, names, options, pickles and documents
	$(BIN)/python -m tests.fuzz --time $(TIME)

coverage: $(VENV)/tested libraries  ## lines and branches that the suite runs, child processes included; fails below 95 %
	@rm -rf build/coverage && mkdir -p build/coverage
	-$(BIN)/python -m coverage run -m pytest -q --ignore=tests/real_trackers
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report --fail-under=95

mutation: $(VENV)/mutated  ## faults put into assess/ and units.py: which of them the tests find; fails below 90 %
	$(BIN)/python -m tests.mutation --budget 1.5 --survivors

package: $(VENV)/tested libraries  ## the wheel on every Python, on the lowest versions, without extras
	$(BIN)/python -m pytest tests/test_package.py

RUNTIME := build/runtime
lock: $(VENV)/released  ## requirements.lock and docs/licences.md anew: the newest of all that it runs on, with hashes
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
	  --generate-hashes --upgrade --no-emit-index-url --quiet --output-file requirements.lock
	@$(MAKE) --no-print-directory runtime
	$(RUNTIME)/bin/python -m tests.licences --write

audit: $(VENV)/released  ## ask for known weaknesses of what requirements.lock names; needs the network
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh .ci/audit

runtime: $(VENV)/released
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(RUNTIME)
	@$(BIN)/uv pip sync --quiet --python $(RUNTIME)/bin/python --require-hashes requirements.lock

sbom: runtime  ## dist/: wheel and sdist, and a CycloneDX SBOM of what requirements.lock names
	$(BIN)/python -m build --outdir dist
	@version=$$($(BIN)/python -c "import reporter; print(reporter.__version__)") && \
	  PATH="$(CURDIR)/$(BIN):$$PATH" sh .ci/sbom $(RUNTIME) "$$version" "dist/carbon_report-$$version.cdx.json" && ls dist

docs: $(VENV)/documented  ## the documentation in out/docs; warnings are errors, and nothing is fetched
	$(BIN)/python -m sphinx -b html -W --keep-going -n -q -E -d $(OUT)/doctrees docs $(OUT)/docs
	@echo "written to $(OUT)/docs/index.html"

libraries:
	@sh .ci/libraries

$(VENV)/bin/python:
	@sh .ci/environment $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all]'
	@$(BIN)/python -m compileall -q reporter
	@touch $@

$(VENV)/tested: $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group test
	@touch $@

$(VENV)/mutated: $(VENV)/tested
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group mutation
	@touch $@

$(VENV)/documented: $(VENV)/installed pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group docs
	@touch $@

$(VENV)/released: $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group release
	@touch $@

clean:  ## remove what was made
	rm -rf $(VENV) $(OUT) build dist .pytest_cache .mypy_cache .ruff_cache
