/* What is done to a seed: bytes, tokens, lines, splices, nesting. */
#include "tests/fuzz/mutate.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 1400, MUTATIONS_MAX = 3 };

/* A token or a line of the text. */
struct part {
    size_t start, end;
    char class; /* of a token: 'n'ame, 'd'igits, 's'tring, 'o'perator, 'b'racket */
};

struct parts {
    struct part *items;
    size_t count;
};

struct mutation {
    const struct fuzz_seeds *seeds;
    uint64_t random;
    struct fuzz_text text;
};

/* splitmix64 */
static uint64_t next_random(struct mutation *m)
{
    uint64_t z = m->random += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static size_t below(struct mutation *m, size_t count)
{
    return count ? next_random(m) % count : 0;
}

/* ---- Parts ---- */

static void add_part(struct parts *parts, struct part part)
{
    if ((parts->count & (parts->count + 1)) == 0)
        parts->items = fuzz_checked(realloc(parts->items, (parts->count + 1) * 2 * sizeof *parts->items));
    parts->items[parts->count++] = part;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static size_t string_end(const struct fuzz_text *text, size_t at)
{
    char quote = text->bytes[at++];
    while (at < text->length && text->bytes[at] != quote && text->bytes[at] != '\n')
        at += text->bytes[at] == '\\' && at + 1 < text->length ? 2 : 1;
    return at < text->length ? at + 1 : text->length;
}

static struct part token_at(const struct fuzz_text *text, size_t at)
{
    const char *operators = "+-*/%=<>!&|^?.:";
    struct part part = {at, at + 1, 'b'};
    char c = text->bytes[at];
    if (is_word(c)) {
        part.class = isdigit((unsigned char)c) ? 'd' : 'n';
        while (part.end < text->length && is_word(text->bytes[part.end]))
            part.end++;
    } else if (c == '"' || c == '\'') {
        part.class = 's';
        part.end = string_end(text, at);
    } else if (c && strchr(operators, c)) {
        part.class = 'o';
        while (part.end < text->length && part.end < at + 3 && text->bytes[part.end] && strchr(operators, text->bytes[part.end]))
            part.end++;
    }
    return part;
}

/* Comments are no tokens: to change them changes nothing. */
static struct parts tokens_of(const struct fuzz_text *text)
{
    struct parts parts = {0};
    for (size_t at = 0; at < text->length;) {
        if (text->bytes[at] == '#') {
            while (at < text->length && text->bytes[at] != '\n')
                at++;
        } else if (isspace((unsigned char)text->bytes[at])) {
            at++;
        } else {
            struct part part = token_at(text, at);
            add_part(&parts, part);
            at = part.end;
        }
    }
    return parts;
}

static struct parts lines_of(const struct fuzz_text *text)
{
    struct parts parts = {0};
    for (size_t at = 0; at < text->length;) {
        const char *newline = memchr(text->bytes + at, '\n', text->length - at);
        size_t end = newline ? (size_t)(newline - text->bytes) + 1 : text->length;
        add_part(&parts, (struct part){at, end, 'l'});
        at = end;
    }
    return parts;
}

static struct part choose(struct mutation *m, const struct parts *parts)
{
    return parts->count ? parts->items[below(m, parts->count)] : (struct part){m->text.length, m->text.length, 0};
}

/* ---- Changing the text ---- */

/* Puts `bytes` in the place of [start, end). */
static void replace(struct fuzz_text *text, size_t start, size_t end, const char *bytes, size_t length)
{
    char *result = fuzz_checked(malloc(text->length - (end - start) + length + 1));
    memcpy(result, text->bytes, start);
    memcpy(result + start, bytes, length);
    memcpy(result + start + length, text->bytes + end, text->length - end);
    text->length = text->length - (end - start) + length;
    free(text->bytes);
    text->bytes = result;
}

static void insert_text(struct mutation *m, size_t at, const char *bytes)
{
    replace(&m->text, at, at, bytes, strlen(bytes));
}

static void flip_byte(struct mutation *m)
{
    static const char likely[] = "(){}[]<>\"'\\$#/*=!?.:;,|&^~@ \n\t\r\0\x7F\xC3\xA9\xE2\x82\xFF-+0a_A";
    if (m->text.length == 0)
        return;
    char c = below(m, 4) ? likely[below(m, sizeof likely - 1)] : (char)next_random(m);
    m->text.bytes[below(m, m->text.length)] = c;
}

static void delete_bytes(struct mutation *m)
{
    size_t start = below(m, m->text.length), most = m->text.length - start;
    replace(&m->text, start, start + below(m, most < 20 ? most + 1 : 20), "", 0);
}

static void truncate_text(struct mutation *m)
{
    m->text.length = below(m, m->text.length + 1);
}

static void delete_part(struct mutation *m, const struct parts *parts)
{
    struct part part = choose(m, parts);
    replace(&m->text, part.start, part.end, "", 0);
}

/* A copy of `from` in the place of [start, end). */
static void copy_part(struct mutation *m, struct part from, size_t start, size_t end)
{
    size_t length = from.end - from.start;
    char *copy = fuzz_checked(malloc(length + 1));
    memcpy(copy, m->text.bytes + from.start, length);
    replace(&m->text, start, end, copy, length);
    free(copy);
}

static void swap_parts(struct mutation *m, const struct parts *parts)
{
    struct part a = choose(m, parts), b = choose(m, parts);
    if (a.end > b.start) {
        struct part other = a;
        a = b;
        b = other;
    }
    if (a.end > b.start)
        return;
    struct part between = {a.end, b.start, 0};
    copy_part(m, a, b.end, b.end);       /* a b -> a b a */
    copy_part(m, between, b.end, b.end); /* -> a b between a, then the first two go */
    replace(&m->text, a.start, b.start, "", 0);
}

/* ---- Tokens ---- */

static const char *const snippets[] = {
    "0", "9223372036854775807", "9223372036854775808", "1e308", "0.5", "\"a\"", "'b'", "true", "()", "None", "_", "this", "super", "self", "x", "[]", "{}",
    "Some(1)", "Err(0)", "return ", "throw ", "await ", "spawn ", "yield ", "async ", "state ", "fn ", "if ", "else ", "match ", "try ", "catch ",
    "finally ", "class ", "struct ", "enum ", "interface ", "actor ", "extension ", "module ", "type ", "import ", "static ", "public ", "private ",
    "override ", "abstract ", "get ", "set ", "operator ", "on ", "select ", "where ", "with ", "is ", "as ", "null", "for ", "let ", "=", "==", "=>",
    "->", "<-", "?", "?.", "??", "!", "|>", "..", "..=", "...", "@", ";", ",", ":", "::", "+=", "?\?=", "**", ">>>", "++", "-", "~", "\n", "${", "\"\"\"",
};

static void insert_snippet(struct mutation *m, const struct parts *tokens)
{
    size_t at = choose(m, tokens).start;
    insert_text(m, at, " ");
    insert_text(m, at, snippets[below(m, sizeof snippets / sizeof *snippets)]);
}

static void replace_by_snippet(struct mutation *m, const struct parts *tokens)
{
    struct part part = choose(m, tokens);
    const char *snippet = snippets[below(m, sizeof snippets / sizeof *snippets)];
    replace(&m->text, part.start, part.end, snippet, strlen(snippet));
}

/* By another token of the same class: what results is often a program. */
static void replace_by_like(struct mutation *m, const struct parts *tokens)
{
    struct part to = choose(m, tokens), from = choose(m, tokens);
    for (int i = 0; i < 20 && from.class != to.class; i++)
        from = choose(m, tokens);
    if (from.class == to.class)
        copy_part(m, from, to.start, to.end);
}

static const char *const wrappings[][2] = {
    {"(", ")"}, {"{ ", " }"}, {"(x => ", ")"}, {"async { ", " }"}, {"[", "]"}, {"(", ")?"}, {"(", ")!"}, {"-", ""}, {"!", ""}, {"await ", ""},
    {"try { ", " } finally { 0 }"}, {"try { ", " } catch (e) { e }"}, {"(if true { ", " } else { 1 })"}, {"(match ", " { 0 => 1, v => v })"},
    {"\"${", "}\""}, {"(", ", 1)"}, {"Some(", ")"}, {"(", " ?? 0)"}, {"(", ").map(x => x)"}, {"(fn() { return ", " })()"}, {"(true ? ", " : 0)"},
    {"{ state q = ", "\n q }"}, {"((a, b = 1, ...c) => ", ")"}, {"({a: ", "})"}, {"(", " is Number)"}, {"(1 |> f", ")"}, {"Worker.spawn(() => ", ")"},
};

static void wrap(struct mutation *m, const struct parts *tokens)
{
    struct part part = choose(m, tokens);
    const char *const *wrapping = wrappings[below(m, sizeof wrappings / sizeof *wrappings)];
    if (part.class == 'b' || part.class == 'o')
        return;
    insert_text(m, part.end, wrapping[1]);
    insert_text(m, part.start, wrapping[0]);
}

static const char *const bombs[] = {
    "(", "[", "{", "-", "!", "x => ", "f(", "a.b(", "\"${", "if true { ", "match x { _ => ", "(a, ", "[1, ", "{a: ", "async { ", "try { ", "await ",
    "1 + ", "a ?? ", "a.b.", "List<", "x: [", "x is (", "fn f() { ", "class A { fn f() { ", "1..", "a ? b : ", "else if x { }", "@a(", "...", "Some(",
};

static void nest(struct mutation *m, const struct parts *tokens)
{
    const char *bomb = bombs[below(m, sizeof bombs / sizeof *bombs)];
    size_t at = choose(m, tokens).start, times = below(m, 20) ? 1 + below(m, 12) : 900 + below(m, 4000);
    size_t length = strlen(bomb);
    char *text = fuzz_checked(malloc(times * length + 1));
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * length, bomb, length);
    replace(&m->text, at, at, text, times * length);
    free(text);
}

/* ---- Whole texts ---- */

/* A window of whole lines. */
static struct fuzz_text window_of(struct mutation *m, const struct fuzz_text *seed)
{
    size_t start = seed->length > WINDOW ? below(m, seed->length - WINDOW / 2) : 0, end = seed->length;
    while (start > 0 && seed->bytes[start - 1] != '\n')
        start--;
    if (end - start > WINDOW) {
        const char *newline = memchr(seed->bytes + start + WINDOW, '\n', end - start - WINDOW);
        end = newline && (size_t)(newline - seed->bytes) < start + 3 * WINDOW ? (size_t)(newline - seed->bytes) + 1 : start + WINDOW;
    }
    struct fuzz_text text = {fuzz_checked(malloc(end - start + 1)), end - start};
    memcpy(text.bytes, seed->bytes + start, text.length);
    return text;
}

static struct fuzz_text any_window(struct mutation *m)
{
    return window_of(m, &m->seeds->items[below(m, m->seeds->count)]);
}

/* The start of this text and the end of another one, or the other one put in at a line. */
static void splice(struct mutation *m, const struct parts *lines)
{
    struct fuzz_text other = any_window(m);
    size_t at = choose(m, lines).start;
    bool cut = below(m, 2);
    size_t from = cut ? below(m, other.length + 1) : 0;
    replace(&m->text, at, cut ? m->text.length : at, other.bytes + from, other.length - from);
    free(other.bytes);
}

static void change_token(struct mutation *m, unsigned kind)
{
    struct parts tokens = tokens_of(&m->text);
    struct part part = choose(m, &tokens);
    switch (kind) {
    case 0: delete_part(m, &tokens); break;
    case 1: copy_part(m, part, part.end, part.end); break;
    case 2: swap_parts(m, &tokens); break;
    case 3: insert_snippet(m, &tokens); break;
    case 4: replace_by_snippet(m, &tokens); break;
    case 5: case 6: case 7: case 8: replace_by_like(m, &tokens); break;
    case 9: nest(m, &tokens); break;
    default: wrap(m, &tokens); break;
    }
    free(tokens.items);
}

static void change_line(struct mutation *m, unsigned kind)
{
    struct parts lines = lines_of(&m->text);
    struct part part = choose(m, &lines);
    size_t at = choose(m, &lines).start;
    switch (kind) {
    case 0: delete_part(m, &lines); break;
    case 1: copy_part(m, part, at, at); break;
    case 2: swap_parts(m, &lines); break;
    default: splice(m, &lines); break;
    }
    free(lines.items);
}

static void mutate(struct mutation *m)
{
    unsigned kind = (unsigned)below(m, 24);
    if (kind < 14)
        change_token(m, kind);
    else if (kind < 20)
        change_line(m, (kind - 14) % 4);
    else if (kind < 22)
        flip_byte(m);
    else if (kind == 22)
        delete_bytes(m);
    else
        truncate_text(m);
}

struct fuzz_text fuzz_program(const struct fuzz_seeds *seeds, uint64_t number)
{
    struct mutation m = {.seeds = seeds, .random = number * 0xD1342543DE82EF95u + 1};
    m.text = any_window(&m);
    for (size_t i = below(&m, MUTATIONS_MAX) + 1; i > 0; i--)
        mutate(&m);
    return m.text;
}
