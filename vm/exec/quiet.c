#include "vm/exec/quiet.h"

#include "runtime/sync/channel.h"
#include "vm/exec/error.h"
#include "vm/exec/step.h"
#include "vm/exec/waits.h"

#include <stdlib.h>
#include <string.h>

/* Equal waits are one line with a count. */
struct wait_line { char *text; uint32_t count; };
struct report {
    struct wait_line *lines;
    uint32_t count, capacity, waiting;
    bool main_waits;
    char *circle; /* tasks that wait for each other, or NULL */
};

static void describe_channel(struct vvm_vm *vm, const struct vrt_waiter *waiter, struct vvm_text_builder *out)
{
    struct vrt_channel *channel = vrt_channel_of_waiter(waiter);
    struct vrt_channel_facts facts;
    if (channel == NULL)
        return;
    vrt_channel_facts_any(channel, &facts);
    vvm_text_add_c(out, " a channel");
    if (facts.site != 0) {
        vvm_text_add_c(out, " made in ");
        vvm_trace_place(vm, facts.site, out);
    }
    vvm_text_add_format(out, ", which has %u open sender%s and %u receiver%s", facts.senders,
                        facts.senders == 1 ? "" : "s", facts.receivers, facts.receivers == 1 ? "" : "s");
}

/* The task itself; `again`: it has been told of in full elsewhere. */
static void describe_task(struct vvm_isolate *isolate, const struct vvm_fiber *fiber, bool again,
                          struct vvm_text_builder *out)
{
    const struct vvm_isolate_more *more = isolate->more;
    const char *name = vvm_isolate_name(isolate);
    if (fiber->future != NULL && !(fiber->flags & (VVM_FIBER_MAIN | VVM_FIBER_WORKER)))
        vvm_text_add_c(out, "a task of ");
    bool is_actor = more != NULL && !vvm_is_void(more->actor);
    if (vvm_isolate_is_main(isolate))
        vvm_text_add_c(out, "main");
    else if (is_actor)
        vvm_text_add_format(out, "actor %s", name);
    else if (name != NULL)
        vvm_text_add_format(out, "worker \"%s\"", name);
    else
        vvm_text_add_c(out, "a worker");
    if (!again && more != NULL && more->site_count != 0) {
        vvm_text_add_c(out, " spawned in ");
        vvm_trace_place(vvm_isolate_vm(isolate), more->sites[0], out);
    }
}

/* Whose result it is, or where the promise was made. */
static void describe_promise(struct vvm_vm *vm, const struct vvm_waits *waits, const struct vrt_promise *promise,
                             struct vvm_text_builder *out)
{
    const struct vvm_wait *settler = waits != NULL ? vvm_waits_settler(waits, promise) : NULL;
    vvm_text_add_c(out, "waits for ");
    if (settler != NULL) {
        vvm_text_add_c(out, "the result of ");
        describe_task(settler->isolate, settler->fiber, true, out);
    } else if (promise != NULL && promise->site > VVM_PROMISE_AT_REST) {
        vvm_text_add_c(out, "a promise made in ");
        vvm_trace_place(vm, promise->site, out);
    } else {
        vvm_text_add_c(out, "a Future that nobody settles");
    }
}

static void describe_wait(struct vvm_vm *vm, const struct vvm_waits *waits, const struct vrt_waiter *waiter,
                          struct vvm_text_builder *out)
{
    switch ((enum vrt_where)waiter->where) {
    case VRT_WHERE_SLEEP: vvm_text_add_c(out, "sleeps"); break;
    case VRT_WHERE_PROMISE: describe_promise(vm, waits, waiter->where_object, out); break;
    case VRT_WHERE_SEND:
        vvm_text_add_c(out, "waits to send to");
        describe_channel(vm, waiter, out);
        break;
    case VRT_WHERE_RECEIVE:
        vvm_text_add_c(out, "waits to receive from");
        describe_channel(vm, waiter, out);
        break;
    case VRT_WHERE_POOL: vvm_text_add_c(out, "waits until a pool has no workers"); break;
    case VRT_WHERE_SELECT: vvm_text_add_c(out, "waits in select"); break;
    default: vvm_text_add_c(out, "waits"); break;
    }
}

static void describe_fiber(struct vvm_isolate *isolate, const struct vvm_waits *waits, const struct vvm_fiber *fiber,
                           struct vvm_text_builder *out)
{
    struct vvm_place place;
    describe_task(isolate, fiber, false, out);
    if (fiber->waiter != NULL) {
        vvm_text_add_c(out, " ");
        describe_wait(vvm_isolate_vm(isolate), waits, fiber->waiter, out);
    }
    if (vvm_fiber_place(fiber, &place))
        vvm_text_add_format(out, ", in %s (%s:%u:%u)", place.function, place.file, place.line, place.column);
}

/* ---- The report ---- */

static void add_line(struct report *report, char *text)
{
    for (uint32_t i = 0; i < report->count && i < 64; i++)
        if (strcmp(report->lines[i].text, text) == 0) {
            report->lines[i].count++;
            free(text);
            return;
        }
    if (report->count == report->capacity) {
        uint32_t capacity = report->capacity * 2 + 8;
        struct wait_line *lines = realloc(report->lines, capacity * sizeof *lines);
        if (lines == NULL) {
            free(text);
            return;
        }
        report->lines = lines;
        report->capacity = capacity;
    }
    report->lines[report->count++] = (struct wait_line){text, 1};
}

static char *text_of(struct vvm_text_builder *out)
{
    char *text = out->length != 0 && !out->failed ? strndup(out->data, out->length) : NULL;
    vvm_text_drop(out);
    return text;
}

static void add_wait(struct report *report, const struct vvm_waits *waits, const struct vvm_wait *wait)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    describe_fiber(wait->isolate, waits, wait->fiber, &out);
    char *text = text_of(&out);
    report->waiting++;
    report->main_waits |= (wait->fiber->flags & VVM_FIBER_MAIN) != 0;
    if (text != NULL)
        add_line(report, text);
}

/* Main first, the others as they were found. */
static int in_order(const void *left, const void *right)
{
    const struct vvm_wait *a = *(const struct vvm_wait *const *)left, *b = *(const struct vvm_wait *const *)right;
    bool a_main = vvm_isolate_is_main(a->isolate), b_main = vvm_isolate_is_main(b->isolate);
    return a_main != b_main ? b_main - a_main : (a->order > b->order) - (a->order < b->order);
}

static void add_waits(struct report *report, const struct vvm_waits *waits)
{
    const struct vvm_wait **sorted = calloc(waits->count + 1, sizeof *sorted);
    for (size_t i = 0; sorted != NULL && i < waits->count; i++)
        sorted[i] = &waits->items[i];
    if (sorted != NULL)
        qsort(sorted, waits->count, sizeof *sorted, in_order);
    for (size_t i = 0; i < waits->count; i++)
        add_wait(report, waits, sorted != NULL ? sorted[i] : &waits->items[i]);
    free(sorted);
}

/* One line: each waits for the next one's result, the last for the first's. */
static void find_circle(struct report *report, struct vvm_waits *waits)
{
    const struct vvm_wait *first = vvm_waits_circle(waits), *wait = first;
    struct vvm_text_builder out;
    if (first == NULL)
        return;
    vvm_text_init(&out);
    vvm_text_add_c(&out, "in a circle, ");
    do {
        describe_task(wait->isolate, wait->fiber, true, &out);
        vvm_text_add_c(&out, " waits for ");
        wait = wait->next;
    } while (wait != first && out.length < 4000);
    describe_task(first->isolate, first->fiber, true, &out);
    report->circle = text_of(&out);
}

static char *report_text(const struct report *report)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_text_add_format(&out, "deadlock: %u task%s, none of which can ever go on", report->waiting,
                        report->waiting == 1 ? " waits" : "s wait");
    if (report->circle != NULL)
        vvm_text_add_format(&out, "\n  %s", report->circle);
    for (uint32_t i = 0; i < report->count; i++) {
        vvm_text_add_c(&out, "\n  ");
        vvm_text_add_c(&out, report->lines[i].text);
        if (report->lines[i].count > 1)
            vvm_text_add_format(&out, " (%u tasks alike)", report->lines[i].count);
    }
    char *text = out.failed ? NULL : strndup(out.data, out.length);
    vvm_text_drop(&out);
    return text != NULL ? text : strdup("deadlock");
}

static void report_drop(struct report *report)
{
    for (uint32_t i = 0; i < report->count; i++)
        free(report->lines[i].text);
    free(report->lines);
    free(report->circle);
}

static void post_report(struct vvm_vm *vm, const struct report *report)
{
    struct vvm_letter *letter = calloc(1, sizeof *letter);
    if (letter == NULL)
        return;
    letter->post.kind = VVM_LETTER_DEADLOCK;
    letter->text = report_text(report);
    if (letter->text == NULL) {
        free(letter);
        return;
    }
    vrt_isolate_post_any(&vm->main->base, &letter->post);
}

void vvm_quiet_happened(struct vela_runtime *runtime, void *user)
{
    struct vvm_vm *vm = user;
    struct report report = {0};
    struct vvm_waits waits;
    if (vm == NULL || vm->main == NULL)
        return;
    vvm_vm_enter(vm);
    vvm_waits_collect(&waits, runtime);
    add_waits(&report, &waits);
    find_circle(&report, &waits);
    vvm_waits_drop(&waits);
    if (report.main_waits)
        post_report(vm, &report);
    report_drop(&report);
}

/* ---- Dumps ---- */

static void write_fiber(struct vvm_isolate *isolate, const struct vvm_fiber *fiber, const struct vrt_text_sink *sink)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    describe_fiber(isolate, NULL, fiber, &out);
    vvm_text_add_c(&out, "\n");
    if (!out.failed)
        sink->write(sink->context, out.data, out.length);
    vvm_text_drop(&out);
}

void vvm_quiet_describe(struct vvm_isolate *isolate, const struct vrt_text_sink *sink)
{
    struct vvm_fiber *fiber = &isolate->first;
    do {
        if (fiber->state == VVM_FIBER_PARKED && fiber->top != 0)
            write_fiber(isolate, fiber, sink);
        fiber = fiber->list_next;
    } while (fiber != &isolate->first);
}
