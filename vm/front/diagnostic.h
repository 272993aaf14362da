/*
 * Diagnostics: the errors and warnings found in source texts, and how they are printed.
 *
 * A list belongs to one compilation; it copies message and hint and borrows the sources. At most
 * VVM_DIAGNOSTIC_MAX errors are kept; what comes after is counted only. Without memory a diagnostic is
 * dropped, but its error is still counted, so a broken program never passes for a good one.
 */
#ifndef VELA_VM_FRONT_DIAGNOSTIC_H
#define VELA_VM_FRONT_DIAGNOSTIC_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "vm/front/source.h"

#define VVM_DIAGNOSTIC_MAX 50

enum vvm_severity { VVM_ERROR, VVM_WARNING };

struct vvm_diagnostic {
    enum vvm_severity severity;
    char code[8];                    /* "E110" */
    char *message;
    char *hint;                      /* or NULL */
    const struct vvm_source *source; /* NULL: no position (a file that cannot be read) */
    uint32_t offset;
    uint32_t length;
};

struct vvm_diagnostics {
    struct vvm_diagnostic *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t errors;   /* all found, also those beyond the maximum */
    uint32_t warnings;
    bool wants_warnings; /* set by who makes the list: warnings cost a pass of their own */
    uint32_t unfinished; /* of the errors: those that say the text ends too early, so that more of it could mend them */
    bool out_of_memory; /* something was lost for want of memory (counted as an error) */
};

void vvm_diagnostics_init(struct vvm_diagnostics *list);
void vvm_diagnostics_deinit(struct vvm_diagnostics *list);

/* Adds an error or warning at source[offset, offset+length). `hint` may be NULL; `format` as printf.
   A second error at the same offset of the same source is dropped: the first one tells the cause. */
void vvm_diagnostics_add(struct vvm_diagnostics *list, enum vvm_severity severity, const char *code,
                         const struct vvm_source *source, uint32_t offset, uint32_t length, const char *hint,
                         const char *format, ...) __attribute__((format(printf, 8, 9)));

/* Records that memory ran out: counts as an error. */
void vvm_diagnostics_out_of_memory(struct vvm_diagnostics *list);

/* Sorts by position; sources keep the order in which they first reported. */
void vvm_diagnostics_sort(struct vvm_diagnostics *list);

/* Sorts and prints all: `file:line:column: error E110: message`, the line, a caret line, `hint: ...`.
   Warnings are left out unless asked for. */
void vvm_diagnostics_print(struct vvm_diagnostics *list, FILE *out, bool with_warnings);

#endif
