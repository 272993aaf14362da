/* Types, qualified names, type arguments and parameters (language.md 2.4). */
#include "vm/front/grammar.h"

/* Tokens that type arguments in an expression (D3) may have. */
#define SPECULATION_MAX 128u

/* ---- Names ------------------------------------------------------------------------------------------------- */

struct vvm_path vvm_parse_path(struct vvm_parser *p) {
    struct vvm_path path = {.span = vvm_span_of(p->token)};
    size_t mark = vvm_list_start(p);
    vvm_symbol symbol = vvm_expect_name(p, "a name");
    vvm_list_push(p, &symbol, sizeof symbol);
    while ((vvm_at(p, VVM_TOKEN_DOT) || vvm_at(p, VVM_TOKEN_COLONS)) && vvm_is_wordlike(p->token + 1)) {
        vvm_advance(p);
        symbol = vvm_advance(p)->symbol;
        vvm_list_push(p, &symbol, sizeof symbol);
    }
    VVM_LIST_TAKE(p, mark, &path, symbols, count);
    path.span = vvm_span_from(p, path.span.offset);
    return path;
}

/* ---- Lists of types ---------------------------------------------------------------------------------------- */

static void push_type(struct vvm_parser *p, void *data) {
    (void)data;
    struct vvm_type_node *type = vvm_parse_type(p);
    vvm_list_push(p, &type, sizeof type);
}

static bool at_label(const struct vvm_parser *p) {
    return vvm_is_wordlike(p->token) && p->token[1].kind == VVM_TOKEN_COLON;
}

/* `NAME: T` in a tuple or function type: the name is a comment. */
static void push_labelled_type(struct vvm_parser *p, void *data) {
    if (at_label(p)) {
        vvm_advance(p);
        vvm_advance(p);
    }
    vvm_accept(p, VVM_TOKEN_ELLIPSIS);
    push_type(p, data);
}

/* `( … )` as types; at the bracket. */
static struct vvm_type_list parse_type_parens(struct vvm_parser *p, bool *trailing_comma) {
    struct vvm_type_list list;
    size_t mark = vvm_list_start(p);
    vvm_expect(p, VVM_TOKEN_LPAREN);
    struct vvm_mode old = vvm_parse_enter(p, false);
    vvm_comma_list(p, VVM_TOKEN_RPAREN, push_labelled_type, NULL);
    vvm_parse_leave(p, old);
    *trailing_comma = !vvm_in_panic(p) && p->token[-2].kind == VVM_TOKEN_COMMA;
    VVM_LIST_TAKE(p, mark, &list, items, count);
    return list;
}

struct vvm_type_list vvm_parse_type_arguments(struct vvm_parser *p) {
    struct vvm_type_list list;
    size_t mark = vvm_list_start(p);
    vvm_expect(p, VVM_TOKEN_LT);
    uint32_t outer = vvm_parser_deeper(p);
    struct vvm_mode old = vvm_parse_enter(p, false);
    vvm_comma_list(p, VVM_TOKEN_GT, push_type, NULL);
    vvm_parse_leave(p, old);
    vvm_parser_shallower(p, outer);
    VVM_LIST_TAKE(p, mark, &list, items, count);
    return list;
}

static bool may_follow_type_arguments(const struct vvm_parser *p, const struct vvm_node *name) {
    if (vvm_at_newline(p))
        return false;
    return vvm_at_struct_literal(p, name) || vvm_at(p, VVM_TOKEN_LPAREN) || vvm_at(p, VVM_TOKEN_DOT) ||
           vvm_at(p, VVM_TOKEN_COLONS);
}

/* Whether a closing `>` with the right token behind it can be seen from `<`: most comparisons end here. */
static bool may_be_type_arguments(const struct vvm_parser *p) {
    const struct vvm_token *token = p->token + 1;
    unsigned depth = 1;
    for (unsigned i = 0; i < SPECULATION_MAX; i++, token++) {
        switch (token->kind) {
        case VVM_TOKEN_LT: depth++; break;
        case VVM_TOKEN_GT:
            if (--depth == 0)
                return token[1].kind == VVM_TOKEN_LPAREN || token[1].kind == VVM_TOKEN_DOT ||
                       token[1].kind == VVM_TOKEN_COLONS || token[1].kind == VVM_TOKEN_LBRACE;
            break;
        case VVM_TOKEN_LPAREN:
        case VVM_TOKEN_LBRACKET:
        case VVM_TOKEN_LBRACE: token = vvm_after_partner(p, token) - 1; break;
        case VVM_TOKEN_NAME: case VVM_TOKEN_KEYWORD: case VVM_TOKEN_STRING: case VVM_TOKEN_NUMBER:
        case VVM_TOKEN_FLOAT: case VVM_TOKEN_MINUS: case VVM_TOKEN_COMMA: case VVM_TOKEN_DOT:
        case VVM_TOKEN_COLONS: case VVM_TOKEN_QUESTION: case VVM_TOKEN_COALESCE: case VVM_TOKEN_PIPE:
        case VVM_TOKEN_ARROW: case VVM_TOKEN_FAT_ARROW: break;
        default: return false;
        }
    }
    return false;
}

bool vvm_try_type_arguments(struct vvm_parser *p, const struct vvm_node *name, struct vvm_type_list *out) {
    struct vvm_parser before = *p;
    if (vvm_is_spaced(p->token) || vvm_in_panic(p) || !may_be_type_arguments(p))
        return false;
    p->quiet = true;
    p->speculation = SPECULATION_MAX;
    *out = vvm_parse_type_arguments(p);
    bool fits = !vvm_in_panic(p) && out->count > 0 && may_follow_type_arguments(p, name);
    p->quiet = false;
    p->speculation = 0;
    if (fits || p->arena->failed)
        return fits;
    p->token = before.token;
    p->failed = NULL;
    p->last_end = before.last_end;
    p->depth = before.depth;
    p->height = before.height;
    p->mode = before.mode;
    return false;
}

/* ---- Parts of types ---------------------------------------------------------------------------------------- */

static void push_payload_field(struct vvm_parser *p, void *data) {
    const bool *named = data;
    struct vvm_payload_field field = {.span = vvm_span_of(p->token)};
    if (at_label(p)) {
        field.name = vvm_advance(p)->symbol;
        vvm_advance(p);
    } else if (*named) {
        vvm_fail_expected(p, "`name: Type`");
    }
    field.type = vvm_parse_type(p);
    field.span = vvm_span_from(p, field.span.offset);
    vvm_list_push(p, &field, sizeof field);
}

struct vvm_payload vvm_parse_payload(struct vvm_parser *p, enum vvm_token_kind closing, bool named) {
    struct vvm_payload payload;
    size_t mark = vvm_list_start(p);
    vvm_advance(p);
    struct vvm_mode old = vvm_parse_enter(p, false);
    vvm_comma_list(p, closing, push_payload_field, &named);
    vvm_parse_leave(p, old);
    VVM_LIST_TAKE(p, mark, &payload, items, count);
    return payload;
}

static bool arguments_follow(const struct vvm_parser *p) {
    return vvm_at(p, VVM_TOKEN_LT) && !(p->mode.operator_type && vvm_is_spaced(p->token));
}

static struct vvm_type_node *parse_named(struct vvm_parser *p) {
    uint32_t offset = p->token->offset;
    if (!vvm_at_name(p)) {
        vvm_fail_expected(p, "a type");
        return vvm_type_new(p, VVM_TYPE_NODE_VOID, offset);
    }
    struct vvm_path path = vvm_parse_path(p);
    struct vvm_type_node *type = vvm_type_new(p, VVM_TYPE_NODE_NAMED, offset);
    type->named.path = path;
    if (arguments_follow(p))
        type->named.arguments = vvm_parse_type_arguments(p);
    if (p->mode.payload_types && vvm_at(p, VVM_TOKEN_LPAREN) && !vvm_at_newline(p)) {
        type->named.has_payload = true;
        type->named.payload = vvm_parse_payload(p, VVM_TOKEN_RPAREN, false);
    }
    return type;
}

/* `-> T` or `=> T` behind the parameters of a function type. */
static struct vvm_type_node *parse_function_result(struct vvm_parser *p) {
    bool arrow = vvm_at(p, VVM_TOKEN_ARROW) || (vvm_at(p, VVM_TOKEN_FAT_ARROW) && !p->mode.no_lambda);
    if (!arrow)
        return NULL;
    vvm_advance(p);
    uint32_t outer = vvm_parser_deeper(p);
    struct vvm_type_node *result = vvm_parse_type(p);
    vvm_parser_shallower(p, outer);
    return result;
}

static struct vvm_type_node *parse_function(struct vvm_parser *p, uint32_t offset, bool is_async) {
    bool comma;
    struct vvm_type_list params = parse_type_parens(p, &comma);
    struct vvm_type_node *result = parse_function_result(p);
    struct vvm_type_node *type = vvm_type_new(p, VVM_TYPE_NODE_FUNCTION, offset);
    type->function.params = params;
    type->function.result = result;
    type->function.is_async = is_async;
    return type;
}

/* `()`, `(T)`, `(T, U)`, `(T) -> U`. */
static struct vvm_type_node *parse_parens(struct vvm_parser *p) {
    uint32_t offset = p->token->offset;
    bool comma;
    struct vvm_type_list items = parse_type_parens(p, &comma);
    struct vvm_type_node *result = parse_function_result(p);
    if (!result && items.count == 1 && !comma)
        return items.items[0];
    enum vvm_type_node_kind kind = result        ? VVM_TYPE_NODE_FUNCTION
                                   : items.count ? VVM_TYPE_NODE_TUPLE
                                                 : VVM_TYPE_NODE_VOID;
    struct vvm_type_node *type = vvm_type_new(p, kind, offset);
    if (kind == VVM_TYPE_NODE_FUNCTION) {
        type->function.params = items;
        type->function.result = result;
    } else if (kind == VVM_TYPE_NODE_TUPLE) {
        type->items = items;
    }
    return type;
}

static struct vvm_type_node *parse_list(struct vvm_parser *p) {
    uint32_t offset = vvm_advance(p)->offset;
    struct vvm_mode old = vvm_parse_enter(p, false);
    struct vvm_type_node *inner = vvm_parse_type(p);
    vvm_expect(p, VVM_TOKEN_RBRACKET);
    vvm_parse_leave(p, old);
    struct vvm_type_node *type = vvm_type_new(p, VVM_TYPE_NODE_LIST, offset);
    type->inner = inner;
    return type;
}

static void push_record_field(struct vvm_parser *p) {
    struct vvm_record_field field = {.name = vvm_expect_any_name(p, "a field name")};
    field.optional = vvm_accept(p, VVM_TOKEN_QUESTION);
    vvm_expect(p, VVM_TOKEN_COLON);
    field.type = vvm_parse_type(p);
    vvm_list_push(p, &field, sizeof field);
    vvm_expect_end(p, true, "`,` or `}`");
}

static struct vvm_type_node *parse_record(struct vvm_parser *p) {
    uint32_t offset = vvm_advance(p)->offset;
    size_t mark = vvm_list_start(p);
    struct vvm_mode old = vvm_parse_enter(p, true);
    while (vvm_skip_ends(p, true), !vvm_at(p, VVM_TOKEN_RBRACE) && !vvm_at(p, VVM_TOKEN_END))
        push_record_field(p);
    vvm_expect(p, VVM_TOKEN_RBRACE);
    vvm_parse_leave(p, old);
    struct vvm_type_node *type = vvm_type_new(p, VVM_TYPE_NODE_RECORD, offset);
    VVM_LIST_TAKE(p, mark, &type->record, items, count);
    return type;
}

static struct vvm_type_node *parse_literal(struct vvm_parser *p) {
    uint32_t offset = p->token->offset;
    bool negative = vvm_accept(p, VVM_TOKEN_MINUS);
    struct vvm_node *literal;
    if (negative || vvm_at(p, VVM_TOKEN_NUMBER) || vvm_at(p, VVM_TOKEN_FLOAT)) {
        literal = vvm_parse_number(p, negative);
    } else if (vvm_at(p, VVM_TOKEN_STRING)) {
        literal = vvm_parse_string(p);
    } else {
        bool value = vvm_advance(p)->word == VVM_WORD_TRUE;
        literal = vvm_node_new(p, VVM_NODE_BOOL, offset);
        literal->boolean = value;
    }
    struct vvm_type_node *type = vvm_type_new(p, VVM_TYPE_NODE_LITERAL, offset);
    type->literal = literal;
    return type;
}

static struct vvm_type_node *parse_keyword_type(struct vvm_parser *p) {
    uint32_t offset = p->token->offset;
    if (vvm_at_word(p, VVM_WORD_TRUE) || vvm_at_word(p, VVM_WORD_FALSE))
        return parse_literal(p);
    bool is_async = vvm_accept_word(p, VVM_WORD_ASYNC);
    bool function = vvm_at_word(p, VVM_WORD_FN) && p->token[1].kind == VVM_TOKEN_LPAREN;
    if (!is_async && !function)
        return parse_named(p);
    if (function)
        vvm_advance(p);
    return parse_function(p, offset, is_async);
}

/* Type0. */
static struct vvm_type_node *parse_simple(struct vvm_parser *p) {
    if (p->speculation && --p->speculation == 0)
        vvm_fail_expected(p, "fewer types");
    switch (p->token->kind) {
    case VVM_TOKEN_LPAREN: return parse_parens(p);
    case VVM_TOKEN_LBRACKET: return parse_list(p);
    case VVM_TOKEN_LBRACE: return parse_record(p);
    case VVM_TOKEN_STRING:
    case VVM_TOKEN_NUMBER:
    case VVM_TOKEN_FLOAT:
    case VVM_TOKEN_MINUS: return parse_literal(p);
    case VVM_TOKEN_KEYWORD: return parse_keyword_type(p);
    default: return parse_named(p);
    }
}

static struct vvm_type_node *wrap(struct vvm_parser *p, enum vvm_type_node_kind kind, struct vvm_type_node *inner) {
    struct vvm_type_node *type = vvm_type_new(p, kind, inner->offset);
    type->inner = inner;
    vvm_parser_taller(p);
    return type;
}

/* Type1: `T?`, `T[]`. */
static struct vvm_type_node *parse_suffixed(struct vvm_parser *p) {
    uint32_t outer = vvm_parser_begin(p);
    struct vvm_type_node *type = parse_simple(p);
    for (;;) {
        if (vvm_touches(p->token, VVM_TOKEN_QUESTION)) {
            vvm_advance(p);
            type = wrap(p, VVM_TYPE_NODE_OPTION, type);
        } else if (vvm_touches(p->token, VVM_TOKEN_COALESCE)) {
            vvm_advance(p);
            type = wrap(p, VVM_TYPE_NODE_OPTION, wrap(p, VVM_TYPE_NODE_OPTION, type));
        } else if (vvm_at(p, VVM_TOKEN_LBRACKET) && p->token[1].kind == VVM_TOKEN_RBRACKET && !vvm_at_newline(p)) {
            vvm_advance(p);
            vvm_advance(p);
            type = wrap(p, VVM_TYPE_NODE_LIST, type);
        } else {
            break;
        }
    }
    vvm_parser_merge(p, outer);
    return type;
}

struct vvm_type_node *vvm_parse_type(struct vvm_parser *p) {
    uint32_t offset = p->token->offset;
    vvm_accept(p, VVM_TOKEN_PIPE);
    struct vvm_type_node *first = parse_suffixed(p);
    if (!vvm_at(p, VVM_TOKEN_PIPE))
        return first;
    size_t mark = vvm_list_start(p);
    vvm_list_push(p, &first, sizeof first);
    while (vvm_accept(p, VVM_TOKEN_PIPE)) {
        struct vvm_type_node *next = parse_suffixed(p);
        vvm_list_push(p, &next, sizeof next);
    }
    struct vvm_type_node *type = vvm_type_new(p, VVM_TYPE_NODE_UNION, offset);
    VVM_LIST_TAKE(p, mark, &type->items, items, count);
    return type;
}

struct vvm_type_node *vvm_parse_operator_type(struct vvm_parser *p) {
    struct vvm_mode old = p->mode;
    p->mode.operator_type = true;
    struct vvm_type_node *type = vvm_parse_type(p);
    p->mode = old;
    return type;
}

struct vvm_type_node *vvm_parse_return_type(struct vvm_parser *p, bool *is_async) {
    struct vvm_mode old = p->mode;
    struct vvm_type_node *type = NULL;
    p->mode.no_lambda = true; /* `=>` begins the body */
    if (vvm_accept(p, VVM_TOKEN_ARROW)) {
        type = vvm_parse_type(p);
    } else if (vvm_accept(p, VVM_TOKEN_COLON)) {
        if (vvm_at_word(p, VVM_WORD_ASYNC) && p->token[1].kind != VVM_TOKEN_LPAREN) {
            vvm_advance(p);
            *is_async = true;
        }
        type = vvm_parse_type(p);
    }
    p->mode = old;
    return type;
}

/* ---- Type parameters --------------------------------------------------------------------------------------- */

static struct vvm_type_list parse_bounds(struct vvm_parser *p) {
    struct vvm_type_list bounds;
    size_t mark = vvm_list_start(p);
    do
        push_type(p, NULL);
    while (vvm_accept(p, VVM_TOKEN_PLUS));
    VVM_LIST_TAKE(p, mark, &bounds, items, count);
    return bounds;
}

static void push_type_param(struct vvm_parser *p, void *data) {
    (void)data;
    struct vvm_type_param param = {.name = vvm_expect_name(p, "a type parameter")};
    if (vvm_accept(p, VVM_TOKEN_COLON))
        param.bounds = parse_bounds(p);
    if (vvm_accept(p, VVM_TOKEN_ASSIGN))
        param.default_type = vvm_parse_type(p);
    vvm_list_push(p, &param, sizeof param);
}

struct vvm_type_params vvm_parse_type_params(struct vvm_parser *p) {
    struct vvm_type_params params = {0};
    if (!vvm_at(p, VVM_TOKEN_LT))
        return params;
    size_t mark = vvm_list_start(p);
    vvm_advance(p);
    struct vvm_mode old = vvm_parse_enter(p, false);
    vvm_comma_list(p, VVM_TOKEN_GT, push_type_param, NULL);
    vvm_parse_leave(p, old);
    VVM_LIST_TAKE(p, mark, &params, items, count);
    return params;
}

/* `where T: A + B, U: C`: parsed, not enforced, not kept. */
void vvm_skip_where(struct vvm_parser *p) {
    if (!vvm_at_word(p, VVM_WORD_WHERE) || p->token[1].kind != VVM_TOKEN_NAME || p->token[2].kind != VVM_TOKEN_COLON)
        return;
    do {
        vvm_advance(p);
        vvm_expect_name(p, "a type parameter");
        vvm_expect(p, VVM_TOKEN_COLON);
        parse_bounds(p);
    } while (vvm_at(p, VVM_TOKEN_COMMA));
}
