#!/usr/bin/env bash
# Builds the release artifacts for this processor and tests them under AWS's own runtime emulator.
# With the argument `arm64`, it also compiles and links them for arm64. Needs Python: cargo-lambda
# and the emulator come from PyPI.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$(tests/python-tools.sh)
build() {
  PATH="$tools/bin:$PATH" cargo lambda build --release --locked "$@"
}

if [ "${1-}" = arm64 ]; then
  # It is enough that all functions compile and link: optimising them takes ten minutes.
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
    build --arm64 --lambda-dir target/lambda-arm64
  for function in events/*/; do
    test -x "target/lambda-arm64/$(basename "$function")/bootstrap"
  done
fi
build
emulator=$(find "$tools" -name "aws-lambda-rie-$(uname -m)" | head -n 1)
chmod +x "$emulator" || true
LAMBDA_ARTIFACTS="$PWD/target/lambda" LAMBDA_EMULATOR="$emulator" \
  cargo test --workspace --test artifacts --locked
