#!/usr/bin/env bash
# SPIN: a simulation of a model in which nothing runs ends like a success.
#
# Whoever forgets `active` gets "0 processes created", exit code 0 and no warning, with a number of steps asked for as well. Only
# the verifier calls the same file an error. A program that drives SPIN has to read how many processes there were.
# Needs apt-get with the package lists of Debian 12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root spin=6.5.2+dfsg-1 >apt.log 2>&1 || { cat apt.log; exit 2; }
dpkg -x spin_*.deb unpacked
spin=$work/unpacked/usr/bin/spin
"$spin" -V
echo 'proctype p() { printf("p runs\n"); assert(false) }' >model.pml

code=0
"$spin" -Pcat -u100 model.pml >seen 2>&1 || code=$?
cat seen
echo "simulation: exit code $code"
verifier=0
"$spin" -Pcat -a model.pml >seen.a 2>&1 || verifier=$?
cat seen.a
echo "verifier: exit code $verifier"
[ "$code" -eq 0 ] && [ "$(tr -d '[:space:]' <seen)" = 0processescreated ] && [ "$verifier" -ne 0 ] || { echo "CHANGED"; exit 1; }
