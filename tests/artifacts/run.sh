#!/usr/bin/env bash
# Builds the release artifacts and tests them under AWS's own runtime emulator. Needs
# Python: cargo-lambda and the emulator come from PyPI.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$(tests/python-tools.sh)
PATH="$tools/bin:$PATH" \
  cargo lambda build --release --locked --workspace --exclude leadhook --exclude tests
emulator=$(find "$tools" -name "aws-lambda-rie-$(uname -m)" | head -n 1)
chmod +x "$emulator" || true
LAMBDA_ARTIFACTS="$PWD/target/lambda" LAMBDA_EMULATOR="$emulator" \
  cargo test --package tests --test artifacts --locked
