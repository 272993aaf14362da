# Imports: where files are looked for, files that are none, long chains.
. tests/examples/helper.sh

# R is the nearest folder upwards with a vela.yaml.
mkdir -p "$work/project/src/util/text" "$work/project/lib" "$work/project/app/deep" "$work/project/app/near"
touch "$work/project/vela.yaml"
printf 'public fn first() { "src" }\n' >"$work/project/src/first.vela"
printf 'import "../../first"\npublic fn second() { first() + " module" }\n' >"$work/project/src/util/text/text.module.vela"
printf 'public fn third() { "root" }\n' >"$work/project/third.vela"
printf 'public fn mine() { "lib" }\n' >"$work/project/lib/mine.vela"
printf 'public fn near() { "near" }\n' >"$work/project/app/near/near.vela"
cat >"$work/project/app/deep/main.vela" <<'VELA'
import "module:first"
import "module:util/text"
import "module:third.vela"
import "library:mine" as l
import "../near/near"
import "third" as again
import "app/near/near.vela" as n
print(first(), second(), third(), l.mine(), near(), again.third(), n.near())
VELA
capture run "$work/project/app/deep/main.vela"
check "imports below a vela.yaml" 0
check_output "imports below a vela.yaml" "src src module root lib near root near"

# Links lead to the same module; relative imports start where the file is.
ln -s ../app/deep/main.vela "$work/project/lib/link.vela"
capture run "$work/project/lib/link.vela"
check "a program behind a link" 0

# Without vela.yaml R is the main file's folder, and messages name files beside it.
mkdir -p "$work/plain/a/b"
printf 'import "a/b/one"\n' >"$work/plain/main.vela"
printf 'import "a/two"\nimport "../../three"\n' >"$work/plain/a/b/one.vela"
printf 'public x = missing_two\n' >"$work/plain/a/two.vela"
printf 'y = missing_three\n' >"$work/plain/three.vela"
capture check "$work/plain/main.vela"
check "errors in imported files" 2 "$work/plain/a/two.vela:1:12: error E307"
check "errors in imported files" 2 "$work/plain/three.vela:1:5: error E307"

# What cannot be read.
mkfifo "$work/plain/pipe.vela"
printf 'import "./pipe"\n' >"$work/plain/reads_pipe.vela"
capture run "$work/plain/reads_pipe.vela"
check "a pipe" 2 "plain/pipe.vela: not a regular file"
if [ "$(id -u)" != 0 ]; then
    printf 'x = 1\n' >"$work/plain/closed.vela"
    chmod 000 "$work/plain/closed.vela"
    printf 'import "./closed"\n' >"$work/plain/reads_closed.vela"
    capture run "$work/plain/reads_closed.vela"
    check "a file without rights" 2 "closed.vela: Permission denied"
fi
printf 'x = "\377"\n' >"$work/plain/bytes.vela"
printf 'import "./bytes"\n' >"$work/plain/reads_bytes.vela"
capture run "$work/plain/reads_bytes.vela"
check "bytes that are no text" 2 "bytes.vela:1:6: error E101"

# A long chain, and a long ring.
mkdir "$work/chain"
for i in $(seq 0 1500); do
    printf 'import "./m%d"\npublic v%d = v%d + 1\npublic fn f%d(n) { if n == 0 { %d } else { f%d(n - 1) } }\n' \
        $((i + 1)) "$i" $((i + 1)) "$i" "$i" $((i + 1)) >"$work/chain/m$i.vela"
done
printf 'import "./m0"\npublic v1501 = 0\npublic fn f1501(n) { f0(n - 1) }\n' >"$work/chain/m1501.vela"
printf 'import "./m0"\nprint(v0, f0(3004))\n' >"$work/chain/main.vela"
capture run "$work/chain/main.vela"
check "a chain of 1500 modules that ends in a ring" 0
check_output "a chain of 1500 modules" "1501 0"

capture dump "$work/project/app/deep/main.vela"
check "dump" 0
grep -q "^module .*first.vela" "$work/out" || complain "dump does not show imported modules"
finish
