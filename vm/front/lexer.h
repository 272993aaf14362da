/*
 * Lexer: from a source text to an array of tokens, in one pass, without recursion.
 *
 * Interpolated strings come as HEAD expr MIDDLE expr TAIL. A multi-line literal comes as one TRIPLE token, for
 * whether it is a docstring only the parser can tell; vvm_lexer_open_triple makes tokens of its inside, which
 * holds its own brackets because such a literal ends at the first three quotes wherever they stand. The tokens
 * belong to the lexer and die with it, texts lie in the arena.
 */
#ifndef VELA_VM_FRONT_LEXER_H
#define VELA_VM_FRONT_LEXER_H

#include "vm/front/arena.h"
#include "vm/front/diagnostic.h"
#include "vm/front/parser.h"
#include "vm/front/source.h"
#include "vm/front/token.h"

#define VVM_LEXER_CACHE 256u

/* An open bracket; quote 0: a plain one, else `${` of a string with that quote. */
struct vvm_lexer_bracket {
    uint32_t token;
    uint8_t kind; /* token kind of the closing bracket: RPAREN, RBRACKET, RBRACE */
    uint8_t quote;
};

struct vvm_lexer {
    struct vvm_arena *arena;
    struct vvm_symbols *symbols;
    const struct vvm_source *source;
    struct vvm_diagnostics *diagnostics;
    const char *text;
    uint32_t at;
    uint32_t end;

    struct vvm_token *tokens;
    uint32_t count;
    uint32_t capacity;

    struct vvm_lexer_bracket brackets[VVM_NESTING_MAX];
    uint32_t depth;
    uint32_t depth_outside; /* brackets around a literal whose inside is read */
    uint32_t single_line;   /* open `${` in which a line break is not allowed */
    bool spaced, broken_line;
    uint32_t odd_opening, odd_closing; /* offsets of the first `{` whose `}` stands further left than its line begins;
                                          0: none */

    char *buffer; /* the string being decoded */
    uint32_t buffer_length;
    uint32_t buffer_capacity;

    const char *indent; /* multi-line literal: the blanks that each line loses */
    uint32_t indent_length;

    bool unbalanced;    /* brackets do not match: the tokens are of no use to the parser */
    bool fatal;         /* E101, E108 or no memory: reading has stopped */
    bool string_failed; /* E104 was reported: a missing bracket is its fault */

    struct {
        uint32_t hash;
        vvm_symbol symbol;
        const char *text;
        uint32_t length;
    } cache[VVM_LEXER_CACHE]; /* names met before, so that interning is seldom */
};

/* Prepares reading of a whole source. */
void vvm_lexer_init(struct vvm_lexer *lexer, struct vvm_arena *arena, struct vvm_symbols *symbols,
                    const struct vvm_source *source, struct vvm_diagnostics *diagnostics);

/* Frees the tokens. */
void vvm_lexer_deinit(struct vvm_lexer *lexer);

/* Reads everything. True if the tokens may be parsed (there may be errors in the diagnostics all the same). */
bool vvm_lexer_run(struct vvm_lexer *lexer);

/* Prepares `inner` and reads the inside of a TRIPLE token of `outer`: a STRING, or HEAD … TAIL. */
bool vvm_lexer_open_triple(struct vvm_lexer *inner, const struct vvm_lexer *outer, const struct vvm_token *token);

/* Between the files of the lexer: */

/* Adds a token that starts at `offset` and ends here; NULL without memory. */
struct vvm_token *vvm_lexer_push(struct vvm_lexer *lexer, enum vvm_token_kind kind, uint32_t offset);

/* Opens a bracket at the token pushed last; false (and fatal, E108) when nested too deep. */
bool vvm_lexer_open(struct vvm_lexer *lexer, enum vvm_token_kind closing, uint8_t quote);

/* Reports an error at [offset, offset + length). */
void vvm_lexer_error(struct vvm_lexer *lexer, const char *code, uint32_t offset, uint32_t length, const char *hint,
                     const char *message);

/* Reads a number token. */
void vvm_lexer_number(struct vvm_lexer *lexer);

/* Reads a string from its opening quote at `at` (or the backslash before it). */
void vvm_lexer_string(struct vvm_lexer *lexer);

/* Reads the first part of the inside of a multi-line literal, which is text[start, end) (language.md 1.5). */
void vvm_lexer_string_region(struct vvm_lexer *lexer, uint32_t start, uint32_t end);

/* Goes on with a string behind the `}` of an interpolation, which stands at `at`. */
void vvm_lexer_string_resume(struct vvm_lexer *lexer);

/* Gives up the strings whose interpolation a line break ended (E104). */
void vvm_lexer_string_abandon(struct vvm_lexer *lexer);

#endif
