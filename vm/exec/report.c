#include "vm/exec/report.h"

#include "runtime/base/choice.h"
#include "vm/exec/actors.h"
#include "vm/exec/describe.h"
#include "vm/exec/error.h"
#include "vm/exec/report_lines.h"
#include "vm/exec/waits.h"

#define PATIENCE_NS UINT64_C(100000000) /* how long a turn is waited for */

struct tasks {
    struct vvm_vm *vm;
    struct vvm_waits waits;
    struct vvm_report_lines main, others;
    struct vvm_text_builder scratch;
    uint32_t flags, count;
};

/* ---- Reading; everything stands ---- */

static struct vvm_report_facts facts_of(const struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    struct vvm_report_facts facts = {.number = vvm_isolate_is_main(isolate) ? 0 : vvm_isolate_number(isolate),
                                   .least_ms = UINT64_MAX};
    if (fiber != NULL && fiber->state == VVM_FIBER_PARKED && fiber->waiter != NULL)
        facts.least_ms = facts.most_ms = fiber->waiter->since_ms;
    return facts;
}

static void add_text(struct tasks *tasks, const struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    vvm_report_lines_add(vvm_isolate_is_main(isolate) ? &tasks->main : &tasks->others, &tasks->scratch,
                         facts_of(isolate, fiber));
    tasks->count++;
}

static void add_fiber(struct tasks *tasks, const struct vvm_isolate *isolate, const struct vvm_fiber *fiber)
{
    tasks->scratch.length = 0;
    vvm_describe_fiber(isolate, &tasks->waits, NULL, fiber, &tasks->scratch);
    if (tasks->flags & VVM_REPORT_TRACES)
        vvm_trace_write(tasks->vm, fiber, "\n    ", &tasks->scratch);
    add_text(tasks, isolate, fiber);
}

static void add_fibers(struct tasks *tasks, const struct vvm_isolate *isolate)
{
    const struct vvm_fiber *fiber = &isolate->first;
    do {
        if (fiber->top != 0)
            add_fiber(tasks, isolate, fiber);
        fiber = fiber->list_next;
    } while (fiber != &isolate->first);
}

/* One whose turn goes on: in native code, or between two threads. */
static void add_running(struct tasks *tasks, const struct vvm_isolate *isolate)
{
    tasks->scratch.length = 0;
    vvm_describe_isolate_any(isolate, &tasks->scratch);
    vvm_text_add_c(&tasks->scratch,
                   " runs, and has not come to a point where it can be asked (native code that takes long)");
    add_text(tasks, isolate, NULL);
}

static bool is_left_actor(const struct vvm_isolate *isolate)
{
    struct vvm_actor *actor = isolate->more != NULL ? isolate->more->actor : NULL;
    return actor != NULL && vvm_actor_is_told(actor) &&
           !(vrt_atomic_or_seq_cst(&actor->flags, VVM_ACTOR_TOLD) & VVM_ACTOR_TOLD); /* as VVM_ACTOR_STOP */
}

static bool is_asked_for(const struct vvm_isolate *isolate, uint32_t flags)
{
    if (flags & VVM_REPORT_LEFT_ACTORS)
        return is_left_actor(isolate);
    return !(vvm_isolate_is_main(isolate) && flags & VVM_REPORT_WITHOUT_MAIN);
}

static bool add_isolate(struct vrt_isolate *base, void *argument)
{
    struct tasks *tasks = argument;
    const struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    if (!is_asked_for(isolate, tasks->flags))
        return true;
    if (vrt_isolate_is_running_any(base))
        add_running(tasks, isolate);
    else
        add_fibers(tasks, isolate);
    return true;
}

static void collect(struct tasks *tasks)
{
    struct vela_runtime *runtime = tasks->vm->runtime;
    vvm_text_init(&tasks->scratch);
    vrt_pause_begin(runtime, vrt_deadline_after(vrt_now(), PATIENCE_NS));
    vvm_waits_collect(&tasks->waits, runtime, &(struct vvm_look_limit){.objects = SIZE_MAX});
    vrt_runtime_each_isolate(runtime, add_isolate, tasks);
    vvm_waits_drop(&tasks->waits);
    vrt_pause_end(runtime);
    vvm_text_drop(&tasks->scratch);
}

/* ---- Writing ---- */

static void add_seconds(uint64_t ms, struct vvm_text_builder *out)
{
    vvm_text_add_format(out, "%llu.%03us", (unsigned long long)(ms / 1000), (unsigned)(ms % 1000));
}

/* " [worker 17, for 1.204s]", " [12 tasks alike, for 0.100s to 2.000s]" */
static void add_facts(const struct vvm_report_line *line, uint64_t now_ms, struct vvm_text_builder *out)
{
    const struct vvm_report_facts *facts = &line->facts;
    const char *before = " [";
    if (line->count > 1) {
        vvm_text_add_format(out, "%s%u tasks alike", before, line->count);
        before = ", ";
    } else if (facts->number != 0) {
        vvm_text_add_format(out, "%sid %llu", before, (unsigned long long)facts->number);
        before = ", ";
    }
    if (facts->least_ms != UINT64_MAX) {
        vvm_text_add_format(out, "%sfor ", before);
        add_seconds(now_ms - facts->most_ms, out);
        before = ", ";
        if (facts->most_ms != facts->least_ms) {
            vvm_text_add_c(out, " to ");
            add_seconds(now_ms - facts->least_ms, out);
        }
    }
    if (before[0] == ',')
        vvm_text_add_c(out, "]");
}

/* The facts stand behind the first line of the text, before the trace. */
static void add_line(const struct vvm_report_line *line, uint64_t now_ms, struct vvm_text_builder *out)
{
    size_t first = 0;
    while (first < line->length && line->text[first] != '\n')
        first++;
    vvm_text_add_c(out, "  ");
    vvm_text_add(out, line->text, first);
    add_facts(line, now_ms, out);
    vvm_text_add(out, line->text + first, line->length - first);
    vvm_text_add_c(out, "\n");
}

static uint64_t now_ms(const struct vvm_vm *vm)
{
    return (vrt_now() - vm->runtime->started_ns) / 1000000;
}

static void add_lines(const struct vvm_report_lines *lines, uint64_t now, struct vvm_text_builder *out)
{
    for (uint32_t i = 0; i < lines->count; i++)
        add_line(&lines->items[i], now, out);
    if (lines->failed)
        vvm_text_add_c(out, "  (no memory for more)\n");
}

uint32_t vvm_report_tasks(struct vvm_vm *vm, uint32_t flags, struct vvm_text_builder *out)
{
    struct tasks tasks = {.vm = vm, .flags = flags};
    struct vvm_vm *before = vvm_vm_enter(vm);
    collect(&tasks);
    uint64_t now = now_ms(vm);
    add_lines(&tasks.main, now, out);
    add_lines(&tasks.others, now, out);
    vvm_report_lines_drop(&tasks.main);
    vvm_report_lines_drop(&tasks.others);
    vvm_vm_enter(before);
    return tasks.count;
}

uint32_t vvm_report_print(struct vvm_vm *vm, FILE *file, const char *headline, uint32_t flags)
{
    struct vvm_text_builder lines, out;
    vvm_text_init(&lines);
    vvm_text_init(&out);
    uint32_t count = vvm_report_tasks(vm, flags, &lines);
    if (count != 0 || headline != NULL) {
        vvm_text_add_format(&out, "%s: %u task%s, ", headline != NULL ? headline : "tasks", count,
                            count == 1 ? "" : "s");
        add_seconds(now_ms(vm), &out);
        vvm_text_add_c(&out, " after the start\n");
        if (lines.length != 0)
            vvm_text_add(&out, lines.data, lines.length);
        fwrite(out.data, 1, out.failed ? 0 : out.length, file);
        fflush(file);
    }
    vvm_text_drop(&lines);
    vvm_text_drop(&out);
    return count;
}
