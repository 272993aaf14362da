/*
 * Strings: quotes, escapes, interpolation, multi-line literals (language.md 1.5).
 *
 * A string is read in parts: up to its end, or up to a `${`, behind which the lexer reads ordinary tokens until
 * the bracket closes and vvm_lexer_string_resume goes on. Each part is decoded into the lexer's buffer.
 */
#include <stdlib.h>
#include <string.h>

#include "vm/front/lexer.h"

/* How the string ends; kept with each open `${`. */
enum quote {
    QUOTE_DOUBLE = '"',
    QUOTE_SINGLE = '\'',
    QUOTE_ESCAPED = '\\', /* \" … \" inside `${}` of a "…" */
    QUOTE_REGION = 'r'    /* inside of a multi-line literal: ends where the text ends */
};

enum part_end { PART_CLOSED, PART_INTERPOLATION, PART_BROKEN };

/* ---- The buffer -------------------------------------------------------------------------------------------- */

static bool buffer_grow(struct vvm_lexer *lexer, uint32_t length) {
    size_t capacity = ((size_t)lexer->buffer_length + length) * 2 + 64;
    char *buffer = capacity < UINT32_MAX ? realloc(lexer->buffer, capacity) : NULL;
    if (!buffer) {
        lexer->arena->failed = lexer->fatal = true;
        return false;
    }
    lexer->buffer = buffer;
    lexer->buffer_capacity = (uint32_t)capacity;
    return true;
}

static void append(struct vvm_lexer *lexer, const char *bytes, uint32_t length) {
    if (lexer->buffer_capacity - lexer->buffer_length < length && !buffer_grow(lexer, length))
        return;
    if (length)
        memcpy(lexer->buffer + lexer->buffer_length, bytes, length);
    lexer->buffer_length += length;
}

static void append_code_point(struct vvm_lexer *lexer, uint32_t c) {
    char bytes[4];
    uint32_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char marks[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (uint32_t i = size; i-- > 1; c >>= 6)
        bytes[i] = (char)(0x80 | (c & 0x3F));
    bytes[0] = (char)(marks[size] | c);
    append(lexer, bytes, size);
}

static const struct vvm_text *take_text(struct vvm_lexer *lexer) {
    static const struct vvm_text empty = {"", 0};
    struct vvm_text *text = lexer->buffer_length ? VVM_ARENA_NEW(lexer->arena, struct vvm_text) : NULL;
    char *bytes = text ? vvm_arena_alloc(lexer->arena, lexer->buffer_length + 1) : NULL;
    if (!bytes)
        return &empty; /* nothing in it, or no memory: then the arena says so */
    memcpy(bytes, lexer->buffer, lexer->buffer_length);
    text->bytes = bytes;
    text->length = lexer->buffer_length;
    return text;
}

/* ---- Escapes ----------------------------------------------------------------------------------------------- */

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Hexadecimal digits, at most `most`; gives how many. */
static uint32_t read_hex(struct vvm_lexer *lexer, uint32_t most, uint32_t *value) {
    uint32_t count = 0;
    *value = 0;
    for (; count < most && lexer->at < lexer->end && hex_value(lexer->text[lexer->at]) >= 0; count++)
        *value = *value << 4 | (uint32_t)hex_value(lexer->text[lexer->at++]);
    return count;
}

static void bad_escape(struct vvm_lexer *lexer, uint32_t start, const char *message) {
    uint32_t length = lexer->at > start ? lexer->at - start : 1;
    vvm_lexer_error(lexer, "E105", start, length, "escapes are \\n \\t \\r \\0 \\b \\f \\\\ \\\" \\' \\$ \\xHH \\u{H…}",
                    message);
}

static void escape_x(struct vvm_lexer *lexer, uint32_t start) {
    uint32_t value;
    if (read_hex(lexer, 2, &value) == 2)
        append_code_point(lexer, value);
    else
        bad_escape(lexer, start, "`\\x` needs two hexadecimal digits");
}

static void escape_u(struct vvm_lexer *lexer, uint32_t start) {
    uint32_t value = 0, count = 0;
    bool braced = lexer->at < lexer->end && lexer->text[lexer->at] == '{';
    if (braced) {
        lexer->at++;
        count = read_hex(lexer, 7, &value);
    }
    bool closed = braced && lexer->at < lexer->end && lexer->text[lexer->at] == '}';
    lexer->at += closed;
    if (!closed || count == 0)
        bad_escape(lexer, start, "`\\u` needs hexadecimal digits in braces");
    else if (count > 6 || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        bad_escape(lexer, start, "this is not a Unicode code point");
    else
        append_code_point(lexer, value);
}

/* The byte a simple escape stands for, or -1. */
static int simple_escape(char c) {
    switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case '0': return '\0';
    case 'b': return '\b';
    case 'f': return '\f';
    case '\\':
    case '"':
    case '\'':
    case '$': return c;
    default: return -1;
    }
}

/* At a backslash. */
static void read_escape(struct vvm_lexer *lexer) {
    uint32_t start = lexer->at++;
    char c = lexer->at < lexer->end ? lexer->text[lexer->at] : '\n';
    int simple = simple_escape(c);
    if (c == '\n' || c == '\r') { /* the line break itself is dealt with by the caller */
        bad_escape(lexer, start, "a backslash does not continue a line");
        return;
    }
    lexer->at++;
    char byte = (char)simple;
    if (simple >= 0)
        append(lexer, &byte, 1);
    else if (c == 'x')
        escape_x(lexer, start);
    else if (c == 'u')
        escape_u(lexer, start);
    else {
        while (lexer->at < lexer->end && ((unsigned char)lexer->text[lexer->at] & 0xC0) == 0x80)
            lexer->at++;
        bad_escape(lexer, start, "unknown escape");
    }
}

/* ---- Indentation of multi-line literals -------------------------------------------------------------------- */

static bool is_blank_line(const struct vvm_lexer *lexer, uint32_t at) {
    while (at < lexer->end && (lexer->text[at] == ' ' || lexer->text[at] == '\t' || lexer->text[at] == '\r'))
        at++;
    return at >= lexer->end || lexer->text[at] == '\n';
}

/* At the start of a line: drops the indentation of the closing quotes. */
static void strip_indent(struct vvm_lexer *lexer) {
    uint32_t i = 0;
    while (i < lexer->indent_length && lexer->at + i < lexer->end && lexer->text[lexer->at + i] == lexer->indent[i])
        i++;
    if (i < lexer->indent_length && !is_blank_line(lexer, lexer->at))
        vvm_lexer_error(lexer, "E106", lexer->at, i ? i : 1,
                        "each line needs at least the blanks before the closing quotes",
                        "this line is indented less than the closing quotes");
    while (i < lexer->indent_length && lexer->at + i < lexer->end &&
           (lexer->text[lexer->at + i] == ' ' || lexer->text[lexer->at + i] == '\t'))
        i++;
    lexer->at += i;
}

static void read_line_break(struct vvm_lexer *lexer) {
    lexer->at += lexer->text[lexer->at] == '\r' ? 2 : 1;
    append(lexer, "\n", 1);
    if (lexer->indent_length)
        strip_indent(lexer);
}

/* ---- Parts ------------------------------------------------------------------------------------------------- */

static bool is_special(char c) {
    return c == '"' || c == '\'' || c == '\\' || c == '$' || c == '\n' || c == '\r';
}

static void read_run(struct vvm_lexer *lexer) {
    uint32_t start = lexer->at;
    while (lexer->at < lexer->end && !is_special(lexer->text[lexer->at]))
        lexer->at++;
    append(lexer, lexer->text + start, lexer->at - start);
}

static bool at_line_break(const struct vvm_lexer *lexer) {
    const char *p = lexer->text + lexer->at;
    return *p == '\n' || (*p == '\r' && lexer->at + 1 < lexer->end && p[1] == '\n');
}

/* Whether the closing quote stands here; moves behind it. */
static bool take_quote(struct vvm_lexer *lexer, enum quote quote) {
    const char *p = lexer->text + lexer->at;
    if (quote == QUOTE_ESCAPED && p[0] == '\\' && lexer->at + 1 < lexer->end && p[1] == '"') {
        lexer->at += 2;
        return true;
    }
    bool closes = quote != QUOTE_ESCAPED && p[0] == (char)quote;
    lexer->at += closes;
    return closes;
}

static bool at_interpolation(const struct vvm_lexer *lexer, enum quote quote) {
    const char *p = lexer->text + lexer->at;
    return quote != QUOTE_SINGLE && p[0] == '$' && lexer->at + 1 < lexer->end && p[1] == '{';
}

static enum part_end read_part(struct vvm_lexer *lexer, enum quote quote) {
    lexer->buffer_length = 0;
    while (lexer->at < lexer->end && !lexer->fatal) {
        if (!is_special(lexer->text[lexer->at]))
            read_run(lexer);
        else if (quote != QUOTE_REGION && take_quote(lexer, quote))
            return PART_CLOSED;
        else if (at_interpolation(lexer, quote))
            return PART_INTERPOLATION;
        else if (lexer->text[lexer->at] == '\\')
            read_escape(lexer);
        else if (at_line_break(lexer) && quote != QUOTE_REGION)
            return PART_BROKEN;
        else if (at_line_break(lexer))
            read_line_break(lexer);
        else
            append(lexer, lexer->text + lexer->at++, 1);
    }
    return quote == QUOTE_REGION ? PART_CLOSED : PART_BROKEN;
}

static void report_unclosed_string(struct vvm_lexer *lexer, uint32_t offset) {
    lexer->string_failed = true;
    vvm_lexer_error(lexer, "E104", offset, 1, "a string over several lines stands between \"\"\" and \"\"\"",
                    "this string is not closed on its line");
}

/* Adds the token of a part that began at `start` (quote or `}`), `first` telling whether it is the string's first. */
static void push_part(struct vvm_lexer *lexer, uint32_t start, enum quote quote, bool first, enum part_end end) {
    enum vvm_token_kind last = first ? VVM_TOKEN_STRING : VVM_TOKEN_TAIL;
    enum vvm_token_kind more = first ? VVM_TOKEN_HEAD : VVM_TOKEN_MIDDLE;
    const struct vvm_text *text = take_text(lexer);
    lexer->at += end == PART_INTERPOLATION ? 2 : 0;
    struct vvm_token *token = vvm_lexer_push(lexer, end == PART_INTERPOLATION ? more : last, start);
    if (!token)
        return;
    token->text = text;
    if (end == PART_INTERPOLATION && vvm_lexer_open(lexer, VVM_TOKEN_RBRACE, (uint8_t)quote))
        lexer->single_line += quote != QUOTE_REGION;
}

static void read_triple(struct vvm_lexer *lexer) {
    uint32_t start = lexer->at;
    const char *p = lexer->text + start + 3, *end = lexer->text + lexer->end;
    while (p < end && !(p[0] == '"' && end - p >= 3 && p[1] == '"' && p[2] == '"'))
        p += *p == '\\' ? 2 : 1;
    if (p >= end) {
        lexer->string_failed = true;
        vvm_lexer_error(lexer, "E104", start, 3, NULL, "this multi-line string is never closed");
        lexer->diagnostics->unfinished++;
        lexer->at = lexer->end;
        lexer->buffer_length = 0;
        push_part(lexer, start, QUOTE_SINGLE, true, PART_CLOSED);
        return;
    }
    lexer->at = (uint32_t)(p - lexer->text) + 3;
    struct vvm_token *token = vvm_lexer_push(lexer, VVM_TOKEN_TRIPLE, start);
    if (token)
        token->word = (uint16_t)(lexer->depth + lexer->depth_outside);
}

void vvm_lexer_string(struct vvm_lexer *lexer) {
    uint32_t start = lexer->at;
    const char *p = lexer->text + start;
    if (p[0] == '"' && lexer->end - start >= 3 && p[1] == '"' && p[2] == '"') {
        read_triple(lexer);
        return;
    }
    enum quote quote = (enum quote)p[0]; /* `\` of `\"` is QUOTE_ESCAPED */
    lexer->at += quote == QUOTE_ESCAPED ? 2 : 1;
    enum part_end end = read_part(lexer, quote);
    if (end == PART_BROKEN)
        report_unclosed_string(lexer, start);
    push_part(lexer, start, quote, true, end);
}

void vvm_lexer_string_resume(struct vvm_lexer *lexer) {
    struct vvm_lexer_bracket bracket = lexer->brackets[--lexer->depth];
    enum quote quote = (enum quote)bracket.quote;
    lexer->single_line -= quote != QUOTE_REGION;
    uint32_t start = lexer->at++;
    enum part_end end = read_part(lexer, quote);
    if (end == PART_BROKEN)
        report_unclosed_string(lexer, lexer->tokens[bracket.token].offset);
    lexer->tokens[bracket.token].partner = lexer->count;
    push_part(lexer, start, quote, false, end);
}

void vvm_lexer_string_abandon(struct vvm_lexer *lexer) {
    struct vvm_lexer_bracket bracket = {0};
    while (lexer->single_line > 0 && lexer->depth > 0) {
        bracket = lexer->brackets[--lexer->depth];
        lexer->single_line -= bracket.quote != 0 && bracket.quote != QUOTE_REGION;
    }
    lexer->single_line = 0;
    lexer->unbalanced = lexer->fatal = true; /* where it was meant to end nobody knows: what follows is guesswork */
    report_unclosed_string(lexer, lexer->tokens[bracket.token].offset);
}

/* If both delimiters are alone on their lines, takes off the first and last line break and finds the indentation. */
static void trim_region(struct vvm_lexer *lexer) {
    const char *text = lexer->text;
    const char *first = memchr(text + lexer->at, '\n', lexer->end - lexer->at);
    const char *last = memrchr(text + lexer->at, '\n', lexer->end - lexer->at);
    if (!first || !is_blank_line(lexer, lexer->at) || !is_blank_line(lexer, (uint32_t)(last - text) + 1))
        return;
    lexer->indent = last + 1;
    lexer->indent_length = lexer->end - ((uint32_t)(last - text) + 1);
    uint32_t end = (uint32_t)(last - text);
    lexer->at = (uint32_t)(first - text) + 1;
    lexer->end = first == last ? lexer->at : end - (end > lexer->at && text[end - 1] == '\r');
    if (lexer->indent_length && lexer->at < lexer->end)
        strip_indent(lexer);
}

void vvm_lexer_string_region(struct vvm_lexer *lexer, uint32_t start, uint32_t end) {
    lexer->at = start;
    lexer->end = end;
    trim_region(lexer);
    uint32_t first = lexer->at;
    enum part_end part = read_part(lexer, QUOTE_REGION);
    push_part(lexer, first, QUOTE_REGION, true, part);
}
