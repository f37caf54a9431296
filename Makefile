# Throughline: `make run` starts it, `make test` proves it. Nothing else has to be installed by hand:
# each target installs what it lacks, or says exactly what is missing and how to get it.

SHELL := bash
.SHELLFLAGS := -Eeuo pipefail -c
.DEFAULT_GOAL := help

# Outside the checkout, so that a fresh clone does not start cold. The environment wins.
export THROUGHLINE_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/throughline
export CARGO_TARGET_DIR ?= $(THROUGHLINE_CACHE)/target

SITE := $(CARGO_TARGET_DIR)/site
PROGRAM := $(CARGO_TARGET_DIR)/release/throughline
# Brotli bytes of everything a first visit loads beside the page itself; over it `make test` fails.
BUDGET := 180000

.PHONY: help run build site dev test unit end-to-end lint bench soak demo-clean test-toolchain

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

run: build ## build everything, start it on http://127.0.0.1:3000 with sample traffic
	@exec "$(PROGRAM)" serve --demo

build: site ## build the one self-contained binary
	@THROUGHLINE_ASSETS="$(SITE)" cargo build --locked --release -p server --features embed
	@ls -l "$(PROGRAM)" | awk '{ printf "program: %s, %.1f MB\n", $$NF, $$5 / 1e6 }'

site:
	@.ci/toolchain rust
	@.ci/build-wasm wasm-release
	@stamp=$$(cat "$(CARGO_TARGET_DIR)/frontend.wasm" style/*.css frontend/bundle/src/*.rs | sha256sum); \
	if [ -z "$(SIZE_GATE)" ] && [ "$$(cat "$(SITE).stamp" 2>/dev/null)" = "$$stamp" ] && [ -f "$(SITE)/manifest.txt" ]; then echo "the browser's half has not changed"; exit; fi; \
	rm -f "$(SITE).stamp"; \
	cargo run --locked --release -q -p bundle -- --wasm "$(CARGO_TARGET_DIR)/frontend.wasm" --style style --out "$(SITE)" \
		--wasm-opt "$$(.ci/toolchain wasm-opt)" $(SIZE_GATE); \
	echo "$$stamp" > "$(SITE).stamp"

dev: ## rebuild and restart after each change, without optimisation
	@.ci/dev

test: SIZE_GATE := --budget $(BUDGET)
test: unit end-to-end ## prove it: unit, property, contract, end to end, in a real browser

unit:
	@.ci/toolchain rust
	cargo fmt --all --check
	cargo test --locked --workspace --exclude frontend --exclude tests --features app/ssr

end-to-end: build
	@.ci/toolchain browser
	@. "$$(.ci/toolchain python)/bin/activate" && THROUGHLINE_PROGRAM="$(PROGRAM)" cargo test --locked -p tests

lint: ## format and clippy, for the server and for the browser
	@.ci/toolchain rust
	cargo fmt --all --check
	cargo clippy --locked --workspace --exclude frontend --features app/ssr --all-targets -- -D warnings
	@.ci/build-wasm clippy

bench: build ## measure, and print each figure beside its goal
	@. "$$(.ci/toolchain python)/bin/activate" && THROUGHLINE_PROGRAM="$(PROGRAM)" .ci/bench

soak: ## the same tests with large numbers
	@THROUGHLINE_SOAK=1 PROPTEST_CASES=5000 $(MAKE) test

demo-clean: ## remove the sample traffic from a running Throughline
	@test -x "$(PROGRAM)" || $(MAKE) build
	@"$(PROGRAM)" demo-clean

test-toolchain: ## build the browser's half by the second way, as if the wasm target could not be had
	@THROUGHLINE_HIDE_WASM_TARGET=1 .ci/build-wasm wasm-release
	@cargo run --locked --release -q -p bundle -- --wasm "$(CARGO_TARGET_DIR)/frontend.wasm" --style style --out "$(CARGO_TARGET_DIR)/site-second-way" \
		--wasm-opt "$$(.ci/toolchain wasm-opt)"
