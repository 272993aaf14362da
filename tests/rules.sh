#!/usr/bin/env bash
# Every rule of concurrency has a test: rules.sh FILE looks for a row of each rule in FILE's table "| rule | what | tests |",
# whose last column names tests of this folder, by patterns. At least one of them is there; where a program of Vela can prove
# the rule, one is named after it.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 2
table=$1
failures=0
complain() { echo "FAILED: $1"; failures=$((failures + 1)); }

# The tests that the row of a rule names.
tests_of() {
    local pattern
    for pattern in $(sed -n "s/^| $1 |.*| \(.*\) |$/\1/p" "$table" | tr -d '`,'); do compgen -G "$pattern"; done
}

for rule in C{1..8} S{1..6} K{1..7} T{1..3} E{1..5} L{1,2} D{1..4} P{1..8}; do
    found=$(tests_of "$rule")
    if [ -z "$found" ]; then complain "$rule: $table names no test of it"; fi
    case $rule in
    [CSKTEL]*) grep -q "/${rule}_" <<<"$found" || complain "$rule: no test is named after it" ;;
    esac
done
[ "$failures" = 0 ]
