#!/usr/bin/env bash
# Checks template.yaml with AWS's own linters and its translator of SAM, from PyPI.
# tests/integration/template tests that the template fits the code.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$(tests/python-tools.sh)
export SAM_CLI_TELEMETRY=0
"$tools/bin/sam" validate
"$tools/bin/cfn-lint" template.yaml
export AWS_DEFAULT_REGION=us-east-1 PYTHONPATH=tests/stack
"$tools/bin/python" tests/template/transformed.py
"$tools/bin/python" tests/template/deployer.py
