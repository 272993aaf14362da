/* Hints: what a person who wrote this will have meant (words and signs of other languages, slips of the hand). */
#include "vm/front/slips.h"

#include <string.h>

#include "vm/front/grammar.h"

const char *vvm_prohibited_hint(enum vvm_word word) {
    switch (word) {
    case VVM_WORD_LET:
    case VVM_WORD_CONST:
    case VVM_WORD_VAR: return "a name needs no keyword: write `x = …`, or `state x = …` if it changes";
    case VVM_WORD_MUT: return "write `state x = …` for a variable that changes";
    case VVM_WORD_FOR:
    case VVM_WORD_WHILE:
    case VVM_WORD_LOOP: return "Vela has no loops: use forEach, map, reduce or recursion";
    case VVM_WORD_BREAK:
    case VVM_WORD_CONTINUE: return "Vela has no loops: use find, takeWhile, filter or recursion";
    case VVM_WORD_SWITCH: return "use `match`";
    case VVM_WORD_EXPORT: return "write `public` before the declaration";
    default: return "there is no null: use Option (`Some(v)`, `None`), or `()` for no value";
    }
}

struct slip {
    const char *word;
    const char *hint;
};

/* Words that were not expected. */
static const struct slip found_words[] = {
    {"and", "write `&&`"},
    {"or", "write `||`"},
    {"elif", "write `else if`"},
    {"elsif", "write `else if`"},
    {"elseif", "write `else if`"},
    {"then", "both branches stand in braces: `if c { a } else { b }`"},
    {"in", "Vela has no loops: use forEach, map, reduce or recursion"},
    {"from", "write `import 'path' show name`"},
};

/* Words behind which nothing fits. */
static const struct slip words_before[] = {
    {"def", "a function is declared with `fn`"},
    {"func", "a function is declared with `fn`"},
    {"fun", "a function is declared with `fn`"},
    {"function", "a function is declared with `fn`"},
    {"fn", "a function that is a value is `x => e` or `fn (x) { … }`"},
    {"not", "write `!`"},
    {"raise", "write `throw`"},
    {"case", "an arm is `pattern => value`, without a word before it"},
    {"unless", "write `if !(…)`"},
    {"foreach", "write `xs.forEach(x => …)`"},
    {"trait", "write `interface`"},
    {"impl", "methods stand in the body of the class or struct"},
    {"union", "write `enum`"},
    {"data", "write `struct`"},
    {"record", "write `struct`"},
};

/* Words that are meant to be written so, for slips of the hand before something that cannot follow a name. */
static const char *const statement_words[] = {"return",    "throw",  "import", "class",  "struct",   "enum",
                                              "interface", "match",  "await",  "async",  "state",    "public",
                                              "private",   "static", "actor",  "module", "extension"};

static bool is_text(const struct vvm_parser *p, const struct vvm_token *token, const char *text) {
    return vvm_is_wordlike(token) && vvm_symbol_is(p, token->symbol, text);
}

static const char *find_slip(const struct vvm_parser *p, const struct vvm_token *token, const struct slip *slips,
                             size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_text(p, token, slips[i].word))
            return slips[i].hint;
    return NULL;
}

/* One letter too many, too few or other, or two letters in the wrong order. */
bool vvm_is_slip_of(const char *text, const char *word) {
    size_t a = strlen(text), b = strlen(word), start = 0, end = 0;
    while (start < a && start < b && text[start] == word[start])
        start++;
    while (end + start < a && end + start < b && text[a - 1 - end] == word[b - 1 - end])
        end++;
    size_t left = a - start - end, right = b - start - end;
    if (left == 2 && right == 2)
        return text[start] == word[start + 1] && text[start + 1] == word[start];
    return left <= 1 && right <= 1 && left + right > 0;
}

static const char *find_misspelled(const struct vvm_parser *p, const struct vvm_token *token) {
    static const char *const hints[] = {
        "did you mean `return`?",   "did you mean `throw`?",  "did you mean `import`?",    "did you mean `class`?",
        "did you mean `struct`?",   "did you mean `enum`?",   "did you mean `interface`?", "did you mean `match`?",
        "did you mean `await`?",    "did you mean `async`?",  "did you mean `state`?",     "did you mean `public`?",
        "did you mean `private`?",  "did you mean `static`?", "did you mean `actor`?",     "did you mean `module`?",
        "did you mean `extension`?"};
    if (token->kind != VVM_TOKEN_NAME)
        return NULL;
    for (size_t i = 0; i < sizeof statement_words / sizeof *statement_words; i++)
        if (vvm_is_slip_of(vvm_symbols_text(p->symbols, token->symbol), statement_words[i]))
            return hints[i];
    return NULL;
}

static const char *sign_hint(const struct vvm_parser *p, uint8_t before) {
    switch (p->token->kind) {
    case VVM_TOKEN_ASSIGN:
        return before == VVM_TOKEN_EQ ? "write `==`" : "`=` assigns and is a statement; `==` compares";
    case VVM_TOKEN_GT: return before == VVM_TOKEN_LT ? "write `!=`" : NULL;
    case VVM_TOKEN_FAT_ARROW: return "a lambda is `x => e` or `(x, y) => e`";
    case VVM_TOKEN_ARROW: return "write `=>`: `->` stands before the type of a result";
    case VVM_TOKEN_SEMICOLON: return "`;` ends a statement; parts of a list are separated by `,`";
    default:
        return before == VVM_TOKEN_ARROW ? "behind `->` comes the type of the result; a lambda is `(x, y) => e`" : NULL;
    }
}

/* A type read behind `(x) ->` and then no body. */
static bool is_behind_result_type(const struct vvm_parser *p, const char *what) {
    return p->token - p->tokens >= 2 && p->token[-2].kind == VVM_TOKEN_ARROW && strncmp(what, "`=>`", 4) == 0;
}

const char *vvm_slip_hint(const struct vvm_parser *p, const char *what) {
    const struct vvm_token *last = p->token > p->tokens ? p->token - 1 : NULL;
    uint8_t before = last ? last->kind : VVM_TOKEN_END;
    if (before == VVM_TOKEN_APPEND)
        return "`++` joins two lists; write `x += 1`";
    if (p->token->kind == VVM_TOKEN_COLON && (before == VVM_TOKEN_STRING || before == VVM_TOKEN_NUMBER))
        return "where a block may stand a Dict needs parentheses: `({ … })`";
    if (is_behind_result_type(p, what))
        return "behind `->` comes the type of the result; a lambda is `(x, y) => e`";
    const char *hint = find_slip(p, p->token, found_words, sizeof found_words / sizeof *found_words);
    if (!hint && last && !vvm_at_newline(p))
        hint = find_slip(p, last, words_before, sizeof words_before / sizeof *words_before);
    if (!hint && vvm_is_wordlike(p->token + 1))
        hint = find_slip(p, p->token, words_before, sizeof words_before / sizeof *words_before);
    if (!hint)
        hint = sign_hint(p, before);
    return hint || !last || vvm_at_newline(p) ? hint : find_misspelled(p, last);
}
