# Files as the system has them: FIFOs, links, permissions, and large documents with little memory.
. tests/examples/helper.sh

# run_program WHAT OUTPUT: the program on standard input prints this.
run_program() {
    cat >"$work/program.vela"
    (cd "$work" && exec timeout -s KILL 600 "$VELA" run program.vela >"$work/out" 2>"$work/err" </dev/null)
    status=$?
    check "$1" 0
    check_output "$1" "$2"
}
case $VELA in /*) ;; *) VELA=$PWD/$VELA ;; esac

# --- FIFOs: the task waits for the other side, others go on -------------------------------------
mkfifo "$work/fifo" "$work/fifo2"
(sleep 0.2; echo "through the pipe" >"$work/fifo") &
cat "$work/fifo2" >"$work/received" &
run_program "FIFOs" 'other task
Ok("through the pipe\n")
Ok(())' <<'VELA'
r = File.readAsync("fifo")
print("other task")
print(await r)
print(File.write("fifo2", "back"))
VELA
wait
[ "$(cat "$work/received")" = back ] || { failures=$((failures + 1)); echo "FAILED: writing to a FIFO"; }
[ -p "$work/fifo2" ] || { failures=$((failures + 1)); echo "FAILED: a FIFO was replaced"; }

# --- Permissions and links stay -------------------------------------------------------------------
echo old >"$work/kept"
chmod 640 "$work/kept"
ln -s kept "$work/link"
run_program "a link is written through" "Ok(()) Ok(())" <<'VELA'
print(File.write("link", "new"), File.copy("link", "copied"))
VELA
state="$(cat "$work/kept") $(stat -c %a "$work/kept") $(readlink "$work/link") $(cat "$work/copied") $(stat -c %a "$work/copied")"
[ "$state" = "new 640 kept new 640" ] || { failures=$((failures + 1)); echo "FAILED: permissions or links: $state"; }
rm "$work/kept"
(umask 027; cd "$work"; printf 'File.write("made", "x")\n' >umask.vela; "$VELA" run umask.vela)
[ "$(stat -c %a "$work/made")" = 640 ] || { failures=$((failures + 1)); echo "FAILED: the umask holds"; }

# --- What others may not do -----------------------------------------------------------------------
mkdir -m 777 "$work/open" && mkdir -m 755 "$work/closed" && echo secret >"$work/closed/secret" && chmod 600 "$work/closed/secret"
echo fixed >"$work/open/fixed" && chmod 444 "$work/open/fixed"
chmod 755 "$work"
if [ "$(id -u)" = 0 ]; then
    as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
else
    as_nobody=""
    chmod 000 "$work/closed/secret"
    chmod 555 "$work/closed"
fi
cat >"$work/denied.vela" <<'VELA'
fn kind(r) { match r { Err(e) => "${e.kind} ${e.path}", Ok(v) => "ok ${v}" } }
print(kind(File.read("closed/secret")), kind(File.write("closed/x", "")), kind(File.mkdir("closed/x")))
print(kind(File.write("open/fixed", "")), kind(File.append("open/fixed", "")), kind(File.delete("closed/secret")))
VELA
if $as_nobody "$VELA" --version >/dev/null 2>&1; then
    (cd "$work" && $as_nobody timeout -s KILL 600 "$VELA" run denied.vela >out 2>err </dev/null)
    status=$?
    check "denied" 0
    check_output "denied" "PermissionDenied closed/secret PermissionDenied closed/x PermissionDenied closed/x
PermissionDenied open/fixed PermissionDenied open/fixed PermissionDenied closed/secret"
    [ "$(ls -A "$work/open" "$work/closed" | tr -d '\n')" = "$work/closed:secret$work/open:fixed" ] ||
        { failures=$((failures + 1)); echo "FAILED: something was left behind"; }
fi
chmod 755 "$work/closed"

# --- A document that does not fit ------------------------------------------------------------------
flavour asan || flavour tsan || {
    cat >"$work/large.vela" <<'VELA'
text = "[" + "{\"key\": [1.5, \"a text\"]},".repeat(2000000) + "0]"
print("made")
print(try { Json.parse(text).unwrap().length } catch (e: OutOfMemoryError) { "out of memory" })
print(Json.parse("[1]"))
VELA
    (ulimit -v 450000; exec timeout -s KILL 600 "$VELA" run "$work/large.vela" >"$work/out" 2>"$work/err" </dev/null)
    status=$?
    check "a large document" 0
    check_output "a large document" "made
out of memory
Ok([1])"
}
finish
