/* Modules: programs from texts and files, their boot functions, and files that are none. */
#include "script.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/vela-module-XXXXXX";
static char path[64];

static int begin(void **state)
{
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/program.vela", folder);
    return script_begin(state);
}

static int end(void **state)
{
    remove(path);
    rmdir(folder);
    return script_end(state);
}

static void write_file(const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

/* "unreadable: ..." or the errors if it cannot be loaded. */
static const char *load_file(const char *from)
{
    struct vvm_diagnostics diagnostics;
    bool unreadable;
    vvm_diagnostics_init(&diagnostics);
    script.text[0] = 0;
    bool loaded = vvm_program_load(script.machine.vm, from, &diagnostics, &script.program, &unreadable);
    if (unreadable)
        script_add("unreadable: %s", diagnostics.items[0].message);
    else
        script_note(&diagnostics);
    vvm_diagnostics_deinit(&diagnostics);
    assert_int_equal(loaded, script.text[0] == 0);
    return loaded ? script_run() : script.text;
}

#define FILE_GIVES(bytes, expected) \
    (write_file(bytes, sizeof bytes - 1), script_expect(__FILE__, __LINE__, load_file(path), (expected)))

static void a_file_is_a_program(void **state)
{
    (void)state;
    FILE_GIVES("fn main() { 40 + 2 }", "42");
    FILE_GIVES("", "()");
    FILE_GIVES("\xEF\xBB\xBF" "fn main() { \"bom\" }", "bom");
    FILE_GIVES("fn main() {\r\n  1\r\n}\r\n", "1");
    FILE_GIVES("\n\nx = ", "E109 3:4");
}

static void bad_bytes_are_errors_with_a_place(void **state)
{
    (void)state;
    write_file("x = \"\xff\"", 7);
    assert_int_equal(strncmp(load_file(path), "E1", 2), 0);
    write_file("x = 1\n\0y", 8);
    assert_int_equal(strncmp(load_file(path), "E1", 2), 0);
}

static void what_cannot_be_read_is_told(void **state)
{
    (void)state;
    char expected[128];
    remove(path);
    snprintf(expected, sizeof expected, "unreadable: cannot read %s: No such file or directory", path);
    assert_string_equal(load_file(path), expected);
    snprintf(expected, sizeof expected, "unreadable: cannot read %s: Is a directory", folder);
    assert_string_equal(load_file(folder), expected);
    write_file("1", 1);
    chmod(path, 0);
    if (access(path, R_OK) != 0) { /* root reads everything */
        snprintf(expected, sizeof expected, "unreadable: cannot read %s: Permission denied", path);
        assert_string_equal(load_file(path), expected);
    }
    chmod(path, 0600);
}

static void the_top_level_runs_before_main(void **state)
{
    (void)state;
    GIVES("fn main() { seen }\nstate seen = []\nseen = [...seen, 1]", "[1]");
    GIVES("x = 1", "()");
    GIVES("throw ValueError(\"top\")\nfn main() { 1 }", "ValueError: top");
    GIVES("state n = 0\nfn main() { n += 1; n }\nmain()\nprint(\"\")", "()"); /* main is called already */
    GIVES("async fn main() { await sleep(0); 3 }", "3");
}

static void main_is_known_for_what_it_takes_and_gives(void **state)
{
    (void)state;
    LOAD("fn main() -> Number { 1 }");
    assert_true(script.program.module->main_gives_status && !script.program.module->main_takes_arguments);
    LOAD("fn main(args) { args.length }");
    assert_true(!script.program.module->main_gives_status && script.program.module->main_takes_arguments);
    assert_string_equal(script_run(), "0");
    LOAD("x = 1");
    assert_int_equal(script.program.module->main, UINT32_MAX);
    LOAD("fn main() { 1 }\nmain()");
    assert_true(script.program.module->top_calls_main);
}

static void modules_keep_their_own_names(void **state)
{
    (void)state;
    GIVES("fn secret() { 1 }\nclass Hidden { }\nfn main() { secret() }", "1");
    GIVES("fn main() { secret() }", "E307 1:13");
    GIVES("fn secret() { 2 }\nfn main() { secret() }", "2");
}

static void a_dump_shows_the_program_not_the_library(void **state)
{
    (void)state;
    LOAD("fn shown() { 1 }");
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_program_dump(script.machine.vm, &script.program, &out);
    vvm_text_add(&out, "", 1);
    assert_non_null(strstr(out.data, " shown: "));
    assert_non_null(strstr(out.data, " <module>: "));
    assert_null(strstr(out.data, " <program>: 0 parameters, 5"));
    assert_null(strstr(out.data, " __equals: "));
    vvm_text_drop(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_a_program), cmocka_unit_test(bad_bytes_are_errors_with_a_place),
        cmocka_unit_test(what_cannot_be_read_is_told), cmocka_unit_test(the_top_level_runs_before_main),
        cmocka_unit_test(main_is_known_for_what_it_takes_and_gives), cmocka_unit_test(modules_keep_their_own_names),
        cmocka_unit_test(a_dump_shows_the_program_not_the_library),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
