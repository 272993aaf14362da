#include "vm/exec/quiet.h"

#include "vm/exec/describe.h"
#include "vm/exec/report_lines.h"
#include "vm/exec/waits.h"

#include <stdlib.h>
#include <string.h>

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

static void add_wait(struct report *report, const struct vvm_waits *waits, const struct vvm_wait *wait,
                     struct vvm_text_builder *scratch)
{
    scratch->length = 0;
    vvm_describe_fiber(wait->isolate, waits, wait->fiber, scratch);
    report->waiting++;
    report->main_waits |= (wait->fiber->flags & VVM_FIBER_MAIN) != 0;
    vvm_report_lines_add(&report->lines, scratch, (struct vvm_report_facts){0});
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
    struct vvm_text_builder scratch;
    vvm_text_init(&scratch);
    for (size_t i = 0; sorted != NULL && i < waits->count; i++)
        sorted[i] = &waits->items[i];
    if (sorted != NULL)
        qsort(sorted, waits->count, sizeof *sorted, in_order);
    for (size_t i = 0; i < waits->count; i++)
        add_wait(report, waits, sorted != NULL ? sorted[i] : &waits->items[i], &scratch);
    vvm_text_drop(&scratch);
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
        vvm_describe_task(wait->isolate, wait->fiber, &out);
        vvm_text_add_c(&out, " waits for ");
        wait = wait->next;
    } while (wait != first && out.length < 4000);
    vvm_describe_task(first->isolate, first->fiber, &out);
    report->circle = text_of(&out);
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
    add_waits(&report, &waits);
    find_circle(&report, &waits);
    vvm_waits_drop(&waits);
    if (report.main_waits)
        post_report(vm, &report);
    report_drop(&report);
}
