#include "vm/exec/quiet.h"

#include "vm/exec/describe.h"
#include "vm/exec/held.h"
#include "vm/exec/report_lines.h"

#include <stdlib.h>
#include <string.h>

#define OBJECTS_MAX (UINT32_C(1) << 24) /* beyond it nothing is said of who holds what */

struct report {
    struct vvm_report_lines lines;
    uint32_t waiting;
    bool main_waits;
    char *circle; /* tasks that wait for each other, or NULL */
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

static void add_waits(struct report *report, const struct vvm_waits *waits, struct vvm_held *held)
{
    struct vvm_text_builder scratch;
    vvm_text_init(&scratch);
    for (size_t i = 0; i < waits->count; i++)
        add_wait(report, waits, held, &waits->items[held != NULL ? vvm_held_order(held)[i] : i], &scratch);
    vvm_text_drop(&scratch);
}

/* One line: each waits for the next one, the last for the first. */
static void find_circle(struct report *report, struct vvm_held *held)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_text_add_c(&out, "in a circle, ");
    if (held != NULL && vvm_held_add_circle(held, &out))
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
    struct vvm_held *held = vvm_held_create(vm, &waits, OBJECTS_MAX);
    add_waits(&report, &waits, held);
    find_circle(&report, held);
    vvm_held_destroy(held);
    vvm_waits_drop(&waits);
    if (report.main_waits)
        post_report(vm, &report);
    report_drop(&report);
}
