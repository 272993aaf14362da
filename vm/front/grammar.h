/*
 * Grammar: what the parser's files share. A recursive descent over the token array.
 *
 * Errors. The first error of a statement is reported and the parser then looks at END tokens only ("panic"), so
 * every rule returns soon, without checks of its own; the statement, member or arm loop around it recovers at
 * its next boundary. Without memory nodes are taken from a scrap node and all of it is thrown away at the end.
 * Depth. Brackets are bounded by the lexer, recursion without brackets by vvm_parser_deeper, and left-leaning
 * chains (a + b + c …) by vvm_parser_taller; so the tree is never deeper than the walkers of it can bear.
 * Modes say how the place where we are reads its tokens; a bracket starts a new one and restores the old.
 */
#ifndef VELA_VM_FRONT_GRAMMAR_H
#define VELA_VM_FRONT_GRAMMAR_H

#include <stddef.h>

#include "vm/front/lexer.h"
#include "vm/front/parser.h"

/* Longest path from the root of a tree to a leaf, counted in brackets and operators. */
#define VVM_TREE_MAX 4000

struct vvm_mode {
    uint32_t outer_height; /* of what was built before this bracket */
    bool newlines;      /* a line break is a NEWLINE here (N1) */
    bool no_struct;     /* `{` opens the block of an `if` or `match` (D4) */
    bool no_lambda;     /* `=>` belongs to the arm */
    bool select_head;   /* `<-` belongs to the select arm */
    bool payload_types; /* in `type X = A(T) | B` */
    bool operator_type; /* the type of `is` and `as` */
};

/* Where `return`, `await` and `yield` stand: the function around, or the module, or a member without function. */
struct vvm_context {
    const struct vvm_context *outer;
    struct vvm_function_node *function; /* NULL: module or member */
    bool is_module;
    bool is_async;     /* await is allowed */
    bool in_generator; /* yield is a word */
};

struct vvm_parser {
    struct vvm_arena *arena;
    struct vvm_symbols *symbols;
    const struct vvm_source *source;
    struct vvm_diagnostics *diagnostics;
    struct vvm_lexer *lexer;

    const struct vvm_token *tokens;
    const struct vvm_token *token;  /* the next one; in panic, one of `stop` */
    const struct vvm_token *failed; /* in panic: where the error was */
    struct vvm_token stop[VVM_TOKEN_PADDING];
    uint32_t last_end;              /* end of the token read last */

    struct vvm_mode mode;
    struct vvm_context *context;
    struct vvm_module_node *module;
    uint32_t depth;  /* recursion without brackets */
    uint32_t height; /* of the subtree being built */
    uint32_t speculation; /* types that may still be read in a trial; 0: no trial */
    const struct vvm_token *item;   /* where the innermost statement, member, variant or arm starts */
    uint32_t recoveries; /* syntax errors got over */
    bool quiet;      /* a trial: errors are not reported */
    bool fatal;      /* E108 or no memory: nothing more is parsed */

    struct vvm_text doc; /* docstring waiting for its declaration */
    struct vvm_function_node *body_of;      /* the next block is the body of this function */
    const struct vvm_token *minimum_allowed; /* a number token directly behind a minus sign */

    char *scratch; /* stack of the lists being read */
    size_t scratch_used;
    size_t scratch_size;

    struct vvm_node scrap_node;
    struct vvm_type_node scrap_type;
    struct vvm_pattern scrap_pattern;
    struct vvm_function_node scrap_function;
};

/* ---- Tokens (parser.c) ------------------------------------------------------------------------------------- */

static inline bool vvm_at(const struct vvm_parser *p, enum vvm_token_kind kind) {
    return p->token->kind == kind;
}

static inline bool vvm_at_word(const struct vvm_parser *p, enum vvm_word word) {
    return p->token->word == word && (p->token->kind == VVM_TOKEN_KEYWORD || p->token->kind == VVM_TOKEN_NAME);
}

/* A NEWLINE stands before the next token. */
static inline bool vvm_at_newline(const struct vvm_parser *p) {
    return p->mode.newlines && p->token->flags & VVM_TOKEN_NEWLINE;
}

static inline bool vvm_is_spaced(const struct vvm_token *token) {
    return token->flags & VVM_TOKEN_SPACED;
}

static inline bool vvm_touches(const struct vvm_token *token, enum vvm_token_kind kind) {
    return token->kind == kind && !vvm_is_spaced(token);
}

/* NAME, or any word. */
static inline bool vvm_is_wordlike(const struct vvm_token *token) {
    return token->kind == VVM_TOKEN_NAME || token->kind == VVM_TOKEN_KEYWORD || token->kind == VVM_TOKEN_PROHIBITED;
}

const struct vvm_token *vvm_advance(struct vvm_parser *p);
bool vvm_accept(struct vvm_parser *p, enum vvm_token_kind kind);
bool vvm_accept_word(struct vvm_parser *p, enum vvm_word word);
bool vvm_expect(struct vvm_parser *p, enum vvm_token_kind kind);
bool vvm_expect_word(struct vvm_parser *p, enum vvm_word word, const char *text);
vvm_symbol vvm_expect_name(struct vvm_parser *p, const char *what);
/* A name where every word may stand (after a dot, as a label). */
vvm_symbol vvm_expect_any_name(struct vvm_parser *p, const char *what);
/* The token behind the partner of a bracket; END if there is none. */
const struct vvm_token *vvm_after_partner(const struct vvm_parser *p, const struct vvm_token *bracket);
/* The next token is a name or word that an infix word does not make an operand (contextual words, 1.4). */
bool vvm_starts_name(const struct vvm_token *token);
/* An identifier: NAME, or `fn` where it does not start a function (1.4). */
bool vvm_at_name(const struct vvm_parser *p);
struct vvm_span vvm_span_of(const struct vvm_token *token);
struct vvm_span vvm_span_from(const struct vvm_parser *p, uint32_t offset);
bool vvm_is_wildcard(const struct vvm_parser *p, const struct vvm_token *token);
bool vvm_is_upper(const struct vvm_parser *p, vvm_symbol symbol);
bool vvm_symbol_is(const struct vvm_parser *p, vvm_symbol symbol, const char *text);

/* ---- Errors (parser.c) ------------------------------------------------------------------------------------- */

/* Reports at a span and goes on parsing. */
void vvm_report(struct vvm_parser *p, const char *code, struct vvm_span span, const char *hint, const char *message);
/* Reports at a span (unless already in panic) and panics. */
void vvm_parse_fail(struct vvm_parser *p, const char *code, struct vvm_span span, const char *hint,
                    const char *message);
/* Panics without a report: the cause has been told. */
void vvm_panic(struct vvm_parser *p);
/* slips.c: hints for what is found in the place of `what`, and for prohibited words; NULL: none. */
const char *vvm_slip_hint(const struct vvm_parser *p, const char *what);
const char *vvm_prohibited_hint(enum vvm_word word);
/* E109 at the next token: "expected …, found …"; a prohibited word is E110 with its own hint. */
void vvm_fail_expected(struct vvm_parser *p, const char *what);
bool vvm_in_panic(const struct vvm_parser *p);
/* E110 at a prohibited word. */
void vvm_report_prohibited(struct vvm_parser *p, const struct vvm_token *token);
/* Leaves panic: goes to the next boundary behind the error, seen from the start of the statement; `closing` is
   the bracket that ends the list of statements, or the END token. `comma`: a comma is a boundary, too. */
void vvm_recover(struct vvm_parser *p, const struct vvm_token *start, const struct vvm_token *closing, bool comma);
/* The end of a statement, member or arm: `;`, NEWLINE, the closing bracket, or a comma where allowed. */
void vvm_expect_end(struct vvm_parser *p, bool comma, const char *what);
/* Skips `;` (and commas). */
void vvm_skip_ends(struct vvm_parser *p, bool comma);

/* One more level of recursion without brackets; beyond the limit E108 and panic, which ends the recursion. Gives
   the height to hand back to vvm_parser_shallower. */
uint32_t vvm_parser_deeper(struct vvm_parser *p);
void vvm_parser_shallower(struct vvm_parser *p, uint32_t outer_height);
/* A subtree begins: gives the height of what was built before, for vvm_parser_merge. */
uint32_t vvm_parser_begin(struct vvm_parser *p);
/* The subtree ends; it stands beside what was built before. */
void vvm_parser_merge(struct vvm_parser *p, uint32_t outer_height);
/* The current subtree got one more level on top. */
void vvm_parser_taller(struct vvm_parser *p);

/* ---- Modes, lists and nodes (parser.c) --------------------------------------------------------------------- */

/* Enters a bracket: in it line breaks count or not. Gives the mode to restore by vvm_parse_leave. */
struct vvm_mode vvm_parse_enter(struct vvm_parser *p, bool newlines);
void vvm_parse_leave(struct vvm_parser *p, struct vvm_mode old);

/* A list in the making: remember the mark, push items, take them as an array in the arena. */
size_t vvm_list_start(const struct vvm_parser *p);
void vvm_list_push(struct vvm_parser *p, const void *item, size_t size);
void *vvm_list_take(struct vvm_parser *p, size_t mark, size_t size, uint32_t *count);

#define VVM_LIST_TAKE(p, mark, list, field_items, field_count) \
    ((list)->field_items = vvm_list_take((p), (mark), sizeof *(list)->field_items, &(list)->field_count))

/* Reads `item , item , …` up to the closing bracket, which is read too. `item` pushes what it reads. */
void vvm_comma_list(struct vvm_parser *p, enum vvm_token_kind closing, void (*item)(struct vvm_parser *, void *),
                    void *data);

/* A node that starts at `offset`; never NULL. vvm_node_end sets its length by the token read last. */
struct vvm_node *vvm_node_new(struct vvm_parser *p, enum vvm_node_kind kind, uint32_t offset);
struct vvm_node *vvm_node_end(struct vvm_parser *p, struct vvm_node *node);
struct vvm_type_node *vvm_type_new(struct vvm_parser *p, enum vvm_type_node_kind kind, uint32_t offset);
struct vvm_pattern *vvm_pattern_new(struct vvm_parser *p, enum vvm_pattern_kind kind, uint32_t offset);
struct vvm_function_node *vvm_function_new(struct vvm_parser *p, enum vvm_function_kind kind, uint32_t offset);

/* ---- The rules --------------------------------------------------------------------------------------------- */

/* grammar_type.c */
struct vvm_type_node *vvm_parse_type(struct vvm_parser *p);
struct vvm_type_node *vvm_parse_operator_type(struct vvm_parser *p);
struct vvm_type_node *vvm_parse_return_type(struct vvm_parser *p, bool *is_async); /* NULL: none */
struct vvm_path vvm_parse_path(struct vvm_parser *p);
struct vvm_type_list vvm_parse_type_arguments(struct vvm_parser *p);
/* D3: reads type arguments if they can be read and what follows allows them. */
bool vvm_try_type_arguments(struct vvm_parser *p, const struct vvm_node *name, struct vvm_type_list *out);
struct vvm_type_params vvm_parse_type_params(struct vvm_parser *p);
struct vvm_payload vvm_parse_payload(struct vvm_parser *p, enum vvm_token_kind closing, bool named);
void vvm_skip_where(struct vvm_parser *p);

/* grammar_pattern.c */
struct vvm_pattern *vvm_parse_pattern(struct vvm_parser *p);
/* Whether the next tokens start a pattern that is not a bare name. */
bool vvm_at_pattern(const struct vvm_parser *p);
struct vvm_node *vvm_parse_number(struct vvm_parser *p, bool negative);

/* grammar_expression.c, grammar_operand.c, grammar_literal.c */
struct vvm_node *vvm_parse_expression(struct vvm_parser *p);
struct vvm_node *vvm_parse_head(struct vvm_parser *p); /* Range, of guards and select arms */
bool vvm_at_send_arrow(const struct vvm_parser *p);    /* `<` and `-` that touch */
struct vvm_node *vvm_parse_unary(struct vvm_parser *p);
struct vvm_node *vvm_parse_postfix(struct vvm_parser *p);
struct vvm_node *vvm_parse_primary(struct vvm_parser *p);
struct vvm_arguments vvm_parse_arguments(struct vvm_parser *p);
struct vvm_node *vvm_parse_jump(struct vvm_parser *p);
bool vvm_at_jump(const struct vvm_parser *p);
bool vvm_starts_expression(const struct vvm_parser *p);
struct vvm_node *vvm_parse_string(struct vvm_parser *p);
struct vvm_node *vvm_parse_brace(struct vvm_parser *p);
struct vvm_node *vvm_parse_bracket_list(struct vvm_parser *p);
struct vvm_node *vvm_parse_parens(struct vvm_parser *p);
struct vvm_node *vvm_parse_block_or_set(struct vvm_parser *p);
struct vvm_node *vvm_parse_struct_literal(struct vvm_parser *p, struct vvm_node *name, struct vvm_type_list arguments);
bool vvm_at_struct_literal(const struct vvm_parser *p, const struct vvm_node *name);
struct vvm_field_value *vvm_parse_field_values(struct vvm_parser *p, bool spread_allowed, uint32_t *count);
bool vvm_is_name_path(const struct vvm_node *node);

/* grammar_control.c */
struct vvm_node *vvm_parse_if(struct vvm_parser *p);
struct vvm_node *vvm_parse_match(struct vvm_parser *p);
struct vvm_node *vvm_parse_try(struct vvm_parser *p);
struct vvm_node *vvm_parse_select(struct vvm_parser *p);

/* grammar_function.c */
bool vvm_at_lambda(const struct vvm_parser *p);
bool vvm_starts_function(const struct vvm_parser *p, const struct vvm_token *fn);
struct vvm_node *vvm_parse_lambda(struct vvm_parser *p);
struct vvm_node *vvm_parse_async_block(struct vvm_parser *p);
/* `async? fn *? NAME …`; at `async` or `fn`. */
struct vvm_function_node *vvm_parse_named_function(struct vvm_parser *p, enum vvm_function_kind kind);
/* Parameters (unless has none), return type and body of a function whose head has been read. */
void vvm_parse_function_rest(struct vvm_parser *p, struct vvm_function_node *function, bool params_required);
void vvm_parse_params(struct vvm_parser *p, struct vvm_function_node *function);
void vvm_parse_body(struct vvm_parser *p, struct vvm_function_node *function);
struct vvm_decorator *vvm_parse_decorators(struct vvm_parser *p, uint32_t *count);
enum vvm_visibility vvm_accept_visibility(struct vvm_parser *p);
uint32_t vvm_accept_modifiers(struct vvm_parser *p);

/* grammar_statement.c */
struct vvm_node *vvm_parse_statement(struct vvm_parser *p);
struct vvm_node *vvm_parse_block(struct vvm_parser *p);      /* expects `{` */
struct vvm_node *vvm_parse_arm_body(struct vvm_parser *p);   /* BodyExpr */
bool vvm_at_block(const struct vvm_parser *p);               /* `{` or `state {` */
/* Statements up to `closing`; `first` was read already, or is NULL. */
struct vvm_node_list vvm_parse_statements(struct vvm_parser *p, const struct vvm_token *closing,
                                          struct vvm_node *first);
/* E213: the last statement of a block declares without a value. */
void vvm_check_block_end(struct vvm_parser *p, const struct vvm_node_list *statements);
bool vvm_at_docstring(const struct vvm_parser *p, bool as_member);
void vvm_read_docstring(struct vvm_parser *p);
struct vvm_text vvm_take_doc(struct vvm_parser *p);

/* grammar_declaration.c, grammar_class.c */
bool vvm_at_declaration(const struct vvm_parser *p);
struct vvm_node *vvm_parse_declaration(struct vvm_parser *p, struct vvm_attributes *attributes);
struct vvm_node *vvm_parse_import(struct vvm_parser *p);
bool vvm_at_class(const struct vvm_parser *p);
struct vvm_node *vvm_parse_class(struct vvm_parser *p, struct vvm_attributes *attributes);
bool vvm_at_excluded(const struct vvm_parser *p); /* `effect`, `watch`, `component`, `widget`, `extern` */
void vvm_fail_excluded(struct vvm_parser *p);
bool vvm_at_named_function(const struct vvm_parser *p);

/* `{ item… }`, a line each: a docstring that comes first is the owner's, a mistake in an item goes no further than its
 * end. */
struct vvm_items {
    void (*parse)(struct vvm_parser *p, void *data);
    void *data;
    struct vvm_attributes *attributes; /* the owner's */
    const char *end;                   /* "the end of the member" */
};
void vvm_parse_items(struct vvm_parser *p, const struct vvm_items *items);

#endif
