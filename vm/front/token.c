#include "vm/front/token.h"

#include <string.h>

struct word_entry {
    const char *text;
    uint8_t length;
    uint8_t kind;
};

static const struct word_entry words[VVM_WORD_COUNT] = {
    {"", 0, VVM_TOKEN_NAME},
#define WORD_ENTRY(word, text, kind) {text, sizeof text - 1, VVM_TOKEN_##kind},
    VVM_WORDS(WORD_ENTRY)
#undef WORD_ENTRY
};

/* First word of each letter a .. z; the words are sorted by their first letter. */
static const uint8_t first_words[27] = {
    ['a' - 'a'] = VVM_WORD_ABSTRACT, ['b' - 'a'] = VVM_WORD_BREAK, ['c' - 'a'] = VVM_WORD_CATCH,
    ['d' - 'a'] = VVM_WORD_DECORATOR, ['e' - 'a'] = VVM_WORD_EFFECT, ['f' - 'a'] = VVM_WORD_FACTORY,
    ['g' - 'a'] = VVM_WORD_GET, ['h' - 'a'] = VVM_WORD_HANDLE, ['i' - 'a'] = VVM_WORD_IF,
    ['j' - 'a'] = VVM_WORD_LATE, ['k' - 'a'] = VVM_WORD_LATE, ['l' - 'a'] = VVM_WORD_LATE,
    ['m' - 'a'] = VVM_WORD_MAPPER, ['n' - 'a'] = VVM_WORD_NEW, ['o' - 'a'] = VVM_WORD_OBSERVER,
    ['p' - 'a'] = VVM_WORD_PIPE, ['q' - 'a'] = VVM_WORD_READONLY, ['r' - 'a'] = VVM_WORD_READONLY,
    ['s' - 'a'] = VVM_WORD_SEALED, ['t' - 'a'] = VVM_WORD_TASK, ['u' - 'a'] = VVM_WORD_UNDEFINED,
    ['v' - 'a'] = VVM_WORD_VALIDATOR, ['w' - 'a'] = VVM_WORD_WATCH, ['x' - 'a'] = VVM_WORD_YIELD,
    ['y' - 'a'] = VVM_WORD_YIELD, ['z' - 'a'] = VVM_WORD_COUNT, [26] = VVM_WORD_COUNT,
};

enum vvm_word vvm_word_find(const char *text, uint32_t length) {
    unsigned letter = (unsigned)((unsigned char)text[0] - 'a');
    if (letter > 25 || length < 2)
        return VVM_WORD_NONE;
    for (unsigned i = first_words[letter]; i < first_words[letter + 1]; i++)
        if (words[i].length == length && memcmp(words[i].text, text, length) == 0)
            return (enum vvm_word)i;
    return VVM_WORD_NONE;
}

enum vvm_token_kind vvm_word_kind(enum vvm_word word) {
    return (enum vvm_token_kind)words[word].kind;
}

const char *vvm_token_text(enum vvm_token_kind kind) {
    static const char *const texts[VVM_TOKEN_KIND_COUNT] = {
#define TOKEN_TEXT(kind, text, continues) text,
        VVM_TOKEN_KINDS(TOKEN_TEXT)
#undef TOKEN_TEXT
    };
    return texts[kind];
}

bool vvm_token_continues(enum vvm_token_kind kind, enum vvm_word word) {
    static const bool continues[VVM_TOKEN_KIND_COUNT] = {
#define TOKEN_CONTINUES(kind, text, continues) continues,
        VVM_TOKEN_KINDS(TOKEN_CONTINUES)
#undef TOKEN_CONTINUES
    };
    if (kind == VVM_TOKEN_KEYWORD)
        return word == VVM_WORD_ELSE || word == VVM_WORD_CATCH || word == VVM_WORD_FINALLY;
    return continues[kind];
}
