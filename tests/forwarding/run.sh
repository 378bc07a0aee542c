#!/usr/bin/env bash
# Runs the examples of docs/forwarding.md that verify a signature, in Python, JavaScript and a shell,
# on messages that a running `leadhook serve` forwards, before and after a rotation. It needs
# python3, npm, openssl and curl.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools="$PWD/target/forwarding"
here="$PWD/tests/forwarding"
mkdir -p "$tools"
if [ ! -e "$tools/complete" ]; then
  python3 -m venv "$tools/python"
  "$tools/python/bin/pip" install --quiet standardwebhooks==1.1.0
  npm install --prefix "$tools" --silent --no-audit --no-fund standardwebhooks@1.1.1
  touch "$tools/complete"
fi
cargo build --workspace --bin leadhook --locked

scratch=$(mktemp -d)
running=()
trap 'kill "${running[@]}" 2>/dev/null || true; rm -rf "$scratch"' EXIT
# The examples, as the document has them.
for language in python js sh; do
  sed -n "/^Python:/,/^\`tests/p" docs/forwarding.md |
    sed -n "/^\`\`\`$language\$/,/^\`\`\`\$/p" | sed '/^```/d' >"$scratch/verify.$language"
  [ -s "$scratch/verify.$language" ]
done
mv "$scratch/verify.python" "$scratch/verify.py"
cp "$here/check.py" "$scratch/"
mv "$scratch/verify.js" "$tools/verify.mjs"
cp "$here/check.mjs" "$tools/"

wait_for() {
  for _ in $(seq 300); do
    if grep --quiet "$2" "$1" 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "no $2 in $1" >&2
  exit 1
}
leadhook() { target/debug/leadhook "$@" --data-dir "$scratch/data" 2>"$scratch/notes"; }
python3 "$here/receiver.py" "$scratch" >"$scratch/receiver" &
running+=("$!")
# Not by the function: only its subshell would be stopped at the end.
target/debug/leadhook serve --port 0 --data-dir "$scratch/data" >"$scratch/said" 2>/dev/null &
running+=("$!")
wait_for "$scratch/receiver" .
wait_for "$scratch/said" 'see what comes in'
base=$(sed -n 's/^leadhook listens on //p' "$scratch/said")

field() { sed -n "s/^$1 *//p" "$scratch/printed"; }
leadhook destinations add integrabot --account demo --url "$(cat "$scratch/receiver")" \
  >"$scratch/printed"
id=$(field id)
secret=$(field secret)

send() {
  curl --silent --fail --output /dev/null "$base/integrabot/v1/leads" \
    --header 'Authorization: Bearer sk_demo_integrabot' --header 'Content-Type: application/json' \
    --data "{\"name\": \"João 💜\", \"type\": \"web\", \"email\": \"joao$1@exemplo.com\"}"
  wait_for "$scratch/$1.headers" .
}
header() { sed -n "s/^webhook-$1: //p" "$scratch/$2.headers"; }

# All three accept the message, and none accepts another body.
check() {
  "$tools/python/bin/python" "$scratch/check.py" "$2" "$scratch/$1"
  node "$tools/check.mjs" "$2" "$scratch/$1"
  # shellcheck source=/dev/null
  . "$scratch/verify.sh"
  verify "$2" "$(header id "$1")" "$(header timestamp "$1")" "$(header signature "$1")" \
    "$scratch/$1.body"
  printf ' ' | cat "$scratch/$1.body" - >"$scratch/other"
  ! verify "$2" "$(header id "$1")" "$(header timestamp "$1")" "$(header signature "$1")" \
    "$scratch/other"
}

send 1
check 1 "$secret"
leadhook destinations rotate "$id" >"$scratch/printed"
new_secret=$(field secret)
[ "$new_secret" != "$secret" ]
send 2
check 2 "$secret"
check 2 "$new_secret"
echo "Python, JavaScript and a shell verify the signatures"
