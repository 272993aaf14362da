/* Types: classes, structs, enums, interfaces, built-in types and namespaces at run time.
 *
 * A type is made when its module is loaded, never changes afterwards, and lives as long as its
 * VM; so any thread reads it without a lock. Built-in types are made at VM start from the
 * tables of vm/core. */
#ifndef VVM_TYPE_H
#define VVM_TYPE_H

#include <stdatomic.h>

#include "vm/value/symbol.h"
#include "vm/value/value.h"

struct vvm_builtin;
struct vvm_function;
struct vvm_type_test;

enum vvm_type_kind { VVM_TYPE_BUILTIN, VVM_TYPE_CLASS, VVM_TYPE_STRUCT, VVM_TYPE_ENUM, VVM_TYPE_INTERFACE,
                     VVM_TYPE_NAMESPACE /* Math, Env, import ... as n */, VVM_TYPE_ACTOR };

/* Ids of the types that C code must know; the others follow from VVM_TYPE_FIRST_FREE. One name per line:
 * V(id constant, Vela name). */
#define VVM_KNOWN_TYPES(V) \
    V(VOID, "void") V(BOOL, "Bool") V(NUMBER, "Number") V(FLOAT, "Float") V(STRING, "String") \
    V(DURATION, "Duration") V(TYPE, "Type") V(FUNCTION, "Function") V(LIST, "List") V(DICT, "Dict") \
    V(SET, "Set") V(TUPLE, "Tuple") V(RANGE, "Range") V(OPTION, "Option") V(RESULT, "Result") \
    V(FUTURE, "Future") V(PROMISE, "Promise") V(SENDER, "Sender") V(RECEIVER, "Receiver") \
    V(CHANNEL, "Channel") V(WORKER, "Worker") V(WORKER_POOL, "WorkerPool") V(MATH, "Math") \
    V(TIME, "Time") V(DATE, "Date") V(FILE, "File") V(ENV, "Env") V(JSON, "Json") V(RANDOM, "Random") V(ANY, "any") \
    V(ERROR, "Error") V(RUNTIME_ERROR, "RuntimeError") V(TYPE_ERROR, "TypeError") \
    V(ARITY_ERROR, "ArityError") V(VALUE_ERROR, "ValueError") V(ARITHMETIC_ERROR, "ArithmeticError") \
    V(OVERFLOW_ERROR, "OverflowError") V(DIVISION_BY_ZERO_ERROR, "DivisionByZeroError") \
    V(INDEX_ERROR, "IndexOutOfBoundsError") V(KEY_ERROR, "KeyError") \
    V(ATTRIBUTE_ERROR, "AttributeError") V(ACCESS_ERROR, "AccessError") \
    V(IMMUTABLE_ERROR, "ImmutableError") V(UNINITIALIZED_ERROR, "UninitializedError") \
    V(MATCH_ERROR, "MatchError") V(UNWRAP_ERROR, "UnwrapError") V(PANIC_ERROR, "PanicError") \
    V(STACK_OVERFLOW_ERROR, "StackOverflowError") V(OUT_OF_MEMORY_ERROR, "OutOfMemoryError") \
    V(MEMORY_LIMIT_ERROR, "MemoryLimitError") V(DEADLOCK_ERROR, "DeadlockError") \
    V(WORKER_POOL_ERROR, "WorkerPoolError") V(ISOLATION_ERROR, "IsolationError") \
    V(NOT_SENDABLE_ERROR, "NotSendableError") V(ASSERTION_ERROR, "AssertionError") \
    V(PARSE_ERROR, "ParseError") V(TIMEOUT_ERROR, "TimeoutError") V(CANCELLATION_ERROR, "CancellationError") \
    V(AGGREGATE_ERROR, "AggregateError") V(IO_ERROR, "IOError") V(NETWORK_ERROR, "NetworkError") \
    V(CHANNEL_ERROR, "ChannelError") V(CHANNEL_CLOSED_ERROR, "ChannelClosedError") \
    V(CHANNEL_FULL_ERROR, "ChannelFullError") V(CHANNEL_EMPTY_ERROR, "ChannelEmptyError") \
    V(ACTOR_ERROR, "ActorError") V(ACTOR_STOPPED_ERROR, "ActorStoppedError") \
    V(MAILBOX_FULL_ERROR, "MailboxFullError") V(UNKNOWN_MESSAGE_ERROR, "UnknownMessageError") \
    V(SEND_ERROR, "SendError") V(PRIORITY, "Priority") V(GENERATOR, "Generator") V(STREAM, "Stream") V(TASK, "Task") \
    V(ATOMIC, "Atomic") V(ACTOR_REF, "ActorRef")

enum vvm_type_id {
    VVM_TYPE_NO_ID = 0,
#define VVM_X(id, name) VVM_T_##id,
    VVM_KNOWN_TYPES(VVM_X)
#undef VVM_X
    VVM_TYPE_FIRST_FREE
};

struct vvm_field {
    vvm_symbol name;
    bool is_state;
    bool has_default;
    struct vvm_type_test *test; /* NULL = unchecked */
    uint32_t decorators;        /* index + 1 of the module variable that holds them, 0 = none */
};

struct vvm_variant {
    vvm_symbol name;
    uint32_t field_count;       /* 0 = no payload */
    struct vvm_field *fields;   /* names 0 where positional */
    vvm_value constructor;      /* FUNCTION, for variants with payload */
    vvm_value literal;          /* the `= literal`, else the ordinal */
};

/* Open-addressing table symbol -> member, built once. */
enum vvm_member_kind {
    VVM_MEMBER_NONE,
    VVM_MEMBER_FIELD,
    VVM_MEMBER_METHOD,
    VVM_MEMBER_GETTER,
    VVM_MEMBER_STATIC,
    VVM_MEMBER_SETTER,
    VVM_MEMBER_STATIC_FIELD
};
struct vvm_member {
    vvm_symbol name;
    uint16_t kind;              /* enum vvm_member_kind */
    uint16_t flags;             /* VVM_MEMBER_* */
    uint32_t slot;              /* FIELD: index of the field; STATIC_FIELD: in static_fields */
    vvm_value value;            /* METHOD/GETTER/SETTER: FUNCTION or BUILTIN; STATIC: any value */
};
enum { VVM_MEMBER_ABSTRACT = 1 /* a method without body, or what an interface asks for */, VVM_MEMBER_STATE = 2,
       VVM_MEMBER_HIDDEN = 4 /* a function that is not public: no message comes to it */ };

/* A field of the type itself: a module variable that is reached through the type. */
struct vvm_static_field { struct vvm_field field; uint32_t global; /* index in the VM's table */ };

struct vvm_members { uint32_t count, mask; struct vvm_member *slots; };

struct vvm_type {
    uint32_t id;                /* dense per VM */
    uint32_t kind;              /* enum vvm_type_kind */
    vvm_symbol name;
    struct vvm_type *parent;    /* NULL = none */
    uint32_t field_count;       /* inherited first */
    uint32_t hidden_count;      /* slots after the fields that only its methods see: environments of local classes */
    uint32_t variant_count;
    struct vvm_field *fields;
    struct vvm_variant *variants;
    struct vvm_members members; /* instance members, inherited ones included */
    struct vvm_members setters; /* `set` accessors, inherited ones included; a FIELD that replaced one */
    struct vvm_members statics; /* members of the type value itself, without inherited ones; getters too */
    struct vvm_members static_setters;
    struct vvm_static_field *static_fields;
    uint32_t static_field_count;
    vvm_value constructor;      /* FUNCTION or BUILTIN called by T(...); unset = cannot be called */
    vvm_value maker;            /* FUNCTION that makes an instance; of an actor not its constructor, which gives an
                                   ActorRef */
    vvm_value arguments;        /* of an actor: FUNCTION with its constructor's parameters, gives (type, what makes an
                                   instance, arguments) */
    vvm_value initializer;      /* run by `super(...)` of sub-classes: (this, args...); unset = none needed */
    vvm_value field_initializer; /* sets this class's (and first its parent's) fields with initialisers: (this); unset =
                                    none */
    uint32_t decorators;        /* as in struct vvm_field */
    bool has_state;             /* it or a super-class has `state` fields: identity, not sendable */
    bool is_abstract;
    bool is_error;              /* Error or below */
    bool user_equals, user_hash, user_compare, user_text; /* overrides equals/operator ==, hashCode, compareTo/operator
                                                             <, toString */
    _Atomic uint64_t tested;    /* of an interface: id of the type tested last << 1 | its answer; relaxed: one word says
                                   all */
    struct vvm_type **interfaces; /* named in `implements` / `extends` of an interface */
    uint32_t interface_count;
};

struct vvm_member *vvm_members_find(const struct vvm_members *members, vvm_symbol name);
bool vvm_members_put(struct vvm_members *members, struct vvm_member member); /* false = out of memory; replaces */
void vvm_members_drop(struct vvm_members *members);            /* frees the table; the values are immortal */
/* The name, for texts and messages; borrowed for the life of the VM. Thread: one that runs an isolate of it. */
const char *vvm_type_name(const struct vvm_type *type);
bool vvm_type_extends(const struct vvm_type *type, const struct vvm_type *ancestor);

/* A type test as 4.2 defines it, compiled from an annotation; immortal, owned by its module's code. */
enum vvm_test_kind {
    VVM_TEST_ANY, VVM_TEST_NEVER, VVM_TEST_VOID, VVM_TEST_NUMBER, VVM_TEST_FLOAT, VVM_TEST_BOOL,
    VVM_TEST_STRING, VVM_TEST_CHAR, VVM_TEST_LIST, VVM_TEST_DICT, VVM_TEST_SET, VVM_TEST_RANGE,
    VVM_TEST_DURATION, VVM_TEST_FUNCTION, VVM_TEST_OPTION, VVM_TEST_RESULT, VVM_TEST_TUPLE /* parts */,
    VVM_TEST_NOMINAL /* class, struct, enum, handle type: type */, VVM_TEST_INTERFACE, VVM_TEST_RECORD /* names */,
    VVM_TEST_LITERAL /* literal */, VVM_TEST_UNION /* parts */,
    VVM_TEST_ACTOR /* an instance of the actor, or a reference to one: type */
};
struct vvm_type_test {
    uint32_t kind;              /* enum vvm_test_kind */
    uint32_t part_count;        /* OPTION 1, RESULT 2, TUPLE n, UNION n, RECORD n */
    struct vvm_type_test **parts;
    vvm_symbol *names;          /* RECORD: the fields it must have */
    vvm_value literal;          /* LITERAL: immortal */
    struct vvm_type *type;      /* NOMINAL, INTERFACE, ACTOR */
    const char *text;           /* as written, for messages */
};
bool vvm_test_passes(const struct vvm_type_test *test, vvm_value v);
/* The type of a value as `typeOf` names it and methods are looked up: needs the VM's table of known types. */
struct vvm_type *vvm_type_of(struct vvm_type *const *known, vvm_value v);

#endif
