# The main job against the tools every system has.
. tests/examples/helper.sh

expected() { # FILE...
    cat "$@" | tr A-Z a-z | tr -cs a-z '\n' | sed '/^$/d' >"$work/words"
    sort "$work/words" | uniq -c | sort -k1,1nr -k2,2 | awk 'NR <= 20 { printf "%8d  %s\n", $1, $2 }'
    echo "$(grep -c . "$work/words") words, $(sort -u "$work/words" | wc -l) different, in $# files"
}

mkdir "$work/texts"
printf 'The cat and the hat.\nTHE END -- the-end\n' >"$work/texts/a"
printf '' >"$work/texts/empty"
printf 'na\xc3\xafve caf\xc3\xa9, na\xc3\xafve!\r\nno newline at the end' >"$work/texts/b"
cp README.md "$work/texts/c" 2>/dev/null || echo "vela" >"$work/texts/c"
for workers in 1 2 8; do
    VELA_WORKERS=$workers capture run examples/word_count.vela "$work/texts"
    check "own texts on $workers threads" 0
    check_output "own texts on $workers threads" "$(expected "$work"/texts/*)"
    [ -s "$work/err" ] && complain "no progress unless standard error is a terminal"
done

capture run examples/word_count.vela "$work/texts/a" "$work/texts/b"
check "two files" 0
check_output "two files" "$(expected "$work/texts/a" "$work/texts/b")"

capture run examples/word_count.vela "$work/texts/a" "$work/absent"
check "an absent file" 1 absent
check_output "the others still count" "$(expected "$work/texts/a")"

licenses=/usr/share/common-licenses
if [ -d "$licenses" ]; then
    capture run examples/word_count.vela
    check "the licenses" 0
    check_output "the licenses" "$(expected "$licenses"/*)"
fi
finish
