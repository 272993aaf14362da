/*
 * Tokens and words: what the lexer makes and the parser reads.
 *
 * A token array is flat, ends with a few END tokens (so that looking ahead needs no bounds), and each bracket
 * knows the index of its partner. Two things are left to the parser: tokens that start with `>` come as single
 * `>` (so that nested type arguments close), and `<-` comes as `<` and `-`; both are put together where they
 * touch and an operator is wanted.
 */
#ifndef VELA_VM_FRONT_TOKEN_H
#define VELA_VM_FRONT_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "vm/front/ast.h"
#include "vm/value/symbol.h"

/* X(KIND, text, continues): `continues` = rule N3, no line break counts before it. */
#define VVM_TOKEN_KINDS(X)                                                                                  \
    X(END, "end of file", 0) X(NAME, "name", 0) X(KEYWORD, "keyword", 0) X(PROHIBITED, "word", 0)           \
    X(NUMBER, "number", 0) X(FLOAT, "number", 0) X(STRING, "string", 0) X(TRIPLE, "string", 0)              \
    X(HEAD, "string", 0) X(MIDDLE, "}", 0) X(TAIL, "}", 0)                                                  \
    X(LPAREN, "(", 0) X(RPAREN, ")", 1) X(LBRACKET, "[", 0) X(RBRACKET, "]", 1) X(LBRACE, "{", 0)           \
    X(RBRACE, "}", 0) X(COMMA, ",", 1) X(SEMICOLON, ";", 0) X(COLON, ":", 1) X(COLONS, "::", 1)             \
    X(DOT, ".", 1) X(OPTIONAL_DOT, "?.", 1) X(RANGE, "..", 1) X(RANGE_TO, "..=", 1) X(ELLIPSIS, "...", 0)   \
    X(AT, "@", 0) X(ARROW, "->", 1) X(FAT_ARROW, "=>", 1) X(COALESCE, "??", 1) X(QUESTION, "?", 1)          \
    X(BANG, "!", 0) X(ASSIGN, "=", 1) X(EQ, "==", 1) X(NE, "!=", 1) X(PLUS_ASSIGN, "+=", 1)                 \
    X(MINUS_ASSIGN, "-=", 1) X(STAR_ASSIGN, "*=", 1) X(SLASH_ASSIGN, "/=", 1) X(PERCENT_ASSIGN, "%=", 1)    \
    X(POWER_ASSIGN, "**=", 1) X(AND_ASSIGN, "&=", 1) X(OR_ASSIGN, "|=", 1) X(XOR_ASSIGN, "^=", 1)           \
    X(SHL_ASSIGN, "<<=", 1) X(COALESCE_ASSIGN, "?\?=", 1) X(PLUS, "+", 1) X(MINUS, "-", 0) X(STAR, "*", 1)  \
    X(SLASH, "/", 1) X(PERCENT, "%", 1) X(POWER, "**", 1) X(APPEND, "++", 1) X(LT, "<", 1) X(LE, "<=", 1)   \
    X(GT, ">", 1) X(SHL, "<<", 1) X(AMP, "&", 1) X(AND, "&&", 1) X(PIPE, "|", 1) X(OR, "||", 1)             \
    X(FORWARD, "|>", 1) X(CARET, "^", 1) X(TILDE, "~", 0)

enum vvm_token_kind {
#define VVM_TOKEN_ENUM(kind, text, continues) VVM_TOKEN_##kind,
    VVM_TOKEN_KINDS(VVM_TOKEN_ENUM)
#undef VVM_TOKEN_ENUM
    VVM_TOKEN_KIND_COUNT
};

/* X(WORD, text, kind): hard keywords, prohibited words, and the contextual words, sorted by their first letter. */
#define VVM_WORDS(X)                                                                                        \
    X(ABSTRACT, "abstract", KEYWORD) X(ACTOR, "actor", NAME) X(ADAPTER, "adapter", NAME) X(AS, "as", NAME)  \
    X(ASYNC, "async", KEYWORD) X(AWAIT, "await", KEYWORD)                                                   \
    X(BREAK, "break", PROHIBITED) X(BUILDER, "builder", NAME)                                               \
    X(CATCH, "catch", KEYWORD) X(CLASS, "class", KEYWORD) X(CLOSED, "closed", NAME)                         \
    X(COMPONENT, "component", NAME) X(COMPUTED, "computed", NAME) X(CONST, "const", PROHIBITED)             \
    X(CONSTRUCTOR, "constructor", KEYWORD) X(CONTINUE, "continue", PROHIBITED)                              \
    X(CONTROLLER, "controller", NAME)                                                                       \
    X(DECORATOR, "decorator", NAME) X(DEFAULT, "default", NAME) X(DTO, "dto", NAME)                         \
    X(EFFECT, "effect", NAME) X(ELSE, "else", KEYWORD) X(ENTITY, "entity", NAME) X(ENUM, "enum", KEYWORD)   \
    X(EXPORT, "export", PROHIBITED) X(EXTENDS, "extends", KEYWORD) X(EXTENSION, "extension", NAME)          \
    X(EXTERN, "extern", NAME)                                                                               \
    X(FACTORY, "factory", NAME) X(FALSE, "false", KEYWORD) X(FINAL, "final", NAME)                          \
    X(FINALLY, "finally", KEYWORD) X(FN, "fn", KEYWORD) X(FOR, "for", PROHIBITED)                           \
    X(GET, "get", NAME) X(GUARD, "guard", NAME)                                                             \
    X(HANDLE, "handle", NAME) X(HELPER, "helper", NAME) X(HIDE, "hide", NAME)                               \
    X(IF, "if", KEYWORD) X(IMPLEMENTS, "implements", KEYWORD) X(IMPORT, "import", KEYWORD)                  \
    X(INTERCEPTOR, "interceptor", NAME) X(INTERFACE, "interface", KEYWORD) X(INTERNAL, "internal", NAME)    \
    X(IS, "is", NAME)                                                                                       \
    X(LATE, "late", NAME) X(LET, "let", PROHIBITED) X(LOOP, "loop", PROHIBITED)                             \
    X(MAPPER, "mapper", NAME) X(MATCH, "match", KEYWORD) X(MEMO, "memo", NAME)                              \
    X(MIDDLEWARE, "middleware", NAME) X(MODEL, "model", NAME) X(MODULE, "module", NAME)                     \
    X(MUT, "mut", PROHIBITED)                                                                               \
    X(NEW, "new", NAME) X(NIL, "nil", PROHIBITED) X(NULL, "null", PROHIBITED)                               \
    X(OBSERVER, "observer", NAME) X(ON, "on", NAME) X(OPERATOR, "operator", NAME)                           \
    X(OVERLOAD, "overload", KEYWORD) X(OVERRIDE, "override", KEYWORD)                                       \
    X(PIPE, "pipe", NAME) X(PRIVATE, "private", NAME) X(PROTECTED, "protected", NAME)                       \
    X(PROVIDER, "provider", NAME) X(PUBLIC, "public", NAME)                                                 \
    X(READONLY, "readonly", NAME) X(REPOSITORY, "repository", NAME) X(RETURN, "return", KEYWORD)            \
    X(SEALED, "sealed", NAME) X(SELECT, "select", NAME) X(SELF, "self", NAME)                               \
    X(SERIALIZER, "serializer", NAME) X(SERVICE, "service", NAME) X(SET, "set", NAME) X(SHOW, "show", NAME) \
    X(SINGLETON, "singleton", NAME) X(SPAWN, "spawn", NAME) X(STATE, "state", NAME)                         \
    X(STATIC, "static", NAME) X(STORE, "store", NAME) X(STRATEGY, "strategy", NAME)                         \
    X(STRUCT, "struct", KEYWORD) X(SUPER, "super", KEYWORD) X(SWITCH, "switch", PROHIBITED)                 \
    X(TASK, "task", NAME) X(THIS, "this", KEYWORD) X(THROW, "throw", KEYWORD) X(TIMEOUT, "timeout", NAME)   \
    X(TRUE, "true", KEYWORD) X(TRY, "try", KEYWORD) X(TYPE, "type", NAME)                                   \
    X(UNDEFINED, "undefined", PROHIBITED) X(USECASE, "usecase", NAME)                                       \
    X(VALIDATOR, "validator", NAME) X(VALUE_OBJECT, "valueObject", NAME) X(VAR, "var", PROHIBITED)          \
    X(WATCH, "watch", NAME) X(WHERE, "where", NAME) X(WHILE, "while", PROHIBITED) X(WIDGET, "widget", NAME) \
    X(WITH, "with", NAME) X(YIELD, "yield", NAME)

enum vvm_word {
    VVM_WORD_NONE,
#define VVM_WORD_ENUM(word, text, kind) VVM_WORD_##word,
    VVM_WORDS(VVM_WORD_ENUM)
#undef VVM_WORD_ENUM
    VVM_WORD_COUNT
};

enum vvm_token_flag {
    VVM_TOKEN_SPACED = 1,  /* a blank, comment or line break stands before it */
    VVM_TOKEN_BROKEN = 2,  /* a line break stands before it */
    VVM_TOKEN_NEWLINE = 4, /* and it counts as NEWLINE, unless a bracket (N1) or the grammar (N2, N4) ignores it */
    VVM_TOKEN_MINIMUM = 8  /* NUMBER: 2^63, good only after a minus sign */
};

struct vvm_token {
    uint8_t kind;  /* enum vvm_token_kind */
    uint8_t flags; /* enum vvm_token_flag */
    uint16_t word; /* NAME, KEYWORD, PROHIBITED: enum vvm_word; TRIPLE: depth of brackets around it */
    uint32_t offset;
    uint32_t length;
    union {
        vvm_symbol symbol; /* NAME, KEYWORD, PROHIBITED */
        uint32_t partner;  /* brackets; HEAD, MIDDLE: index of the part that follows the expression */
    };
    union {
        int64_t number;
        double real;
        const struct vvm_text *text; /* STRING, HEAD, MIDDLE, TAIL */
    };
};

/* END tokens behind the last one. */
#define VVM_TOKEN_PADDING 4u

/* The word a text is, or VVM_WORD_NONE. */
enum vvm_word vvm_word_find(const char *text, uint32_t length);

/* NAME, KEYWORD or PROHIBITED. */
enum vvm_token_kind vvm_word_kind(enum vvm_word word);

/* How a kind of token is written, for messages. */
const char *vvm_token_text(enum vvm_token_kind kind);

/* Whether a line break before such a token is ignored (N3). */
bool vvm_token_continues(enum vvm_token_kind kind, enum vvm_word word);

#endif
