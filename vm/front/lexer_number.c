/* Numbers: decimal, hexadecimal, octal, binary, and floats (language.md 1.5). */
#include <stdlib.h>

#include "vm/front/lexer.h"

/* Longest float text that is converted; more digits than this mean nothing. */
#define FLOAT_MAX_LENGTH 400u

static int digit_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 32) >= 'a' && (c | 32) <= 'f')
        return (c | 32) - 'a' + 10;
    return 99;
}

static bool is_name_byte(char c) {
    return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (unsigned char)c >= 0x80;
}

struct digits {
    uint64_t value;
    bool overflow; /* above 2^63 */
    bool malformed;
    uint32_t count;
};

/* Digits with single `_` between them. */
static struct digits read_digits(struct vvm_lexer *lexer, unsigned base) {
    struct digits digits = {0};
    bool after_digit = false;
    for (;; lexer->at++) {
        char c = lexer->text[lexer->at];
        if (c == '_') {
            digits.malformed |= !after_digit;
            after_digit = false;
            continue;
        }
        unsigned value = (unsigned)digit_value(c);
        if (value >= base)
            break;
        uint64_t next;
        digits.overflow |= __builtin_mul_overflow(digits.value, base, &next) ||
                           __builtin_add_overflow(next, value, &next) || next > (uint64_t)1 << 63;
        digits.value = digits.overflow ? 0 : next;
        digits.count++;
        after_digit = true;
    }
    digits.malformed |= !after_digit;
    return digits;
}

static void malformed(struct vvm_lexer *lexer, uint32_t start) {
    while (is_name_byte(lexer->text[lexer->at]))
        lexer->at++;
    vvm_lexer_error(lexer, "E103", start, lexer->at - start, NULL, "malformed number");
}

static void push_number(struct vvm_lexer *lexer, uint32_t start, struct digits digits) {
    if (digits.malformed || is_name_byte(lexer->text[lexer->at]))
        malformed(lexer, start);
    else if (digits.overflow)
        vvm_lexer_error(lexer, "E103", start, lexer->at - start,
                        "the largest Number is 9223372036854775807; 1e30 is a Float", "number too large");
    struct vvm_token *token = vvm_lexer_push(lexer, VVM_TOKEN_NUMBER, start);
    if (!token)
        return;
    token->number = (int64_t)digits.value;
    if (digits.value == (uint64_t)1 << 63)
        token->flags |= VVM_TOKEN_MINIMUM;
}

/* The text without `_`, as a double; infinity is E103. */
static double float_value(struct vvm_lexer *lexer, uint32_t start) {
    char text[FLOAT_MAX_LENGTH + 1];
    uint32_t length = 0;
    for (uint32_t i = start; i < lexer->at; i++) {
        if (lexer->text[i] == '_')
            continue;
        if (length == FLOAT_MAX_LENGTH) {
            vvm_lexer_error(lexer, "E103", start, lexer->at - start, NULL, "number too long");
            return 0;
        }
        text[length++] = lexer->text[i];
    }
    text[length] = '\0';
    double value = strtod(text, NULL);
    if (value > 1.7976931348623157e308)
        vvm_lexer_error(lexer, "E103", start, lexer->at - start, NULL, "number too large for a Float");
    return value;
}

static void push_float(struct vvm_lexer *lexer, uint32_t start, bool bad) {
    if (bad || is_name_byte(lexer->text[lexer->at])) {
        malformed(lexer, start);
        vvm_lexer_push(lexer, VVM_TOKEN_FLOAT, start);
        return;
    }
    double value = float_value(lexer, start);
    struct vvm_token *token = vvm_lexer_push(lexer, VVM_TOKEN_FLOAT, start);
    if (token)
        token->real = value;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* `e9`, `E-3`: an exponent only when digits follow. */
static bool at_exponent(const char *p) {
    return (*p | 32) == 'e' && (is_digit(p[1]) || ((p[1] == '+' || p[1] == '-') && is_digit(p[2])));
}

static void read_decimal(struct vvm_lexer *lexer, uint32_t start) {
    struct digits digits = read_digits(lexer, 10);
    const char *text = lexer->text;
    bool is_float = false, bad = digits.malformed;
    if (text[lexer->at] == '.' && is_digit(text[lexer->at + 1])) {
        is_float = true;
        lexer->at++;
        bad |= read_digits(lexer, 10).malformed;
    }
    if (at_exponent(text + lexer->at)) {
        is_float = true;
        lexer->at += is_digit(text[lexer->at + 1]) ? 1 : 2;
        bad |= read_digits(lexer, 10).malformed;
    }
    if (is_float)
        push_float(lexer, start, bad);
    else
        push_number(lexer, start, digits);
}

/* Directly after a dot only digits are taken: `t.0.1` is two fields. */
static bool after_dot(const struct vvm_lexer *lexer) {
    if (lexer->count == 0 || lexer->spaced)
        return false;
    uint8_t kind = lexer->tokens[lexer->count - 1].kind;
    return kind == VVM_TOKEN_DOT || kind == VVM_TOKEN_OPTIONAL_DOT || kind == VVM_TOKEN_COLONS;
}

void vvm_lexer_number(struct vvm_lexer *lexer) {
    uint32_t start = lexer->at;
    const char *p = lexer->text + start;
    unsigned base = p[0] != '0' ? 10 : p[1] == 'x' ? 16 : p[1] == 'o' ? 8 : p[1] == 'b' ? 2 : 10;
    if (after_dot(lexer)) {
        push_number(lexer, start, read_digits(lexer, 10));
    } else if (base == 10) {
        read_decimal(lexer, start);
    } else {
        lexer->at += 2;
        push_number(lexer, start, read_digits(lexer, base));
    }
}
