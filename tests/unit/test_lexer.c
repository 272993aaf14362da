/* The lexer by examples. A token is shown by its text or kind; `|` before it: a NEWLINE, `~`: touches the one before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/front/lexer.h"

struct example {
    const char *source;
    const char *expected;
};

static const struct example tokens[] = {
    {"a b_1 _x __y \xC3\xA9t\xC3\xA9 fn if", "a b_1 _x __y \xC3\xA9t\xC3\xA9 fn if"},
    {"a//b\nc#d\ne/*f*/g/*\n*/h", "a |c |e g |h"},
    {"/// doc\n//! doc\n/** doc **/ a", "|a"},
    {"1 1_000 0xFF 0o17 0b101", "1 1000 255 15 5"},
    {"1.5 2.0e-3 1e9 1E+2 1_0.0_1", "f1.5 f0.002 f1e+09 f100 f10.01"},
    {"1..5 5.times t.0.1 1.e", "1 ~.. ~5 5 ~. ~times t ~. ~0 ~. ~1 1 ~. ~e"},
    {"9223372036854775807 9223372036854775808", "9223372036854775807 min"},
    {"( ) [ ] { } , ; : :: . ?. .. ..= ... @ -> => ?? ?\?= ? !",
     "( ) [ ] { } , ; : :: . ?. .. ..= ... @ -> => ?? ?\?= ? !"},
    {"!= = == += -= *= /= %= **= &= |= ^= <<= + - * / % ** ++", "!= = == += -= *= /= %= **= &= |= ^= <<= + - * / % ** ++"},
    {"< <= > >= << >> >>> >>= & && | || |> ^ ~", "< <= > > ~= << > ~> > ~> ~> > ~> ~= & && | || |> ^ ~"},
    {"a<-b a?b a ?b a??b a?.b", "a ~< ~- ~b a ~? ~b a ? ~b a ~?? ~b a ~?. ~b"},
    {"...... ..=. ***", "... ~... ..= ~. ** ~*"},
    {"\"a\" 'b' \"\" ''", "'a' 'b' '' ''"},
    {"'a${b}' \"\\${\" \"$\" \"$a\"", "'a${b}' '${' '$' '$a'"},
    {"\"a${b}c${d}e\"", "<'a' ~b ~'c' ~d ~'e'>"},
    {"\"${a}\"", "<'' ~a ~''>"},
    {"\"${{a: \"}\"}}\"", "<'' ~{ ~a ~: '}' ~} ~''>"},
    {"\"${f(\"x${\"y\"}\")}\"", "<'' ~f ~( ~<'x' ~'y' ~''> ~) ~''>"},
    {"\"${j(\\\", \\\")}\"", "<'' ~j ~( ~', ' ~) ~''>"},
    {"\"\\n\\t\\r\\b\\f\\\\\\\"\\'\\$\\x41\\u{e9}\"", "'\n\t\r\b\f\\\"'$A\xC3\xA9'"},
    {"\"\"\"a\nb\"\"\" c", "triple c"},
    {"\"\"\"a\\\"\"\"b\"\"\" c", "triple c"},
    {"a\nb\n\n\nc", "a |b |c"},
    {"a\n.b\n?.c\n::d\n,e\n)", "a . ~b ?. ~c :: ~d , ~e )"},
    {"a\n=>b\n->c\n&&d\n||e\n??f\n|>g", "a => ~b -> ~c && ~d || ~e ?? ~f |> ~g"},
    {"a\n==b\n!=c\n<d\n<=e\n>f\n>=g\n=h\n+=i", "a == ~b != ~c < ~d <= ~e > ~f > ~= ~g = ~h += ~i"},
    {"a\n*b\n/c\n%d\n**e\n++f\n<<g\n&h\n|i\n^j\n..k\n..=l\n? m\n:n", "a * ~b / ~c % ~d ** ~e ++ ~f << ~g & ~h | ~i ^ ~j .. ~k ..= ~l ? m : ~n"},
    {"a\nelse\ncatch\nfinally\nif", "a else catch finally |if"},
    {"a\n-b\n(c\n[d\n{e\n!f\n~g\n+h\n...i\n@j\n<-k", "a |- ~b |( ~c |[ ~d |{ ~e |! ~f |~ ~g + ~h |... ~i |@ ~j |< ~- ~k"},
    {"a\n// c\n/* d */ .b", "a . ~b"},
    {"a\r\nb\rc", "a |b c"},
    {"a\ncatch: b", "a |catch ~: b"},
    {"", ""},
    {"# only a comment", ""},
};

static const struct example mistakes[] = {
    {"x /* y", "E102@2"},
    {"1__0", "E103@0"},
    {"1_", "E103@0"},
    {"0x", "E103@0"},
    {"0b2", "E103@0"},
    {"12ab + 9223372036854775809 + 0x1_0000_0000_0000_0000", "E103@0 E103@7 E103@29"},
    {"1e999", "E103@0"},
    {"'a\n\"b\n", "E104@0 E104@3"},
    {"'a", "E104@0"},
    {"\"\"\"a", "E104@0"},
    {"\"a${b\nc}\"", "E104@0"},
    {"\"a${ /*\n*/ }\"", "E104@0"},
    {"f(\"a", "E104@2"},
    {"'\\q\\x4\\u{}\\u{D800}\\u{110000}\\u41'", "E105@1 E105@3 E105@6 E105@10 E105@18 E105@28"},
    {"'\\\xC3\xA9'", "E105@1"},
    {"a $ b ` c \xE2\x82\xAC \x01", "E107@2 E107@6 E107@10 E107@14"},
    {"$$$$", "E107@0"},
    {"\\", "E107@0"},
    {"(", "E109@0"},
    {")", "E109@0"},
    {"(]", "E109@1 E109@0"},
    {"([)", "E109@1"},
    {"\"${(}\"", "E109@3"},
};

struct lexing {
    struct vvm_symbols *symbols;
    struct vvm_source *source;
    struct vvm_arena arena;
    struct vvm_diagnostics diagnostics;
    struct vvm_lexer *lexer;
};

static bool lexing_begin(struct lexing *lexing, const char *text)
{
    lexing->symbols = vvm_symbols_create();
    lexing->source = vvm_source_create("test.vela", text, strlen(text));
    lexing->lexer = malloc(sizeof *lexing->lexer);
    assert_true(lexing->symbols && lexing->source && lexing->lexer);
    vvm_arena_init(&lexing->arena);
    vvm_diagnostics_init(&lexing->diagnostics);
    vvm_lexer_init(lexing->lexer, &lexing->arena, lexing->symbols, lexing->source, &lexing->diagnostics);
    return vvm_lexer_run(lexing->lexer);
}

static void lexing_end(struct lexing *lexing)
{
    vvm_lexer_deinit(lexing->lexer);
    free(lexing->lexer);
    vvm_diagnostics_deinit(&lexing->diagnostics);
    vvm_arena_deinit(&lexing->arena);
    vvm_source_destroy(lexing->source);
    vvm_symbols_destroy(lexing->symbols);
}

static void show_text(FILE *out, const char *before, const struct vvm_token *token, const char *after)
{
    fprintf(out, "%s'", before);
    fwrite(token->text->bytes, 1, token->text->length, out);
    fprintf(out, "'%s", after);
}

static void show_token(FILE *out, const struct lexing *lexing, const struct vvm_token *token)
{
    switch (token->kind) {
    case VVM_TOKEN_NAME:
    case VVM_TOKEN_KEYWORD:
    case VVM_TOKEN_PROHIBITED: fputs(vvm_symbols_text(lexing->symbols, token->symbol), out); break;
    case VVM_TOKEN_NUMBER:
        if (token->flags & VVM_TOKEN_MINIMUM)
            fputs("min", out);
        else
            fprintf(out, "%" PRId64, token->number);
        break;
    case VVM_TOKEN_FLOAT: fprintf(out, "f%g", token->real); break;
    case VVM_TOKEN_STRING:
    case VVM_TOKEN_MIDDLE: show_text(out, "", token, ""); break;
    case VVM_TOKEN_HEAD: show_text(out, "<", token, ""); break;
    case VVM_TOKEN_TAIL: show_text(out, "", token, ">"); break;
    case VVM_TOKEN_TRIPLE: fputs("triple", out); break;
    default: fputs(vvm_token_text((enum vvm_token_kind)token->kind), out);
    }
}

static char *show_tokens(const struct lexing *lexing)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    for (const struct vvm_token *token = lexing->lexer->tokens; token->kind != VVM_TOKEN_END; token++) {
        fputs(token == lexing->lexer->tokens ? "" : " ", out);
        if (token->flags & VVM_TOKEN_NEWLINE)
            fputc('|', out);
        else if (token != lexing->lexer->tokens && !(token->flags & VVM_TOKEN_SPACED))
            fputc('~', out);
        show_token(out, lexing, token);
    }
    fclose(out);
    return text;
}

/* Brackets that are not closed do not matter here: the tokens are looked at all the same. */
static void check_tokens(const struct example *example)
{
    struct lexing lexing;
    lexing_begin(&lexing, example->source);
    char *found = show_tokens(&lexing);
    if (strcmp(found, example->expected) != 0)
        fail_msg("source:\n%s\nexpected:\n%s\nfound:\n%s", example->source, example->expected, found);
    free(found);
    lexing_end(&lexing);
}

static void test_tokens(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        check_tokens(&tokens[i]);
}

static void check_mistakes(const struct example *example)
{
    struct lexing lexing;
    char found[200] = "";
    lexing_begin(&lexing, example->source);
    for (uint32_t i = 0; i < lexing.diagnostics.count; i++) {
        const struct vvm_diagnostic *item = &lexing.diagnostics.items[i];
        size_t at = strlen(found);
        snprintf(found + at, sizeof found - at, "%s%s@%u", i ? " " : "", item->code, item->offset);
    }
    if (strcmp(found, example->expected) != 0)
        fail_msg("source:\n%s\nexpected: %s\nfound:    %s", example->source, example->expected, found);
    lexing_end(&lexing);
}

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
        check_mistakes(&mistakes[i]);
}

static void test_partners(void **state)
{
    struct lexing lexing;
    (void)state;
    assert_true(lexing_begin(&lexing, "( [ { } ] \"a${ ( ) }b${ c }\" )"));
    const struct vvm_token *t = lexing.lexer->tokens;
    static const uint32_t partners[] = {11, 4, 3, 2, 1, 8, 7, 6, 10};
    for (uint32_t i = 0; i < sizeof partners / sizeof *partners; i++)
        assert_int_equal(t[i].partner, partners[i]);
    assert_int_equal(t[10].kind, VVM_TOKEN_TAIL);
    assert_int_equal(t[11].kind, VVM_TOKEN_RPAREN);
    lexing_end(&lexing);
}

struct triple {
    const char *inside; /* between the quotes */
    const char *expected;
    const char *error;
};

static const struct triple triples[] = {
    {"abc", "'abc'", NULL},
    {"a\nb", "'a\nb'", NULL},
    {"\n  a\n    b\n  ", "'a\n  b'", NULL},
    {"\r\n  a\r\n\r\n  b\r\n  ", "'a\n\nb'", NULL},
    {"\n", "''", NULL},
    {"\n\n", "''", NULL},
    {"\n\n\n", "'\n'", NULL},
    {"  \n\ta\n \n\t", "'a\n'", NULL},
    {"\n  a ${x} b\n   \n  ", "<'a ' ~x ~' b\n '>", NULL},
    {"\n  ${\n f(\n) }\n  ", "<'' |f ~( ) ''>", NULL},
    {" a\n  ", "' a\n  '", NULL},
    {"\\n\\\"\"\"x", "'\n\"\"\"x'", NULL},
    {"\n    a\n  b\n    ", "'a\nb'", "E106"},
    {"a \\z b", "'a  b'", "E105"},
};

static void check_triple(const struct triple *triple)
{
    char text[200];
    struct lexing lexing;
    static struct vvm_lexer inside;
    snprintf(text, sizeof text, "\"\"\"%s\"\"\"", triple->inside);
    assert_true(lexing_begin(&lexing, text));
    assert_int_equal(lexing.lexer->tokens[0].kind, VVM_TOKEN_TRIPLE);
    assert_true(vvm_lexer_open_triple(&inside, lexing.lexer, &lexing.lexer->tokens[0]));
    struct lexing view = lexing;
    view.lexer = &inside;
    char *found = show_tokens(&view);
    if (strcmp(found, triple->expected) != 0)
        fail_msg("inside:\n%s\nexpected:\n%s\nfound:\n%s", triple->inside, triple->expected, found);
    free(found);
    assert_int_equal(lexing.diagnostics.errors, triple->error ? 1 : 0);
    if (triple->error)
        assert_string_equal(lexing.diagnostics.items[0].code, triple->error);
    vvm_lexer_deinit(&inside);
    lexing_end(&lexing);
}

static void test_triples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof triples / sizeof *triples; i++)
        check_triple(&triples[i]);
}

static void test_words(void **state)
{
    (void)state;
#define CHECK_WORD(word, text, kind)                                                    \
    assert_int_equal(vvm_word_find(text, sizeof text - 1), VVM_WORD_##word);            \
    assert_int_equal(vvm_word_kind(VVM_WORD_##word), VVM_TOKEN_##kind);
    VVM_WORDS(CHECK_WORD)
#undef CHECK_WORD
    assert_int_equal(vvm_word_find("iff", 3), VVM_WORD_NONE);
    assert_int_equal(vvm_word_find("i", 1), VVM_WORD_NONE);
    assert_int_equal(vvm_word_find("zebra", 5), VVM_WORD_NONE);
    assert_int_equal(vvm_word_find("If", 2), VVM_WORD_NONE);
}

static void test_letters(void **state)
{
    static const char *const names[] = {"\xC2\xAA", "\xC2\xB5", "\xC3\x80", "\xCE\xB1", "\xE4\xB8\xAD", "\xE1\x80\x80"};
    static const char *const others[] = {"\xC2\xA7", "\xC2\xAB", "\xC3\x97", "\xC3\xB7", "\xE2\x80\x94", "\xE3\x80\x81",
                                         "\xEF\xBC\x81", "\xF0\x9F\x98\x80", "\xEF\xBF\xBE"};
    struct lexing lexing;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_true(lexing_begin(&lexing, names[i]));
        assert_int_equal(lexing.lexer->tokens[0].kind, VVM_TOKEN_NAME);
        lexing_end(&lexing);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        lexing_begin(&lexing, others[i]);
        assert_string_equal(lexing.diagnostics.items[0].code, "E107");
        lexing_end(&lexing);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),   cmocka_unit_test(test_mistakes), cmocka_unit_test(test_partners),
        cmocka_unit_test(test_triples),  cmocka_unit_test(test_words),    cmocka_unit_test(test_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
