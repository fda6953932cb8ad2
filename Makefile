# The ways in: `make demo` runs the main job, `make test` the fast tests, `make check` everything.
# PYTHON chooses the interpreter that makes the virtual environment.
PYTHON ?= python3
CODE := connectors dags demo lineage message_formats pipeline privacy reports schemas tools
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SPARK := $(VENV)/.spark

.PHONY: demo test check lint drift fouten planner airflow benchmark ratios soak sbom audit release site lock clean

# The lock names every package with its hashes, so pip need not (and may not) resolve anything by itself.
$(READY): requirements.lock pyproject.toml
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

# Spark is large and only its tests need it, so neither the demo nor the fast tests install it.
$(SPARK): requirements-spark.lock $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-spark.lock
	touch $(SPARK)

demo: $(READY)
	$(BIN)/keten demo

test: $(READY)
	$(BIN)/python -m pytest -m "not zwaar" -n auto --dist loadfile

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive $(CODE)
	git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline
	$(BIN)/hadolint deploy/Containerfile

drift: $(READY)
	$(BIN)/python -m schemas.generate --controleer
	$(BIN)/python -m message_formats.generate --controleer
	$(BIN)/python -m pipeline.herkomst.kolommen --controleer

# All documents as one site in var/site, without the net; a link that leads nowhere fails.
site: $(READY)
	$(BIN)/python -m tools.site

# What CI runs: style, types, drift, the site, the demo, and every test; the benchmarks alone, because they measure. The tests come
# last: pytest's closing line tells the outcome.
check: $(READY) $(SPARK) lint drift site
	$(BIN)/keten demo
	$(BIN)/python -m pytest tests/benchmarks
	$(BIN)/python -m pytest --ignore tests/benchmarks -n auto --dist loadfile

# The DAGs under the real scheduler on PostgreSQL, two months; part of `check`, here with how long each part took.
planner: $(READY)
	$(BIN)/python -m pytest -s tests/integration/test_airflow.py

# SIGKILL at every transition of every step; `make check` kills at each place in one step.
fouten: $(READY)
	KETEN_FOUTEN=alle $(BIN)/python -m pytest tests/fault -n auto --dist loadfile

airflow: $(READY)
	$(BIN)/python -m pipeline.airflow_standalone

# A month of the main job, measured: `make benchmark PERSONEN=17500000`.
benchmark: $(READY) $(SPARK)
	$(BIN)/keten benchmark $(if $(PERSONEN),--personen $(PERSONEN))

# Parts of it beside other ways to do the same; what CI holds to its ratios.
ratios: $(READY) $(SPARK)
	$(BIN)/python -m pytest tests/benchmarks -s -m zwaar

# The long soak: 24 months; `make check` has a short one.
soak: $(READY)
	KETEN_SOAK_MAANDEN=$${KETEN_SOAK_MAANDEN:-24} KETEN_SOAK_PERSONEN=$${KETEN_SOAK_PERSONEN:-20000} \
		$(BIN)/python -m pytest tests/soak -s

sbom: $(READY)
	$(BIN)/python -m tools.sbom

# Known vulnerabilities of what is in the lock. Asks OSV over the net; with OSV=<folder or zip> a copy of it. Not part of
# `check`: a build must not begin to fail because of a day, and CI may have neither.
audit: $(READY)
	$(BIN)/python -m tools.audit $(if $(OSV),--osv $(OSV))

# Wheel, sdist, bill of materials and checksums, signed with the certificate of the settings (docs/releasing.md).
release: $(READY)
	$(BIN)/python -m tools.release

lock:
	$(PYTHON) -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--extra dev --extra docs --extra kubernetes --extra pijplijn --extra lees pyproject.toml -o requirements.lock
	$(PYTHON) -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--extra dev --extra docs --extra kubernetes --extra pijplijn --extra lees --extra spark --constraints requirements.lock pyproject.toml -o requirements-spark.lock

clean:
	rm -rf var $(VENV)
