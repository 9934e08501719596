# SPDX-License-Identifier: Apache-2.0
# Thin verbs over the presets of CMakePresets.json.  The first call installs what is missing (SETUP=true skips that).
SHELL := /bin/bash
JOBS ?= $(shell nproc)
SETUP ?= contrib/bootstrap/install-packages
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(JOBS)
# Tests wait for what they start more than they compute.
export CTEST_PARALLEL_LEVEL ?= $(shell expr $(JOBS) + 1)
ifneq ($(shell command -v ccache 2>/dev/null),)
export CMAKE_CXX_COMPILER_LAUNCHER ?= ccache
endif

.PHONY: help run build build-asan build-tsan release test quick demo asan tsan endurance fuzz fuzz-fast deb bench bench-quick soak

help:
	@echo 'make run      build the program and start the proxy on 127.0.0.1:9347 (ARGS="--listen ADDR:PORT ...")'
	@echo 'make test     build and run all tests, those with real clients included'
	@echo 'make demo     download a repository twice through Weir from a simulated hub, and show where the bytes came from'
	@echo 'make release  build build/release/weir'
	@echo 'make build    build build/dev/weir and the tests'
	@echo 'make quick    build and run the tests that need no client'
	@echo 'make asan     the same under AddressSanitizer and UBSan'
	@echo 'make tsan     the same under ThreadSanitizer'
	@echo 'make endurance  the long tests: 100 times kill -9, 1,000 shards, a file of 64 GiB (half an hour); power cuts in a virtual machine'
	@echo 'make deb      build a Debian package with a service and a user of its own: build/release/weir_*.deb'
	@echo 'make bench    measure Weir beside nginx and squid and print a table of ratios (half an hour, 12 GB of disk)'
	@echo 'make bench-quick  the same with small files and the program of make build, in a minute: it shows that it works'
	@echo 'make soak     an hour of hits, misses, evictions and clients that leave; memory and descriptors must stay flat'
	@echo 'make fuzz     run each fuzz target for FUZZ_SECONDS (60); findings are kept in build/fuzz/findings'
	@echo 'make fuzz-fast  the same without sanitizers, ten times as fast; make fuzz begins with what this has learned'

run: release
	@exec build/release/weir serve $(ARGS)

release:
	@$(SETUP) build
	cmake --workflow --preset release

build:
	@$(SETUP) build test
	cmake --preset dev
	cmake --build --preset dev

# What `make asan` and `make tsan` build first.
build-asan build-tsan: build-%:
	cmake --preset $*
	cmake --build --preset $*

# The table of the clients follows the tests' own output, whether they passed or not.
test: build
	@status=0; ctest --preset dev || status=1; \
	python3 -B tests/clients/table.py build/dev/client-table || status=1; exit $$status

quick asan tsan:
	@$(SETUP) build test
	cmake --workflow --preset $@

endurance: build
	ctest --preset endurance --verbose

deb: release
	@$(SETUP) deb
	cd build/release && cpack -G DEB

fuzz fuzz-fast:
	@$(SETUP) build test fuzz
	cmake --preset $@
	cmake --build --preset $@
	tests/fuzz/run build/$@ $(or $(FUZZ_SECONDS),60)

bench soak:
	@$(SETUP) build bench
	cmake --preset release
	cmake --build --preset release --target weir weir-load
	python3 -B tests/bench/$@.py $(ARGS)

bench-quick:
	@$(SETUP) build test bench
	cmake --preset dev
	cmake --build --preset dev --target weir weir-load
	WEIR_BIN=build/dev/weir WEIR_LOAD=build/dev/weir-load python3 -B tests/bench/bench.py --quick

demo: release
	@$(SETUP) test
	@python3 -B tests/clients/make_venvs.py build/venvs hub-2.4.0
	@WEIR_BIN=build/release/weir python3 -B tests/demo/demo.py
