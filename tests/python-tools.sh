#!/usr/bin/env bash
# Installs cargo-lambda, the SAM CLI (with the runtime emulator) and cfn-lint from PyPI, once, and
# prints their folder.
set -euo pipefail
cd "$(dirname "$0")/.."
tools="$PWD/target/python"
if [ ! -e "$tools/complete" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet cargo-lambda==1.9.2 aws-sam-cli==1.170.0 cfn-lint==1.58.0 pexpect==4.9.0
  # For the schemas of CloudFormation alone, so without what it needs.
  "$tools/bin/pip" install --quiet --no-deps localstack-core==2026.3.0
  touch "$tools/complete"
fi
echo "$tools"
