/* Classes and what has members like them: structs, interfaces, actors, extensions (language.md 2.3, D10). */
#include "vm/front/grammar.h"

/* ---- What stands here -------------------------------------------------------------------------------------- */

/* `service`, `repository` …: class by another name. */
static bool is_class_kind(enum vvm_word word) {
    switch (word) {
    case VVM_WORD_SERVICE: case VVM_WORD_REPOSITORY: case VVM_WORD_CONTROLLER: case VVM_WORD_USECASE:
    case VVM_WORD_ENTITY: case VVM_WORD_DTO: case VVM_WORD_VALUE_OBJECT: case VVM_WORD_MODEL:
    case VVM_WORD_FACTORY: case VVM_WORD_BUILDER: case VVM_WORD_STRATEGY: case VVM_WORD_OBSERVER:
    case VVM_WORD_SINGLETON: case VVM_WORD_ADAPTER: case VVM_WORD_DECORATOR: case VVM_WORD_GUARD:
    case VVM_WORD_MIDDLEWARE: case VVM_WORD_INTERCEPTOR: case VVM_WORD_VALIDATOR: case VVM_WORD_PIPE:
    case VVM_WORD_TASK: case VVM_WORD_HELPER: case VVM_WORD_MAPPER: case VVM_WORD_SERIALIZER:
    case VVM_WORD_STORE: case VVM_WORD_PROVIDER: return true;
    default: return false;
    }
}

bool vvm_at_class(const struct vvm_parser *p) {
    enum vvm_word word = (enum vvm_word)p->token->word;
    if (vvm_at(p, VVM_TOKEN_KEYWORD))
        return word == VVM_WORD_CLASS || word == VVM_WORD_STRUCT || word == VVM_WORD_INTERFACE;
    if (!vvm_at(p, VVM_TOKEN_NAME) || word == VVM_WORD_NONE)
        return false;
    return (word == VVM_WORD_ACTOR || is_class_kind(word)) && vvm_starts_name(p->token + 1);
}

static enum vvm_node_kind class_node_kind(enum vvm_word word) {
    switch (word) {
    case VVM_WORD_STRUCT: return VVM_NODE_STRUCT_DECL;
    case VVM_WORD_INTERFACE: return VVM_NODE_INTERFACE_DECL;
    case VVM_WORD_ACTOR: return VVM_NODE_ACTOR_DECL;
    case VVM_WORD_EXTENSION: return VVM_NODE_EXTENSION_DECL;
    default: return VVM_NODE_CLASS_DECL;
    }
}

static bool is_plain_data(enum vvm_node_kind kind) {
    return kind == VVM_NODE_STRUCT_DECL || kind == VVM_NODE_INTERFACE_DECL;
}

/* What the rules for members need to know of the class around them. */
struct body {
    enum vvm_node_kind kind;
    struct vvm_class_decl *decl;
};

/* A word that is a keyword here because a name follows it on its line (`get x`, `on Add`). */
static bool at_member_word(const struct vvm_parser *p, enum vvm_word word) {
    const struct vvm_token *next = p->token + 1;
    return vvm_at_word(p, word) && vvm_is_wordlike(next) && !(next->flags & VVM_TOKEN_BROKEN);
}

static bool at_constructor(const struct vvm_parser *p, const struct body *body) {
    if (p->token[1].kind != VVM_TOKEN_LPAREN || is_plain_data(body->kind))
        return false;
    return vvm_at_word(p, VVM_WORD_CONSTRUCTOR) ||
           (vvm_at(p, VVM_TOKEN_NAME) && body->decl->name && p->token->symbol == body->decl->name);
}

static bool at_handler(const struct vvm_parser *p, const struct body *body) {
    const struct vvm_token *word = vvm_at_word(p, VVM_WORD_ASYNC) ? p->token + 1 : p->token;
    bool handler = word->kind == VVM_TOKEN_NAME && (word->word == VVM_WORD_ON || word->word == VVM_WORD_HANDLE);
    return handler && body->kind == VVM_NODE_ACTOR_DECL && vvm_is_wordlike(word + 1) &&
           !(word[1].flags & VVM_TOKEN_BROKEN);
}

static bool at_operator(const struct vvm_parser *p) {
    const struct vvm_token *next = p->token + 1;
    return vvm_at_word(p, VVM_WORD_OPERATOR) && !(next->flags & VVM_TOKEN_BROKEN) && next->kind != VVM_TOKEN_COLON &&
           next->kind != VVM_TOKEN_ASSIGN;
}

/* ---- Members that are functions ---------------------------------------------------------------------------- */

static struct vvm_function_node *named(struct vvm_parser *p, struct vvm_function_node *function, const char *what) {
    function->name_span = vvm_span_of(p->token);
    function->name = vvm_expect_any_name(p, what);
    return function;
}

static void require_body(struct vvm_parser *p, const struct vvm_function_node *function) {
    if (!function->body)
        vvm_fail_expected(p, "a body");
}

static struct vvm_function_node *parse_constructor(struct vvm_parser *p) {
    struct vvm_function_node *function = vvm_function_new(p, VVM_FUNCTION_NODE_CONSTRUCTOR, p->token->offset);
    named(p, function, "a constructor");
    vvm_parse_function_rest(p, function, true);
    return function;
}

static struct vvm_function_node *parse_accessor(struct vvm_parser *p) {
    bool getter = p->token->word == VVM_WORD_GET;
    enum vvm_function_kind kind = getter ? VVM_FUNCTION_NODE_GETTER : VVM_FUNCTION_NODE_SETTER;
    struct vvm_function_node *function = vvm_function_new(p, kind, vvm_advance(p)->offset);
    named(p, function, "a name");
    vvm_parse_function_rest(p, function, !getter);
    uint32_t params = getter ? 0 : 1;
    if (!vvm_in_panic(p) && function->param_count != params)
        vvm_report(p, "E109", function->name_span, NULL,
                   getter ? "`get` takes no parameter" : "`set` takes one parameter");
    require_body(p, function);
    return function;
}

static vvm_symbol parse_operator_name(struct vvm_parser *p) {
    static const char *const names[] = {"+", "-", "*", "/", "%", "==", "<"};
    static const uint8_t kinds[] = {VVM_TOKEN_PLUS, VVM_TOKEN_MINUS, VVM_TOKEN_STAR, VVM_TOKEN_SLASH,
                                    VVM_TOKEN_PERCENT, VVM_TOKEN_EQ, VVM_TOKEN_LT};
    for (unsigned i = 0; i < sizeof kinds; i++)
        if (vvm_accept(p, (enum vvm_token_kind)kinds[i]))
            return vvm_symbols_intern(p->symbols, names[i], i == 5 ? 2 : 1);
    if (vvm_at(p, VVM_TOKEN_LBRACKET) && p->token[1].kind == VVM_TOKEN_RBRACKET) {
        vvm_advance(p);
        vvm_advance(p);
        return vvm_symbols_intern(p->symbols, "[]", 2);
    }
    vvm_fail_expected(p, "one of `+ - * / % == < []`");
    return VVM_NO_SYMBOL;
}

static struct vvm_function_node *parse_operator(struct vvm_parser *p) {
    struct vvm_function_node *function = vvm_function_new(p, VVM_FUNCTION_NODE_OPERATOR, vvm_advance(p)->offset);
    function->name_span = vvm_span_of(p->token);
    function->name = parse_operator_name(p);
    vvm_parse_function_rest(p, function, true);
    require_body(p, function);
    return function;
}

static struct vvm_function_node *parse_computed(struct vvm_parser *p) {
    struct vvm_function_node *function = vvm_function_new(p, VVM_FUNCTION_NODE_COMPUTED, p->token->offset);
    function->memo = vvm_advance(p)->word == VVM_WORD_MEMO;
    named(p, function, "a name");
    vvm_parse_function_rest(p, function, false);
    require_body(p, function);
    return function;
}

static void note_handler(struct vvm_parser *p, vvm_symbol name) {
    struct vvm_handler_name *handler = VVM_ARENA_NEW(p->arena, struct vvm_handler_name);
    if (!handler) {
        vvm_panic(p);
        return;
    }
    handler->name = name;
    handler->next = p->module->handlers;
    p->module->handlers = handler;
}

static struct vvm_function_node *parse_handler(struct vvm_parser *p) {
    struct vvm_function_node *function = vvm_function_new(p, VVM_FUNCTION_NODE_HANDLER, p->token->offset);
    function->is_async = vvm_accept_word(p, VVM_WORD_ASYNC);
    vvm_advance(p);
    named(p, function, "a message name");
    note_handler(p, function->name);
    vvm_parse_function_rest(p, function, false);
    require_body(p, function);
    return function;
}

/* A member that is a function, or NULL: then it is a field. */
static struct vvm_function_node *parse_function_member(struct vvm_parser *p, const struct body *body) {
    if (vvm_at_named_function(p))
        return vvm_parse_named_function(p, VVM_FUNCTION_NODE_METHOD);
    if (at_constructor(p, body))
        return parse_constructor(p);
    if (at_handler(p, body))
        return parse_handler(p);
    if (is_plain_data(body->kind))
        return NULL;
    if (at_member_word(p, VVM_WORD_GET) || at_member_word(p, VVM_WORD_SET))
        return parse_accessor(p);
    if (at_operator(p))
        return parse_operator(p);
    if (at_member_word(p, VVM_WORD_COMPUTED) || at_member_word(p, VVM_WORD_MEMO))
        return parse_computed(p);
    return NULL;
}

/* ---- Fields ------------------------------------------------------------------------------------------------ */

static void fail_member(struct vvm_parser *p) {
    if (vvm_at(p, VVM_TOKEN_NAME) && p->token[1].kind == VVM_TOKEN_LPAREN)
        vvm_parse_fail(p, "E109", vvm_span_of(p->token), "methods begin with `fn`; a constructor is `constructor(…)`",
                 "expected a member");
    else
        vvm_fail_expected(p, "a member");
}

/* 'state'? NAME (':' Type ('=' Expr)? | '=' Expr). */
static void parse_field(struct vvm_parser *p, struct vvm_field_decl *field) {
    if (at_member_word(p, VVM_WORD_STATE)) {
        vvm_advance(p);
        field->is_state = true;
    }
    const struct vvm_token *name = p->token;
    field->name_span = vvm_span_of(name);
    bool typed = vvm_is_wordlike(name) && name[1].kind == VVM_TOKEN_COLON;
    if (!typed && !(name->kind == VVM_TOKEN_NAME && name[1].kind == VVM_TOKEN_ASSIGN)) {
        fail_member(p);
        return;
    }
    field->name = vvm_advance(p)->symbol;
    if (vvm_accept(p, VVM_TOKEN_COLON))
        field->type = vvm_parse_type(p);
    if (vvm_accept(p, VVM_TOKEN_ASSIGN))
        field->value = vvm_parse_expression(p);
}

/* ---- Members ----------------------------------------------------------------------------------------------- */

static void read_attributes(struct vvm_parser *p, struct vvm_attributes *attributes) {
    attributes->doc = vvm_take_doc(p);
    attributes->decorators = vvm_parse_decorators(p, &attributes->decorator_count);
    attributes->visibility = vvm_accept_visibility(p);
    attributes->modifiers = vvm_accept_modifiers(p);
    if (attributes->visibility == VVM_VISIBILITY_DEFAULT)
        attributes->visibility = vvm_accept_visibility(p);
}

static void push_member(struct vvm_parser *p, void *data) {
    const struct body *body = data;
    struct vvm_attributes attributes = {0};
    struct vvm_member_node member = {.span = vvm_span_of(p->token)};
    read_attributes(p, &attributes);
    if (vvm_at_excluded(p))
        vvm_fail_excluded(p);
    struct vvm_function_node *function = parse_function_member(p, body);
    if (function) {
        struct vvm_text inner = function->attributes.doc;
        member.kind = VVM_MEMBER_NODE_FUNCTION;
        member.function = function;
        function->attributes = attributes;
        if (attributes.doc.bytes == NULL)
            function->attributes.doc = inner;
    } else {
        member.field.attributes = attributes;
        parse_field(p, &member.field);
    }
    member.span = vvm_span_from(p, member.span.offset);
    vvm_list_push(p, &member, sizeof member);
}

static void parse_item(struct vvm_parser *p, const struct vvm_items *items, bool first) {
    if (!vvm_at_docstring(p, true)) {
        items->parse(p, items->data);
        return;
    }
    vvm_read_docstring(p);
    if (first && items->attributes->doc.bytes == NULL)
        items->attributes->doc = vvm_take_doc(p);
}

void vvm_parse_items(struct vvm_parser *p, const struct vvm_items *items) {
    const struct vvm_token *opening = p->token;
    if (!vvm_expect(p, VVM_TOKEN_LBRACE))
        return;
    const struct vvm_token *closing = &p->tokens[opening->partner];
    struct vvm_mode old = vvm_parse_enter(p, true);
    bool first = true;
    while (vvm_skip_ends(p, true), !vvm_at(p, VVM_TOKEN_RBRACE) && !vvm_at(p, VVM_TOKEN_END)) {
        const struct vvm_token *start = p->item = p->token;
        parse_item(p, items, first);
        vvm_expect_end(p, true, items->end);
        if (vvm_in_panic(p))
            vvm_recover(p, start, closing, true);
        first = false;
    }
    vvm_take_doc(p);
    vvm_expect(p, VVM_TOKEN_RBRACE);
    vvm_parse_leave(p, old);
}

/* D10: `fn init(…)` is the constructor when there is no other. */
static void find_init(struct vvm_parser *p, struct vvm_class_decl *decl) {
    struct vvm_function_node *init = NULL;
    for (uint32_t i = 0; i < decl->member_count; i++) {
        if (decl->members[i].kind != VVM_MEMBER_NODE_FUNCTION)
            continue;
        struct vvm_function_node *function = decl->members[i].function;
        if (function->kind == VVM_FUNCTION_NODE_CONSTRUCTOR)
            return;
        bool is_static = function->attributes.modifiers & VVM_MODIFIER_STATIC;
        if (function->kind == VVM_FUNCTION_NODE_METHOD && !is_static && vvm_symbol_is(p, function->name, "init"))
            init = function;
    }
    if (init)
        init->kind = VVM_FUNCTION_NODE_CONSTRUCTOR;
}

/* ---- The declaration --------------------------------------------------------------------------------------- */

static struct vvm_type_list parse_type_names(struct vvm_parser *p) {
    struct vvm_type_list list;
    size_t mark = vvm_list_start(p);
    do {
        if (vvm_at(p, VVM_TOKEN_LBRACE))
            break;
        struct vvm_type_node *type = vvm_parse_type(p);
        vvm_list_push(p, &type, sizeof type);
    } while (vvm_accept(p, VVM_TOKEN_COMMA));
    VVM_LIST_TAKE(p, mark, &list, items, count);
    return list;
}

static void check_super(struct vvm_parser *p, const struct vvm_type_node *super) {
    if (super->kind != VVM_TYPE_NODE_NAMED || super->named.path.count == 0)
        return;
    vvm_symbol name = super->named.path.symbols[super->named.path.count - 1];
    if (vvm_symbol_is(p, name, "StatefulWidget") || vvm_symbol_is(p, name, "StatelessWidget"))
        vvm_report(p, "E190", (struct vvm_span){super->offset, super->length}, NULL,
                   "the reactive and UI constructs are not part of this profile of Vela");
}

static void parse_heritage(struct vvm_parser *p, enum vvm_node_kind kind, struct vvm_class_decl *decl) {
    if (kind == VVM_NODE_STRUCT_DECL)
        return;
    if (vvm_accept_word(p, VVM_WORD_EXTENDS)) {
        if (kind == VVM_NODE_INTERFACE_DECL) {
            decl->interfaces = parse_type_names(p);
            return;
        }
        decl->super = vvm_parse_type(p);
        check_super(p, decl->super);
    }
    if (kind == VVM_NODE_CLASS_DECL && vvm_accept_word(p, VVM_WORD_IMPLEMENTS))
        decl->interfaces = parse_type_names(p);
    vvm_skip_where(p);
}

static void parse_class_head(struct vvm_parser *p, enum vvm_node_kind kind, struct vvm_class_decl *decl) {
    if (kind == VVM_NODE_EXTENSION_DECL) {
        decl->target = vvm_parse_type(p);
        return;
    }
    decl->name_span = vvm_span_of(p->token);
    decl->name = vvm_expect_name(p, "a name");
    decl->type_params = vvm_parse_type_params(p);
    parse_heritage(p, kind, decl);
}

struct vvm_node *vvm_parse_class(struct vvm_parser *p, struct vvm_attributes *attributes) {
    const struct vvm_token *word = vvm_advance(p);
    struct vvm_class_decl decl = {.attributes = *attributes};
    struct vvm_context context = {.outer = p->context}, *outer = p->context;
    enum vvm_node_kind kind = class_node_kind((enum vvm_word)word->word);
    if (is_class_kind((enum vvm_word)word->word))
        decl.class_kind = word->symbol;
    parse_class_head(p, kind, &decl);
    p->context = &context;
    size_t mark = vvm_list_start(p);
    struct body body = {kind, &decl};
    vvm_parse_items(p, &(struct vvm_items){push_member, &body, &decl.attributes, "the end of the member"});
    decl.members = vvm_list_take(p, mark, sizeof *decl.members, &decl.member_count);
    p->context = outer;
    if (kind == VVM_NODE_CLASS_DECL || kind == VVM_NODE_ACTOR_DECL)
        find_init(p, &decl);
    struct vvm_node *node = vvm_node_new(p, kind, word->offset);
    node->class_decl = vvm_arena_copy(p->arena, &decl, sizeof decl);
    return node;
}
