#!/usr/bin/env bash
# Builds the release artifacts and tests them under AWS's own runtime emulator. Needs
# Python: cargo-lambda and the emulator come from PyPI.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools="$PWD/target/python"

if [ ! -x "$tools/bin/cargo-lambda" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet cargo-lambda==1.9.2 aws-sam-cli==1.170.0
fi
PATH="$tools/bin:$PATH" cargo lambda build --release --locked \
  --package integrabot --package rdstation --package pollybot --package keyspot --package flextell
emulator=$(find "$tools" -name "aws-lambda-rie-$(uname -m)" | head -n 1)
chmod +x "$emulator" || true
LAMBDA_ARTIFACTS="$PWD/target/lambda" LAMBDA_EMULATOR="$emulator" \
  cargo test --package tests --test artifacts --locked
