# `make help` lists what there is.
SHELL := /bin/sh
.DEFAULT_GOAL := help

ARCH := $(shell uname -m | sed -e s/x86_64/x64/ -e s/aarch64/arm64/)
# The Node that npm brought comes first: the lock file pins it, whatever the machine has.
export PATH := $(CURDIR)/node_modules/node-linux-$(ARCH)/bin:$(CURDIR)/node_modules/.bin:$(PATH)

# Adds what is missing and takes nothing away: a daemon that runs from here goes on.
NPM_INSTALL = npm install --no-save --no-progress --no-update-notifier --loglevel=error
RUN_READY = node_modules/.slipway-run
TEST_READY = node_modules/.slipway-test

.PHONY: help setup up test container-packages check format bench golden-update dist schema clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r target text; do printf '  %-14s %s\n' "$$target" "$$text"; done

setup: $(RUN_READY) ## Install what `slipway` needs

up: $(RUN_READY) ## Start Slipway on cluster-repo/; options in ARGS, such as ARGS='--listen 127.0.0.1:7444'
	@exec src/cli/slipway up cluster-repo $(ARGS)

test: $(TEST_READY) container-packages ## Run all tests: unit, contract, property, scenario (real git, real kubectl)
	@vitest run --config test/vitest.config.ts $(TESTS)

check: $(TEST_READY) ## Types, lint, import rules, formatting
	@tsc --noEmit
	@oxlint -c test/lint/oxlint.json src test
	@oxfmt -c test/lint/oxfmt.json --check src test

format: $(TEST_READY) ## Format the code
	@oxfmt -c test/lint/oxfmt.json src test

bench: $(TEST_READY) ## Measure; nothing here fails on a figure
	@for bench in test/bench/*.ts; do echo "== $$bench"; node "$$bench" || exit 1; done

golden-update: $(TEST_READY) ## Rewrite the golden files from what the code says now; read the diff before you commit it
	@vitest run --config test/vitest.config.ts --update

dist: $(TEST_READY) ## Build what the npm package carries: plain JavaScript (npm pack does it by itself)
	@rm -rf dist
	@tsc --project test/tools/tsconfig.package.json
	@cd src && find . -type f ! -name '*.ts' -exec cp --parents {} ../dist/ \;
	@rm -f dist/model/schema/generate*.js

schema: $(TEST_READY) ## Generate the Kubernetes schema again
	@node src/model/schema/generate.ts

# What the tests of real containers need, where it can be had without asking: as root, on Debian. Elsewhere they are skipped.
CONTAINER_PACKAGES = containerd runc containernetworking-plugins iptables nftables conntrack busybox-static

container-packages:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! dpkg-query --show $(CONTAINER_PACKAGES) >/dev/null 2>&1; then \
	  echo 'Installing what the tests of containers need ...'; \
	  install='env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends $(CONTAINER_PACKAGES)'; \
	  { $$install || { apt-get update --quiet && $$install; }; } >/dev/null 2>&1 || echo 'They could not be installed: those tests are skipped.'; \
	fi

clean: ## Remove what was installed and built; data directories stay
	rm -rf node_modules dist

$(RUN_READY): package.json package-lock.json
	@if [ ! -e $(TEST_READY) ]; then echo 'Installing what Slipway needs ...'; $(NPM_INSTALL) --omit=dev; else $(NPM_INSTALL); fi
	@touch $@

$(TEST_READY): package.json package-lock.json
	@echo 'Installing what the tests need ...'
	@$(NPM_INSTALL)
	@touch $(RUN_READY) $@
