/* The report of a program's tasks: who is there, what each does or waits for, where, since when. For whoever asks a
 * running program (SIGQUIT) or says what a program leaves behind (shutdown).
 *
 * It halts all worker threads between two turns (runtime/sched/pause.h), reads every isolate, and lets them go on;
 * nothing of the program changes. An isolate whose turn does not end within the patience (native code that takes long)
 * is named with what is known. Equal tasks are one entry with a count. Cost: some microseconds a task, during which
 * nothing runs. */
#ifndef VVM_REPORT_H
#define VVM_REPORT_H

#include "vm/exec/vm.h"

#include <stdio.h>

enum vvm_report_flags {
    VVM_REPORT_TRACES = 1,       /* the frames of each task below its line */
    VVM_REPORT_WITHOUT_MAIN = 2, /* not the tasks of the main isolate */
    VVM_REPORT_LEFT_ACTORS = 4,  /* actors that were to stop and have not, each once, and nobody else */
};

/* Adds a line for each task: "  " before it, a newline after it; equal ones once. Gives the number of tasks.
 * Thread: any that takes no turn, while the VM and its runtime are there. Blocks, while threads come to a stand. */
uint32_t vvm_report_tasks(struct vvm_vm *vm, uint32_t flags, struct vvm_text_builder *out);

/* Writes `headline`, the number of tasks and the time since the start in one line, then the tasks; one write. If there
 * are none and `headline` is NULL nothing is written. Gives their number. As above. */
uint32_t vvm_report_print(struct vvm_vm *vm, FILE *file, const char *headline, uint32_t flags);

#endif
