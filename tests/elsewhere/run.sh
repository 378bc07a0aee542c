#!/usr/bin/env bash
# Runs the built tests on other days, in other time zones and locales, and as another user in a
# read-only checkout. Needs root. Installs Debian's packages faketime and locales if they are
# missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v faketime >/dev/null || apt-get install -y -qq faketime locales >/dev/null
localedef -i pt_BR -f UTF-8 pt_BR.UTF-8 2>/dev/null || true
# The tests measure timeouts with the monotonic clock, which stays as it is.
export FAKETIME_DONT_FAKE_MONOTONIC=1
# These tests take the most time and do not depend on the day or the user, so they run few cases.
export SIMULATED_HISTORIES=10 COMPARED_HISTORIES=2 FUZZ_CASES=20 LISTING_CASES=1

executables() {
  cargo test --workspace --locked --no-run "$@" 2>&1 | sed -n 's/^ *Executable .*(\(.*\))$/\1/p'
}

# Runs all tests, or those named, on a day in a time zone:
# run_on '2028-02-29 12:00:00' Asia/Kathmandu [TEST...]
run_on() {
  local day="$1" zone="$2"
  shift 2
  echo "on $day in $zone${*:+: $*}"
  for test in $tests; do
    TZ="$zone" LC_ALL=pt_BR.UTF-8 "${as[@]}" faketime "$day" "$test" --quiet "$@"
  done
}

# Only the command line reads the system's clock. All other tests have their own clock. The examples
# of the help texts are commands that these tests play too, so they run on the last day alone.
tests=$(executables)
as=(env)
for case in '2027-02-28 23:59:30|America/Sao_Paulo' '2026-12-31 23:50:00|Pacific/Kiritimati' \
  '2031-11-30 23:50:00|Asia/Kathmandu' '2045-06-01 00:00:01|UTC'; do
  run_on "${case%|*}" "${case#*|}" operator readme serve::leads
done

# A seed repeats its history on each day, byte for byte.
for seed in 3 7 11; do
  today=$(target/debug/simulate --seed "$seed" | sha256sum)
  later=$(TZ=Asia/Kathmandu faketime '2031-11-30 23:50:00' target/debug/simulate --seed "$seed" | sha256sum)
  [ "$today" = "$later" ] || { echo "seed $seed has another history on another day" >&2; exit 1; }
done

# The other user cannot write anywhere in the checkout.
checkout=$(mktemp -d)
trap 'rm -rf "$checkout"' EXIT
git archive HEAD | tar -x -C "$checkout"
mkdir "$checkout/target" "$checkout/home"
cp -a target/debug "$checkout/target/"
chmod -R a+rX "$checkout" && chown nobody "$checkout/home"
cd "$checkout"
tests=$(CARGO_TARGET_DIR="$checkout/target" executables)
chmod -R a-w "$checkout/tests" "$checkout/cli" "$checkout/events"
as=(env HOME="$checkout/home" setpriv --reuid nobody --regid nogroup --clear-groups)
echo "as nobody, in a read-only checkout"
run_on '2028-02-29 12:00:00' Asia/Kathmandu
