#!/usr/bin/env bash
# SPIN: a global that the model writes and never reads can switch the verifier's checks off, and it still says "errors: 0".
#
# The verifier keeps such a variable out of the state, as a global variable of its C program, where it has globals of its own.
# Where name and type are the same, C makes one variable of the two: a byte `noends` set by the model is the verifier's option to
# ignore deadlocks. Where only the name is the same (`byte done`), the verifier does not compile. Simulation is right in each case,
# and so is the verifier with -o2.
# Needs gcc, and apt-get with the package lists of Debian 12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export LC_ALL=C
apt-get download -q -o APT::Sandbox::User=root spin=6.5.2+dfsg-1 >apt.log 2>&1 || { cat apt.log; exit 2; }
dpkg -x spin_*.deb unpacked
spin=$work/unpacked/usr/bin/spin
"$spin" -V

errors() { # errors VARIABLE [OPTION]: what the verifier finds of a process that waits for ever
  cat >model.pml <<END
byte $1, x;
active proctype p() { $1 = 1; (x == 1) }
END
  "$spin" -Pcat ${2:-} -a model.pml >/dev/null
  gcc -w -o pan pan.c 2>cc.log || { echo "does not compile: $(grep -m1 -o 'conflicting types.*' cc.log)"; return; }
  ./pan >verdict
  grep -o 'invalid end states.*[+-]\|errors: [0-9]*' verdict | tr -s '\t ' ' ' | paste -sd ' '
}
a=$(errors quiet) b=$(errors noends) c=$(errors noends -o2) d=$(errors done) e=$(errors done -o2)
echo "byte quiet:       $a"
echo "byte noends:      $b"
echo "byte noends, -o2: $c"
echo "byte done:        $d"
echo "byte done, -o2:   $e"
good='invalid end states + errors: 1'
[ "$a" = "$good" ] && [ "$b" = 'invalid end states + errors: 0' ] && [ "$c" = "$good" ] && [[ $d == 'does not compile'* ]] && [ "$e" = "$good" ] ||
  { echo "CHANGED"; exit 1; }
