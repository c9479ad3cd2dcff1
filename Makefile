# Every target does its own set-up. PYTHON chooses the interpreter (3.11 to 3.13).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.built
EXTRAS := dev

SOURCES := pyproject.toml setup.py $(wildcard proto/chartcoder/v1/*.proto) $(wildcard engine/_*.pyx engine/_*.hpp)

.PHONY: demo build test bench bench-peers bench-gates accuracy train serve lint clean system sanitize fuzz fuzz-rpc crash sbom audit-deps

demo: build
	$(BIN)/python samples/demo.py

build: $(STAMP)
	$(BIN)/chartcoder codesets build

test: $(STAMP)
	$(BIN)/python -m pytest

bench: $(STAMP)
	$(BIN)/python -m bench.report

# Peers that the project itself does not need, for `make bench`; without them it leaves those rows out.
bench-peers: .venv-peers/.built

.venv-peers/.built: bench/peers/requirements.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install -q --upgrade pip
	.venv-peers/bin/python -m pip install -q -r bench/peers/requirements.txt
	touch $@

bench-gates: $(STAMP)
	$(BIN)/python -m pytest bench -m gate -p no:benchmark

# Fails when a headline figure fell by more than its noise; LOWER=1 accepts what fell as the new floor.
accuracy: build
	$(BIN)/python -m tools.accuracy $(if $(filter 1,$(LOWER)),--lower)

# The document ranker that ships, from the CodiEsp train split of TRAIN (engine/rank/default/MODEL.md).
TRAIN ?= ../shared/data/gold/codiesp/train
train: build
	$(BIN)/python -m pip install -q -e ".[$(EXTRAS),learn]" --no-build-isolation
	$(BIN)/chartcoder learn engine/rank/default --codiesp $(TRAIN)

serve: build
	$(BIN)/chartcoder serve

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The native code under AddressSanitizer and UBSan, and by other compilers; then 60 s of fuzzing (fuzz/README.md).
sanitize: $(STAMP)
	$(MAKE) -C fuzz sanitize PYTHON=$(abspath $(BIN)/python)

fuzz: $(STAMP)
	$(MAKE) -C fuzz fuzz PYTHON=$(abspath $(BIN)/python)

# 100,000 random, mutated and broken requests to every RPC; fails if one ends in INTERNAL (fuzz/rpc.py).
fuzz-rpc: $(STAMP)
	$(BIN)/python fuzz/rpc.py --cases 100000

# Kills the audit log's writers under load, 200 times; fails if a record that was acknowledged is lost.
crash: $(STAMP)
	PYTHONPATH=. $(BIN)/python tests/audit/crash.py --rounds 200

# A C++17 compiler and Python's headers; taken from Debian's packages when we may, named otherwise.
system:
	@command -v g++ >/dev/null && $(PYTHON) -c 'import ensurepip, sysconfig, pathlib; assert (pathlib.Path(sysconfig.get_paths()["include"]) / "Python.h").exists()' 2>/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -q && apt-get install -q -y --no-install-recommends g++ make python3-dev python3-venv; \
	else echo "make: please install g++, make, and Python's headers and venv (Debian: g++ make python3-dev python3-venv)" >&2; exit 1; fi

$(STAMP): $(SOURCES) | system
	$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14), f"Python {sys.version.split()[0]}: want 3.11 to 3.13 (make PYTHON=python3.12)"'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q "setuptools>=77" wheel "cython>=3.1,<4" "grpcio-tools>=1.75,<2" "googleapis-common-protos>=1.66,<2"
	$(BIN)/python -m pip install -q --no-build-isolation -e ".[$(EXTRAS)]"
ifeq ($(GPU),1)
	$(BIN)/python -m pip uninstall -q -y onnxruntime
	$(BIN)/python -m pip install -q --force-reinstall --no-deps "onnxruntime-gpu>=1.20,<2"
endif
	touch $@

# What is installed, as CycloneDX: dist/sbom.json.
sbom: $(STAMP) .venv-tools/.built
	mkdir -p dist
	.venv-tools/bin/cyclonedx-py environment $(BIN)/python --of JSON -o dist/sbom.json

# Whether any of it has faults that are known (asks pypi.org; a package that cannot be asked about fails it).
audit-deps: $(STAMP) .venv-tools/.built
	.venv-tools/bin/pip-audit --strict --skip-editable --path "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

.venv-tools/.built: tools/requirements.txt
	$(PYTHON) -m venv .venv-tools
	.venv-tools/bin/python -m pip install -q --upgrade pip
	.venv-tools/bin/python -m pip install -q -r tools/requirements.txt
	touch $@

clean:
	rm -rf $(VENV) build engine/pb engine/_*.cpp engine/_*.so *.egg-info
