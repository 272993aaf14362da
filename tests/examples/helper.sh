# Sourced by the scripts of this folder and of tests/command: $VELA is the command under test.
set -u
export LC_ALL=C
VELA=${VELA:-build/release/vela}
FLAVOUR=${FLAVOUR:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

flavour() { case ",$FLAVOUR," in *",$1,"*) return 0 ;; *) return 1 ;; esac; }
skip() { echo "skipped: $1"; exit 77; }

# capture ARG...: runs the command; $status, $work/out and $work/err are what it left.
capture() {
    timeout -s KILL "${SECONDS_ALLOWED:-600}" "$VELA" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
}

complain() {
    failures=$((failures + 1))
    echo "FAILED: $1"
    echo "  status $status"
    sed 's/^/  out: /' "$work/out" | head -n 20
    sed 's/^/  err: /' "$work/err" | head -n 20
}

# check WHAT STATUS [ERROR-TEXT]: what the last capture has to have left.
check() {
    if [ "$status" != "$2" ]; then complain "$1: expected status $2"
    elif [ -n "${3:-}" ] && ! grep -qF -- "$3" "$work/err"; then complain "$1: no '$3' on standard error"
    fi
}

# check_output WHAT EXPECTED
check_output() {
    if [ "$(cat "$work/out")" != "$2" ]; then complain "$1: expected: $2"; fi
}

# wait_for TEXT FILE: until it stands there; false: it takes for ever.
wait_for() {
    for _ in $(seq 6000); do
        grep -qF -- "$1" "$2" && return 0
        sleep 0.05
    done
    return 1
}

finish() { [ "$failures" = 0 ] || exit 1; }
