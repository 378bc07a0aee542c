# What people type. Needs just (https://just.systems); each recipe is a plain command.

# List the recipes
default:
    @just --list --unsorted

# Serve every provider's address on this machine: just run --port 8080
run *options:
    cargo run --package leadhook -- serve {{ options }}

# Run all tests, or those with this name: just test claims
test *name:
    cargo test --workspace --locked {{ name }}

# Run integration tests of one module or name: just one pollybot::
one name:
    cargo test --package leadhook-tests --test integration --locked {{ name }}

# Play one history on a simulated clock, or many: just sim --seed 7, just sim --histories 100000
sim *options:
    cargo build --workspace --profile simulation --bin simulate --locked
    target/simulation/simulate {{ options }}

# Send every sample event through its function's handler
events:
    cargo test --package leadhook-tests --test integration --locked events::

# Send one sample event to a running `cargo lambda watch`: just invoke flextell-create-lead created
invoke function event:
    cargo lambda invoke {{ function }} --data-file events/{{ function }}/{{ event }}.json

# Format the code
fmt:
    cargo fmt --all

# Check formatting, lints and documentation, as CI does
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features --locked -- --deny warnings
    RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --locked

# Run everything that CI runs
ci:
    .ci/run

# Run the tests on Amazon's DynamoDB Local (Java 17, Maven)
dynamodb-local:
    tests/dynamodb-local/run.sh

# Build the release artifacts and test them under AWS's runtime emulator (Python)
artifacts:
    tests/artifacts/run.sh

# Send sample events through `sam local` (Python, Docker, x86_64): just sam sample
sam *sample:
    tests/sam/run.sh {{ sample }}

# Deploy the stack to an AWS engine and try it (root, Python): just stack parameters policies
stack *scripts:
    tests/stack/run.sh {{ scripts }}

# Check template.yaml with AWS's linters (Python)
template:
    tests/template/run.sh

# Compare the form of e-mail addresses with another implementation (Python)
contacts:
    tests/contacts/run.sh

# Try the OpenAPI documents with a linter, schemathesis and generated clients (Python, npm)
openapi:
    tests/openapi/run.sh

# Run the tests on other days, in other time zones, as another user (root on Debian)
elsewhere:
    tests/elsewhere/run.sh

# Find changes of the code that no test notices; the report is under target/mutants
mutants *options:
    tests/mutants/run.sh {{ options }}

# Fuzz a provider, or `headers` (nightly Rust, cargo-fuzz): just fuzz integrabot 100
fuzz target seconds="100":
    cd fuzz && cargo +nightly fuzz run {{ target }} -- -max_total_time={{ seconds }}

# Fill the local table of a folder with leads, to measure what reads them
fill-table folder leads="20000":
    cargo run --release --package leadhook-bench -- fill {{ folder }} {{ leads }}

# Install `leadhook`
install:
    cargo install --locked --path cli --features parquet

# Build the functions for AWS
build:
    cargo lambda build --release --arm64

# Build the functions and deploy them: just deploy --guided
deploy *options: build
    cargo run --package leadhook -- doctor --artifacts target/lambda
    sam deploy {{ options }}
