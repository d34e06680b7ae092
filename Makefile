# Every target sets up what it needs. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
DATA ?= $(CURDIR)/data/demo
BENCH ?=
TEST ?=
EVALUATE ?=
# What make models trains, each with its minutes on one core; segue joins the last two.
RUNS := triplet:40 genre:9 contrastive:20 autoencoder:6 segue-tracks:30 segue-labels:13
CONFIGS := services/segue/trainer/configs
EVALUATION := data/evaluation/corpus
TABLE := data/evaluation/table
# Debian: fluid-soundfont-gm, musescore-general-soundfont-lossless, timgm6mb-soundfont, opl3-soundfont
FONTS := $(addprefix --sound-font /usr/share/sounds/sf2/,\
	FluidR3_GM.sf2 MuseScore_General_Full.sf2 TimGM6mb.sf2 OPL-3_FM_128M.sf2)

.DEFAULT_GOAL := help
# nvidia-pytriton asks for numpy<2, which Python 3.13 cannot have; only its binary is used.
TRITON = $(PIP) install --quiet --no-deps nvidia-pytriton==0.7.0
.PHONY: help demo up test test-fast lint types protos proto-check api-baseline bench models export ablations evaluate demo-catalogue constraints clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  \033[1m%-16s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.embedded ## Ingest the demo catalogue and show searches; stops at the end
	$(BIN)/segue demo

up: $(VENV)/.embedded ## Start the embedded stack and keep it running (DATA=folder)
	$(BIN)/segue up --data $(DATA)

test: $(VENV)/.dev ## Run every test that can run here (TEST="arguments for pytest")
	$(BIN)/python -m pytest $(TEST)

test-fast: $(VENV)/.dev ## Run the tests that start no server
	$(BIN)/python -m pytest tests/unit tests/contract $(TEST)

lint: $(VENV)/.dev ## Check style, docstrings, formatting and the generated code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/numpydoc lint $$(find services/segue -name '*.py' -not -path '*/v1/*')
	$(MAKE) --no-print-directory proto-check

types: $(VENV)/.dev ## Check types (mypy, strict)
	$(BIN)/mypy

protos: $(VENV)/.dev ## Generate services/segue/v1 from protos/segue/v1
	$(BIN)/python -m grpc_tools.protoc -Iprotos --python_out=services --pyi_out=services \
		--grpc_python_out=services protos/segue/v1/*.proto

proto-check: $(VENV)/.dev ## Fail when the generated code is not what the protos give
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && \
	$(BIN)/python -m grpc_tools.protoc -Iprotos --python_out="$$out" --pyi_out="$$out" \
		--grpc_python_out="$$out" protos/segue/v1/*.proto && \
	for f in "$$out"/segue/v1/*; do cmp "$$f" "services/segue/v1/$$(basename "$$f")" || \
		{ echo "run 'make protos' and commit the result"; exit 1; }; done

api-baseline: ## Record the API of a release: later changes must keep its clients working (wants buf)
	buf build --output protos/baseline.binpb

bench: $(VENV)/.dev ## Measure ingest, query, memory and start-up; prints a table, writes JSON (BENCH="--only query")
	$(BIN)/python -m tests.bench $(BENCH)

models: $(VENV)/.dev ## Render the corpus; train, export and evaluate every model again (about 3 hours on 2 cores)
	$(BIN)/segue corpus render data/models/corpus --tracks 3000 --split all --rate 22050 --mono $(FONTS)
	for run in $(RUNS); do name=$${run%:*}; \
		$(BIN)/segue train $(CONFIGS)/$$name.toml --data data/models/corpus --output data/models/$$name \
			--features data/models/features --budget-minutes $${run#*:} || exit 1; done
	$(MAKE) --no-print-directory export evaluate
	$(MAKE) --no-print-directory export EXPORT="--about $(CONFIGS)/about.md --evaluation $(TABLE)/evaluation.json"

export: $(VENV)/.dev
	for name in triplet genre contrastive autoencoder; do \
		$(BIN)/segue export data/models/$$name $(EXPORT) || exit 1; done
	$(BIN)/segue export data/models/segue-tracks data/models/segue-labels --name segue $(EXPORT)

ablations: $(VENV)/.dev ## Train the segue encoder without each of its ingredients, and evaluate (wants the corpus of make models)
	for name in $(basename $(notdir $(wildcard $(CONFIGS)/ablations/*.toml))); do \
		$(BIN)/segue train $(CONFIGS)/ablations/$$name.toml --data data/models/corpus \
			--output data/models/ablations/$$name --features data/models/features || exit 1; done
	$(BIN)/segue evaluate --data $(EVALUATION) $(addprefix --run ,$(wildcard data/models/ablations/*)) \
		--output data/evaluation/ablations $(EVALUATE)

evaluate: $(VENV)/.dev ## Print the table of all models on music in unseen styles (EVALUATE="--recordings FOLDER")
	$(BIN)/segue corpus render $(EVALUATION) --tracks 240 --split test --seed 2 --rate 22050 --mono
	$(BIN)/segue evaluate --data $(EVALUATION) --genres hip-hop,rock,classical --output $(TABLE) $(EVALUATE)

demo-catalogue: $(VENV)/.dev ## Render the demo catalogue again (wants mma, fluidsynth, a sound font, ffmpeg)
	$(BIN)/segue corpus catalogue deploy/demo --seed 2040

constraints: $(VENV)/.dev ## Write the installed versions to constraints.txt
	{ echo "# Versions that are tested together; written by 'make constraints'."; \
	echo "numpy==1.26.4; python_version < '3.13'"; \
	echo "numpy==2.3.5; python_version >= '3.13'"; \
	$(PIP) freeze --exclude-editable --exclude numpy --exclude setuptools --exclude pip \
		| grep -v '^-e ' | sed 's/+cpu$$//'; } > constraints.new && mv constraints.new constraints.txt

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache services/*.egg-info

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.embedded: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[embedded]'
	$(TRITON)
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	$(TRITON)
	@touch $@ $(VENV)/.embedded
