# What a person runs. `make` alone lists it.

SWIFT ?= swift
# Where SwiftPM builds.
BUILD ?= .build
# Modules with a documentation catalog.
DOCUMENTED = DenseNets DenseNetData DenseNetIO DenseNetReports DenseNetTasks
# The environment of Python in which the documentation's site is made.
DOCS_PYTHON = $(BUILD)-docs/python
# Options of `densenet train`, and of `swift test`.
ARGS ?=
TEST_ARGS ?=
# What `make fuzz` feeds, and for how long: all readers for a moment each.
TARGET ?=
SECONDS ?= 10

SOURCES = Sources Tests Examples Fuzz Package.swift
# The tests look inside the modules: built for that once, the program is what they test, and nothing compiles twice.
RELEASE = -c release --scratch-path $(BUILD) -Xswiftc -enable-testing
# Traits of the package, kept for later targets: a first `make train` builds without the server, whose packages take
# minutes; from `make build` or `make serve` on it is there. A build with other traits compiles every module again.
KEPT_TRAITS = $(BUILD)/traits
TRAITS ?= $(shell cat $(KEPT_TRAITS) 2>/dev/null)
PROGRAM = $(RELEASE) $(TRAITS:%=--traits %)
# What `make serve` serves where ARGS names no model.
DEMO = $(BUILD)/fashion/model.safetensors
# Suites whose tests run kernels on every instruction set, and suites with several threads. XCTest, of which there
# is nothing to run, leaks a few bytes, which the address sanitizer would report.
KERNEL_SUITES = Kernel|LayerReference|FiniteDifference
THREAD_SUITES = ThreadPool|BatchLoader

# The C kernels and their own tests. The sanitizer's checks are calls, and of undefined behaviour only those are made
# that cost little: the kernels, unrolled as they are, would else compile for minutes.
KERNEL_TESTS = -std=gnu2x -Wall -Wextra -Werror -ISources/CDenseKernels -ISources/CDenseKernels/include \
	$(shell find Sources/CDenseKernels Tests/CKernelTests -name '*.c') -lm
CHECKED = -O1 -g -fsanitize=address,undefined -fno-sanitize=pointer-overflow,alignment,null,object-size \
	-fno-sanitize-recover=all -fsanitize-address-outline-instrumentation
LINKER = $(if $(filter Linux,$(shell uname -s)),-fuse-ld=lld)

# A command line `make build TRAITS=` wins over what a target asks for.
.PHONY: help setup build keep-traits train serve mpi mpi-test test kernel-tests kernels arm64 lint layers format sanitize fuzz examples lesson docs dist dist-check clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Install the system packages that are missing; nothing to do is no work
	@Scripts/setup.sh

build serve: TRAITS = Serve
build: setup keep-traits ## Build the library and the command, optimised
	$(SWIFT) build $(PROGRAM)

keep-traits:
	@mkdir -p $(BUILD) && echo "$(TRAITS)" > $(KEPT_TRAITS)

# Standard output is the command's alone.
train: setup ## Build, then train the chapter's network: make train ARGS="--epochs 2"
	@$(SWIFT) build $(PROGRAM) --product densenet >&2
	@$(BUILD)/release/densenet train $(ARGS)

serve: setup keep-traits ## Build, then serve: make serve ARGS="flowers.safetensors"; without ARGS a model trained on the sample
	@$(SWIFT) build $(PROGRAM) --product densenet >&2
ifeq ($(strip $(ARGS)),)
	@test -e $(DEMO) || { rm -rf $(dir $(DEMO)); $(BUILD)/release/densenet train --dataset fashion-mnist-sample \
		--resize 48 --epochs 2 --batch-size 64 --output $(dir $(DEMO)) >&2; }
endif
	@$(BUILD)/release/densenet serve $(or $(ARGS),$(DEMO))

# MPI is found by its pkg-config file; DENSENET_MPI names another than mpi-c.
mpi: TRAITS = MPI
mpi: setup keep-traits ## Build the command with MPI, for training on several machines: docs/cluster.md
	@Scripts/setup.sh mpi
	$(SWIFT) build $(PROGRAM) --product densenet

mpi-test: mpi ## Build with MPI, and check that 2 ranks do what one process does, and end together
	@Scripts/setup.sh checks
	python3 Scripts/checks/mpi/equality.py --binary $(BUILD)/release/densenet --ranks 2 --cases plain,empty,rich
	python3 Scripts/checks/mpi/faults.py --binary $(BUILD)/release/densenet --kills 2

# One test at a time: those of the engine use every core, and would starve those that wait for a peer.
test: kernel-tests ## Build, then run every test: make test TEST_ARGS="--filter Resize"
	$(SWIFT) test $(PROGRAM) --disable-testable-imports --no-parallel $(TEST_ARGS)
	@Scripts/setup.sh checks
	Scripts/checks/documented_code.py $(BUILD)/release

# The objects are those of the program itself.
kernel-tests: setup ## Test the C kernels by themselves, as optimised as they are in the program
	$(SWIFT) build $(PROGRAM) --product CKernelTests
	$(BUILD)/release/CKernelTests

kernels: kernel-tests ## Test the C kernels, then time each on one thread: make kernels KERNELS=conv
	$(BUILD)/release/CKernelTests --time $(KERNELS)

# Where the machine is of arm64, its own build is that of arm64.
arm64: ## Test the C kernels by themselves: here under the address sanitizer, and on arm64 by qemu-user
	@Scripts/setup.sh arm64
	@mkdir -p $(BUILD)-arm64
	clang $(CHECKED) $(LINKER) $(KERNEL_TESTS) -o $(BUILD)-arm64/checked
	$(BUILD)-arm64/checked
ifeq ($(filter aarch64 arm64,$(shell uname -m)),)
	clang --target=aarch64-linux-gnu -static -O2 $(LINKER) $(KERNEL_TESTS) -o $(BUILD)-arm64/arm64
	qemu-aarch64 $(BUILD)-arm64/arm64
endif

lint: ## Check the format of the Swift sources
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)

layers: ## Check that no folder of Sources/DenseNets uses one above it
	@Scripts/setup.sh checks
	@python3 Scripts/checks/layers.py

format: ## Bring the Swift sources into that format
	$(SWIFT) format --in-place --parallel --recursive $(SOURCES)

sanitize: setup ## Run the kernels under the address sanitizer, the threads under the thread sanitizer
	DENSENET_EXACT_MEMORY=1 $(SWIFT) test -c release --disable-xctest --scratch-path $(BUILD)-asan --sanitize=address --filter '$(KERNEL_SUITES)'
	$(SWIFT) test -c release --disable-xctest --scratch-path $(BUILD)-tsan --sanitize=thread --filter '$(THREAD_SUITES)'

# The modules themselves are instrumented, and see each other's insides: a package with a scratch folder of its own.
fuzz: setup ## Feed the readers of foreign bytes with changed files: make fuzz TARGET=png SECONDS=60
	$(SWIFT) build -c release --package-path Fuzz --scratch-path $(BUILD)-fuzz --sanitize=fuzzer --sanitize=address \
		-Xswiftc -enable-testing -Xcc -fsanitize-ignorelist=$(CURDIR)/Fuzz/uninstrumented.txt $(TRAITS:%=--traits %)
	@Scripts/setup.sh checks
	Scripts/checks/fuzz.py $(BUILD)-fuzz/release/Fuzz --work $(BUILD)-fuzz --targets "$(TARGET)" --seconds $(SECONDS)

examples: setup ## Build the programs in Examples, and run them on the sample inside the library
	SWIFT="$(SWIFT)" Examples/run

lesson: setup ## Run the cells of docs/lesson.md, and leave their pictures in .build/lesson
	@Scripts/setup.sh checks
	$(SWIFT) build $(PROGRAM) --product densenet
	Scripts/checks/documented_code.py $(BUILD)/release --lesson $(BUILD)/lesson

# DENSENET_DOCS adds the plugin to the package's dependencies, which therefore have a scratch folder of their own. Without
# the last option DocC wants every parameter described where one is.
docs: setup $(DOCS_PYTHON)/installed ## Build the documentation in .build-docs/site: guides, lesson, the library's reference
	DENSENET_DOCS=1 $(SWIFT) package --scratch-path $(BUILD)-docs --allow-writing-to-directory $(BUILD)-docs \
		generate-documentation $(DOCUMENTED:%=--target %) --enable-experimental-combined-documentation \
		--output-path $(BUILD)-docs/archive --no-transform-for-static-hosting --experimental-skip-synthesized-symbols \
		--warnings-as-errors --disable-parameters-and-returns-validation
	$(DOCS_PYTHON)/bin/python Scripts/docs/site.py $(BUILD)-docs/site $(BUILD)-docs/archive
	$(DOCS_PYTHON)/bin/python Scripts/docs/links.py $(BUILD)-docs/site

$(DOCS_PYTHON)/installed: Scripts/docs/requirements.txt
	@Scripts/setup.sh docs
	python3 -m venv $(DOCS_PYTHON)
	$(DOCS_PYTHON)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# Of the last commit, in a scratch folder of its own: the program is linked otherwise than that of `make build`.
dist: setup ## Build the release in dist: a tarball, a Debian package, an SBOM and checksums; of the last commit
	@Scripts/setup.sh dist
	SWIFT="$(SWIFT)" Scripts/dist/build $(BUILD)-dist
	SWIFT="$(SWIFT)" Scripts/dist/package $(BUILD)-dist dist

dist-check: ## Install what is in dist in a fresh Debian without Swift, and use it there; needs root and debootstrap
	Scripts/dist/check

clean: ## Remove what was built
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan $(BUILD)-arm64 $(BUILD)-docs $(BUILD)-mpi $(BUILD)-dist $(BUILD)-fuzz dist Examples/.build
