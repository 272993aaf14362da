#include "vm/exec/report_lines.h"

#include <stdlib.h>
#include <string.h>

static uint32_t *place_of(const struct vvm_report_lines *lines, const char *text, size_t length, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & lines->mask;
    for (;; at = (at + 1) & lines->mask) {
        const struct vvm_report_line *line = lines->index[at] != 0 ? &lines->items[lines->index[at] - 1] : NULL;
        if (line == NULL || (line->hash == hash && line->length == length && memcmp(line->text, text, length) == 0))
            return &lines->index[at];
    }
}

static bool rebuild_index(struct vvm_report_lines *lines)
{
    uint32_t size = lines->capacity * 2;
    uint32_t *index = calloc(size, sizeof *index);
    if (index == NULL)
        return false;
    free(lines->index);
    lines->index = index;
    lines->mask = size - 1;
    for (uint32_t i = 0; i < lines->count; i++)
        *place_of(lines, lines->items[i].text, lines->items[i].length, lines->items[i].hash) = i + 1;
    return true;
}

/* Room for one more; the capacity is a power of two. */
static bool grow(struct vvm_report_lines *lines)
{
    if (lines->count < lines->capacity)
        return true;
    uint32_t capacity = lines->capacity != 0 ? lines->capacity * 2 : 16;
    struct vvm_report_line *items = realloc(lines->items, capacity * sizeof *items);
    if (items == NULL)
        return false;
    lines->items = items;
    lines->capacity = capacity;
    return rebuild_index(lines);
}

static void merge(struct vvm_report_line *line, const struct vvm_report_facts *facts)
{
    line->count++;
    if (facts->least_ms < line->facts.least_ms)
        line->facts.least_ms = facts->least_ms;
    if (facts->most_ms > line->facts.most_ms)
        line->facts.most_ms = facts->most_ms;
}

void vvm_report_lines_add(struct vvm_report_lines *lines, const struct vvm_text_builder *text,
                          struct vvm_report_facts facts)
{
    if (text->failed || text->length == 0 || lines->failed || !grow(lines)) {
        lines->failed = true;
        return;
    }
    uint64_t hash = vvm_hash_bytes(text->data, text->length);
    uint32_t *place = place_of(lines, text->data, text->length, hash);
    if (*place != 0) {
        merge(&lines->items[*place - 1], &facts);
        return;
    }
    char *copy = malloc(text->length);
    if (copy == NULL) {
        lines->failed = true;
        return;
    }
    memcpy(copy, text->data, text->length);
    lines->items[lines->count] = (struct vvm_report_line){copy, hash, (uint32_t)text->length, 1, facts};
    *place = ++lines->count;
}

void vvm_report_lines_drop(struct vvm_report_lines *lines)
{
    for (uint32_t i = 0; i < lines->count; i++)
        free(lines->items[i].text);
    free(lines->items);
    free(lines->index);
    *lines = (struct vvm_report_lines){0};
}
