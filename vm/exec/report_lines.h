/* Private to vm/exec: the lines of a report, equal ones counted. Each is found again by its hash, so that a report of
 * many tasks costs time in proportion to them, and is as long as they differ. */
#ifndef VVM_REPORT_LINES_H
#define VVM_REPORT_LINES_H

#include "vm/value/object.h"

/* What may differ between equal lines: of the first one, and the least and the most. */
struct vvm_report_facts {
    uint64_t number;            /* of the isolate; 0: main */
    uint64_t least_ms, most_ms; /* since when it waits, in ms since the start */
};

struct vvm_report_line {
    char *text; /* malloc'd; without a final newline */
    uint64_t hash;
    uint32_t length, count;
    struct vvm_report_facts facts;
};

struct vvm_report_lines {
    struct vvm_report_line *items; /* in order of their first coming */
    uint32_t *index;        /* 1 + place in items, by hash; 0: free */
    uint32_t count, capacity, mask;
    bool failed;            /* no memory: some are missing */
};

/* All zero = empty. Copies the text. */
void vvm_report_lines_add(struct vvm_report_lines *lines, const struct vvm_text_builder *text,
                          struct vvm_report_facts facts);
void vvm_report_lines_drop(struct vvm_report_lines *lines);

#endif
