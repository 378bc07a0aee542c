#!/usr/bin/env bash
# Tries the OpenAPI documents with other tools, from PyPI and npm, on a running `leadhook serve`: a
# linter, schemathesis and generated clients. tests/integration/openapi/ and the test harness
# compare the documents with the code.
set -euo pipefail
cd "$(dirname "$0")/../.."
providers=$(find docs/openapi -name "*.yaml" -exec basename {} .yaml \; | sort)
tools="$PWD/target/openapi"
mkdir -p "$tools/npm"
cp tests/openapi/package.json tests/openapi/client.ts "$tools/npm/"
if [ ! -e "$tools/complete" ] || [ -n "$(find tests/openapi -newer "$tools/complete")" ]; then
  python3 -m venv "$tools/python"
  "$tools/python/bin/pip" install --quiet --requirement tests/openapi/requirements.txt
  npm install --prefix "$tools/npm" --silent --no-audit --no-fund
  touch "$tools/complete"
fi
npm="$tools/npm/node_modules/.bin"
PATH="$tools/python/bin:$PATH"
export REDOCLY_TELEMETRY=off

for provider in $providers; do
  "$npm/redocly" lint --extends recommended-strict "docs/openapi/$provider.yaml"
done

cargo build --workspace --bin leadhook --locked
scratch=$(mktemp -d)
target/debug/leadhook serve --memory --port 0 >"$scratch/said" 2>"$scratch/log" &
server=$!
running=()
trap 'kill "$server" "${running[@]}" 2>/dev/null || true; rm -rf "$scratch"' EXIT
for _ in $(seq 100); do
  grep --quiet '^see what comes in' "$scratch/said" && break
  sleep 0.1
done
base=$(sed -n 's/^leadhook listens on //p' "$scratch/said")

# Flextell's second tenant has no directory, so it accepts every id.
settings=$(grep --only-matching 'AWS_ACCESS_KEY_ID=[^ ]*' "$scratch/said")
table=$(sed -n 's/^leads are stored in memory, in the table leadhook at //p' "$scratch/said")
field() {
  python3 -c 'import json, sys; print(eval(sys.argv[1], {"it": json.load(sys.stdin)}))' "$1"
}
FLEXTELL_TOKEN=$(env "$settings" AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1 \
  AWS_ENDPOINT_URL_DYNAMODB="$table" target/debug/leadhook keys create flextell \
  --table leadhook --account openapi --tenant 2 --scope create,read --output json 2>"$scratch/keys" |
  field 'it["token"]')
KEYSPOT_TOKEN=$(curl --silent --fail --request POST "$base/keyspot/v1/auth/token" \
  --header 'X-API-Key: demo-key' --header 'X-API-Secret: demo-secret' | field 'it["data"]["token"]')
export FLEXTELL_TOKEN KEYSPOT_TOKEN

for provider in $providers; do
  "$npm/openapi-typescript" "docs/openapi/$provider.yaml" --default-non-nullable=false \
    --output "$tools/npm/$provider.d.ts" >/dev/null
  openapi-python-client generate --path "docs/openapi/$provider.yaml" --meta none --overwrite \
    --fail-on-warning --output-path "$scratch/leadhook_$provider" >/dev/null
done
"$npm/tsc" --strict --noUncheckedIndexedAccess --target es2022 --module nodenext \
  --types node --typeRoots "$tools/npm/node_modules/@types" "$tools/npm/client.ts"
node "$tools/npm/client.js" "$base"
echo "the TypeScript clients work"
cp tests/openapi/client.py "$scratch/"
(cd "$scratch" && mypy --strict --follow-imports silent client.py && python client.py "$base")
echo "the Python clients work"

# One process for each provider: the workers of schemathesis are threads. They crash in the parser
# of Python 3.11, and they change the order of the cases.
for provider in $providers; do
  schemathesis --config-file tests/openapi/schemathesis.toml run --no-color \
    "$base/openapi/$provider.json" >"$scratch/$provider" 2>&1 &
  running+=("$!")
done
failed=0
for provider in $providers; do
  if wait "${running[0]}"; then
    # The number of cases and of seconds.
    echo "$provider: $(grep -A 1 '^Test cases' "$scratch/$provider" | tail -1)" \
      "$(tail -1 "$scratch/$provider")"
  else
    failed=1
    cat "$scratch/$provider"
  fi
  running=("${running[@]:1}")
done
exit "$failed"
