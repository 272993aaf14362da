#include "vm/front/diagnostic.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Longest part of a source line that is shown, in bytes. */
#define SHOWN_MAX 200u

void vvm_diagnostics_init(struct vvm_diagnostics *list) {
    memset(list, 0, sizeof *list);
}

void vvm_diagnostics_deinit(struct vvm_diagnostics *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        free(list->items[i].message);
        free(list->items[i].hint);
    }
    free(list->items);
    vvm_diagnostics_init(list);
}

void vvm_diagnostics_out_of_memory(struct vvm_diagnostics *list) {
    if (!list->out_of_memory)
        list->errors++;
    list->out_of_memory = true;
}

static bool is_repeated(const struct vvm_diagnostics *list, const struct vvm_source *source, uint32_t offset) {
    for (uint32_t i = list->count; i-- > 0;) {
        const struct vvm_diagnostic *item = &list->items[i];
        if (item->severity == VVM_ERROR && item->source && item->source == source && item->offset == offset)
            return true;
    }
    return false;
}

static bool ensure_room(struct vvm_diagnostics *list) {
    if (list->count < list->capacity)
        return true;
    uint32_t capacity = list->capacity ? list->capacity * 2 : 16;
    struct vvm_diagnostic *items = realloc(list->items, capacity * sizeof *items);
    if (!items)
        return false;
    list->items = items;
    list->capacity = capacity;
    return true;
}

static bool append(struct vvm_diagnostics *list, struct vvm_diagnostic item, const char *hint) {
    item.hint = hint ? strdup(hint) : NULL;
    if (!item.message || (hint && !item.hint) || !ensure_room(list)) {
        free(item.message);
        free(item.hint);
        return false;
    }
    list->items[list->count++] = item;
    return true;
}

void vvm_diagnostics_add(struct vvm_diagnostics *list, enum vvm_severity severity, const char *code,
                         const struct vvm_source *source, uint32_t offset, uint32_t length, const char *hint,
                         const char *format, ...) {
    uint32_t *counter = severity == VVM_ERROR ? &list->errors : &list->warnings;
    if (severity == VVM_ERROR && is_repeated(list, source, offset))
        return;
    (*counter)++;
    if (*counter > VVM_DIAGNOSTIC_MAX)
        return;
    struct vvm_diagnostic item = {.severity = severity, .source = source, .offset = offset, .length = length};
    snprintf(item.code, sizeof item.code, "%s", code);
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&item.message, format, arguments) < 0)
        item.message = NULL;
    va_end(arguments);
    if (!append(list, item, hint))
        vvm_diagnostics_out_of_memory(list);
}

/* The place of a diagnostic's source among the sources, by first report. */
static uint32_t source_rank(const struct vvm_diagnostics *list, const struct vvm_source *source) {
    uint32_t i = 0;
    while (i < list->count && list->items[i].source != source)
        i++;
    return i;
}

static bool comes_before(const struct vvm_diagnostic *a, uint32_t rank_a, const struct vvm_diagnostic *b,
                         uint32_t rank_b)
{
    if (rank_a != rank_b)
        return rank_a < rank_b;
    return a->source && a->offset < b->offset;
}

/* Insertion sort: stable, and a list has at most a hundred items. */
void vvm_diagnostics_sort(struct vvm_diagnostics *list) {
    uint32_t ranks[2 * VVM_DIAGNOSTIC_MAX];
    for (uint32_t i = 0; i < list->count; i++)
        ranks[i] = source_rank(list, list->items[i].source);
    for (uint32_t i = 1; i < list->count; i++) {
        struct vvm_diagnostic item = list->items[i];
        uint32_t rank = ranks[i], j = i;
        for (; j > 0 && comes_before(&item, rank, &list->items[j - 1], ranks[j - 1]); j--) {
            list->items[j] = list->items[j - 1];
            ranks[j] = ranks[j - 1];
        }
        list->items[j] = item;
        ranks[j] = rank;
    }
}

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Blanks up to the column; tabs are kept so that the caret stands below its place. */
static void print_indent(FILE *out, const char *line, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (!is_continuation(line[i]))
            fputc(line[i] == '\t' ? '\t' : ' ', out);
}

static void print_caret(FILE *out, const char *line, uint32_t start, uint32_t end) {
    print_indent(out, line, start);
    fputc('^', out);
    for (uint32_t i = start + 1; i < end; i++)
        if (!is_continuation(line[i]))
            fputc('~', out);
    fputc('\n', out);
}

/* Control characters of the source must not reach the terminal. */
static void print_line(FILE *out, const char *line, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)line[i];
        fputc((c < 0x20 && c != '\t') || c == 0x7F ? '?' : c, out);
    }
    fputc('\n', out);
}

static void print_excerpt(FILE *out, const struct vvm_diagnostic *item, uint32_t line_number) {
    uint32_t length;
    const char *line = vvm_source_line(item->source, line_number, &length);
    uint32_t start = item->offset - (uint32_t)(line - item->source->bytes);
    if (start > length)
        start = length;
    uint32_t skip = start > SHOWN_MAX / 2 && length > SHOWN_MAX ? start - SHOWN_MAX / 2 : 0;
    while (skip > 0 && is_continuation(line[skip]))
        skip--;
    uint32_t shown = length - skip > SHOWN_MAX ? SHOWN_MAX : length - skip;
    while (shown < length - skip && is_continuation(line[skip + shown]))
        shown++;
    print_line(out, line + skip, shown);
    uint32_t end = start - skip + item->length;
    print_caret(out, line + skip, start - skip, end < shown ? end : shown);
}

static void print_item(FILE *out, const struct vvm_diagnostic *item) {
    const char *word = item->severity == VVM_ERROR ? "error" : "warning";
    if (!item->source) {
        fprintf(out, "%s %s: %s\n", word, item->code, item->message);
    } else {
        struct vvm_position at = vvm_source_position(item->source, item->offset);
        fprintf(out, "%s:%u:%u: %s %s: %s\n", item->source->name, at.line, at.column, word, item->code, item->message);
        print_excerpt(out, item, at.line);
    }
    if (item->hint)
        fprintf(out, "hint: %s\n", item->hint);
}

void vvm_diagnostics_print(struct vvm_diagnostics *list, FILE *out, bool with_warnings) {
    vvm_diagnostics_sort(list);
    for (uint32_t i = 0; i < list->count; i++)
        if (with_warnings || list->items[i].severity == VVM_ERROR)
            print_item(out, &list->items[i]);
    if (list->errors > VVM_DIAGNOSTIC_MAX)
        fprintf(out, "%u more errors\n", list->errors - VVM_DIAGNOSTIC_MAX);
    if (list->out_of_memory)
        fputs("error: out of memory while reading the program\n", out);
}
