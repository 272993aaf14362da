. tests/examples/helper.sh
capture run examples/primes.vela 20000
check primes 0
[ "$(sed -n 1p "$work/out")" = "2262 primes below 20000" ] || complain "primes: wrong count"
grep -qE '^speed-up: [0-9]+\.[0-9]{2} on [0-9]+ processors$' "$work/out" || complain "primes: no speed-up"
finish
