#include "vm/front/lexer.h"

#include <stdlib.h>
#include <string.h>

/* What a byte may be, so that the commonest decisions are one look-up. */
enum { IS_START = 1, IS_DIGIT = 2, IS_WIDE = 4 };

static const uint8_t classes[256] = {
    ['a' ... 'z'] = IS_START, ['A' ... 'Z'] = IS_START, ['_'] = IS_START,
    ['0' ... '9'] = IS_DIGIT, [0x80 ... 0xFF] = IS_WIDE,
};

void vvm_lexer_init(struct vvm_lexer *lexer, struct vvm_arena *arena, struct vvm_symbols *symbols,
                    const struct vvm_source *source, struct vvm_diagnostics *diagnostics) {
    memset(lexer, 0, sizeof *lexer);
    lexer->arena = arena;
    lexer->symbols = symbols;
    lexer->source = source;
    lexer->diagnostics = diagnostics;
    lexer->text = source->bytes;
    lexer->end = source->length;
}

void vvm_lexer_deinit(struct vvm_lexer *lexer) {
    free(lexer->tokens);
    free(lexer->buffer);
    lexer->tokens = NULL;
    lexer->buffer = NULL;
}

void vvm_lexer_error(struct vvm_lexer *lexer, const char *code, uint32_t offset, uint32_t length, const char *hint,
                     const char *message) {
    vvm_diagnostics_add(lexer->diagnostics, VVM_ERROR, code, lexer->source, offset, length, hint, "%s", message);
}

static bool tokens_grow(struct vvm_lexer *lexer) {
    uint32_t capacity = lexer->capacity ? lexer->capacity * 2 : lexer->end / 8 + 64;
    struct vvm_token *tokens = realloc(lexer->tokens, (size_t)capacity * sizeof *tokens);
    if (!tokens) {
        lexer->arena->failed = lexer->fatal = true;
        return false;
    }
    lexer->tokens = tokens;
    lexer->capacity = capacity;
    return true;
}

/* `catch: T` is a field, so its line break counts after all. */
static void restore_newline_before_label(struct vvm_lexer *lexer) {
    if (lexer->count == 0)
        return;
    struct vvm_token *last = &lexer->tokens[lexer->count - 1];
    if (last->kind == VVM_TOKEN_KEYWORD && last->flags & VVM_TOKEN_BROKEN)
        last->flags |= VVM_TOKEN_NEWLINE;
}

struct vvm_token *vvm_lexer_push(struct vvm_lexer *lexer, enum vvm_token_kind kind, uint32_t offset) {
    if (lexer->count == lexer->capacity && !tokens_grow(lexer))
        return NULL;
    if (kind == VVM_TOKEN_COLON)
        restore_newline_before_label(lexer);
    struct vvm_token *token = &lexer->tokens[lexer->count++];
    memset(token, 0, sizeof *token);
    token->kind = (uint8_t)kind;
    token->offset = offset;
    token->length = lexer->at - offset;
    if (lexer->spaced)
        token->flags = VVM_TOKEN_SPACED;
    if (lexer->broken_line)
        token->flags |= VVM_TOKEN_BROKEN | (vvm_token_continues(kind, VVM_WORD_NONE) ? 0 : VVM_TOKEN_NEWLINE);
    lexer->spaced = lexer->broken_line = false;
    return token;
}

/* ---- Blanks and comments ----------------------------------------------------------------------------------- */

static void line_break(struct vvm_lexer *lexer) {
    lexer->spaced = lexer->broken_line = true;
    if (lexer->single_line > 0)
        vvm_lexer_string_abandon(lexer);
}

static void line_comment(struct vvm_lexer *lexer) {
    const char *newline = memchr(lexer->text + lexer->at, '\n', lexer->end - lexer->at);
    lexer->at = newline ? (uint32_t)(newline - lexer->text) : lexer->end;
    lexer->spaced = true;
}

static void block_comment(struct vvm_lexer *lexer) {
    uint32_t start = lexer->at;
    const char *text = lexer->text + start + 2;
    const char *close = memmem(text, lexer->end > start + 2 ? lexer->end - start - 2 : 0, "*/", 2);
    if (!close)
        vvm_lexer_error(lexer, "E102", start, 2, NULL, "this comment is never closed");
    lexer->diagnostics->unfinished += !close;
    lexer->at = close ? (uint32_t)(close - lexer->text) + 2 : lexer->end;
    lexer->spaced = true;
    if (memchr(lexer->text + start, '\n', lexer->at - start))
        line_break(lexer);
}

/* True when something was skipped. */
static bool skip_blank(struct vvm_lexer *lexer) {
    const char *p = lexer->text + lexer->at;
    switch (*p) {
    case '\n':
        lexer->at++;
        line_break(lexer);
        return true;
    case ' ':
    case '\t':
    case '\r':
        lexer->at++;
        lexer->spaced = true;
        return true;
    case '#':
        line_comment(lexer);
        return true;
    case '/':
        if (lexer->at + 1 >= lexer->end || (p[1] != '/' && p[1] != '*'))
            return false;
        if (p[1] == '/')
            line_comment(lexer);
        else
            block_comment(lexer);
        return true;
    default:
        return false;
    }
}

/* ---- Names ------------------------------------------------------------------------------------------------- */

/* The code point at p, in text known to be valid UTF-8. */
static uint32_t decode(const char *p, uint32_t *size) {
    const unsigned char *u = (const unsigned char *)p;
    *size = u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : 4;
    uint32_t value = u[0] & (0xFFu >> (*size + 1));
    for (uint32_t i = 1; i < *size; i++)
        value = value << 6 | (u[i] & 0x3Fu);
    return value;
}

static bool is_letter(uint32_t c) {
    static const uint32_t excluded[][2] = {
        {0x00AB, 0x00B4}, {0x00B6, 0x00B9}, {0x00BB, 0x00BF}, {0x00D7, 0x00D7}, {0x00F7, 0x00F7},
        {0x2000, 0x2BFF}, {0x2E00, 0x2E7F}, {0x3000, 0x3020}, {0xD800, 0xDFFF}, {0xFDD0, 0xFDEF},
        {0xFE00, 0xFE6F}, {0xFF00, 0xFF20}, {0x1F000, 0x10FFFF},
    };
    if (c < 0x00AA || (c & 0xFFFE) == 0xFFFE)
        return false;
    for (unsigned i = 0; i < sizeof excluded / sizeof *excluded; i++)
        if (c >= excluded[i][0] && c <= excluded[i][1])
            return false;
    return true;
}

/* Moves behind the name that starts or goes on here; gives its hash. */
static uint32_t scan_name(struct vvm_lexer *lexer) {
    uint32_t hash = 2166136261u, size;
    while (lexer->at < lexer->end) {
        unsigned char c = (unsigned char)lexer->text[lexer->at];
        if (classes[c] == 0)
            break;
        if (classes[c] == IS_WIDE) {
            if (!is_letter(decode(lexer->text + lexer->at, &size)))
                break;
            for (uint32_t i = 0; i < size; i++)
                hash = (hash ^ (unsigned char)lexer->text[lexer->at++]) * 16777619u;
        } else {
            hash = (hash ^ c) * 16777619u;
            lexer->at++;
        }
    }
    return hash;
}

static vvm_symbol intern(struct vvm_lexer *lexer, uint32_t hash, const char *text, uint32_t length) {
    unsigned slot = (hash ^ hash >> 16) % VVM_LEXER_CACHE;
    if (lexer->cache[slot].hash == hash && lexer->cache[slot].length == length &&
        memcmp(lexer->cache[slot].text, text, length) == 0)
        return lexer->cache[slot].symbol;
    vvm_symbol symbol = vvm_symbols_intern(lexer->symbols, text, length);
    if (symbol == VVM_NO_SYMBOL)
        lexer->arena->failed = lexer->fatal = true;
    lexer->cache[slot].hash = hash;
    lexer->cache[slot].length = length;
    lexer->cache[slot].text = text;
    lexer->cache[slot].symbol = symbol;
    return symbol;
}

static void read_name(struct vvm_lexer *lexer) {
    uint32_t start = lexer->at;
    uint32_t hash = scan_name(lexer);
    const char *text = lexer->text + start;
    enum vvm_word word = vvm_word_find(text, lexer->at - start);
    vvm_symbol symbol = intern(lexer, hash, text, lexer->at - start);
    struct vvm_token *token = vvm_lexer_push(lexer, vvm_word_kind(word), start);
    if (!token)
        return;
    token->word = (uint16_t)word;
    token->symbol = symbol;
    if (vvm_token_continues((enum vvm_token_kind)token->kind, word))
        token->flags &= (uint8_t)~VVM_TOKEN_NEWLINE;
}

/* ---- Brackets ---------------------------------------------------------------------------------------------- */

bool vvm_lexer_open(struct vvm_lexer *lexer, enum vvm_token_kind closing, uint8_t quote) {
    if (lexer->depth + lexer->depth_outside >= VVM_NESTING_MAX) {
        vvm_lexer_error(lexer, "E108", lexer->tokens[lexer->count - 1].offset, 1, NULL, "nested more than 1000 deep");
        lexer->fatal = true;
        return false;
    }
    lexer->brackets[lexer->depth++] = (struct vvm_lexer_bracket){lexer->count - 1, (uint8_t)closing, quote};
    return true;
}

/* Blanks before the first character of the line of an offset. */
static uint32_t indentation(const struct vvm_lexer *lexer, uint32_t offset) {
    uint32_t start = offset, end;
    while (start > 0 && lexer->text[start - 1] != '\n')
        start--;
    for (end = start; lexer->text[end] == ' ' || lexer->text[end] == '\t'; end++)
        continue;
    return end - start;
}

/* A `}` at the start of a line, further left than the line of its `{`: another `}` may be missing before it. */
static void note_odd_pair(struct vvm_lexer *lexer, uint32_t opening, uint32_t closing) {
    uint32_t line_start = closing;
    while (line_start > 0 && (lexer->text[line_start - 1] == ' ' || lexer->text[line_start - 1] == '\t'))
        line_start--;
    bool first = line_start == 0 || lexer->text[line_start - 1] == '\n';
    if (lexer->odd_opening || !first || closing - line_start >= indentation(lexer, opening))
        return;
    lexer->odd_opening = opening;
    lexer->odd_closing = closing;
}

static uint32_t line_of(const struct vvm_lexer *lexer, uint32_t offset) {
    return vvm_source_position(lexer->source, offset).line;
}

static void report_unclosed(struct vvm_lexer *lexer, const struct vvm_lexer_bracket *bracket) {
    const struct vvm_token *token = &lexer->tokens[bracket->token];
    lexer->unbalanced = true;
    if (lexer->string_failed)
        return;
    const char *text = bracket->quote ? "${" : bracket->kind == VVM_TOKEN_RPAREN ? "("
                     : bracket->kind == VVM_TOKEN_RBRACKET                       ? "["
                                                                                 : "{";
    uint32_t offset = bracket->quote ? token->offset + token->length - 2 : token->offset;
    char hint[120] = "";
    if (bracket->kind == VVM_TOKEN_RBRACE && lexer->odd_opening > offset)
        snprintf(hint, sizeof hint, "the `{` in line %u is closed by a `}` that stands further left, in line %u",
                 line_of(lexer, lexer->odd_opening), line_of(lexer, lexer->odd_closing));
    vvm_diagnostics_add(lexer->diagnostics, VVM_ERROR, "E109", lexer->source, offset, bracket->quote ? 2 : 1,
                        hint[0] ? hint : NULL, "this `%s` is never closed", text);
    lexer->diagnostics->unfinished++;
}

/* Whether a bracket of this kind is open below the topmost one. */
static bool is_open_below(const struct vvm_lexer *lexer, enum vvm_token_kind kind) {
    for (uint32_t i = lexer->depth; i-- > 0;)
        if (lexer->brackets[i].kind == kind)
            return true;
    return false;
}

static void close_bracket(struct vvm_lexer *lexer, enum vvm_token_kind kind) {
    uint32_t start = lexer->at;
    while (lexer->depth > 0 && lexer->brackets[lexer->depth - 1].kind != kind && is_open_below(lexer, kind)) {
        struct vvm_lexer_bracket *lost = &lexer->brackets[--lexer->depth];
        report_unclosed(lexer, lost);
        lexer->single_line -= lost->quote && lexer->single_line > 0;
    }
    bool matches = lexer->depth > 0 && lexer->brackets[lexer->depth - 1].kind == kind;
    if (matches && lexer->brackets[lexer->depth - 1].quote) {
        vvm_lexer_string_resume(lexer);
        return;
    }
    lexer->at++;
    if (!vvm_lexer_push(lexer, kind, start))
        return;
    if (matches) {
        uint32_t opening = lexer->brackets[--lexer->depth].token;
        if (kind == VVM_TOKEN_RBRACE)
            note_odd_pair(lexer, lexer->tokens[opening].offset, start);
        lexer->tokens[opening].partner = lexer->count - 1;
        lexer->tokens[lexer->count - 1].partner = opening;
        return;
    }
    lexer->unbalanced = true;
    if (!lexer->string_failed)
        vvm_diagnostics_add(lexer->diagnostics, VVM_ERROR, "E109", lexer->source, start, 1, NULL,
                            "`%s` closes nothing", vvm_token_text(kind));
}

/* ---- Operators --------------------------------------------------------------------------------------------- */

/* The longest operator at p; the text ends with a NUL, which no operator contains. */
static enum vvm_token_kind operator_at(const char *p, uint32_t *length) {
#define THREE(a, b, k) if (p[1] == (a) && p[2] == (b)) return *length = 3, VVM_TOKEN_##k
#define TWO(a, k) if (p[1] == (a)) return *length = 2, VVM_TOKEN_##k
    *length = 1;
    switch (*p) {
    case ',': return VVM_TOKEN_COMMA;
    case ';': return VVM_TOKEN_SEMICOLON;
    case '@': return VVM_TOKEN_AT;
    case '~': return VVM_TOKEN_TILDE;
    case '>': return VVM_TOKEN_GT;
    case ':': TWO(':', COLONS); return VVM_TOKEN_COLON;
    case '.': THREE('.', '=', RANGE_TO); THREE('.', '.', ELLIPSIS); TWO('.', RANGE); return VVM_TOKEN_DOT;
    case '?': THREE('?', '=', COALESCE_ASSIGN); TWO('?', COALESCE); TWO('.', OPTIONAL_DOT); return VVM_TOKEN_QUESTION;
    case '!': TWO('=', NE); return VVM_TOKEN_BANG;
    case '=': TWO('=', EQ); TWO('>', FAT_ARROW); return VVM_TOKEN_ASSIGN;
    case '+': TWO('+', APPEND); TWO('=', PLUS_ASSIGN); return VVM_TOKEN_PLUS;
    case '-': TWO('>', ARROW); TWO('=', MINUS_ASSIGN); return VVM_TOKEN_MINUS;
    case '*': THREE('*', '=', POWER_ASSIGN); TWO('*', POWER); TWO('=', STAR_ASSIGN); return VVM_TOKEN_STAR;
    case '/': TWO('=', SLASH_ASSIGN); return VVM_TOKEN_SLASH;
    case '%': TWO('=', PERCENT_ASSIGN); return VVM_TOKEN_PERCENT;
    case '<': THREE('<', '=', SHL_ASSIGN); TWO('<', SHL); TWO('=', LE); return VVM_TOKEN_LT;
    case '&': TWO('&', AND); TWO('=', AND_ASSIGN); return VVM_TOKEN_AMP;
    case '|': TWO('|', OR); TWO('>', FORWARD); TWO('=', OR_ASSIGN); return VVM_TOKEN_PIPE;
    case '^': TWO('=', XOR_ASSIGN); return VVM_TOKEN_CARET;
    default: *length = 0; return VVM_TOKEN_END;
    }
#undef THREE
#undef TWO
}

/* E107; a run of such characters is one error. */
static void bad_character(struct vvm_lexer *lexer) {
    uint32_t start = lexer->at, size = 1;
    const char *p = lexer->text + start;
    if ((unsigned char)*p >= 0x80)
        decode(p, &size);
    const char *hint = *p == '$' ? "interpolation `${…}` is for strings in double quotes" : NULL;
    if ((unsigned char)*p < 0x20 || *p == 0x7F)
        vvm_diagnostics_add(lexer->diagnostics, VVM_ERROR, "E107", lexer->source, start, 1, NULL,
                            "unexpected control character U+%04X", (unsigned)(unsigned char)*p);
    else
        vvm_diagnostics_add(lexer->diagnostics, VVM_ERROR, "E107", lexer->source, start, size, hint,
                            "unexpected character `%.*s`", (int)size, p);
    lexer->at += size;
    while (lexer->at + size <= lexer->end && memcmp(lexer->text + lexer->at, p, size) == 0)
        lexer->at += size;
    lexer->spaced = true;
}

static void read_operator(struct vvm_lexer *lexer) {
    uint32_t start = lexer->at, length;
    enum vvm_token_kind kind = operator_at(lexer->text + start, &length);
    if (length == 0) {
        bad_character(lexer);
        return;
    }
    lexer->at += length;
    bool broken = lexer->broken_line;
    struct vvm_token *token = vvm_lexer_push(lexer, kind, start);
    if (token && kind == VVM_TOKEN_LT && broken && lexer->text[lexer->at] == '-')
        token->flags |= VVM_TOKEN_NEWLINE; /* `<-` starts a select arm */
}

/* ---- The loop ---------------------------------------------------------------------------------------------- */

static void open_bracket(struct vvm_lexer *lexer, enum vvm_token_kind kind, enum vvm_token_kind closing) {
    uint32_t start = lexer->at++;
    if (vvm_lexer_push(lexer, kind, start))
        vvm_lexer_open(lexer, closing, 0);
}

static void read_other(struct vvm_lexer *lexer) {
    const char *p = lexer->text + lexer->at;
    switch (*p) {
    case '(': open_bracket(lexer, VVM_TOKEN_LPAREN, VVM_TOKEN_RPAREN); break;
    case '[': open_bracket(lexer, VVM_TOKEN_LBRACKET, VVM_TOKEN_RBRACKET); break;
    case '{': open_bracket(lexer, VVM_TOKEN_LBRACE, VVM_TOKEN_RBRACE); break;
    case ')': close_bracket(lexer, VVM_TOKEN_RPAREN); break;
    case ']': close_bracket(lexer, VVM_TOKEN_RBRACKET); break;
    case '}': close_bracket(lexer, VVM_TOKEN_RBRACE); break;
    case '"':
    case '\'': vvm_lexer_string(lexer); break;
    case '\\':
        if (lexer->single_line > 0 && p[1] == '"')
            vvm_lexer_string(lexer);
        else
            bad_character(lexer);
        break;
    default: read_operator(lexer);
    }
}

static void read_token(struct vvm_lexer *lexer) {
    unsigned char c = (unsigned char)lexer->text[lexer->at];
    uint32_t size;
    if (classes[c] == IS_START)
        read_name(lexer);
    else if (classes[c] == IS_DIGIT)
        vvm_lexer_number(lexer);
    else if (classes[c] != IS_WIDE)
        read_other(lexer);
    else if (is_letter(decode(lexer->text + lexer->at, &size)))
        read_name(lexer);
    else
        bad_character(lexer);
}

static void read_all(struct vvm_lexer *lexer) {
    while (lexer->at < lexer->end && !lexer->fatal)
        if (!skip_blank(lexer))
            read_token(lexer);
}

/* Brackets still open at the end: the outermost few tell enough. */
static void close_all(struct vvm_lexer *lexer) {
    for (uint32_t i = 0; i < lexer->depth && i < 3; i++)
        report_unclosed(lexer, &lexer->brackets[i]);
    lexer->unbalanced |= lexer->depth > 0;
    lexer->broken_line = true;
    for (uint32_t i = 0; i < VVM_TOKEN_PADDING && !lexer->fatal; i++)
        vvm_lexer_push(lexer, VVM_TOKEN_END, lexer->end);
}

bool vvm_lexer_run(struct vvm_lexer *lexer) {
    uint32_t invalid = vvm_source_invalid_utf8(lexer->source);
    if (invalid != UINT32_MAX) {
        vvm_lexer_error(lexer, "E101", invalid, 1, NULL, "the text is not valid UTF-8 here");
        lexer->fatal = true;
        return false;
    }
    read_all(lexer);
    if (!lexer->fatal)
        close_all(lexer);
    return !lexer->fatal && !lexer->unbalanced;
}

bool vvm_lexer_open_triple(struct vvm_lexer *inner, const struct vvm_lexer *outer, const struct vvm_token *token) {
    vvm_lexer_init(inner, outer->arena, outer->symbols, outer->source, outer->diagnostics);
    inner->depth_outside = token->word;
    vvm_lexer_string_region(inner, token->offset + 3, token->offset + token->length - 3);
    read_all(inner);
    if (!inner->fatal)
        close_all(inner);
    return !inner->fatal && !inner->unbalanced;
}
