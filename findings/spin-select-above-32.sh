#!/usr/bin/env bash
# SPIN: `select(v : low .. high)` draws evenly in simulation up to 32 above low, and nearly always low or a little more beyond.
#
# Up to there it becomes a choice among all values; a wider range, and any bound that is a variable, becomes a loop that stops or
# goes on with even odds, so that half of the draws are `low`. A simulation of a model that picks one of 34 pages hardly ever picks
# another than the first few. The verifier is not concerned: it tries all values.
# Needs apt-get with the package lists of Debian 12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root spin=6.5.2+dfsg-1 >apt.log 2>&1 || { cat apt.log; exit 2; }
dpkg -x spin_*.deb unpacked
spin=$work/unpacked/usr/bin/spin
"$spin" -V

draws() { # draws NAME DECLARATION RANGE: prints "share of the lowest value in percent, highest value"
  cat >"$1.pml" <<END
$2
active proctype p() {
  int v, i;
  do
  :: i < 1000 -> select(v : $3); printf("drew %d\n", v); i++
  :: else -> break
  od
}
END
  "$spin" -Pcat -n1 "$1.pml" | awk '/drew/ { n++; if ($2 == 0) low++; if ($2 > most) most = $2 } END { printf "%d %d\n", 100 * low / n, most }'
}
ok=true
check() { # check NAME DECLARATION RANGE EVEN
  local low most
  read -r low most < <(draws "$1" "$2" "$3")
  echo "select(v : $3)${2:+ with $2}: $low % of 1000 draws are 0, the highest is $most"
  if [ "$4" = yes ]; then [ "$low" -le 20 ] || ok=false; else [ "$low" -ge 40 ] || ok=false; fi
}
check small '' '0 .. 7' yes
check widest '' '0 .. 32' yes
check wider '' '0 .. 33' no
check variable 'int n = 7;' '0 .. n' no
$ok || { echo "CHANGED: not what is described above"; exit 1; }
