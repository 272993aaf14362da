#!/usr/bin/env bash
# Runs topologies.vela with new seeds until the time is up, on one thread, on two and on four, and shows what failed with the
# command that repeats it. On one thread the same seed decides the same; what depends on time or other threads does not repeat.
# Usage: topologies.sh [SECONDS]      $VELA: the command under test; $VELA_STRESS_SEED: which seeds, 1 if it is not set
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
VELA=${VELA:-build/release/vela}
seconds=${1:-10} seed=$((${VELA_STRESS_SEED:-1} * 1000000))
rounds=100 # of one process
patience=$((seconds + 120))
log=$(mktemp)
trap 'rm -f "$log"' EXIT
workers=1 done=0
while [ "$SECONDS" -lt "$seconds" ]; do
    VELA_SEED=$seed VELA_WORKERS=$workers timeout -s KILL "$patience" \
        "$VELA" run tests/stress/topologies.vela "$seed" "$rounds" "$((seconds - SECONDS))" >"$log" 2>&1 </dev/null
    status=$?
    if [ "$status" != 0 ]; then
        tail -n 60 "$log"
        [ "$status" = 137 ] && echo "topologies: hangs, or was killed"
        echo "topologies: FAILED with status $status; again:"
        echo "  VELA_SEED=$seed VELA_WORKERS=$workers $VELA run tests/stress/topologies.vela $seed $rounds"
        exit 1
    fi
    done=$((done + $(grep -c '^seed' "$log"))) seed=$((seed + rounds)) workers=$((workers < 4 ? workers * 2 : 1))
done
echo "topologies: $done rounds, all laws hold"
