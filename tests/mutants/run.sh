#!/usr/bin/env bash
# Runs cargo-mutants on the code that stores each lead once and keeps strangers out: the table,
# claims, keys and tokens. Each mutant is one change of the code; a mutant that no test notices
# survives, and then the status is 2. Further arguments go to `cargo mutants`: `--list` only lists
# the mutants.
#
# The tests are those of the crates and the integration tests without their slow modules. The report
# is in target/mutants/mutants.out. A run takes long. docs/reliability.md has the last figures.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo install --quiet --debug --locked --root target/tools cargo-mutants@27.1.0

files=()
for file in functions/keyspot/src/{signing_secret,token}.rs shared/src/lookup/api_keys.rs \
  shared/src/model/{api_key,claim,digest}.rs \
  shared/src/table/{api_keys,claims,client,create_lead,held,leads,store_error,write}.rs; do
  # cargo-mutants says nothing about a name that matches no file.
  [ -f "$file" ] || { echo "there is no $file" >&2; exit 1; }
  files+=(--file "$file")
done
skipped=()
for module in events fuzz http limits outage template; do
  skipped+=(--skip "$module::")
done
mkdir -p target/mutants
PATH="$PWD/target/tools/bin:$PATH" cargo mutants "${files[@]}" --output target/mutants \
  --test-package leadhook-shared --test-package leadhook-keyspot --test-package leadhook-tests "$@" \
  -- --locked -- "${skipped[@]}"
