/* The compiler's inner parts: from the syntax tree of a module to functions.
 *
 * Two passes over the tree. `resolve_*.c` walks it once with the scopes of language.md 5.2 and notes at each
 * name which variable it means, who captures what, and which top-level variables are module variables. `gen_*.c` walks
 * it again and emits the linear form of each function (ir.h), which finish.c completes.
 *
 * All of this lives for the compilation of one module, in its arena; what outlives it (functions,
 * types, tests, names) is allocated from the VM's code arena. One thread at a time compiles. */
#ifndef VVM_COMPILER_H
#define VVM_COMPILER_H

#include "vm/compile/ir.h"
#include "vm/compile/module.h"
#include "vm/exec/vm.h"
#include "vm/front/arena.h"
#include "vm/front/ast.h"
#include "vm/front/diagnostic.h"

#include <setjmp.h>

struct function_context;
struct scope;
struct group;

/* ---- Names and what they mean ---- */
enum variable_kind {
    VARIABLE_LOCAL,      /* in a register, or in a cell in a register */
    VARIABLE_GLOBAL,     /* module variable, `state` or not */
    VARIABLE_FUNCTION,   /* a named function of a block or module */
    VARIABLE_TYPE,       /* class, struct, enum, type alias */
    VARIABLE_MEMBER,     /* found as a member of the enclosing class: this.name */
    VARIABLE_STATIC,     /* static member of the enclosing class */
    VARIABLE_PRELUDE,    /* a built-in name: `value` */
    VARIABLE_VARIANT,    /* an enum variant known unqualified */
    VARIABLE_NAMESPACE,  /* `import … as name`, `module name { … }` */
    VARIABLE_AMBIGUOUS   /* two imports bind the name: E402 at its use */
};

struct variable {
    enum variable_kind kind;
    vvm_symbol name;
    struct function_context *owner;   /* whose frame it belongs to */
    struct scope *scope;
    uint32_t statement;               /* index of its statement in the scope's block */
    uint32_t offset;                  /* where declared */
    bool is_state, is_late, is_public, is_parameter;
    bool declared;                    /* top level: the walk has passed its declaration */
    bool captured, named_in_function;
    bool awaits_value;                /* declared without one */
    bool has_cell;                    /* lives in a VVM_CELL */
    bool is_ahead;                    /* its cell is there from the start of its block: captured before it is set */
    bool read;
    struct type_info *made_of;        /* immutable, and its first value is made by this type's constructor */
    struct vvm_type_node *annotation; /* enforced at each assignment of a `state` variable */
    int reg;                          /* while its scope is being generated */
    int check;                        /* index of its type check, -1 = none */
    uint32_t global;                  /* GLOBAL: index in the VM's table */
    /* FUNCTION */
    struct vvm_function_node *node;
    struct function_context *body;
    struct group *group;
    uint32_t function_id;
    /* TYPE */
    struct type_info *type;
    /* VARIANT */
    uint32_t variant;
    /* PRELUDE; NAMESPACE: its value, once it is asked for */
    vvm_value value;
    /* NAMESPACE: an import or a module block; AMBIGUOUS: two imports */
    struct import *import, *other_import;
    struct scope *space;
    struct variable *next;            /* in its scope */
    struct variable *older;           /* MODULE: the one of the same name that it hides */
};

/* Functions of one block that refer to one another share an environment. */
struct capture { struct variable *variable; uint32_t offset; };
struct environment { uint32_t count, capacity; struct capture *items; };
struct group {
    struct group *united;             /* union-find parent, or NULL */
    struct environment environment;
    struct scope *scope;
    struct variable *first;           /* any function of it: the closure in its register carries the environment */
    uint32_t ready;                   /* statement index before which the closure can be made */
    bool made;
    bool is_lambda;                   /* of one lambda variable: not in its scope's list, so never the root of others */
    int reg;
    struct group *next;               /* in its scope */
};

enum scope_kind { SCOPE_BLOCK, SCOPE_MODULE, SCOPE_CLASS };
struct scope {
    enum scope_kind kind;
    struct scope *parent;
    struct function_context *function;
    struct variable *variables;       /* newest first */
    struct group *groups;
    struct type_info *class_info;     /* CLASS */
    uint32_t statement;               /* being walked */
    struct name_index *index;         /* hash by name: of the module, and of blocks with many variables */
    uint32_t count;                   /* variables, until there is an index */
    /* MODULE: of a file or of a module block in it */
    struct compiler *unit;
    struct import *imports;           /* in source order */
    struct scope *next_module;        /* the unit's others */
};

/* An import: of a module, or of an area of the library whose names are in the prelude. */
struct import {
    const struct vvm_import_node *node;
    struct compiler *unit;            /* NULL: an area */
    const struct library_area *area;
    struct import *next;              /* of its unit, in source order */
    struct import *next_in_scope;
};

struct type_info {
    vvm_symbol name;
    struct compiler *unit;            /* where declared; NULL: made elsewhere */
    struct vvm_node *node;            /* its declaration; NULL: made elsewhere */
    struct vvm_type *type;
    struct type_info *parent;
    struct vvm_class_decl *class_decl; /* class or struct */
    struct vvm_enum_decl *enum_decl;
    struct vvm_type_node *alias;
    struct vvm_function_node *constructor; /* explicit, or NULL */
    struct scope *scope;              /* where declared */
    struct variable *variable;        /* of a class or struct in a block: its group has what the methods capture; else
                                         NULL */
    struct type_info *next;
    uint8_t visit;                    /* cycle detection while fields are laid out */
    uint32_t new_id, init_id, fields_id; /* ids of its constructor functions; UINT32_MAX = none */
    uint32_t spawn_id, arguments_id;  /* of an actor: what A(…) calls; its type's `arguments` */
};

struct function_context {
    struct function_context *parent;
    struct vvm_function_node *node;   /* NULL: the module's top level */
    struct scope *scope;              /* scope it stands in */
    struct type_info *class_info;     /* innermost enclosing class body, for bare members */
    struct environment own_environment;
    struct group *group;              /* named local function: its group's environment counts */
    struct variable *self;            /* `this` of a method */
    struct variable *function_variable;
    uint32_t function_id;             /* once its code is being generated */
    bool is_named;                    /* fn declaration or method */
    bool is_constructor;
    bool is_method;
    bool is_forwarded;                /* a method that is called through one that fetches its environment */
    bool calls_super;
};

/* A function of one group refers to one of another in the same block. */
struct meeting { struct group *user, *used; struct meeting *next; };
struct use {
    struct vvm_node *node;
    struct variable *variable;
    struct function_context *from;
    uint32_t offset;
    struct use *next;
};
struct pending {
    struct vvm_node *node;
    struct scope *scope;
    struct function_context *function;
    vvm_symbol name;
    uint32_t offset;
    bool is_call;
    struct pending *next;
};

/* ---- The module being compiled ---- */
#define COMPILE_TOO_LARGE 2
#define VARIANT_NAME_WORDS 64
#define COMPILE_CODE_MAX (1u << 22) /* linear instructions of one module */
typedef __typeof__(&(*(jmp_buf *)NULL)[0]) jump_target; /* what a jmp_buf of somebody else is handed around as */
struct note_map { const void **keys; void **values; uint32_t count, capacity; };

/* One module. Those of a program are compiled together, pass by pass, since they may refer to one another in circles:
 * arena, notes and the way out are the program's. */
struct compiler {
    struct vvm_vm *vm;
    struct vvm_arena *arena;          /* dies with the compilation */
    struct compiler *next;            /* unit of the same program */
    const char *folder;               /* relative imports start here; NULL: an embedded module */
    struct scope *earlier;            /* of an input: the names of the ones before it */
    bool is_input;                    /* one text of a session: all its variables outlive it */
    struct import *imports;           /* in source order */
    uint8_t visit;                    /* while the order of evaluation is found */
    const struct vvm_source *source;
    struct vvm_diagnostics *diagnostics;
    struct vvm_module_node *tree;
    bool core;                        /* core library: extensions, adapted callbacks */
    jump_target out_of_memory;        /* every allocation of the compiler leaves through here when it fails (1), and
                                         code that grows without bound (COMPILE_TOO_LARGE, reported already) */
    uint32_t emitted;                 /* instructions of the whole module so far */
    struct scope *module_scope;       /* then its module blocks', by next_module */
    struct function_context *top;
    struct type_info *types;
    uint64_t variant_names[VARIANT_NAME_WORDS]; /* bits of the names of `types`' variants, by symbol */
    struct note_map *notes;           /* node, pattern, parameter ... -> variable, context ... */
    struct meeting *meetings;
    struct use *uses;
    struct pending *pending;
    struct vvm_module *module;
    struct builder *builder;          /* function being generated */
    struct variable *main;
    bool top_calls_main;
    bool tests;                       /* the program is run for its tests */
};

/* ---- One function being generated ---- */
struct exit_frame {                    /* a `finally` (or a plain protected region) around the current code */
    struct exit_frame *outer;
    struct vvm_node *finally_body;    /* NULL: only a region to close and reopen */
    uint32_t handler_label;
    int slot;
    bool open;
};

struct live_variable { struct variable *variable; struct live_variable *outer; };
struct deferred { uint32_t label; int reg; uint32_t offset; struct live_variable *unread; struct deferred *next; };

struct builder {
    struct builder *outer;
    struct function_context *context;
    struct vvm_ir_function ir;
    vvm_value *constants; uint32_t constant_count, constant_capacity;
    struct vvm_check *checks; uint32_t check_count, check_capacity;
    struct vvm_quiet *quiet; uint32_t quiet_count, quiet_capacity;
    int next_register;
    int locals_top;                   /* first register above the variables in scope */
    struct exit_frame *exits;
    struct deferred *deferred;
    struct live_variable *unread;     /* variables never read, held to the end of their block */
    int result_check;                 /* check of the declared result, -1 = none */
    uint32_t flags;                   /* VVM_FUNCTION_* */
    uint32_t position;
};

/* compiler.c */
void *compile_alloc(struct compiler *c, size_t size);          /* zeroed arena memory, never NULL */
void *code_alloc(struct compiler *c, size_t size);             /* zeroed, lives as long as the VM */
void compile_error(struct compiler *c, const char *code, uint32_t offset, uint32_t length, const char *hint,
                   const char *format, ...) __attribute__((format(printf, 6, 7)));
void unsupported(struct compiler *c, uint32_t offset, uint32_t length, const char *what); /* E199 */
void note_set(struct compiler *c, const void *key, void *value);
void *note_get(struct compiler *c, const void *key);
const char *symbol_text(struct compiler *c, vvm_symbol symbol);
vvm_symbol symbol_of(struct compiler *c, const char *text);
const char *code_format(struct compiler *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* resolve_*.c: the passes over each module of a program, in this order */
void declare_module(struct compiler *c);                       /* what all of the module, and its importers, can see */
/* `this` of the method of that class around */
struct variable *self_of(struct function_context *from, const struct type_info *type);
void resolve_module(struct compiler *c);
void make_globals(struct compiler *c);
void finish_captures(struct compiler *c);
struct variable *resolve_name(struct compiler *c, struct scope *scope, vvm_symbol name, struct function_context *from);
struct variable *find_prelude(struct compiler *c, vvm_symbol name);
/* of a declaration, before any name is resolved */
void mark_variants(struct compiler *c, const struct type_info *type);
void note_variant(struct compiler *c, struct type_info *type, vvm_symbol name, struct variable **found, bool *several);
struct type_info *resolve_type_path(struct compiler *c, struct scope *scope, const struct vvm_path *path);
bool group_is_empty(const struct group *group);
struct group *group_root(struct group *group);
struct environment *context_environment(struct function_context *context);
int environment_index(const struct environment *environment, const struct variable *variable);

/* decorators.c */
/* index + 1 of a module variable; 0 = none */
uint32_t decorator_variable(struct compiler *c, const struct vvm_attributes *attributes);
void gen_decorators(struct compiler *c, const struct vvm_attributes *attributes);
/* meta(C.member); false: the argument is none */
bool gen_member_decorators(struct compiler *c, struct vvm_node *call, int dst);

/* namespace.c: names of other modules */
bool is_foreign(const struct compiler *c, const struct variable *variable); /* of another module */
/* and of no earlier input: it cannot be assigned */
bool is_guarded(const struct compiler *c, const struct variable *variable);
struct variable *find_public(struct scope *scope, vvm_symbol name);
struct variable *find_imported(struct compiler *c, const struct scope *module, vvm_symbol name);
void find_imported_variant(struct compiler *c, const struct scope *module, vvm_symbol name, struct variable **found,
                           bool *several);
struct variable *find_in_namespace(struct compiler *c, const struct variable *space, vvm_symbol name);
struct variable *resolve_path(struct compiler *c, struct scope *scope, const struct vvm_path *path, uint32_t *used);
struct variable *area_lead(struct compiler *c, const struct variable *space, vvm_symbol name);
void check_import_names(struct compiler *c);                   /* E401: `show` or `hide` of what is not there */
void report_ambiguous(struct compiler *c, const struct variable *variable, uint32_t offset, uint32_t length);
void report_no_member(struct compiler *c, const struct variable *space, vvm_symbol name, struct vvm_span span);
vvm_value namespace_value(struct compiler *c, struct variable *space);

/* types.c, type_layout.c */
/* of a literal's node, else the ordinal */
vvm_value literal_value(struct compiler *c, struct vvm_node *node, uint32_t ordinal);
void declare_types(struct compiler *c);                        /* makes the vvm_type of each declaration */
void lay_out_types(struct compiler *c);                        /* fields, variants, methods */
struct vvm_type_test *found_type_test(struct compiler *c, struct scope *scope, struct vvm_type_node *node,
                                      struct variable *found);
struct vvm_type_test *type_test(struct compiler *c, struct scope *scope, struct vvm_type_node *node);
uint32_t test_index(struct compiler *c, struct vvm_type_test *test); /* in vm->tests, for Channel<T> */
void generate_types(struct compiler *c);                       /* constructors and methods */
struct type_info *type_info_of(struct compiler *c, const struct vvm_type *type);

/* emit.c */
void add_quiet(struct compiler *c, const struct vvm_node *block); /* see struct vvm_quiet */
struct vvm_ir *emit(struct compiler *c, enum vvm_opcode op, int a, int b, int cc);
struct vvm_ir *emit_w(struct compiler *c, enum vvm_opcode op, int a, int b, int cc, uint32_t w);
void emit_jump(struct compiler *c, enum vvm_opcode op, int a, int b, int cc, uint32_t label);
uint32_t new_label(struct compiler *c);
void place_label(struct compiler *c, uint32_t label);
int new_register(struct compiler *c);
int new_registers(struct compiler *c, int count);
void set_position(struct compiler *c, uint32_t offset);
uint32_t constant(struct compiler *c, vvm_value value);
vvm_value immortal_string(struct compiler *c, const char *text, size_t length);
uint32_t string_constant(struct compiler *c, const char *text, size_t length);
void load_constant(struct compiler *c, int dst, vvm_value value);
void load_number(struct compiler *c, int dst, int64_t number);
uint32_t add_check(struct compiler *c, struct vvm_type_test *test, const char *what);
uint32_t add_site(struct compiler *c, vvm_symbol name, uint32_t type_id);
void builder_begin(struct compiler *c, struct builder *b, struct function_context *context);
/* Finishes the function under a reserved id; NULL = failed. */
struct vvm_function *builder_end(struct compiler *c, uint32_t id, const char *name,
                                 const struct vvm_parameter *parameters, uint32_t parameter_count,
                                 uint32_t required_count);
uint32_t reserve_function(struct compiler *c);

/* gen_*.c: where a value goes */
enum destination_kind { TO_REGISTER, TO_NOTHING, TO_RETURN };
struct destination { enum destination_kind kind; int reg; };
#define INTO(r) ((struct destination){TO_REGISTER, (r)})
#define NOWHERE ((struct destination){TO_NOTHING, -1})
#define RETURNED ((struct destination){TO_RETURN, -1})

void gen(struct compiler *c, struct vvm_node *node, struct destination to);
int destination_register(struct compiler *c, struct destination to); /* its own, or a new one */
void gen_into(struct compiler *c, struct vvm_node *node, int reg);
/* a variable's own register where possible, else a new one */
int gen_any(struct compiler *c, struct vvm_node *node);
/* as gen_any, safe against assignments in `beside` */
int gen_operand(struct compiler *c, struct vvm_node *node, struct vvm_node *beside);
/* falls through otherwise */
void gen_condition(struct compiler *c, struct vvm_node *node, bool jump_if, uint32_t label);
/* value in reg (temporary or variable) goes to its destination */
void deliver(struct compiler *c, int reg, struct destination to);
void deliver_void(struct compiler *c, struct destination to);
void gen_return_register(struct compiler *c, int reg);
void hold_unread(struct compiler *c);                           /* KEEPs before a return or tail call */
void gen_block(struct compiler *c, struct vvm_node *block, struct destination to);
void gen_module_block(struct compiler *c, struct vvm_node *node);
void gen_statements(struct compiler *c, struct scope *scope, struct vvm_node_list list, struct destination to);
void gen_if(struct compiler *c, struct vvm_node *node, struct destination to);
void gen_match(struct compiler *c, struct vvm_node *node, struct destination to);
void gen_arm_body(struct compiler *c, struct vvm_node *body, struct destination to, int registers, int top,
                  struct live_variable *mark);
void gen_select(struct compiler *c, struct vvm_node *node, struct destination to);
void gen_try(struct compiler *c, struct vvm_node *node, struct destination to);
void gen_deferred(struct compiler *c);
void gen_yield(struct compiler *c, struct vvm_node *node, struct destination to);
/* `yield* f(…)` as the last thing f does: it begins anew */
bool gen_self_delegation(struct compiler *c, struct vvm_node *operand);
void gen_await_call(struct compiler *c, struct vvm_node *call, int dst);
void gen_struct_literal(struct compiler *c, struct vvm_node *node, struct destination to);
void gen_async_block(struct compiler *c, struct vvm_node *node, struct destination to);
void gen_function_declaration(struct compiler *c, struct vvm_node *node);
void gen_environment(struct compiler *c, const struct environment *environment, uint32_t id, int dst);
void gen_binary_operation(struct compiler *c, enum vvm_binary_operator op, int dst, int left, int right);
struct vvm_type *gen_static_type(struct compiler *c, struct vvm_node *node);
bool gen_static_member(struct compiler *c, struct vvm_type *type, vvm_symbol name, vvm_value *value);
void gen_index(struct compiler *c, struct vvm_node *node, int dst);
void gen_tuple_field(struct compiler *c, struct vvm_node *node, int dst);
void gen_string(struct compiler *c, struct vvm_text text, int dst);
void gen_interpolation(struct compiler *c, struct vvm_node *node, int dst);
void gen_binary(struct compiler *c, struct vvm_node *node, int dst);
void gen_unary(struct compiler *c, struct vvm_node *node, int dst);
void gen_truth(struct compiler *c, struct vvm_node *node, int dst); /* of a condition, as a Bool */
uint32_t function_id_of(struct compiler *c, struct variable *variable);
bool prelude_value(struct compiler *c, const char *name, vvm_value *value);
void gen_try_operator(struct compiler *c, struct vvm_node *node, struct destination to);
void gen_call(struct compiler *c, struct vvm_node *node, struct destination to);
void gen_method_call(struct compiler *c, struct vvm_node *object, vvm_symbol name, uint32_t argc,
                     struct vvm_node **args, struct destination to);
/* of a `__name` intrinsic */
void gen_builtin_call(struct compiler *c, const char *name, int argc, const int *registers, int dst);
void gen_await(struct compiler *c, struct vvm_node *node, struct destination to);
void gen_pipe(struct compiler *c, struct vvm_node *node, struct destination to);
void gen_member(struct compiler *c, struct vvm_node *node, struct destination to);
void gen_collection(struct compiler *c, struct vvm_node *node, int dst);
void gen_pattern(struct compiler *c, struct vvm_pattern *pattern, int reg, uint32_t fail);
void gen_matching(struct compiler *c, struct vvm_pattern *pattern, int reg); /* MatchError unless it fits */
bool pattern_always_matches(struct compiler *c, struct vvm_pattern *pattern);
void pattern_registers(struct compiler *c, struct vvm_pattern *pattern);
void gen_assignment(struct compiler *c, struct vvm_node *node);
void gen_variable(struct compiler *c, struct vvm_node *node);
/* first value of a declared variable, from a register */
void bind_variable(struct compiler *c, struct variable *variable, int value);
void store_variable(struct compiler *c, struct variable *variable, int value);
void read_variable(struct compiler *c, struct variable *variable, int dst, uint32_t offset);
int variable_register(struct compiler *c, struct variable *variable); /* -1 = not readable in place */
void declare_register(struct compiler *c, struct variable *variable);
/* Cells for the variables of a block that are captured before they are set. */
void declare_ahead_of_block(struct compiler *c, struct scope *scope);
/* Into dst: a cell that holds nothing; reading it is an UninitializedError. */
void make_unset_cell(struct compiler *c, int dst);
void end_scope(struct compiler *c, struct scope *scope, struct live_variable *mark);
void gen_closure(struct compiler *c, struct vvm_function_node *node, int dst);
vvm_value function_value(struct compiler *c, uint32_t id); /* one without environment */
uint32_t gen_function(struct compiler *c, struct function_context *context, const char *name, uint32_t id);
void load_this(struct compiler *c, int dst, uint32_t offset);
void make_groups(struct compiler *c, struct scope *scope, uint32_t statement);

/* gen_class.c, gen_constructor.c, type_layout.c, spelling.c */
/* of the environments that instances carry */
uint32_t environment_site(struct compiler *c, const struct type_info *info);
void gen_fields_function(struct compiler *c, struct type_info *info);
void gen_new_function(struct compiler *c, struct type_info *info);
void gen_spawn_functions(struct compiler *c, struct type_info *info);
struct vvm_parameter *field_parameters(struct compiler *c, const struct vvm_field *fields, uint32_t count,
                                       uint32_t *required);
bool is_static_field(const struct vvm_member_node *member);
/* what the interpreter must ask the class for */
void note_override(struct compiler *c, struct vvm_type *type, vvm_symbol name);
/* its decorators and static fields, in order */
void gen_class_declaration(struct compiler *c, struct vvm_class_decl *decl);
void gen_enum_declaration(struct compiler *c, struct vvm_enum_decl *decl);
bool gen_static_field(struct compiler *c, struct vvm_type *type, vvm_symbol name, int dst); /* false: it is none */
void reserve_members(struct compiler *c, struct type_info *info);  /* ids of its methods and constructor functions */
void reserve_enum(struct compiler *c, struct type_info *info);
void reserve_extensions(struct compiler *c);
void generate_extensions(struct compiler *c);
uint32_t super_type_id(struct compiler *c);                     /* of the class that `super` means; 0 with an error */
bool super_initializer(struct compiler *c, struct type_info *parent, int reg); /* loads it; false: there is none */
bool has_environment(const struct type_info *info);            /* a class in a block whose methods capture variables */
vvm_symbol environment_name(struct compiler *c, const struct type_info *info); /* of the hidden field that holds it */
/* a function over that environment */
void load_class_function(struct compiler *c, struct type_info *info, uint32_t id, int reg);
vvm_symbol other_spelling(struct compiler *c, vvm_symbol name);
void core_alias(struct compiler *c, struct vvm_members *members, struct vvm_function_node *f, vvm_value value,
                int kind);

/* finally */
void leave_exits(struct compiler *c, struct exit_frame *down_to); /* runs the finally blocks between here and there */
/* opens the regions again for the code that follows */
void reenter_exits(struct compiler *c, struct exit_frame *saved);

/* Names the compiler itself knows. */
struct compiler_names {
    vvm_symbol self_this, some, none, ok, err, main, init, underscore, worker, spawn, spawn_all, spawnAll, test, self,
        meta;
};
const struct compiler_names *names(struct compiler *c);

#endif
