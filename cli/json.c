#include "cli/json.h"

#include <string.h>

/* Length of the UTF-8 sequence that a byte starts; 0: it starts none. */
static size_t sequence_length(unsigned char c)
{
    return c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
}

/* A path may hold any bytes; JSON may not. */
static size_t valid_length(const char *text)
{
    size_t length = sequence_length((unsigned char)text[0]);
    for (size_t i = 1; i < length; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

static void print_character(FILE *out, unsigned char c)
{
    static const char escapes[] = "\"\"\\\\\nn\tt\rr\bb\ff";
    const char *escape = NULL;
    for (const char *e = escapes; *e && !escape; e += 2)
        if ((unsigned char)*e == c)
            escape = e;
    if (escape)
        fprintf(out, "\\%c", escape[1]);
    else if (c < 0x20 || c == 0x7F)
        fprintf(out, "\\u%04x", c);
    else
        fputc(c, out);
}

static void print_string(FILE *out, const char *text)
{
    fputc('"', out);
    while (*text) {
        size_t length = valid_length(text);
        if (length == 1)
            print_character(out, (unsigned char)*text);
        else if (length)
            fwrite(text, 1, length, out);
        else
            fputs("\\ufffd", out);
        text += length ? length : 1;
    }
    fputc('"', out);
}

static void print_text(FILE *out, const char *key, const char *text)
{
    fprintf(out, ",\"%s\":", key);
    if (text)
        print_string(out, text);
    else
        fputs("null", out);
}

static void print_place(FILE *out, const struct vvm_diagnostic *item)
{
    if (!item->source) {
        fputs(",\"line\":null,\"column\":null,\"endLine\":null,\"endColumn\":null", out);
        return;
    }
    struct vvm_position start = vvm_source_position(item->source, item->offset);
    struct vvm_position end = vvm_source_position(item->source, item->offset + item->length);
    fprintf(out, ",\"line\":%u,\"column\":%u,\"endLine\":%u,\"endColumn\":%u", start.line, start.column, end.line,
            end.column);
}

static void print_item(FILE *out, const struct vvm_diagnostic *item, const char *path)
{
    fputs("{\"file\":", out);
    print_string(out, item->source ? item->source->name : path);
    print_place(out, item);
    print_text(out, "severity", item->severity == VVM_ERROR ? "error" : "warning");
    print_text(out, "code", item->code);
    print_text(out, "message", item->message);
    print_text(out, "hint", item->hint);
    fputs("}\n", out);
}

void json_print_diagnostics(FILE *out, struct vvm_diagnostics *diagnostics, const char *path)
{
    vvm_diagnostics_sort(diagnostics);
    for (uint32_t i = 0; i < diagnostics->count; i++)
        print_item(out, &diagnostics->items[i], path);
    if (diagnostics->out_of_memory)
        print_item(
            out, &(struct vvm_diagnostic){.severity = VVM_ERROR, .message = "out of memory while reading the program"},
            path);
}

void json_print_summary(FILE *out, size_t files, size_t errors, size_t warnings)
{
    fprintf(out, "{\"summary\":{\"files\":%zu,\"errors\":%zu,\"warnings\":%zu}}\n", files, errors, warnings);
}
