/* A worker's deadline is a point in time: what it ends with at that time or later is TimeoutError, though its alarm has not gone
 * off. The alarm of these workers never does: they stop it. That of a member of their group, which has the same deadline, does. */
#include "script.h"

#include "vm/core/core.h"
#include "vm/exec/isolate.h"
#include "vm/exec/cancel.h"
#include "vm_bindings/groups.h"
#include "vm_bindings/enums.h"

static enum vvm_outcome stop_alarm(struct vvm_call *call)
{
    return vvm_done_bool(call, vvm_alarm_stop(&call->isolate->more->rare->alarm));
}

static const struct vvm_builtin rows[] = {
    VVM_ROW_E("stopAlarm() -> Bool", stop_alarm, 0, 0, "The deadline of this worker has no alarm any more."),
};
static const struct vvm_builtin_group group = {VVM_TYPE_NO_ID, false, VVM_ROWS(rows)};

static int begin(void **state)
{
    (void)state;
    const struct vvm_builtin_group **groups = calloc(vbn_group_count + 1, sizeof *groups);
    memcpy(groups, vbn_groups, vbn_group_count * sizeof *groups);
    groups[vbn_group_count] = &group;
    script.machine.runtime = vrt_runtime_create(&(struct vrt_runtime_config){.workers = 2});
    script.machine.vm = vvm_vm_create(script.machine.runtime, groups, vbn_group_count + 1, &(struct vvm_vm_options){0});
    free(groups);
    return script.machine.vm != NULL && vbn_enums_install(script.machine.vm) ? 0 : -1;
}

static void a_members_alarm_may_be_the_first(void **state)
{
    (void)state;
    const char *got = script_value("(tx, rx) = Channel.new()\n"
        "fn work() { stopAlarm(); g = TaskGroup(); g.spawnWorker(() => rx.receive()); block_on(g.waitAll()) }\n"
        "fn main() { w = Worker.spawn(work, timeout: 5, name: \"w\")\n"
        "  r = try { block_on(w) } catch (e) { \"${e.name}: ${e.message} ${e.suppressed}\" }\n"
        "  tx.close()\n"
        "  r }\n");
    assert_string_equal(got, "TimeoutError: worker \"w\" timed out after 5ms []");
}

/* The member itself: its own member is cancelled first. A deadline that is over before it waits says nothing: then there is more
 * time. */
static void a_member_ends_by_its_workers_deadline(void **state)
{
    (void)state;
    const char *got = script_value("(tx, rx) = Channel.new()\n(up, seen) = Channel.new()\n"
        "fn inner() { stopAlarm(); g = TaskGroup(); g.spawnWorker(() => rx.receive()); block_on(g.waitAll()) }\n"
        "fn work() { if !stopAlarm() { throw \"late\" }; g = TaskGroup(); m = g.spawnWorker(inner)\n"
        "  try { block_on(m) } catch (e: CancellationError) { up.send((e.reason, e.by == \"the deadline of ${e.message.replace(\" cancelled\", \"\")}\")) } }\n"
        "fn run(ms) { w = Worker.spawn(work, timeout: ms, name: \"w\")\n"
        "  r = try { block_on(w) } catch (e) { e.toString() }\n"
        "  caught = seen.try_receive()\n"
        "  if caught == None { run(ms * 2) } else { (r == \"TimeoutError: worker \\\"w\\\" timed out after ${ms}ms\", caught) } }\n"
        "fn main() { r = run(5); tx.close(); r }\n");
    assert_string_equal(got, "(true, Some((\"timeout\", true)))");
}

static void a_result_that_is_late_is_none(void **state)
{
    (void)state;
    assert_string_equal(script_value("fn main() { w = Worker.spawn(() => { stopAlarm(); Time.sleep(8); 1 }, timeout: 5)\n"
                                     "  (try { block_on(w) } catch (e) { e.name }, w.isFailed(),\n"
                                     "   block_on(Worker.spawn(() => stopAlarm(), timeout: 60000))) }"),
                        "(\"TimeoutError\", true, true)");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, script_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_members_alarm_may_be_the_first), TEST(a_member_ends_by_its_workers_deadline), TEST(a_result_that_is_late_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
