#!/usr/bin/env bash
# SPIN: a simulation that `-uN` ends may end in the middle of a d_step, in a state that the model does not have.
#
# A d_step is one indivisible step of the model and of the verifier. The limit counts the statements in it, stops between them, and
# prints the state there as that of the run.
# Needs apt-get with the package lists of Debian 12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root spin=6.5.2+dfsg-1 >apt.log 2>&1 || { cat apt.log; exit 2; }
dpkg -x spin_*.deb unpacked
spin=$work/unpacked/usr/bin/spin
"$spin" -V
cat >model.pml <<'END'
int x, y;
active proctype p() {
  d_step { x = 1; y = 1 };    /* x and y are always the same */
  assert(x == y)
}
END
"$spin" -Pcat -u1 -g model.pml | tee seen
grep -q 'depth-limit (-u1 steps) reached' seen && [ "$(grep -c 'y = 1' seen)" -eq 0 ] && grep -q 'x = 1' seen ||
  { echo "CHANGED: it did not stop between the two"; exit 1; }
echo "stopped with x = 1 and y still 0"
