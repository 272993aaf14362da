/* Declarations other than classes: functions, enums, types, modules, imports (language.md 2.1 - 2.3). */
#include "vm/front/grammar.h"

/* ---- What stands here -------------------------------------------------------------------------------------- */

static bool same_line(const struct vvm_token *token) {
    return !(token->flags & VVM_TOKEN_BROKEN);
}

bool vvm_at_excluded(const struct vvm_parser *p) {
    const struct vvm_token *next = p->token + 1;
    if (!vvm_at(p, VVM_TOKEN_NAME) || !same_line(next))
        return false;
    switch ((enum vvm_word)p->token->word) {
    case VVM_WORD_EFFECT:
    case VVM_WORD_WATCH: return next->kind == VVM_TOKEN_LBRACE || next->kind == VVM_TOKEN_LPAREN;
    case VVM_WORD_COMPONENT:
    case VVM_WORD_WIDGET: return vvm_starts_name(next);
    case VVM_WORD_EXTERN:
        return vvm_starts_name(next) || next->kind == VVM_TOKEN_KEYWORD || next->kind == VVM_TOKEN_STRING;
    default: return false;
    }
}

void vvm_fail_excluded(struct vvm_parser *p) {
    if (p->token->word == VVM_WORD_EXTERN)
        vvm_parse_fail(p, "E191", vvm_span_of(p->token), "native functions are called with `import 'system:ffi'`",
                 "`extern` is reserved");
    else
        vvm_parse_fail(p, "E190", vvm_span_of(p->token), NULL,
                 "the reactive and UI constructs are not part of this profile of Vela");
}

static bool at_contextual(const struct vvm_parser *p) {
    if (!vvm_at(p, VVM_TOKEN_NAME))
        return false;
    switch ((enum vvm_word)p->token->word) {
    case VVM_WORD_TYPE:
    case VVM_WORD_MODULE:
    case VVM_WORD_EXTENSION: return vvm_starts_name(p->token + 1);
    case VVM_WORD_COMPUTED:
    case VVM_WORD_MEMO: return vvm_starts_name(p->token + 1) && p->token[2].kind == VVM_TOKEN_COLON;
    default: return false;
    }
}

bool vvm_at_declaration(const struct vvm_parser *p) {
    return vvm_at_named_function(p) || vvm_at_word(p, VVM_WORD_ENUM) || vvm_at_class(p) || at_contextual(p);
}

/* ---- Functions --------------------------------------------------------------------------------------------- */

static void take_attributes(struct vvm_function_node *function, const struct vvm_attributes *attributes) {
    struct vvm_text inner = function->attributes.doc;
    function->attributes = *attributes;
    if (function->attributes.doc.bytes == NULL)
        function->attributes.doc = inner;
}

static struct vvm_node *function_node(struct vvm_parser *p, struct vvm_function_node *function,
                                      const struct vvm_attributes *attributes) {
    take_attributes(function, attributes);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_FUNCTION_DECL, function->span.offset);
    node->function = function;
    return node;
}

/* `computed x: T { … }`, outside of classes. */
static struct vvm_node *parse_computed(struct vvm_parser *p, const struct vvm_attributes *attributes) {
    struct vvm_function_node *function = vvm_function_new(p, VVM_FUNCTION_NODE_COMPUTED, p->token->offset);
    function->memo = vvm_advance(p)->word == VVM_WORD_MEMO;
    function->name_span = vvm_span_of(p->token);
    function->name = vvm_expect_any_name(p, "a name");
    vvm_parse_function_rest(p, function, false);
    if (!function->body)
        vvm_fail_expected(p, "`{`");
    return function_node(p, function, attributes);
}

/* ---- Enums ------------------------------------------------------------------------------------------------- */

static struct vvm_node *parse_variant_value(struct vvm_parser *p) {
    uint32_t offset = p->token->offset;
    bool negative = vvm_accept(p, VVM_TOKEN_MINUS);
    if (negative || vvm_at(p, VVM_TOKEN_NUMBER) || vvm_at(p, VVM_TOKEN_FLOAT))
        return vvm_parse_number(p, negative);
    if (vvm_at(p, VVM_TOKEN_STRING))
        return vvm_parse_string(p);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_BOOL, offset);
    node->boolean = vvm_at_word(p, VVM_WORD_TRUE);
    if (!vvm_accept_word(p, VVM_WORD_TRUE) && !vvm_accept_word(p, VVM_WORD_FALSE))
        vvm_fail_expected(p, "a literal");
    return vvm_node_end(p, node);
}

static void push_variant(struct vvm_parser *p) {
    struct vvm_variant_node variant = {.span = vvm_span_of(p->token), .doc = vvm_take_doc(p)};
    variant.name = vvm_expect_name(p, "a variant");
    if (vvm_at(p, VVM_TOKEN_LPAREN) && !vvm_at_newline(p)) {
        variant.form = VVM_VARIANT_TUPLE;
        variant.payload = vvm_parse_payload(p, VVM_TOKEN_RPAREN, false);
    } else if (vvm_at(p, VVM_TOKEN_LBRACE) && !vvm_at_newline(p)) {
        variant.form = VVM_VARIANT_RECORD;
        variant.payload = vvm_parse_payload(p, VVM_TOKEN_RBRACE, true);
    } else if (vvm_accept(p, VVM_TOKEN_ASSIGN)) {
        variant.form = VVM_VARIANT_VALUE;
        variant.value = parse_variant_value(p);
    }
    variant.span = vvm_span_from(p, variant.span.offset);
    vvm_list_push(p, &variant, sizeof variant);
}

/* Methods are few and come after the variants as a rule; they are gathered in a list of their own. */
struct method_list {
    uint32_t count;
    uint32_t capacity;
    struct vvm_function_node **items;
};

static void add_method(struct vvm_parser *p, struct method_list *list, struct vvm_function_node *method) {
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 8;
        struct vvm_function_node **items = vvm_arena_alloc(p->arena, capacity * sizeof(void *));
        for (uint32_t i = 0; items && i < list->count; i++)
            items[i] = list->items[i];
        if (!items)
            return;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = method;
}

/* `fn`, or words and decorators before it: two words in a row are never a variant. */
static bool at_method(const struct vvm_parser *p) {
    bool words = vvm_is_wordlike(p->token) && vvm_is_wordlike(p->token + 1) && same_line(p->token + 1);
    return vvm_at(p, VVM_TOKEN_AT) || vvm_at_named_function(p) || words;
}

static void parse_enum_item(struct vvm_parser *p, void *methods) {
    if (at_method(p)) {
        struct vvm_attributes attributes = {.doc = vvm_take_doc(p)};
        attributes.decorators = vvm_parse_decorators(p, &attributes.decorator_count);
        attributes.visibility = vvm_accept_visibility(p);
        attributes.modifiers = vvm_accept_modifiers(p);
        struct vvm_function_node *method = vvm_parse_named_function(p, VVM_FUNCTION_NODE_METHOD);
        take_attributes(method, &attributes);
        add_method(p, methods, method);
    } else {
        push_variant(p);
    }
}

static struct vvm_node *enum_node(struct vvm_parser *p, uint32_t offset, const struct vvm_enum_decl *decl) {
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_ENUM_DECL, offset);
    node->enum_decl = vvm_arena_copy(p->arena, decl, sizeof *decl);
    return node;
}

static struct vvm_node *parse_enum(struct vvm_parser *p, const struct vvm_attributes *attributes) {
    struct vvm_enum_decl decl = {.attributes = *attributes};
    struct vvm_context context = {.outer = p->context}, *outer = p->context;
    struct method_list methods = {0};
    uint32_t offset = vvm_advance(p)->offset;
    decl.name_span = vvm_span_of(p->token);
    decl.name = vvm_expect_name(p, "the enum's name");
    decl.type_params = vvm_parse_type_params(p);
    p->context = &context;
    size_t mark = vvm_list_start(p);
    vvm_parse_items(p, &(struct vvm_items){parse_enum_item, &methods, &decl.attributes, "the end of the variant"});
    decl.variants = vvm_list_take(p, mark, sizeof *decl.variants, &decl.variant_count);
    decl.methods = methods.items;
    decl.method_count = methods.count;
    p->context = outer;
    return enum_node(p, offset, &decl);
}

/* ---- Types ------------------------------------------------------------------------------------------------- */

static bool has_payload(const struct vvm_type_node *type) {
    if (type->kind != VVM_TYPE_NODE_UNION)
        return type->kind == VVM_TYPE_NODE_NAMED && type->named.has_payload;
    for (uint32_t i = 0; i < type->items.count; i++)
        if (type->items.items[i]->kind == VVM_TYPE_NODE_NAMED && type->items.items[i]->named.has_payload)
            return true;
    return false;
}

static void push_type_variant(struct vvm_parser *p, const struct vvm_type_node *type) {
    struct vvm_variant_node variant = {.span = {type->offset, type->length}};
    if (type->kind != VVM_TYPE_NODE_NAMED || type->named.path.count != 1 || type->named.arguments.count != 0) {
        vvm_parse_fail(p, "E109", variant.span, NULL,
                       "every alternative of this type must be a variant `Name` or `Name(T)`");
        return;
    }
    variant.name = type->named.path.symbols[0];
    variant.form = type->named.has_payload ? VVM_VARIANT_TUPLE : VVM_VARIANT_BARE;
    variant.payload = type->named.payload;
    vvm_list_push(p, &variant, sizeof variant);
}

/* `type X = A(T) | B` declares an enum. */
static struct vvm_node *enum_of_type(struct vvm_parser *p, uint32_t offset, const struct vvm_type_decl *type) {
    struct vvm_enum_decl decl = {
        .name = type->name,
        .name_span = type->name_span,
        .attributes = type->attributes,
        .type_params = type->type_params,
    };
    size_t mark = vvm_list_start(p);
    if (type->type->kind != VVM_TYPE_NODE_UNION)
        push_type_variant(p, type->type);
    for (uint32_t i = 0; type->type->kind == VVM_TYPE_NODE_UNION && i < type->type->items.count; i++)
        push_type_variant(p, type->type->items.items[i]);
    decl.variants = vvm_list_take(p, mark, sizeof *decl.variants, &decl.variant_count);
    return enum_node(p, offset, &decl);
}

static struct vvm_node *parse_type_decl(struct vvm_parser *p, const struct vvm_attributes *attributes) {
    struct vvm_type_decl decl = {.attributes = *attributes};
    uint32_t offset = vvm_advance(p)->offset;
    decl.name_span = vvm_span_of(p->token);
    decl.name = vvm_expect_name(p, "the type's name");
    decl.type_params = vvm_parse_type_params(p);
    if (vvm_accept(p, VVM_TOKEN_ASSIGN)) {
        struct vvm_mode old = p->mode;
        p->mode.payload_types = true;
        decl.type = vvm_parse_type(p);
        p->mode = old;
    }
    if (vvm_at_word(p, VVM_WORD_WHERE) && !vvm_at_newline(p)) {
        vvm_advance(p);
        decl.where = vvm_parse_expression(p);
    }
    if (decl.type && !vvm_in_panic(p) && has_payload(decl.type))
        return enum_of_type(p, offset, &decl);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_TYPE_DECL, offset);
    node->type_decl = vvm_arena_copy(p->arena, &decl, sizeof decl);
    return node;
}

/* ---- Modules and imports ----------------------------------------------------------------------------------- */

/* A block of items, or a package line, which means nothing. */
static struct vvm_node *parse_module(struct vvm_parser *p, const struct vvm_attributes *attributes) {
    struct vvm_module_decl decl = {.attributes = *attributes};
    uint32_t offset = vvm_advance(p)->offset;
    decl.name_span = vvm_span_of(p->token);
    struct vvm_path path = vvm_parse_path(p);
    const struct vvm_token *opening = p->token;
    if (path.count != 1 || !vvm_at(p, VVM_TOKEN_LBRACE))
        return NULL;
    decl.name = path.symbols[0];
    vvm_advance(p);
    struct vvm_mode old = vvm_parse_enter(p, true);
    decl.items = vvm_parse_statements(p, &p->tokens[opening->partner], NULL);
    vvm_expect(p, VVM_TOKEN_RBRACE);
    vvm_parse_leave(p, old);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_MODULE_DECL, offset);
    node->module_decl = vvm_arena_copy(p->arena, &decl, sizeof decl);
    return node;
}

static void push_import_name(struct vvm_parser *p, void *data) {
    (void)data;
    struct vvm_import_name name = {.span = vvm_span_of(p->token)};
    name.name = vvm_expect_any_name(p, "a name to import");
    vvm_list_push(p, &name, sizeof name);
}

static void parse_braced_names(struct vvm_parser *p, struct vvm_import_node *import) {
    vvm_advance(p);
    struct vvm_mode old = vvm_parse_enter(p, false);
    if (vvm_at(p, VVM_TOKEN_STAR)) {
        vvm_advance(p);
        vvm_expect(p, VVM_TOKEN_RBRACE);
        import->mode = import->mode == VVM_IMPORT_SHOW ? VVM_IMPORT_ALL : import->mode;
    } else {
        vvm_comma_list(p, VVM_TOKEN_RBRACE, push_import_name, NULL);
    }
    vvm_parse_leave(p, old);
}

static void parse_import_names(struct vvm_parser *p, struct vvm_import_node *import) {
    size_t mark = vvm_list_start(p);
    import->mode = vvm_advance(p)->word == VVM_WORD_SHOW ? VVM_IMPORT_SHOW : VVM_IMPORT_HIDE;
    if (vvm_at(p, VVM_TOKEN_LBRACE)) {
        parse_braced_names(p, import);
    } else {
        do
            push_import_name(p, NULL);
        while (vvm_accept(p, VVM_TOKEN_COMMA));
    }
    VVM_LIST_TAKE(p, mark, import, names, count);
}

static void accept_alias(struct vvm_parser *p, struct vvm_import_node *import) {
    if (!vvm_at_newline(p) && vvm_accept_word(p, VVM_WORD_AS))
        import->alias = vvm_expect_name(p, "a name");
}

static void check_import_place(struct vvm_parser *p) {
    if (!p->context->is_module)
        vvm_report(p, "E109", vvm_span_of(p->token), NULL, "`import` stands at the top of a module, not in a function");
}

struct vvm_node *vvm_parse_import(struct vvm_parser *p) {
    struct vvm_import_node import = {0};
    check_import_place(p);
    uint32_t offset = vvm_advance(p)->offset;
    const struct vvm_token *path = p->token;
    if (vvm_accept(p, VVM_TOKEN_STRING))
        import.path = *path->text;
    else
        vvm_fail_expected(p, "the path as a string");
    import.path_span = vvm_span_of(path);
    accept_alias(p, &import);
    if (!vvm_at_newline(p) && (vvm_at_word(p, VVM_WORD_SHOW) || vvm_at_word(p, VVM_WORD_HIDE)))
        parse_import_names(p, &import);
    if (!import.alias)
        accept_alias(p, &import);
    struct vvm_node *node = vvm_node_new(p, VVM_NODE_IMPORT, offset);
    node->import = vvm_arena_copy(p->arena, &import, sizeof import);
    return node;
}

/* ---- All of them ------------------------------------------------------------------------------------------- */

struct vvm_node *vvm_parse_declaration(struct vvm_parser *p, struct vvm_attributes *attributes) {
    if (vvm_at_named_function(p))
        return function_node(p, vvm_parse_named_function(p, VVM_FUNCTION_NODE_NAMED), attributes);
    if (vvm_at_word(p, VVM_WORD_ENUM))
        return parse_enum(p, attributes);
    if (vvm_at_class(p))
        return vvm_parse_class(p, attributes);
    switch ((enum vvm_word)p->token->word) {
    case VVM_WORD_TYPE: return parse_type_decl(p, attributes);
    case VVM_WORD_MODULE: return parse_module(p, attributes);
    case VVM_WORD_EXTENSION: return vvm_parse_class(p, attributes);
    default: return parse_computed(p, attributes);
    }
}
