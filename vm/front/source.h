/*
 * Source: one text of a program, with its name and the way from offsets to lines and columns.
 *
 * The text is copied, so the caller's buffer may go; the source must outlive every tree and diagnostic that
 * points into it. Offsets are bytes from the start of the text after a byte order mark, which is dropped.
 * The line index is made at creation (one pass); a look-up is a binary search plus a walk along one line.
 */
#ifndef VELA_VM_FRONT_SOURCE_H
#define VELA_VM_FRONT_SOURCE_H

#include <stddef.h>
#include <stdint.h>

/* Longest text, so that offsets and lengths fit 32 bits with room to spare. */
#define VVM_SOURCE_MAX ((size_t)1 << 30)

struct vvm_source {
    char *name;            /* as given: a path, or "<core>" */
    char *bytes;           /* NUL behind the last byte, not counted in length */
    uint32_t length;
    uint32_t line_count;
    uint32_t *line_starts; /* offset of the first byte of each line */
};

struct vvm_position {
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in code points */
};

/* Copies name and text. Owns: the caller destroys it. Thread: any. Errors: NULL without memory or above the maximum. */
struct vvm_source *vvm_source_create(const char *name, const char *bytes, size_t length);

/* Frees the source; NULL is allowed. */
void vvm_source_destroy(struct vvm_source *source);

/* Line and column of an offset; offsets behind the end count as the end. */
struct vvm_position vvm_source_position(const struct vvm_source *source, uint32_t offset);

/* Start and length of a line (from 1) without its line end; an unknown line is empty. */
const char *vvm_source_line(const struct vvm_source *source, uint32_t line, uint32_t *length);

/* Offset of the first byte that is not part of valid UTF-8, or UINT32_MAX. */
uint32_t vvm_source_invalid_utf8(const struct vvm_source *source);

#endif
