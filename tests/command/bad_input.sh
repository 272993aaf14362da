# Whatever it is given, the command answers with a clear error and the right status.
. tests/examples/helper.sh

printf 'print("a\xff\xfeb")\n' >"$work/invalid.vela"
capture run "$work/invalid.vela"
check "invalid UTF-8" 2 E101

printf 'x = 1\nprint("never closed)\n' >"$work/string.vela"
capture run "$work/string.vela"
check "an unclosed string" 2 "string.vela:2:7: error E104"

printf 'print("""never closed\n' >"$work/long_string.vela"
capture run "$work/long_string.vela"
check "an unclosed long string" 2 "error E1"

head -c 10000000 /dev/zero | tr '\0' '(' >"$work/deep.vela"
SECONDS_ALLOWED=20 capture run "$work/deep.vela"
check "10 MB of (" 2 E108

for text in '- ' '! ' 'a => ' 'x ** ' 'await ' '[' '{' 'if true { ' '${' '"${' 'fn f() { ' 'a ? b : ' 'Some('; do
    yes -- "$text" | head -n 20000 | tr -d '\n' >"$work/chain.vela"
    SECONDS_ALLOWED=20 capture run "$work/chain.vela"
    check "20000 times '$text'" 2 "error E"
done

capture run "$work"
check "a folder" 2 "$work"
capture run "$work/absent.vela"
check "an absent file" 2 absent.vela
: >"$work/empty.vela"
capture run "$work/empty.vela"
check "a file of 0 bytes" 0
check_output "a file of 0 bytes" ""
printf '\0\0\0' >"$work/nul.vela"
capture run "$work/nul.vela"
check "NUL bytes" 2 "error E"
printf '\xef\xbb\xbfprint("bom")\r\nprint("crlf")\r\n' >"$work/bom.vela"
capture run "$work/bom.vela"
check "byte order mark and CRLF" 0
check_output "byte order mark and CRLF" "bom
crlf"
head -c 20000 /dev/urandom >"$work/noise.vela"
capture run "$work/noise.vela"
check "noise" 2 "error E"
capture run
[ "$status" = 2 ] || [ "$status" = 1 ] || complain "run without a file"
finish
