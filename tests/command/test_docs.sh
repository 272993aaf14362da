# The examples of docs/testing.md: each is a file whose tests pass.
. tests/examples/helper.sh
export XDG_CACHE_HOME="$work/cache"
awk -v folder="$work" '
    /^```vela$/ { inside = 1; file = sprintf("%s/example%d.vela", folder, ++count); next }
    /^```/      { inside = 0 }
    inside      { print > file }
' docs/testing.md
count=$(ls "$work"/example*.vela | wc -l)
[ "$count" -ge 6 ] || complain "only $count examples"
for file in "$work"/example*.vela; do
    capture test --verbose "$file"
    check "$file" 0
    grep -q "^  ok " "$work/out" || complain "$file: no test ran"
done
finish
