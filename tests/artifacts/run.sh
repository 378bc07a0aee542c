#!/usr/bin/env bash
# Builds the release artifacts for arm64 and for this processor. Tests those for this processor
# under AWS's own runtime emulator. Needs Python: cargo-lambda and the emulator come from PyPI.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$(tests/python-tools.sh)
build() {
  PATH="$tools/bin:$PATH" cargo lambda build --release --locked "$@"
}

# For arm64 it is enough that all functions compile and link: optimising them takes ten minutes.
CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
  build --arm64 --lambda-dir target/lambda-arm64
build
for function in events/*/; do
  test -x "target/lambda-arm64/$(basename "$function")/bootstrap"
done
emulator=$(find "$tools" -name "aws-lambda-rie-$(uname -m)" | head -n 1)
chmod +x "$emulator" || true
LAMBDA_ARTIFACTS="$PWD/target/lambda" LAMBDA_EMULATOR="$emulator" \
  cargo test --workspace --test artifacts --locked
