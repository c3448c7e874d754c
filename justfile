# Everything a developer does, one recipe each. `just` lists them.

python := ".venv/bin/python"

default:
    @just --list

# make the virtual environment and install the checkout
install:
    python3 -m venv .venv
    {{python}} -m pip install -q -r requirements-dev.lock
    {{python}} -m pip install -q --no-build-isolation --no-deps -e .

# run the whole mesh on embedded defaults
up:
    .venv/bin/mesh up

# a fresh world, one registration, a table of proof
demo:
    .venv/bin/mesh demo

# every test
test *arguments:
    {{python}} -m pytest {{arguments}}

# style, types, imports
lint:
    {{python}} -m ruff check --fix .
    {{python}} -m ruff format .
    {{python}} -m mypy
    .venv/bin/lint-imports

# regenerate the gRPC stubs from proto/*.proto
proto:
    {{python}} -m proto.generate

# renew the hash-locked requirements
lock:
    {{python}} -m uv pip compile -q --upgrade --universal --generate-hashes --no-annotate --no-header --python-version 3.11 requirements.in -o requirements.lock
    {{python}} -m uv pip compile -q --upgrade --universal --generate-hashes --no-annotate --no-header --python-version 3.11 requirements-dev.in -o requirements-dev.lock

# write the documents in schemas/generated (OpenAPI, AsyncAPI, TypeScript) from the tables
schemas:
    {{python}} -m services.mesh schemas --write

# write the settings table into README.md
settings:
    {{python}} -m services.mesh settings --write README.md

# ten minutes (five doors) of hostile input at every door; FUZZ_SEED=<n> plays a round again
fuzz seconds="120":
    FUZZ_SECONDS={{seconds}} {{python}} -m pytest -s tests/fuzz

# every storm there is, ten minutes at most; CHAOS_SEED repeats the dice of one, CHAOS_SIZE and REGISTRATIONS how many
chaos *arguments:
    REGISTRATIONS=${REGISTRATIONS:-50} CHAOS_SIZE=${CHAOS_SIZE:-200} CHAOS_STORM_S=${CHAOS_STORM_S:-150} timeout --signal=INT 600 {{python}} -m pytest -s tests/chaos {{arguments}}

# side-by-side measurements, apart from the tests
bench:
    {{python}} -m tests.bench
