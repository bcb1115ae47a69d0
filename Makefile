# `make run` builds and serves on :8080, `make test` runs every test.
# Both install what is missing, as root with apt-get, else into .tools/.

TARGET := $(shell rustc -vV | sed -n 's/^host: //p')
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
DIST := $(TARGET_DIR)/dist/pixmill
TOOLS := $(CURDIR)/.tools
CARGO_FLAGS := --locked --target $(TARGET)
# What is built in beside the usual: FEATURES=heic,pdf reads pictures of iPhones, and documents. Tests and checks are of all there is.
FEATURES ?=
ALL := --all-features

# What is installed where a tool is missing: a new release can't turn a fresh machine's build red.
NEXTEST := 0.9.143
DENY := 0.20.2
MACHETE := 0.9.2
FUZZ := 0.13.2

# Tools of our own come first.
export PATH := $(TOOLS)/bin:$(PATH):/usr/sbin

.PHONY: run build test test-all shells alerts-check deploy-check deploy-write page-test pprof-check schema-check docs-tools docs-check docs-write model inject lint bench fuzz soak rolling-restart stores release tools static-check fmt clean

run: build ## Build and serve on :8080.
	$(DIST)

# The same with its symbols is left beside it, for profiles and debuggers.
build: tools ## Leave the static binary at target/dist/pixmill.
	cargo build $(CARGO_FLAGS) --features "$(FEATURES)" --profile dist
	mkdir -p $(dir $(DIST))
	cp $(TARGET_DIR)/$(TARGET)/dist/pixmill $(DIST).debug
	strip --strip-all -o $(DIST) $(DIST).debug

tools: ## Install cmake and nasm, which the C codecs are built with.
	@scripts/tools.sh cmake nasm

# Without nextest the same tests run one binary after the other.
test: tools ## Run every test.
	@scripts/tools.sh strace
	@if scripts/cargo-tool.sh cargo-nextest $(NEXTEST); \
	then cargo nextest run $(CARGO_FLAGS) $(ALL); \
	else echo "make: cargo-nextest can't be installed, using cargo test"; cargo test $(CARGO_FLAGS) $(ALL); fi

test-all: test shells alerts-check deploy-check page-test pprof-check schema-check docs-check ## Run every test, those that need heavy tools among them.

shells: tools ## Have the shells read their completions, and groff the manual.
	@scripts/tools.sh --aside fish groff zsh
	cargo test $(CARGO_FLAGS) --test api -- commands::shells commands::manual

alerts-check: tools ## Hold metrics, dashboard and alerts to a real Prometheus.
	@scripts/tools.sh --aside prometheus promtool
	cargo test $(CARGO_FLAGS) --test alerts

deploy-check: build ## Check what is in deploy/ with the tools that would run it.
	@scripts/tools.sh strace
	scripts/deploy-check.sh $(DIST)

deploy-write: ## Write anew what is made from the chart in deploy/helm.
	scripts/deploy-check.sh --write

lint: tools ## Format, clippy, docs, licences and sources, unused dependencies.
	cargo fmt --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo update --quiet --workspace --locked --manifest-path fuzz/Cargo.toml
	cargo clippy $(CARGO_FLAGS) $(ALL) --all-targets -- -D warnings
	cargo clippy $(CARGO_FLAGS) $(ALL) --test soak --test restart --test alerts -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc $(CARGO_FLAGS) $(ALL) --no-deps --document-private-items
	scripts/cargo-tool.sh cargo-deny $(DENY)
	cargo deny --config .deny.toml check licenses bans sources
	@if ! cargo deny --config .deny.toml check advisories; then \
	if cargo deny --config .deny.toml fetch db 2>/dev/null; then exit 1; \
	else echo "make: advisories were left out, their database can't be downloaded here"; fi; fi
	scripts/cargo-tool.sh cargo-machete $(MACHETE)
	cargo machete

# SCREENSHOTS=FOLDER keeps pictures of the page, PHOTO=FILE is what it is tried with.
SCREENSHOTS :=
page-test: build ## Use the page at / in Chromium as a person does, by mouse and keyboard, in both themes, wide and narrow.
	@scripts/tools.sh nodejs npm chromium
	scripts/page-test.sh $(DIST) $(SCREENSHOTS)

# A hundred times as many interleavings as `make test` tries.
model: tools ## Run the accounting under a model checker for long.
	PIXMILL_MODEL_RUNS=100 cargo test $(CARGO_FLAGS) --lib model -- --nocapture

inject: tools ## Make the Nth call to the system fail, for every kind and N.
	@scripts/tools.sh strace
	PIXMILL_INJECT=all cargo test $(CARGO_FLAGS) --test inject -- --nocapture

pprof-check: build ## Have Go's pprof read a profile of the static binary under load.
	scripts/pprof-check.sh $(abspath $(DIST))

schema-check: build ## Have schemathesis hold the static binary to its description, for and against what that says.
	scripts/schema.sh $(DIST) 120

# RELEASE_TARGETS: for which machines, as rustc calls them.
RELEASE_TARGETS := $(TARGET)
release: tools ## Build what is handed out, twice, and pack it with licences and a list of what is in it.
	scripts/release.sh $(RELEASE_TARGETS)

static-check: build ## Prove that the binary needs nothing beside itself.
	FEATURES="$(FEATURES)" scripts/static-check.sh $(DIST)

# With the profile that is shipped: another one inlines differently.
bench: tools ## Time the stages of the pixel path on pictures made here.
	cargo bench $(CARGO_FLAGS) --profile dist --bench pipeline

# SECONDS for each target, or for the one that is named: make fuzz FUZZ_TARGET=png SECONDS=600.
SECONDS := 60
FUZZ_TARGET :=
fuzz: tools ## Look for inputs that break a promise, with the C codecs under AddressSanitizer.
	@scripts/tools.sh clang
	@scripts/cargo-tool.sh cargo-fuzz $(FUZZ)
	scripts/fuzz.sh $(SECONDS) $(FUZZ_TARGET)

rolling-restart: build ## Restart two pixmills behind HAProxy, then nginx, under load: none of 20,000 requests fails.
	@scripts/tools.sh --aside haproxy nginx
	PIXMILL=$(abspath $(DIST)) cargo test $(CARGO_FLAGS) --test restart

# moto and Azurite verify signatures.
stores: build ## Read objects out of servers of the stores' protocols that others wrote.
	@scripts/tools.sh npm
	@scripts/venv.sh .tools/stores
	.tools/stores/bin/pip install --quiet 'moto[server]==5.2.5' azure-storage-blob==12.31.1
	npm install --silent --no-audit --no-fund --prefix .tools/npm azurite@3.37.0
	.tools/stores/bin/python scripts/stores.py $(DIST) .tools/npm/node_modules/.bin/azurite-blob

# What the examples for backends use: in their languages a client of S3 each, but for PHP, which needs none.
docs-tools: build
	@scripts/tools.sh npm
	@scripts/venv.sh .tools/docs
	.tools/docs/bin/pip install --quiet boto3==1.44.8
	npm install --silent --no-audit --no-fund --prefix .tools/npm @aws-sdk/client-s3@3.1175.0

docs-check: docs-tools ## Run every command that the documents show, and follow their links.
	scripts/doc-pages
	scripts/doc-commands $(DIST)

docs-write: docs-tools ## Make anew what the documents take from the code, and their pictures.
	scripts/doc-pages --write
	scripts/doc-commands --write $(DIST)

# At most 20 minutes, on this machine alone; or one phase: make soak PHASE=slow; or with codecs apart: ISOLATION=process.
PHASE :=
ISOLATION := off
soak: build ## Show the promises that take load to prove, on the static binary.
	PIXMILL_ISOLATION=$(ISOLATION) PIXMILL=$(abspath $(DIST)) cargo test $(CARGO_FLAGS) --test soak -- $(PHASE)

fmt: ## Format the code.
	cargo fmt
	cargo fmt --manifest-path fuzz/Cargo.toml

clean: ## Remove what was built; tools stay.
	cargo clean
