# The front desk: every target does all the set-up it needs. `make` alone lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PREFIX ?= /usr/local
export CARGO_TARGET_DIR := $(CURDIR)/target
built := "$(CARGO_TARGET_DIR)/release"
export SPECTRAPACK_LIBRARY := $(CARGO_TARGET_DIR)/release/libspectrapack.so
venv := "$(CURDIR)/target/venv"
python := $(venv)/bin/python
cmake := PATH=$(venv)/bin:"$$PATH" cmake
configure := $(cmake) -G Ninja -DCMAKE_BUILD_TYPE=Release -DSPECTRAPACK_PREBUILT_DIR=$(built)
c-tests := -S c-tests -DSPECTRAPACK_REAL_DLPACK_INCLUDE=$(venv)/dlpack
peers := cargo build --release --locked -p spectrapack-peers && fetched=$$(tests/env/get-bench-peers.sh)
peers-options := --peers $(CARGO_TARGET_DIR)/release/libspectrapack_peers.so --fetched "$$fetched"
bench-fft := $(peers) && $(python) benches/fft.py --library $(SPECTRAPACK_LIBRARY) $(peers-options)
bench-eigen := $(peers) && $(python) benches/eigen.py --library $(SPECTRAPACK_LIBRARY) $(peers-options)
steps := env build lint test-rust test-c test-c-sanitized test-python test-packaging test-examples

.PHONY: help python demo test test-long test-all test-tensorflow $(steps) headers bench bench-overhead \
  bench-fft bench-fft-full bench-eigen bench-eigen-full bench-transfer wheel install clean

help: ## lists the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r name text; do \
	  printf '  make %-20s %s\n' "$$name" "$$text"; done

demo: env build ## shows the library at work, times it against NumPy, draws a picture
	@$(python) examples/pipeline.py

test: ## runs every check; each of its steps can be run alone
	@begin=$$SECONDS; summary=; \
	for step in $(steps); do \
	  printf '\n==== make %s\n' $$step; start=$$SECONDS; \
	  $(MAKE) $$step || { printf '\n==== make %s FAILED\n' $$step; exit 1; }; \
	  summary+=$$(printf '  %-20s %4d s' $$step $$((SECONDS - start)))$$'\n'; \
	done; \
	printf '\n==== all passed\n%s  %-20s %4d s\n' "$$summary" together $$((SECONDS - begin))

test-long: test ## the same as test for now: its loops are the long ones

test-all: test test-tensorflow wheel ## test, the wheel, and what needs hosts that are large

test-tensorflow: env build ## the Python package with TensorFlow, which it fetches once: 1.6 GB
	tensorflow=$$(PYTHON=$(python) tests/env/get-tensorflow.sh); \
	PYTHONPATH=bindings/python:bindings/python/tests TF_CPP_MIN_LOG_LEVEL=3 \
	  "$$tensorflow" -m pytest -q -p no:cacheprovider bindings/python/tests_tensorflow

lint: build ## formatting, clippy without warnings, and the header says what the sources say
	cargo fmt --all --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings
	cargo test --release --locked -p spectrapack-header

test-rust: ## the library's own tests
	cargo test --release --locked

test-c: env build ## the C surface, from C, and some of it under valgrind where there is one
	$(configure) $(c-tests) -B target/c-tests -DSPECTRAPACK_VALGRIND=ON
	$(cmake) --build target/c-tests
	$(venv)/bin/ctest --test-dir target/c-tests --output-on-failure -j 2

test-c-sanitized: env build ## the same under AddressSanitizer and UndefinedBehaviorSanitizer
	$(configure) $(c-tests) -B target/c-tests-sanitized -DSPECTRAPACK_SANITIZE=address,undefined
	$(cmake) --build target/c-tests-sanitized
	$(venv)/bin/ctest --test-dir target/c-tests-sanitized --output-on-failure -j 2

test-python: env build ## the Python package
	$(python) -m pytest -q bindings/python/tests

test-packaging: env build ## CMake package, pkg-config, C++ layer, from outside the tree
	$(python) -m pytest -q tests/packaging

test-examples: env build ## the examples in every host, and what the README shows
	$(python) -m pytest -q -rs tests/examples

bench: ## times what crosses the C surface
	cargo bench --locked --bench exchange

bench-overhead: env build ## times what a call through Python costs, beside NumPy, SciPy and PyTorch
	@$(python) benches/overhead.py

bench-fft: env build ## times Fourier transforms beside FFTW, MKL, ducc0, NumPy, SciPy, PyTorch and others, and draws it
	@$(bench-fft)

bench-fft-full: env build ## the same for every length and shape: an hour or two
	@$(bench-fft) --full --jax

bench-eigen: env build ## times eigenproblems beside OpenBLAS, MKL, faer, NumPy, SciPy, PyTorch and others, and draws it
	@$(bench-eigen)

bench-eigen-full: env build ## the same for every order and type: an hour or two
	@$(bench-eigen) --full

bench-transfer: env build ## times and weighs every way to hand an array over, and draws it
	@$(python) -m spectrapack.bench transfer --out target/bench

wheel: ## builds the wheel for Linux and tests it in an empty venv; prints its path
	@tools=$$(tests/env/get-wheel-tools.sh); \
	wheel=$$(TOOLS="$$tools" bindings/python/make_wheel.sh target/wheel/dist); \
	SPECTRAPACK_WHEEL=$$wheel "$$tools" -m pytest -q -p no:cacheprovider tests/wheel; \
	ls -l "$$wheel"

headers: ## writes the C header anew from the Rust sources
	SPK_WRITE_HEADER=1 cargo test --release --locked -p spectrapack-header committed

install: env build ## installs library, headers, CMake package and pkg-config file: PREFIX=, DESTDIR=
	$(configure) -S . -B target/install -DCMAKE_INSTALL_PREFIX:PATH="$(PREFIX)"
	$(cmake) --build target/install
	DESTDIR="$(DESTDIR)" $(cmake) --install target/install

python: env build ## prints the path of a Python that imports the package from this checkout (make -s python)
	@echo $(python)

build: ## builds the library
	@cargo build --release --locked

env: ## makes target/venv, once
	@tests/env/setup.sh

clean: ## removes target/
	rm -rf target
