# What people and CI run. Each command sets up what it needs.

SHELL := bash
export PATH := $(PATH):$(HOME)/.cargo/bin

.PHONY: run test test-site bench bench-peers load-rest load-growth load-recovery soak openapi clean-data setup tools lint deny

# Builds and serves on http://127.0.0.1:8080; ARGS are passed on: make run ARGS='--listen 0.0.0.0:80'
run: setup
	BUILD_SITE=1 cargo run --release --locked -- serve $(ARGS)

test: lint deny
	BUILD_SITE=1 cargo test --locked
	@$(MAKE) --no-print-directory test-site

# The front end: its sources, its units, and its pages in a real Chromium against the real binary.
test-site: tools
	BUILD_SITE=1 cargo build --locked
	cd frontend && npm run lint && npm test && npm run e2e
	git diff --exit-code frontend/package-lock.json

# The front end's client is generated from this; a test compares it with the binary's own.
openapi:
	cargo run --locked -- openapi >frontend/openapi.json

bench: setup
	cargo bench --locked

# The order book beside the crates that people would use instead. Downloads and builds those.
bench-peers:
	cd benches/peers && cargo run --release --locked -- $(ARGS)

# Tables of docs/performance.md: REST order entry against a bare handler, growth, recovery and memory.
load-rest: setup
	scripts/measure-rest

load-growth: setup
	cargo bench --locked --bench growth

load-recovery: setup
	cargo bench --locked --bench recovery

# The same tests as `make test`, this many times as long.
soak: export SOUK_TEST_SCALE ?= 10
soak: setup
	cargo test --release --locked

# Forgets everything that an exchange in ./snapshots knows. Stop it first.
clean-data:
	find snapshots -mindepth 1 -maxdepth 1 ! -name README.md ! -name .gitignore -exec rm -rf {} +

lint: tools
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

deny: tools
	@scripts/deny

setup:
	@scripts/setup

tools:
	@scripts/setup tools
