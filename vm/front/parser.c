/* The parser's ground: tokens, errors and recovery, limits, lists and nodes; and the entry. */
#include "vm/front/parser.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "vm/front/grammar.h"

/* ---- Tokens ------------------------------------------------------------------------------------------------ */

const struct vvm_token *vvm_advance(struct vvm_parser *p) {
    const struct vvm_token *token = p->token;
    if (token->kind != VVM_TOKEN_END) {
        p->last_end = token->offset + token->length;
        p->token++;
    }
    return token;
}

bool vvm_accept(struct vvm_parser *p, enum vvm_token_kind kind) {
    if (!vvm_at(p, kind))
        return false;
    vvm_advance(p);
    return true;
}

bool vvm_accept_word(struct vvm_parser *p, enum vvm_word word) {
    if (!vvm_at_word(p, word))
        return false;
    vvm_advance(p);
    return true;
}

bool vvm_expect(struct vvm_parser *p, enum vvm_token_kind kind) {
    char what[16];
    if (vvm_accept(p, kind))
        return true;
    snprintf(what, sizeof what, "`%s`", vvm_token_text(kind));
    vvm_fail_expected(p, what);
    return false;
}

bool vvm_expect_word(struct vvm_parser *p, enum vvm_word word, const char *text) {
    if (vvm_accept_word(p, word))
        return true;
    vvm_fail_expected(p, text);
    return false;
}

bool vvm_at_name(const struct vvm_parser *p) {
    return vvm_at(p, VVM_TOKEN_NAME) || (vvm_at_word(p, VVM_WORD_FN) && !vvm_starts_function(p, p->token));
}

vvm_symbol vvm_expect_name(struct vvm_parser *p, const char *what) {
    if (vvm_at_name(p))
        return vvm_advance(p)->symbol;
    vvm_fail_expected(p, what);
    return VVM_NO_SYMBOL;
}

vvm_symbol vvm_expect_any_name(struct vvm_parser *p, const char *what) {
    if (vvm_is_wordlike(p->token))
        return vvm_advance(p)->symbol;
    vvm_fail_expected(p, what);
    return VVM_NO_SYMBOL;
}

const struct vvm_token *vvm_after_partner(const struct vvm_parser *p, const struct vvm_token *bracket) {
    while (bracket->kind == VVM_TOKEN_HEAD || bracket->kind == VVM_TOKEN_MIDDLE)
        bracket = &p->tokens[bracket->partner];
    if (bracket->kind == VVM_TOKEN_TAIL)
        return bracket + 1;
    return &p->tokens[bracket->partner] + 1;
}

static bool is_infix_word(const struct vvm_token *token) {
    return token->word == VVM_WORD_IS || token->word == VVM_WORD_AS || token->word == VVM_WORD_WITH;
}

bool vvm_starts_name(const struct vvm_token *token) {
    if (token->kind != VVM_TOKEN_NAME || token->flags & VVM_TOKEN_BROKEN)
        return false;
    return !is_infix_word(token) || token[1].kind == VVM_TOKEN_ASSIGN || token[1].kind == VVM_TOKEN_COLON;
}

struct vvm_span vvm_span_of(const struct vvm_token *token) {
    return (struct vvm_span){token->offset, token->length};
}

struct vvm_span vvm_span_from(const struct vvm_parser *p, uint32_t offset) {
    return (struct vvm_span){offset, p->last_end > offset ? p->last_end - offset : 0};
}

bool vvm_is_wildcard(const struct vvm_parser *p, const struct vvm_token *token) {
    return token->kind == VVM_TOKEN_NAME && token->length == 1 && p->source->bytes[token->offset] == '_';
}

bool vvm_symbol_is(const struct vvm_parser *p, vvm_symbol symbol, const char *text) {
    return strcmp(vvm_symbols_text(p->symbols, symbol), text) == 0;
}

/* Upper-case letters: ASCII, Latin-1, Greek and Cyrillic; no locale decides. */
bool vvm_is_upper(const struct vvm_parser *p, vvm_symbol symbol) {
    const unsigned char *text = (const unsigned char *)vvm_symbols_text(p->symbols, symbol);
    if (text[0] < 0x80)
        return text[0] >= 'A' && text[0] <= 'Z';
    unsigned c = (text[0] & 0x1Fu) << 6 | (text[1] & 0x3Fu);
    return text[0] < 0xE0 && ((c >= 0xC0 && c <= 0xDE) || (c >= 0x386 && c <= 0x3AB) || (c >= 0x400 && c <= 0x42F));
}

/* ---- Errors ------------------------------------------------------------------------------------------------ */

bool vvm_in_panic(const struct vvm_parser *p) {
    return p->failed != NULL;
}

void vvm_panic(struct vvm_parser *p) {
    if (p->failed)
        return;
    p->failed = p->token;
    p->token = p->stop;
}

void vvm_report(struct vvm_parser *p, const char *code, struct vvm_span span, const char *hint, const char *message) {
    if (!p->quiet && !p->failed)
        vvm_diagnostics_add(p->diagnostics, VVM_ERROR, code, p->source, span.offset, span.length, hint, "%s", message);
}

void vvm_parse_fail(struct vvm_parser *p, const char *code, struct vvm_span span, const char *hint, const char *message)
{
    vvm_report(p, code, span, hint, message);
    vvm_panic(p);
}

void vvm_report_prohibited(struct vvm_parser *p, const struct vvm_token *token) {
    const char *text = vvm_symbols_text(p->symbols, token->symbol);
    if (!p->quiet && !p->failed)
        vvm_diagnostics_add(p->diagnostics, VVM_ERROR, "E110", p->source, token->offset, token->length,
                            vvm_prohibited_hint((enum vvm_word)token->word), "`%s` is not part of Vela", text);
}

/* Something is missing at the end of a line: what stands before it wanted more. */
static bool misses_at_line_end(const struct vvm_parser *p) {
    return vvm_at_newline(p) && p->token != p->item;
}

/* The next token in words. */
static void describe(const struct vvm_parser *p, char *out, size_t size) {
    const struct vvm_token *token = p->token;
    if (misses_at_line_end(p) && token->kind != VVM_TOKEN_END)
        snprintf(out, size, "the end of the line");
    else if (vvm_is_wordlike(token))
        snprintf(out, size, "`%s`", vvm_symbols_text(p->symbols, token->symbol));
    else if (token->kind == VVM_TOKEN_END || token->kind == VVM_TOKEN_NUMBER || token->kind == VVM_TOKEN_FLOAT ||
             token->kind == VVM_TOKEN_STRING || token->kind == VVM_TOKEN_TRIPLE || token->kind == VVM_TOKEN_HEAD)
        snprintf(out, size, "%s", vvm_token_text((enum vvm_token_kind)token->kind));
    else
        snprintf(out, size, "`%s`", vvm_token_text((enum vvm_token_kind)token->kind));
}

/* What is missing at the end of a line is missing there, not at the start of the next one. */
static struct vvm_span failure_span(const struct vvm_parser *p) {
    bool ends = misses_at_line_end(p) || vvm_at(p, VVM_TOKEN_END);
    if (ends && p->last_end > 0 && p->last_end <= p->token->offset)
        return (struct vvm_span){p->last_end, 1};
    return vvm_span_of(p->token);
}

/* Something between the last token and this one has been reported: a character that is none, say. That is the cause. */
static bool is_explained(const struct vvm_parser *p) {
    for (uint32_t i = 0; i < p->diagnostics->count; i++) {
        const struct vvm_diagnostic *item = &p->diagnostics->items[i];
        if (item->source == p->source && item->offset >= p->last_end && item->offset < p->token->offset)
            return true;
    }
    return false;
}

void vvm_fail_expected(struct vvm_parser *p, const char *what) {
    char found[80];
    if (p->failed)
        return;
    if (vvm_at(p, VVM_TOKEN_PROHIBITED)) {
        vvm_report_prohibited(p, p->token);
    } else if (!p->quiet && !is_explained(p)) {
        struct vvm_span span = failure_span(p);
        describe(p, found, sizeof found);
        vvm_diagnostics_add(p->diagnostics, VVM_ERROR, "E109", p->source, span.offset, span.length,
                            vvm_slip_hint(p, what), "expected %s, found %s", what, found);
        p->diagnostics->unfinished += vvm_at(p, VVM_TOKEN_END);
    }
    vvm_panic(p);
}

static bool opens(const struct vvm_token *token) {
    return token->kind == VVM_TOKEN_LPAREN || token->kind == VVM_TOKEN_LBRACKET || token->kind == VVM_TOKEN_LBRACE ||
           token->kind == VVM_TOKEN_HEAD;
}

static bool is_boundary(const struct vvm_token *token, bool comma) {
    return token->flags & VVM_TOKEN_NEWLINE || token->kind == VVM_TOKEN_SEMICOLON ||
           (comma && token->kind == VVM_TOKEN_COMMA);
}

void vvm_recover(struct vvm_parser *p, const struct vvm_token *start, const struct vvm_token *closing, bool comma) {
    if (p->arena->failed)
        p->fatal = true;
    if (p->fatal || p->quiet)
        return;
    const struct vvm_token *token = start;
    while (token < closing && (token < p->failed || token == start || !is_boundary(token, comma)))
        token = opens(token) ? vvm_after_partner(p, token) : token + 1;
    p->token = token < closing ? token : closing;
    p->failed = NULL;
    p->recoveries++;
}

void vvm_skip_ends(struct vvm_parser *p, bool comma) {
    while (vvm_at(p, VVM_TOKEN_SEMICOLON) || (comma && vvm_at(p, VVM_TOKEN_COMMA)))
        vvm_advance(p);
}

void vvm_expect_end(struct vvm_parser *p, bool comma, const char *what) {
    if (vvm_at(p, VVM_TOKEN_RBRACE) || vvm_at(p, VVM_TOKEN_END) || vvm_at_newline(p))
        return;
    if (vvm_accept(p, VVM_TOKEN_SEMICOLON) || (comma && vvm_accept(p, VVM_TOKEN_COMMA)))
        return;
    vvm_fail_expected(p, what);
}

/* ---- Limits ------------------------------------------------------------------------------------------------ */

static void fail_nesting(struct vvm_parser *p, const char *message) {
    vvm_parse_fail(p, "E108", vvm_span_of(p->token), NULL, message);
    p->fatal |= !p->quiet;
}

uint32_t vvm_parser_begin(struct vvm_parser *p) {
    uint32_t outer = p->height;
    p->height = 0;
    return outer;
}

void vvm_parser_merge(struct vvm_parser *p, uint32_t outer_height) {
    if (p->height < outer_height)
        p->height = outer_height;
}

uint32_t vvm_parser_deeper(struct vvm_parser *p) {
    if (++p->depth > VVM_NESTING_MAX)
        fail_nesting(p, "nested more than 1000 deep");
    return vvm_parser_begin(p);
}

void vvm_parser_shallower(struct vvm_parser *p, uint32_t outer_height) {
    p->depth--;
    vvm_parser_taller(p);
    vvm_parser_merge(p, outer_height);
}

void vvm_parser_taller(struct vvm_parser *p) {
    if (++p->height > VVM_TREE_MAX && !p->fatal)
        fail_nesting(p, "this expression is too long: more than 4000 operators in a row");
}

/* ---- Modes and lists --------------------------------------------------------------------------------------- */

struct vvm_mode vvm_parse_enter(struct vvm_parser *p, bool newlines) {
    struct vvm_mode old = p->mode;
    p->mode = (struct vvm_mode){.newlines = newlines, .outer_height = vvm_parser_begin(p)};
    return old;
}

void vvm_parse_leave(struct vvm_parser *p, struct vvm_mode old) {
    uint32_t outer_height = p->mode.outer_height;
    p->mode = old;
    vvm_parser_taller(p);
    vvm_parser_merge(p, outer_height);
}

size_t vvm_list_start(const struct vvm_parser *p) {
    return p->scratch_used;
}

static bool scratch_grow(struct vvm_parser *p, size_t size) {
    size_t capacity = (p->scratch_used + size) * 2 + 4096;
    char *scratch = realloc(p->scratch, capacity);
    if (!scratch) {
        p->arena->failed = true;
        vvm_panic(p);
        return false;
    }
    p->scratch = scratch;
    p->scratch_size = capacity;
    return true;
}

void vvm_list_push(struct vvm_parser *p, const void *item, size_t size) {
    if (p->scratch_size - p->scratch_used < size && !scratch_grow(p, size))
        return;
    memcpy(p->scratch + p->scratch_used, item, size);
    p->scratch_used += size;
}

void *vvm_list_take(struct vvm_parser *p, size_t mark, size_t size, uint32_t *count) {
    size_t bytes = p->scratch_used - mark;
    p->scratch_used = mark;
    void *items = bytes ? vvm_arena_copy(p->arena, p->scratch + mark, bytes) : NULL;
    *count = items ? (uint32_t)(bytes / size) : 0;
    return items;
}

void vvm_comma_list(struct vvm_parser *p, enum vvm_token_kind closing, void (*item)(struct vvm_parser *, void *),
                    void *data) {
    while (!vvm_at(p, closing) && !vvm_at(p, VVM_TOKEN_END)) {
        item(p, data);
        if (!vvm_accept(p, VVM_TOKEN_COMMA))
            break;
    }
    if (vvm_accept(p, closing))
        return;
    char what[24];
    snprintf(what, sizeof what, "`,` or `%s`", vvm_token_text(closing));
    vvm_fail_expected(p, what);
}

/* ---- Nodes ------------------------------------------------------------------------------------------------- */

/* Memory for a part of the tree, or the scrap that takes its place. */
static void *part_new(struct vvm_parser *p, size_t size, void *scrap) {
    void *part = vvm_arena_alloc(p->arena, size);
    if (part)
        return part;
    vvm_panic(p);
    memset(scrap, 0, size);
    return scrap;
}

struct vvm_node *vvm_node_new(struct vvm_parser *p, enum vvm_node_kind kind, uint32_t offset) {
    struct vvm_node *node = part_new(p, sizeof *node, &p->scrap_node);
    node->kind = kind;
    node->offset = offset;
    node->length = p->last_end > offset ? p->last_end - offset : 0;
    return node;
}

struct vvm_node *vvm_node_end(struct vvm_parser *p, struct vvm_node *node) {
    node->length = p->last_end > node->offset ? p->last_end - node->offset : 0;
    return node;
}

struct vvm_type_node *vvm_type_new(struct vvm_parser *p, enum vvm_type_node_kind kind, uint32_t offset) {
    struct vvm_type_node *type = part_new(p, sizeof *type, &p->scrap_type);
    type->kind = kind;
    type->offset = offset;
    type->length = p->last_end > offset ? p->last_end - offset : 0;
    return type;
}

struct vvm_pattern *vvm_pattern_new(struct vvm_parser *p, enum vvm_pattern_kind kind, uint32_t offset) {
    struct vvm_pattern *pattern = part_new(p, sizeof *pattern, &p->scrap_pattern);
    pattern->kind = kind;
    pattern->offset = offset;
    pattern->length = p->last_end > offset ? p->last_end - offset : 0;
    return pattern;
}

struct vvm_function_node *vvm_function_new(struct vvm_parser *p, enum vvm_function_kind kind, uint32_t offset) {
    struct vvm_function_node *function = part_new(p, sizeof *function, &p->scrap_function);
    function->kind = kind;
    function->span.offset = offset;
    return function;
}

/* ---- The entry --------------------------------------------------------------------------------------------- */

static void parse_module(struct vvm_parser *p, struct vvm_module_node *module) {
    struct vvm_context context = {.is_module = true, .is_async = true};
    p->mode = (struct vvm_mode){.newlines = true};
    p->context = &context;
    p->module = module;
    const struct vvm_token *closing = &p->tokens[p->lexer->count - VVM_TOKEN_PADDING];
    module->items = vvm_parse_statements(p, closing, NULL);
}

static void parser_init(struct vvm_parser *p, struct vvm_lexer *lexer) {
    memset(p, 0, sizeof *p);
    p->arena = lexer->arena;
    p->symbols = lexer->symbols;
    p->source = lexer->source;
    p->diagnostics = lexer->diagnostics;
    p->lexer = lexer;
    p->tokens = p->token = lexer->tokens;
    for (unsigned i = 0; i < VVM_TOKEN_PADDING; i++)
        p->stop[i] = (struct vvm_token){.kind = VVM_TOKEN_END, .offset = lexer->end};
}

static void parse_tokens(struct vvm_lexer *lexer, struct vvm_module_node *module) {
    struct vvm_parser parser;
    parser_init(&parser, lexer);
    parse_module(&parser, module);
    free(parser.scratch);
}

bool vvm_parse(struct vvm_arena *arena, struct vvm_symbols *symbols, const struct vvm_source *source,
               struct vvm_diagnostics *diagnostics, struct vvm_module_node **out) {
    uint32_t errors_before = diagnostics->errors;
    *out = NULL;
    struct vvm_lexer *lexer = malloc(sizeof *lexer);
    struct vvm_module_node *module = VVM_ARENA_NEW(arena, struct vvm_module_node);
    if (lexer && module) {
        vvm_lexer_init(lexer, arena, symbols, source, diagnostics);
        if (vvm_lexer_run(lexer))
            parse_tokens(lexer, module);
        vvm_lexer_deinit(lexer);
    }
    if (!lexer || arena->failed)
        vvm_diagnostics_out_of_memory(diagnostics);
    free(lexer);
    if (diagnostics->errors != errors_before)
        return false;
    *out = module;
    return true;
}
