#!/usr/bin/env bash
# Builds everything in Release and runs every test. The last line counts them.
# Arguments are handed to `dotnet test`, e.g. ./test.sh --filter FullyQualifiedName~Ledger
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_UI_LANGUAGE=en DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

readonly solution=StressFarm.sln
readonly limit=1800 # seconds for all the tests
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

if ! dotnet build "$solution" -c Release -v minimal; then
  echo "The build failed; no test was run."
  echo "0 passed, 0 failed, 0 skipped"
  exit 1
fi

timeout "$limit" dotnet test "$solution" -c Release --no-build "$@" 2>&1 | tee "$results/test.log"
status=${PIPESTATUS[0]}
[ "$status" -eq 124 ] && echo "The tests took longer than $limit s and were stopped."

# Each project ends with a line such as "Passed!  - Failed: 0, Passed: 92, Skipped: 1, Total: 93, …".
sum() { grep -E '^(Passed|Failed|Skipped)! +- ' "$results/test.log" | grep -oE "$1: +[0-9]+" | awk '{ n += $NF } END { print n + 0 }'; }
passed=$(sum Passed) failed=$(sum Failed) skipped=$(sum Skipped)

if [ $((passed + failed)) -eq 0 ]; then
  echo "No test was run."
  [ "$status" -eq 0 ] && status=1
fi
[ "$failed" -gt 0 ] && [ "$status" -eq 0 ] && status=1
[ "$failed" -eq 0 ] && [ "$status" -ne 0 ] && echo "The test run itself failed (exit code $status)."
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
