# Every target sets up what it needs. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
DATA ?= $(CURDIR)/data/demo
BENCH ?=
TEST ?=
EVALUATE ?=
UP ?=
# Folder with the files of hetrec2011-lastfm-2k, for evaluate-hybrid.
LASTFM ?=
# Folders of music that models are judged on: the corpus of real music is to hold no copy of it.
WITHOUT ?=
# What make models trains, each with its minutes on one core: on real and rendered music, and the two
# networks of segue-1 on rendered music alone.
RUNS := genre:15 contrastive:28 autoencoder:8 triplet:45
RENDERED_RUNS := segue-tracks:30 segue-labels:13
MUSIC := --data data/real-music --data data/models/rendered
CONFIGS := services/segue/trainer/configs
# Tests of what needs PyTorch: make test-trainer runs them, make test everything else.
TRAINER_TESTS := tests/unit/trainer tests/integration/trainer
TORCH_INDEX ?=
EVALUATION := data/evaluation/corpus
TABLE := data/evaluation/table
# Debian: fluid-soundfont-gm, musescore-general-soundfont-lossless, timgm6mb-soundfont, opl3-soundfont
FONTS := $(addprefix --sound-font /usr/share/sounds/sf2/,\
	FluidR3_GM.sf2 MuseScore_General_Full.sf2 TimGM6mb.sf2 OPL-3_FM_128M.sf2)

.DEFAULT_GOAL := help
INSTALL = $(PIP) install --quiet --constraint constraints.txt $(addprefix --extra-index-url ,$(TORCH_INDEX))
TORCH_NOTE = $(BIN)/python -c 'import torch' 2>/dev/null || { \
	echo "PyTorch comes now. On Linux its default build brings CUDA: about 3 GB to fetch, 5 GB on disk."; \
	echo "Its CPU build takes 0.2 and 0.8 GB. To choose it, stop here (Ctrl-C) and call make again with"; \
	echo "TORCH_INDEX=URL, the index that https://pytorch.org/get-started/locally names for pip and CPU."; \
	sleep $(if $(CI)$(TORCH_INDEX),0,5); }
.PHONY: help demo up wheel test test-trainer test-fast api-check test-processors coverage lint types protos proto-check api-baseline bench evaluate-hybrid models segue music export ablations evaluate demo-catalogue constraints clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  \033[1m%-16s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.embedded ## Ingest the demo catalogue and show searches; stops at the end
	$(BIN)/segue demo

up: $(VENV)/.embedded ## Start the embedded stack and keep it running (DATA=folder UP="--query-port 50051")
	$(BIN)/segue up --data $(DATA) $(UP)

wheel: $(VENV)/.test ## Build the wheel and the source archive in dist/
	$(BIN)/python -m build

test: $(VENV)/.test ## Run every test that can run here, but for the trainer's (TEST="arguments for pytest")
	$(BIN)/python -m pytest $(addprefix --ignore ,$(TRAINER_TESTS)) $(TEST)

test-trainer: $(VENV)/.trainer ## Run the trainer's tests; installs PyTorch (TORCH_INDEX=URL of its CPU builds)
	$(BIN)/python -m pytest $(TRAINER_TESTS) $(TEST)

test-fast: $(VENV)/.test ## Run the tests that start no server
	$(BIN)/python -m pytest tests/unit tests/contract $(addprefix --ignore ,$(TRAINER_TESTS)) $(TEST)

coverage: $(VENV)/.trainer ## Run all tests, say which lines and branches none takes; fail below 90 % (TEST="arguments for pytest")
	mkdir -p data/coverage && $(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(TEST)
	$(BIN)/coverage combine --quiet && $(BIN)/coverage report
	$(BIN)/coverage json --quiet && $(BIN)/python -m tests.coverage_table

api-check: $(VENV)/.test ## Have Schemathesis make requests up from the HTTP API's description (by hand; EXAMPLES=number)
	SEGUE_API_EXAMPLES=$(or $(EXAMPLES),50) $(BIN)/python -m pytest tests/e2e/page/test_api_description.py --timeout 3600

test-processors: $(VENV)/.test ## Run the tests that compute as older and newer x86 processors would (by hand, not in CI)
	$(BIN)/python -m tests.processors

lint: $(VENV)/.lint ## Check style, docstrings, formatting and the generated code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/numpydoc lint $$(find services/segue -name '*.py' -not -path '*/v1/*')
	$(MAKE) --no-print-directory proto-check

types: $(VENV)/.trainer $(VENV)/.lint ## Check types (mypy, strict)
	$(BIN)/mypy

# The description of the HTTP API comes from the same protos, comments and all.
DESCRIBED = $(BIN)/python -m grpc_tools.protoc -Iprotos --include_source_info --descriptor_set_out="$$set" \
	protos/segue/v1/*.proto && PYTHONPATH=services $(BIN)/python -m segue.web.api.description "$$set"
OPENAPI := services/segue/web/api/openapi.json

protos: $(VENV)/.lint ## Generate services/segue/v1 and the API's description from protos/segue/v1
	$(BIN)/python -m grpc_tools.protoc -Iprotos --python_out=services --pyi_out=services \
		--grpc_python_out=services protos/segue/v1/*.proto
	set=$$(mktemp) && trap 'rm -f "$$set"' EXIT && $(DESCRIBED) $(OPENAPI)

proto-check: $(VENV)/.lint ## Fail when the generated code is not what the protos give
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && \
	$(BIN)/python -m grpc_tools.protoc -Iprotos --python_out="$$out" --pyi_out="$$out" \
		--grpc_python_out="$$out" protos/segue/v1/*.proto && \
	set="$$out/set" && $(DESCRIBED) "$$out/openapi.json" && \
	for f in "$$out"/segue/v1/* "$$out/openapi.json"; do \
		case "$$f" in */openapi.json) kept=$(OPENAPI);; *) kept=services/segue/v1/$${f##*/};; esac; \
		cmp "$$f" "$$kept" || { echo "run 'make protos' and commit the result"; exit 1; }; done

api-baseline: ## Record the API of a release: later changes must keep its clients working (wants buf)
	buf build --output protos/baseline.binpb

bench: $(VENV)/.dev ## Measure ingest, query, memory and start-up; prints a table, writes JSON (BENCH="--only query")
	$(BIN)/python -m tests.bench $(BENCH)

evaluate-hybrid: $(VENV)/.trainer ## Compare orders on a simulated catalogue, and recommenders on hetrec2011-lastfm-2k (LASTFM=folder)
	$(BIN)/segue rank simulate --output data/evaluation/hybrid
	$(if $(LASTFM),$(BIN)/segue cf evaluate $(LASTFM))

# A run that was stopped goes on where it was; one that is finished stays until its folder is removed.
TRAIN = train() { name=$$1; shift; run=data/models/$$name; test -f $$run/README.md || \
	$(BIN)/segue train $$name --output $$run --features data/models/features "$$@" \
		$$(if test -f $$run/checkpoint.pt; then echo --resume; fi); }

models: music ## Train, export and evaluate every model but the default again; goes on where it was stopped (about 4 hours on 2 cores)
	@$(TRAIN); for run in $(RUNS); do \
		train $${run%:*} $(MUSIC) --budget-minutes $${run#*:} || exit 1; done
	$(BIN)/segue corpus render data/models/corpus --tracks 3000 --split all --rate 22050 --mono $(FONTS)
	@$(TRAIN); for run in $(RENDERED_RUNS); do \
		train $${run%:*} --data data/models/corpus --budget-minutes $${run#*:} || exit 1; done
	$(MAKE) --no-print-directory export evaluate
	$(MAKE) --no-print-directory export EVALUATION_OF="--evaluation $(TABLE)/evaluation.json"

segue: music ## Train and export the default model; goes on where it was stopped (about 1.5 hours on 2 cores; wants apt-get)
	@$(TRAIN); train segue-sound $(MUSIC)
	@$(TRAIN); train segue-style $(MUSIC) --data data/real-music/sounds.jsonl
	$(BIN)/segue calibrate data/models/segue-style --data data/real-music --features data/models/features
	$(BIN)/segue export-model data/models/segue-sound data/models/segue-style --name segue --version 3 \
		--half sound 0.25 --half style 0.75 --about $(CONFIGS)/segue.md --replace

music: $(VENV)/.trainer
	$(BIN)/segue corpus debian data/real-music $(addprefix --without ,$(WITHOUT))
	$(BIN)/segue corpus render data/models/rendered --tracks 400 --seed 11 --rate 22050 --mono $(FONTS)

# Models that are made again take the place of those that ship: catalogues of theirs are then ingested again.
export: $(VENV)/.trainer
	for model in triplet:2 genre:3 contrastive:2 autoencoder:2; do \
		$(BIN)/segue export-model data/models/$${model%:*} --version $${model#*:} --about $(CONFIGS)/about.md --replace $(EVALUATION_OF) || exit 1; done
	$(BIN)/segue export-model data/models/segue-tracks data/models/segue-labels --name segue-1 --space segue-v1 \
		--about $(CONFIGS)/segue-1.md --replace $(EVALUATION_OF)

ablations: $(VENV)/.trainer ## Train the segue encoder without each of its ingredients, and evaluate (wants the corpus of make models)
	for name in $(basename $(notdir $(wildcard $(CONFIGS)/ablations/*.toml))); do \
		$(BIN)/segue train ablations/$$name --data data/models/corpus \
			--output data/models/ablations/$$name --features data/models/features || exit 1; done
	$(BIN)/segue evaluate --data $(EVALUATION) $(addprefix --run ,$(wildcard data/models/ablations/*)) \
		--output data/evaluation/ablations $(EVALUATE)

evaluate: $(VENV)/.trainer ## Print the table of all models on music in unseen styles (EVALUATE="--recordings FOLDER")
	$(BIN)/segue corpus render $(EVALUATION) --tracks 240 --split test --seed 2 --rate 22050 --mono
	$(BIN)/segue evaluate --data $(EVALUATION) --genres hip-hop,rock,classical --output $(TABLE) $(EVALUATE)

demo-catalogue: $(VENV)/.trainer ## Render the demo catalogue again (wants mma, fluidsynth, a sound font, ffmpeg)
	$(BIN)/segue corpus catalogue deploy/demo --seed 2040

constraints: $(VENV)/.dev ## Write the installed versions to constraints.txt
	{ echo "# Versions that are tested together; written by 'make constraints'."; \
	$(PIP) freeze --exclude-editable --exclude setuptools --exclude pip \
		| grep -v '^-e ' | sed 's/+cpu$$//'; } > constraints.new && mv constraints.new constraints.txt

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache dist

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The inference server comes by its own way: see services/segue/stack/triton_wheel.py.
$(VENV)/.embedded: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[embedded]'
	$(BIN)/segue prepare
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[test]'
	$(BIN)/segue prepare
	@touch $@ $(VENV)/.embedded

$(VENV)/.lint: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[test,lint]'
	@touch $@

$(VENV)/.trainer: $(VENV)/.test
	@$(TORCH_NOTE)
	$(INSTALL) --editable '.[test,trainer]'
	@touch $@

$(VENV)/.dev: $(VENV)/.trainer $(VENV)/.lint
	$(INSTALL) --editable '.[dev]'
	@touch $@
