/*
 * The syntax tree: what the parser makes of a source text, and all that the compiler sees of it.
 *
 * Every part lies in the arena given to the parser and dies with it; nothing is shared between trees. Positions
 * are byte offsets into the source. There are four sorts of parts: nodes (expressions, statements and
 * declarations), types, patterns, and the smaller structs that these hold. A list is {count, items}; an absent
 * part is NULL (a symbol 0). Names are symbols; nothing is resolved here: `name = e` is one ASSIGN node whatever
 * it will turn out to mean, and an upper-case name in a pattern is a CONSTRUCTOR.
 */
#ifndef VELA_VM_FRONT_AST_H
#define VELA_VM_FRONT_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "vm/value/symbol.h"

struct vvm_node;
struct vvm_type_node;
struct vvm_pattern;
struct vvm_function_node;

struct vvm_span {
    uint32_t offset;
    uint32_t length;
};

/* Bytes of a decoded literal; may contain NUL, is followed by one. */
struct vvm_text {
    const char *bytes;
    uint32_t length;
};

struct vvm_node_list {
    uint32_t count;
    struct vvm_node **items;
};

struct vvm_type_list {
    uint32_t count;
    struct vvm_type_node **items;
};

struct vvm_pattern_list {
    uint32_t count;
    struct vvm_pattern **items;
};

/* A qualified name `a.b.C`. */
struct vvm_path {
    uint32_t count;
    vvm_symbol *symbols;
    struct vvm_span span;
};

/* ---- Types ------------------------------------------------------------------------------------------------- */

enum vvm_type_node_kind {
    VVM_TYPE_NODE_NAMED,    /* path, arguments; payload only in `type X = A(T) | B` */
    VVM_TYPE_NODE_VOID,     /* () */
    VVM_TYPE_NODE_OPTION,   /* inner: T? */
    VVM_TYPE_NODE_LIST,     /* inner: [T], T[] */
    VVM_TYPE_NODE_TUPLE,    /* items, two or more (one: `(T,)`) */
    VVM_TYPE_NODE_FUNCTION, /* items -> result */
    VVM_TYPE_NODE_UNION,    /* items */
    VVM_TYPE_NODE_RECORD,   /* fields */
    VVM_TYPE_NODE_LITERAL   /* literal: STRING, NUMBER, FLOAT, BOOL node */
};

struct vvm_record_field {
    vvm_symbol name;
    bool optional;
    struct vvm_type_node *type;
};

/* `NAME: T` or `T` in a payload. */
struct vvm_payload_field {
    vvm_symbol name; /* 0: by position */
    struct vvm_type_node *type;
    struct vvm_span span;
};

struct vvm_payload {
    uint32_t count;
    struct vvm_payload_field *items;
};

struct vvm_type_node {
    enum vvm_type_node_kind kind;
    uint32_t offset;
    uint32_t length;
    union {
        struct {
            struct vvm_path path;
            struct vvm_type_list arguments;
            bool has_payload;
            struct vvm_payload payload;
        } named;
        struct vvm_type_node *inner;
        struct vvm_type_list items; /* TUPLE, UNION */
        struct {
            struct vvm_type_list params;
            struct vvm_type_node *result; /* or NULL */
            bool is_async;
        } function;
        struct {
            uint32_t count;
            struct vvm_record_field *items;
        } record;
        struct vvm_node *literal;
    };
};

struct vvm_type_param {
    vvm_symbol name;
    struct vvm_type_list bounds;
    struct vvm_type_node *default_type;
};

struct vvm_type_params {
    uint32_t count;
    struct vvm_type_param *items;
};

/* ---- Patterns ---------------------------------------------------------------------------------------------- */

enum vvm_pattern_kind {
    VVM_PATTERN_WILDCARD,
    VVM_PATTERN_LITERAL,    /* literal: NUMBER (sign folded), FLOAT, STRING, BOOL or VOID node */
    VVM_PATTERN_RANGE,      /* start, end: NUMBER, FLOAT, STRING of one character, or NAME/MEMBER (upper-case) */
    VVM_PATTERN_BIND,       /* symbol (0: `_: T`), type or NULL */
    VVM_PATTERN_AT,         /* symbol @ inner */
    VVM_PATTERN_OR,         /* items, two or more, binding the same names */
    VVM_PATTERN_TUPLE,      /* items */
    VVM_PATTERN_LIST,       /* items, at most one of them a REST */
    VVM_PATTERN_RECORD,     /* fields, rest */
    VVM_PATTERN_CONSTRUCTOR, /* path, form, fields, rest; also every bare upper-case name */
    VVM_PATTERN_REST        /* only as an item of LIST: symbol or 0 */
};

enum vvm_constructor_form {
    VVM_CONSTRUCTOR_BARE,  /* Name */
    VVM_CONSTRUCTOR_CALL,  /* Name(p, label: q) */
    VVM_CONSTRUCTOR_RECORD /* Name { f, g: p } */
};

/* A part of a constructor or record pattern. `{ f }` is label f with a BIND f. */
struct vvm_pattern_field {
    vvm_symbol label; /* 0: by position */
    struct vvm_pattern *pattern;
    struct vvm_span span;
};

struct vvm_pattern {
    enum vvm_pattern_kind kind;
    uint32_t offset;
    uint32_t length;
    union {
        struct vvm_node *literal;
        struct {
            struct vvm_node *start;
            struct vvm_node *end;
            bool inclusive;
        } range;
        struct {
            vvm_symbol symbol;
            struct vvm_type_node *type;
        } bind;
        struct {
            vvm_symbol symbol;
            struct vvm_pattern *inner;
        } at;
        struct vvm_pattern_list items; /* OR, TUPLE, LIST */
        struct {                       /* RECORD (path empty), CONSTRUCTOR */
            struct vvm_path path;
            enum vvm_constructor_form form;
            uint32_t count;
            struct vvm_pattern_field *fields;
            bool has_rest;
            vvm_symbol rest; /* name after `...`, or 0 */
            uint32_t rest_index; /* how many fields stand before the rest */
        } fields;
        vvm_symbol rest; /* REST */
    };
};

/* ---- Functions --------------------------------------------------------------------------------------------- */

enum vvm_visibility {
    VVM_VISIBILITY_DEFAULT,
    VVM_VISIBILITY_PUBLIC,
    VVM_VISIBILITY_PRIVATE,
    VVM_VISIBILITY_PROTECTED,
    VVM_VISIBILITY_INTERNAL
};

enum vvm_modifier { /* bits */
    VVM_MODIFIER_STATIC = 1,
    VVM_MODIFIER_ABSTRACT = 2,
    VVM_MODIFIER_OVERRIDE = 4,
    VVM_MODIFIER_OVERLOAD = 8,
    VVM_MODIFIER_FINAL = 16,
    VVM_MODIFIER_SEALED = 32,
    VVM_MODIFIER_READONLY = 64,
    VVM_MODIFIER_LATE = 128
};

/* An argument of a call or decorator. */
struct vvm_argument {
    vvm_symbol label; /* 0: by position */
    bool spread;      /* ...value */
    struct vvm_node *value;
    struct vvm_span label_span;
};

struct vvm_arguments {
    uint32_t count;
    struct vvm_argument *items;
};

struct vvm_decorator {
    struct vvm_path path;
    bool has_arguments;
    struct vvm_arguments arguments;
};

/* What may stand before a declaration or member. */
struct vvm_attributes {
    uint32_t decorator_count;
    struct vvm_decorator *decorators;
    enum vvm_visibility visibility;
    uint32_t modifiers;  /* enum vvm_modifier */
    struct vvm_text doc; /* docstring before it, or first in it; bytes NULL: none */
};

struct vvm_param {
    vvm_symbol symbol;           /* 0 for `_` and for patterns */
    struct vvm_pattern *pattern; /* destructuring parameter, or NULL; WILDCARD for `_` */
    struct vvm_type_node *type;  /* or NULL; of a rest parameter the type of one element */
    struct vvm_node *default_value;
    bool rest;
    bool readonly;
    enum vvm_visibility visibility; /* not DEFAULT: a constructor parameter that is also a field */
    struct vvm_span span;           /* of the name or pattern */
    uint32_t decorator_count;
    struct vvm_decorator *decorators;
};

enum vvm_function_kind {
    VVM_FUNCTION_NODE_NAMED,       /* fn f(…) … */
    VVM_FUNCTION_NODE_LAMBDA,      /* x => …, (x) => …, fn (x) { … }, (x) -> T { … } */
    VVM_FUNCTION_NODE_METHOD,
    VVM_FUNCTION_NODE_CONSTRUCTOR,
    VVM_FUNCTION_NODE_GETTER,
    VVM_FUNCTION_NODE_SETTER,
    VVM_FUNCTION_NODE_OPERATOR,    /* its name is the symbol of "+", "[]", … */
    VVM_FUNCTION_NODE_COMPUTED,    /* computed x: T { … }, memo */
    VVM_FUNCTION_NODE_HANDLER      /* on / handle */
};

struct vvm_function_node {
    enum vvm_function_kind kind;
    vvm_symbol name;             /* 0 for lambdas; the class's name for constructors written so */
    struct vvm_span span;        /* all of it */
    struct vvm_span name_span;
    struct vvm_attributes attributes;
    struct vvm_type_params type_params;
    uint32_t param_count;
    struct vvm_param *params;    /* an untyped first `self` is dropped: drops_self */
    struct vvm_type_node *return_type;
    struct vvm_node *body;       /* BLOCK; or with expression_body any node (ASSIGN too); NULL: no body */
    bool expression_body;        /* => e */
    bool is_async;
    bool is_generator;           /* fn* */
    bool drops_self;
    bool has_params;             /* false: handler or getter written without () */
    bool memo;                   /* COMPUTED: `memo` */
    bool uses_await;             /* an await stands directly in it */
    bool uses_yield;             /* a yield stands directly in it */
    bool uses_try;               /* a postfix `?` stands directly in it */
};

/* ---- Nodes ------------------------------------------------------------------------------------------------- */

/* X(KIND, name in the dump) */
#define VVM_NODE_KINDS(X)                                                                                   \
    X(NUMBER, "number")               /* number */                                                          \
    X(FLOAT, "float")                 /* real */                                                            \
    X(BOOL, "bool")                   /* boolean */                                                         \
    X(VOID, "void")                                                                                         \
    X(STRING, "string")               /* text */                                                            \
    X(INTERPOLATION, "interpolation") /* items: STRING nodes and expressions in turn */                     \
    X(NAME, "name")                   /* symbol */                                                          \
    X(THIS, "this")                                                                                         \
    X(SUPER, "super")                                                                                       \
    X(UNARY, "unary")                 /* unary */                                                           \
    X(BINARY, "binary")               /* binary */                                                          \
    X(AND, "and")                     /* pair */                                                            \
    X(OR, "or")                       /* pair */                                                            \
    X(COALESCE, "coalesce")           /* pair: a ?? b */                                                    \
    X(RANGE, "range")                 /* range */                                                           \
    X(PIPE, "pipe")                   /* pair: a |> b */                                                    \
    X(SEND, "send")                   /* pair: a ! b */                                                     \
    X(IS, "is")                       /* typed */                                                           \
    X(AS, "as")                       /* typed */                                                           \
    X(IF, "if")                       /* branch; also `c ? a : b` */                                        \
    X(CALL, "call")                   /* call */                                                            \
    X(TYPE_APPLY, "type-apply")       /* apply: Channel<String> as an expression */                         \
    X(MEMBER, "member")               /* member: a.b, a?.b, a::b */                                         \
    X(TUPLE_FIELD, "tuple-field")     /* field: a.0 */                                                      \
    X(INDEX, "index")                 /* pair: a[b] */                                                      \
    X(TRY_OPERATOR, "try-operator")   /* operand: e? */                                                     \
    X(UNWRAP, "unwrap")               /* operand: e! */                                                     \
    X(WITH, "with")                   /* with */                                                            \
    X(AWAIT, "await")                 /* await */                                                           \
    X(SPAWN, "spawn")                 /* operand */                                                         \
    X(LIST, "list")                   /* items, some SPREAD */                                              \
    X(SPREAD, "spread")               /* operand; only in LIST */                                           \
    X(DICT, "dict")                   /* dict */                                                            \
    X(SET, "set")                     /* items, two or more (one: `{a,}`) */                                \
    X(TUPLE, "tuple")                 /* items, one or more */                                              \
    X(STRUCT_LITERAL, "struct")       /* literal */                                                         \
    X(BLOCK, "block")                 /* block */                                                           \
    X(MATCH, "match")                 /* match */                                                           \
    X(TRY, "try")                     /* attempt */                                                         \
    X(SELECT, "select")               /* select */                                                          \
    X(FUNCTION, "lambda")             /* function: an expression */                                         \
    X(ASYNC_BLOCK, "async-block")     /* function: without parameters, is_async */                          \
    X(RETURN, "return")               /* operand or NULL */                                                 \
    X(THROW, "throw")                 /* operand */                                                         \
    X(YIELD, "yield")                 /* yield */                                                           \
    /* statements and declarations */                                                                       \
    X(VAR, "var")                     /* variable: x: T = e, x: T, public x = e */                          \
    X(STATE, "state")                 /* variable: state x …, state (a, b) = e */                           \
    X(ASSIGN, "assign")               /* assign */                                                          \
    X(DESTRUCTURE, "destructure")     /* variable: pattern = e */                                           \
    X(FUNCTION_DECL, "fn")            /* function */                                                        \
    X(STRUCT_DECL, "struct-decl")     /* class_decl */                                                      \
    X(CLASS_DECL, "class-decl")       /* class_decl */                                                      \
    X(INTERFACE_DECL, "interface-decl") /* class_decl */                                                    \
    X(ACTOR_DECL, "actor-decl")       /* class_decl */                                                      \
    X(EXTENSION_DECL, "extension-decl") /* class_decl: target, members */                                   \
    X(ENUM_DECL, "enum-decl")         /* enum_decl; also `type X = A(T) | B` */                             \
    X(TYPE_DECL, "type-decl")         /* type_decl */                                                       \
    X(MODULE_DECL, "module-decl")     /* module_decl */                                                     \
    X(IMPORT, "import")               /* import */

enum vvm_node_kind {
#define VVM_NODE_ENUM(kind, name) VVM_NODE_##kind,
    VVM_NODE_KINDS(VVM_NODE_ENUM)
#undef VVM_NODE_ENUM
    VVM_NODE_KIND_COUNT
};

/* X(OPERATOR, text): the binary operators that take two evaluated operands. */
#define VVM_BINARY_OPERATORS(X)                                                                             \
    X(EQ, "==") X(NE, "!=") X(LT, "<") X(GT, ">") X(LE, "<=") X(GE, ">=")                                   \
    X(BIT_OR, "|") X(BIT_XOR, "^") X(BIT_AND, "&") X(SHL, "<<") X(SHR, ">>") X(USHR, ">>>")                 \
    X(ADD, "+") X(SUB, "-") X(APPEND, "++") X(MUL, "*") X(DIV, "/") X(MOD, "%") X(POW, "**")

enum vvm_binary_operator {
#define VVM_BINARY_ENUM(name, text) VVM_BINARY_##name,
    VVM_BINARY_OPERATORS(VVM_BINARY_ENUM)
#undef VVM_BINARY_ENUM
    VVM_BINARY_OPERATOR_COUNT
};

enum vvm_unary_operator { VVM_UNARY_NEG, VVM_UNARY_NOT, VVM_UNARY_BIT_NOT, VVM_UNARY_PLUS };

/* `=` is SET; `op=` is COMPOUND with its binary operator; `??=` is COALESCE. */
enum vvm_assign_kind { VVM_ASSIGN_SET, VVM_ASSIGN_COMPOUND, VVM_ASSIGN_COALESCE };

/* `label: value` of a struct literal or `with`; spread: `...value`. `{ f }` has a NAME f as value. */
struct vvm_field_value {
    vvm_symbol name;
    bool spread;
    struct vvm_node *value;
    struct vvm_span span;
};

/* One entry of a Dict literal. A key written as a bare NAME is the STRING of that name. */
struct vvm_dict_item {
    struct vvm_node *key; /* NULL: ...value */
    struct vvm_node *value;
};

struct vvm_match_arm {
    struct vvm_pattern *pattern;
    struct vvm_node *guard; /* or NULL */
    struct vvm_node *body;
    struct vvm_span span;
};

struct vvm_catch {
    vvm_symbol symbol;          /* 0: `catch {` */
    struct vvm_type_node *type; /* or NULL; UNION for A | B */
    struct vvm_node *body;
    struct vvm_span span;
};

enum vvm_select_kind {
    VVM_SELECT_RECEIVE, /* pattern (or NULL) = <- operand */
    VVM_SELECT_SEND,    /* operand <- value */
    VVM_SELECT_TIMEOUT, /* timeout(operand) */
    VVM_SELECT_CLOSED,
    VVM_SELECT_DEFAULT  /* default, _ */
};

struct vvm_select_arm {
    enum vvm_select_kind kind;
    struct vvm_pattern *pattern;
    struct vvm_node *operand;
    struct vvm_node *value;
    struct vvm_node *body;
    struct vvm_span span;
};

enum vvm_member_node_kind {
    VVM_MEMBER_NODE_FIELD,   /* field */
    VVM_MEMBER_NODE_FUNCTION /* function: METHOD, CONSTRUCTOR, GETTER, SETTER, OPERATOR, COMPUTED, HANDLER */
};

struct vvm_field_decl {
    vvm_symbol name;
    bool is_state;
    struct vvm_type_node *type; /* or NULL */
    struct vvm_node *value;     /* or NULL */
    struct vvm_span name_span;
    struct vvm_attributes attributes;
};

struct vvm_member_node {
    enum vvm_member_node_kind kind;
    struct vvm_span span;
    union {
        struct vvm_field_decl field;
        struct vvm_function_node *function; /* its attributes are those of the member */
    };
};

/* struct, class (and class kinds), interface, actor, extension. */
struct vvm_class_decl {
    vvm_symbol name;             /* 0 for extensions */
    struct vvm_span name_span;
    vvm_symbol class_kind;       /* the word, when it is a class kind such as `service`, else 0 */
    struct vvm_attributes attributes;
    struct vvm_type_params type_params;
    struct vvm_type_node *super; /* `extends` of classes and actors */
    struct vvm_type_list interfaces; /* `implements`; of an interface its `extends` */
    struct vvm_type_node *target;    /* extensions: the type extended */
    uint32_t member_count;
    struct vvm_member_node *members;
};

enum vvm_variant_form {
    VVM_VARIANT_BARE,
    VVM_VARIANT_TUPLE,  /* V(T, name: U) */
    VVM_VARIANT_RECORD, /* V { name: T } */
    VVM_VARIANT_VALUE   /* V = literal */
};

struct vvm_variant_node {
    vvm_symbol name;
    struct vvm_span span;
    enum vvm_variant_form form;
    struct vvm_payload payload;
    struct vvm_node *value;
    struct vvm_text doc;
};

struct vvm_enum_decl {
    vvm_symbol name;
    struct vvm_span name_span;
    struct vvm_attributes attributes;
    struct vvm_type_params type_params;
    uint32_t variant_count;
    struct vvm_variant_node *variants;
    uint32_t method_count;
    struct vvm_function_node **methods;
};

struct vvm_type_decl {
    vvm_symbol name;
    struct vvm_span name_span;
    struct vvm_attributes attributes;
    struct vvm_type_params type_params;
    struct vvm_type_node *type; /* or NULL */
    struct vvm_node *where;     /* refinement, not enforced; or NULL */
};

struct vvm_module_decl {
    vvm_symbol name;
    struct vvm_span name_span;
    struct vvm_attributes attributes;
    struct vvm_node_list items;
};

enum vvm_import_mode { VVM_IMPORT_ALL, VVM_IMPORT_SHOW, VVM_IMPORT_HIDE };

struct vvm_import_name {
    vvm_symbol name;
    struct vvm_span span;
};

struct vvm_import_node {
    struct vvm_text path;
    struct vvm_span path_span;
    vvm_symbol alias;          /* `as n`, or 0 */
    enum vvm_import_mode mode; /* `show {*}` is ALL */
    uint32_t count;
    struct vvm_import_name *names;
};

struct vvm_node {
    enum vvm_node_kind kind;
    uint32_t offset;
    uint32_t length;
    bool parenthesized; /* stood in parentheses of its own */
    union {
        int64_t number;
        double real;
        bool boolean;
        struct vvm_text text;
        vvm_symbol symbol;
        struct vvm_node *operand;
        struct vvm_node_list items;
        struct {
            enum vvm_unary_operator op;
            struct vvm_node *operand;
        } unary;
        struct {
            enum vvm_binary_operator op;
            uint32_t operator_offset;
            struct vvm_node *left;
            struct vvm_node *right;
        } binary;
        struct {
            struct vvm_node *left;
            struct vvm_node *right;
        } pair;
        struct {
            bool inclusive;
            struct vvm_node *start;
            struct vvm_node *end;
        } range;
        struct {
            struct vvm_node *operand;
            struct vvm_type_node *type;
        } typed;
        struct {
            struct vvm_node *condition;
            struct vvm_node *consequence;
            struct vvm_node *alternative; /* BLOCK, IF, an expression (ternary), or NULL */
        } branch;
        struct {
            struct vvm_node *callee; /* TYPE_APPLY for f<T>(…) */
            struct vvm_arguments arguments;
        } call;
        struct {
            struct vvm_node *object;
            struct vvm_type_list arguments;
        } apply;
        struct {
            struct vvm_node *object;
            vvm_symbol symbol;
            bool optional; /* ?. */
            struct vvm_span name_span;
        } member;
        struct {
            struct vvm_node *object;
            uint32_t index;
            bool optional;
        } field;
        struct {
            struct vvm_node *object;
            uint32_t count;
            struct vvm_field_value *fields;
        } with;
        struct {
            struct vvm_node *operand;
            bool blocking; /* `e.await` in a plain function: block_on(e) */
        } await;
        struct {
            uint32_t count;
            struct vvm_dict_item *entries;
        } dict;
        struct {
            struct vvm_path path;
            struct vvm_type_list type_arguments;
            uint32_t count;
            struct vvm_field_value *fields;
        } literal;
        struct {
            struct vvm_node_list statements;
            uint32_t end_offset; /* of the closing brace */
        } block;
        struct {
            struct vvm_node *subject;
            uint32_t count;
            struct vvm_match_arm *arms;
        } match;
        struct {
            struct vvm_node *body;
            uint32_t catch_count;
            struct vvm_catch *catches;
            struct vvm_node *finally; /* or NULL */
        } attempt;
        struct {
            uint32_t count;
            struct vvm_select_arm *arms;
        } select;
        struct vvm_function_node *function;
        struct {
            bool delegate; /* yield* */
            struct vvm_node *operand; /* or NULL */
        } yield;
        struct {
            vvm_symbol symbol;           /* 0 with a pattern; `_` has a WILDCARD pattern */
            struct vvm_pattern *pattern;
            struct vvm_type_node *type;  /* or NULL */
            struct vvm_node *value;      /* or NULL: no initialiser */
            struct vvm_attributes *attributes; /* or NULL: none written */
        } variable;
        struct {
            enum vvm_assign_kind kind;
            enum vvm_binary_operator op; /* COMPOUND */
            struct vvm_node *place;      /* NAME, MEMBER or INDEX; `_ = e` is a DESTRUCTURE with a WILDCARD */
            struct vvm_node *value;
        } assign;
        struct vvm_class_decl *class_decl;
        struct vvm_enum_decl *enum_decl;
        struct vvm_type_decl *type_decl;
        struct vvm_module_decl *module_decl;
        struct vvm_import_node *import;
    };
};

struct vvm_handler_name { vvm_symbol name; struct vvm_handler_name *next; };

struct vvm_module_node {
    struct vvm_node_list items;
    struct vvm_text doc;
    uint32_t decorator_count; /* those at the end, of the module itself */
    struct vvm_decorator *decorators;
    struct vvm_handler_name *handlers; /* of all its actors, those in functions included: names of messages */
    bool uses_await; /* at module level */
};

#endif
