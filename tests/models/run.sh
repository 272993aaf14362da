#!/bin/bash
# Checks every model here with spin: the model as written must hold, and each of its mutations (BUG 1, 2, ...)
# must be caught. One line per model; exit status 0 only if all is as it should be; 77 (skipped) without spin.
# Usage: run.sh [MODEL...]      (names without .pml)
set -u
here=$(cd "$(dirname "$0")" && pwd)
command -v spin >/dev/null || { echo "spin is not installed: models skipped"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# verify MODEL BUG: prints "errors states" of one exhaustive run
verify() {
    local dir="$work/$1.$2"
    mkdir -p "$dir" && cd "$dir" || return 1
    spin -a "-DBUG=$2" "$here/$1.pml" >spin.log 2>&1 || { cat spin.log >&2; return 1; }
    "${CC:-cc}" -O1 -w -DSAFETY -DNOCLAIM -o pan pan.c || return 1
    timeout -k 5 300 ./pan -m2000000 >pan.log 2>&1
    grep -q 'max search depth too small' pan.log && return 1
    awk '/errors:/ { e = $NF } /states, stored/ { s = $1 } END { if (e == "") exit 1; print e, s }' pan.log
}

# check MODEL: the correct model and all its mutations
check() {
    local model=$1 errors states bug caught=0 bugs
    read -r errors states < <(verify "$model" 0) || { echo "$model: could not be run"; return 1; }
    [ "$errors" = 0 ] || { echo "$model: FAILED, the model has an error"; return 1; }
    bugs=$(grep -o 'BUG [0-9]*:' "$here/$model.pml" | wc -l)
    for ((bug = 1; bug <= bugs; bug++)); do
        local found=""
        read -r found _ < <(verify "$model" "$bug")
        case $found in
            ''|0) echo "$model: FAILED, mutation $bug was not caught"; return 1 ;;
        esac
        caught=$((caught + 1))
    done
    echo "$model: holds in $states states, $caught mutations caught"
}

status=0
models=("$@")
[ ${#models[@]} -gt 0 ] || for file in "$here"/*.pml; do models+=("$(basename "$file" .pml)"); done
for model in "${models[@]}"; do
    check "$model" || status=1
done
exit $status
