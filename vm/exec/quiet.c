#include "vm/exec/quiet.h"

#include "runtime/base/alloc.h"
#include "runtime/base/choice.h"
#include "runtime/base/large.h"
#include "vm/exec/describe.h"
#include "vm/exec/held.h"
#include "vm/exec/report_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LULL_PERIOD_NS UINT64_C(500000000)   /* between two looks for stuck tasks */
#define LULL_SHARE 100                       /* the looks take at most this part of the time ... */
#define LULL_SHARE_IDLE 10                   /* ... and those that were found to be large, and keep nobody from running, this one */
#define LULLS_SKIPPED 32                     /* moments that are not idle, after a look that was too large for them */
#define LULL_PATIENCE_NS UINT64_C(2000000)   /* how long a turn is waited for */
#define LULL_OBJECTS_MAX (UINT32_C(1) << 16) /* to look at more would halt the program for too long, unless it has nothing to do */

struct report {
    struct vvm_report_lines lines;
    uint32_t waiting;
    bool main_waits;
    char *circle; /* tasks that wait for each other, or NULL */
    bool partial; /* others run */
};

static char *text_of(struct vvm_text_builder *out)
{
    char *text = out->length != 0 && !out->failed ? strndup(out->data, out->length) : NULL;
    vvm_text_drop(out);
    return text;
}

static void add_wait(struct report *report, const struct vvm_waits *waits, struct vvm_held *held, const struct vvm_wait *wait,
                     struct vvm_text_builder *scratch)
{
    scratch->length = 0;
    vvm_describe_fiber(wait->isolate, waits, held, wait->fiber, scratch);
    report->waiting++;
    report->main_waits |= (wait->fiber->flags & VVM_FIBER_MAIN) != 0;
    vvm_report_lines_add(&report->lines, scratch, (struct vvm_report_facts){0});
}

/* Of the items in `only`, NULL: of all. */
static void add_waits(struct report *report, const struct vvm_waits *waits, struct vvm_held *held, const bool *only)
{
    struct vvm_text_builder scratch;
    vvm_text_init(&scratch);
    for (size_t i = 0; i < waits->count; i++)
        if (only == NULL || only[i])
            add_wait(report, waits, held, &waits->items[i], &scratch);
    vvm_text_drop(&scratch);
}

/* One line: each waits for the next one, the last for the first. */
static void find_circle(struct report *report, struct vvm_held *held, const bool *only)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_text_add_c(&out, "in a circle, ");
    if (held != NULL && vvm_held_add_circle(held, only, &out))
        report->circle = text_of(&out);
    else
        vvm_text_drop(&out);
}

static void add_line(const struct vvm_report_line *line, struct vvm_text_builder *out)
{
    vvm_text_add_c(out, "\n  ");
    vvm_text_add(out, line->text, line->length);
    if (line->count > 1)
        vvm_text_add_format(out, " (%u tasks alike)", line->count);
}

static char *report_text(const struct report *report)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_text_add_format(&out, "deadlock: %u task%s, none of which can ever go on", report->waiting,
                        report->waiting == 1 ? " waits" : "s wait");
    vvm_text_add_c(&out, report->partial ? ", while others run" : "");
    if (report->circle != NULL)
        vvm_text_add_format(&out, "\n  %s", report->circle);
    for (uint32_t i = 0; i < report->lines.count; i++)
        add_line(&report->lines.items[i], &out);
    char *text = text_of(&out);
    return text != NULL ? text : strdup("deadlock");
}

static void report_drop(struct report *report)
{
    vvm_report_lines_drop(&report->lines);
    free(report->circle);
}

static void post_report(struct vvm_vm *vm, const struct report *report)
{
    struct vvm_letter *letter = calloc(1, sizeof *letter);
    if (letter == NULL)
        return;
    letter->post.kind = VVM_LETTER_DEADLOCK;
    letter->text = report_text(report);
    letter->count = report->partial;
    if (letter->text == NULL) {
        free(letter);
        return;
    }
    vrt_isolate_post_any(&vm->main->base, &letter->post);
}

/* While main's program waits, nobody changes what is read below: not even the host, which waits for it. */
static bool main_waits(const struct vvm_waits *waits)
{
    bool found = false;
    for (size_t i = 0; i < waits->count; i++)
        found |= (waits->items[i].fiber->flags & VVM_FIBER_MAIN) != 0;
    return found;
}

void vvm_quiet_happened(struct vela_runtime *runtime, void *user)
{
    struct vvm_vm *vm = user;
    struct report report = {0};
    struct vvm_waits waits;
    if (vm == NULL || vm->main == NULL)
        return;
    vvm_vm_enter(vm);
    struct vvm_look_limit limit = {.objects = SIZE_MAX};
    vvm_waits_collect(&waits, runtime, &limit);
    if (main_waits(&waits)) {
        struct vvm_held *held = vvm_held_create(vm, &waits, &limit);
        add_waits(&report, &waits, held, NULL);
        find_circle(&report, held, NULL);
        vvm_held_destroy(held);
        post_report(vm, &report);
        report_drop(&report);
    }
    vvm_waits_drop(&waits);
}

/* ---- While others run ---- */

struct look {
    struct vvm_look_limit limit;
    struct vvm_waits waits;
    struct vvm_held *held;
    bool *stuck; /* of each item of waits */
};

static bool is_noted(const struct vvm_wait *wait)
{
    return (wait->fiber->flags & VVM_FIBER_STUCK) != 0;
}

/* Do others wait for ever than those that are known to? */
static bool anything_changed(struct look *look)
{
    for (size_t i = 0; i < look->waits.count && vvm_look_goes_on(&look->limit, look->waits.count); i++)
        if (look->stuck[i] != is_noted(&look->waits.items[i]))
            return true;
    return false;
}

/* Notes those that have not been reported; those that have are to be told of to main only, which asks why. False:
 * nothing is new. */
static bool note_stuck(const struct vvm_waits *waits, bool *stuck)
{
    bool news = false, main_is_new = false;
    for (size_t i = 0; i < waits->count; i++) {
        bool is_new = stuck[i] && !is_noted(&waits->items[i]);
        news |= is_new;
        main_is_new |= is_new && waits->items[i].fiber->flags & VVM_FIBER_MAIN;
    }
    for (size_t i = 0; i < waits->count; i++) {
        struct vvm_fiber *fiber = waits->items[i].fiber;
        bool before = is_noted(&waits->items[i]);
        fiber->flags = (uint16_t)((fiber->flags & ~VVM_FIBER_STUCK) | (stuck[i] ? VVM_FIBER_STUCK : 0));
        stuck[i] = stuck[i] && (main_is_new || !before);
    }
    return news;
}

/* Main gets it as an error, as when everything rests; else it is printed, and the tasks stay as they are. */
static void tell(struct vvm_vm *vm, const struct report *report)
{
    if (report->main_waits) {
        post_report(vm, report);
        return;
    }
    char *text = report_text(report);
    if (text != NULL)
        fprintf(stderr, "%s\n", text);
    free(text);
}

/* A program that was too large to be looked at is left alone for some time, until it is idle. */
static bool is_no_time(struct vvm_vm *vm, const struct vela_runtime *idle)
{
    if (idle != NULL || vm->lulls_to_skip == 0)
        return false;
    vm->lulls_to_skip--;
    return true;
}

static bool find_stuck(struct look *look)
{
    look->stuck = look->held != NULL && look->waits.count != 0 ? vrt_alloc_zeroed(look->waits.count * sizeof *look->stuck) : NULL;
    return look->stuck != NULL && vvm_held_find_stuck(look->held, look->stuck);
}

static void look_for_stuck(struct vvm_vm *vm, struct look *look)
{
    struct report report = {.partial = true};
    look->limit.idle = vrt_pause_disturbs(vm->runtime) ? NULL : vm->runtime;
    if (is_no_time(vm, look->limit.idle))
        return;
    vvm_waits_collect(&look->waits, vm->runtime, &look->limit);
    look->held = vvm_held_create(vm, &look->waits, &look->limit);
    if (find_stuck(look) && anything_changed(look) && note_stuck(&look->waits, look->stuck)) {
        add_waits(&report, &look->waits, look->held, look->stuck);
        find_circle(&report, look->held, look->stuck);
        tell(vm, &report);
    }
    vm->lulls_to_skip = look->held == NULL || vvm_held_size(look->held) > LULL_OBJECTS_MAX ? LULLS_SKIPPED : 0;
    report_drop(&report);
}

static void drop_look(struct look *look)
{
    if (look->stuck != NULL)
        vrt_free(look->stuck, look->waits.count * sizeof *look->stuck);
    vvm_held_destroy(look->held);
    vvm_waits_drop(&look->waits);
    if (look->limit.idle != NULL)
        vrt_large_trim(); /* nobody is to come by and do it */
}

void vvm_quiet_lull(struct vela_runtime *runtime, void *user)
{
    struct vvm_vm *vm = user;
    struct look look = {.limit = {.objects = LULL_OBJECTS_MAX}};
    uint64_t begin = vrt_now();
    bool all;
    if (vm != NULL && vm->main != NULL && vrt_pause_try_begin(runtime, vrt_deadline_after(begin, LULL_PATIENCE_NS), &all)) {
        struct vvm_vm *before = vvm_vm_enter(vm);
        if (all)
            look_for_stuck(vm, &look);
        /* Somebody came meanwhile, so it may have been left: the next idle moment is to have a look, even if nothing
         * happens before. */
        if (vm->lulls_to_skip != 0 && vrt_pause_disturbs(runtime))
            vrt_atomic_store_relaxed(&runtime->lull_turns, UINT64_MAX); /* only compared */
        vvm_vm_enter(before);
        vrt_pause_end(runtime);
    }
    drop_look(&look);
    uint64_t now = vrt_now(), rest = (now - begin) * (vm != NULL && vm->lulls_to_skip != 0 ? LULL_SHARE_IDLE : LULL_SHARE);
    /* relaxed: the next caller swaps it */
    vrt_atomic_store_relaxed(&runtime->lull_due_ns, now + (rest > LULL_PERIOD_NS ? rest : LULL_PERIOD_NS));
}
