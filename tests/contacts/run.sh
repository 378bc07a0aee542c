#!/usr/bin/env bash
# Compares 10,000 pairs of e-mail addresses, equal ones and almost equal ones, by leadhook's rule and
# by another implementation of it, with Python's `unicodedata` and `idna`. It needs python3.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools="$PWD/target/contacts"
if [ ! -e "$tools/complete" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet idna==3.20
  touch "$tools/complete"
fi
cargo build --workspace --example compare_emails --locked
"$tools/bin/python" tests/contacts/pairs.py target/debug/examples/compare_emails "$@"
