/* The verifier: sound functions pass, and every small damage to their words or tables is found. */
#include "programs.h"

/* Something of everything: branches, a handler, a call, borrowed and owned registers, a parameter. */
static struct linear *sample(void)
{
    struct linear *l = linear_new(2, 12);
    uint32_t handler = linear_label(l), other = linear_label(l), end = linear_label(l);
    OP(l, DICT, 2, 0, 0);
    JUMP(l, TRY, 3, 0, 0, handler);
    OP(l, ELEM, 4, 2, 0);
    OP(l, APPEND, 5, 4, 0);
    OP(l, ENDTRY, 0, 0, 0);
    JUMP(l, JMP, 0, 0, 0, end);
    PLACE(l, handler);
    OP(l, APPEND, 5, 3, 2);
    PLACE(l, end);
    JUMP(l, JSET, 1, 0, 0, other);
    OP(l, ARG, 10, 5, 0);
    OP(l, ARG, 11, 2, 0);
    OP(l, CALLF, 6, 7, 2);
    OP(l, ADD, 6, 6, 2);
    OP(l, RETURN, 6, 0, 0);
    PLACE(l, other);
    OP(l, RETURN, 1, 0, 0);
    bool too_large;
    assert_true(vvm_ir_finish(&l->ir, &l->vm, &l->function, &too_large));
    assert_null(vvm_verify(&l->function));
    return l;
}

static uint32_t *words(struct linear *l) { return (uint32_t *)(uintptr_t)l->function.code; }

static uint32_t find(const struct linear *l, enum vvm_opcode op)
{
    const struct vvm_function *f = &l->function;
    uint32_t pc = 0;
    while (pc < f->code_count && (f->code[pc] & 0xff) != op)
        pc += words_of_opcode((uint8_t)f->code[pc]);
    assert_true(pc < f->code_count);
    return pc;
}

/* One word replaced: found, then put back. */
static void damage(struct linear *l, uint32_t at, uint32_t word)
{
    uint32_t kept = words(l)[at];
    words(l)[at] = word;
    if (vvm_verify(&l->function) == NULL) {
        linear_print(l);
        fail_msg("word %u: %08x instead of %08x passed", at, word, kept);
    }
    words(l)[at] = kept;
    assert_null(vvm_verify(&l->function));
}

#define WORD(name, a, b, c) ((uint32_t)VVM_OPC_##name | (uint32_t)(a) << 8 | (uint32_t)(b) << 16 | (uint32_t)(c) << 24)

static void test_form(void **state)
{
    (void)state;
    struct linear *l = sample();
    uint32_t append = find(l, VVM_OPC_APPEND), jump = find(l, VVM_OPC_JSET), call = find(l, VVM_OPC_CALLF);
    damage(l, append, VVM_OPCODE_COUNT);               /* no such instruction */
    damage(l, append, WORD(LABEL, 0, 0, 0));           /* a pseudo instruction */
    damage(l, append, WORD(APPEND, 5, 200, 0));        /* registers outside of the frame */
    damage(l, append, WORD(LOADK, 5, CONSTANT_COUNT, 0));
    damage(l, append, WORD(CHECK, 5, CHECK_COUNT, 0));
    damage(l, jump + 1, words(l)[jump + 1] + 1000);    /* jumps nowhere, and backwards */
    damage(l, jump + 1, (uint32_t)-2);
    damage(l, call, words(l)[call] + (100u << 16));    /* a window outside of the frame */
    damage(l, call + 1, words(l)[call + 1] | 1u << 20); /* gives an argument that is none */
    damage(l, call + 1, words(l)[call + 1] | 0xffff);
    linear_drop(l);
}

/* Every drop is needed, and none is needed twice. */
static void test_drops(void **state)
{
    (void)state;
    struct linear *l = sample();
    const struct vvm_function *f = &l->function;
    uint32_t found = 0;
    for (uint32_t pc = 0; pc < f->code_count; pc += words_of_opcode((uint8_t)f->code[pc])) {
        uint8_t op = (uint8_t)f->code[pc];
        uint32_t a = f->code[pc] >> 8 & 0xff, b = f->code[pc] >> 16 & 0xff;
        if (op == VVM_OPC_DROP) {
            damage(l, pc, WORD(NOP, 0, 0, 0));
            damage(l, pc, WORD(DROPP, a, 0, 0));
        } else if (op == VVM_OPC_DROP2) {
            damage(l, pc, WORD(DROP2, a, a, f->code[pc] >> 24));
            damage(l, pc, WORD(DROP2, b, b, f->code[pc] >> 24));
            damage(l, pc, WORD(DROP2, a, b, f->code[pc] >> 24 ^ 3));
        } else {
            continue;
        }
        found++;
    }
    assert_true(found >= 3);
    linear_drop(l);
}

static void test_transfers(void **state)
{
    (void)state;
    struct linear *l = sample();
    uint32_t call = find(l, VVM_OPC_CALLF), mask = words(l)[call + 1];
    damage(l, call + 1, mask ^ 1u << 16);              /* the owned argument kept, the lent one given */
    damage(l, call + 1, mask ^ 2u << 16);
    damage(l, find(l, VVM_OPC_LEND), WORD(COPY, 11, 2, 0));
    damage(l, find(l, VVM_OPC_LEND), WORD(MOVE, 11, 2, 0));
    damage(l, find(l, VVM_OPC_LEND), WORD(NOP, 0, 0, 0));
    damage(l, find(l, VVM_OPC_RETP), WORD(RETURN, 1, 0, 0));
    damage(l, find(l, VVM_OPC_RETURN), WORD(RETP, 1, 0, 0));
    damage(l, find(l, VVM_OPC_ELEM_B), WORD(ELEM, 4, 2, 0));
    damage(l, find(l, VVM_OPC_DICT), WORD(GETENV, 2, 0, 0)); /* borrowed, then dropped */
    damage(l, find(l, VVM_OPC_DICT), WORD(NOP, 0, 0, 0));
    linear_drop(l);
}

static void test_owned_table(void **state)
{
    (void)state;
    struct linear *l = sample();
    struct vvm_function *f = &l->function;
    uint64_t *bits = (uint64_t *)(uintptr_t)f->owned_bits;
    uint32_t found = 0, sets = 0;
    for (uint32_t i = 0; i < f->owned_count; i++)
        if (f->owned[i].bits_index / f->owned_words + 1 > sets)
            sets = f->owned[i].bits_index / f->owned_words + 1;
    for (uint32_t bit = 0; bit < sets * f->owned_words * 64; bit++) {
        if (!(bits[bit / 64] >> (bit & 63) & 1))
            continue;
        bits[bit / 64] ^= (uint64_t)1 << (bit & 63);
        found += vvm_verify(f) != NULL;
        bits[bit / 64] ^= (uint64_t)1 << (bit & 63);
    }
    assert_true(found > 0);
    for (uint32_t reg = 0; reg < 2; reg++) { /* a parameter stands in no set */
        bits[0] ^= (uint64_t)1 << reg;
        bits[f->owned_words] ^= (uint64_t)1 << reg;
        assert_non_null(vvm_verify(f));
        bits[0] ^= (uint64_t)1 << reg;
        bits[f->owned_words] ^= (uint64_t)1 << reg;
    }
    linear_drop(l);
}

static void test_handlers(void **state)
{
    (void)state;
    struct linear *l = sample();
    struct vvm_handler *h = (struct vvm_handler *)(uintptr_t)l->function.handlers, kept = *h;
    assert_int_equal(l->function.handler_count, 1);
    h->target = l->function.code_count;
    assert_non_null(vvm_verify(&l->function));
    *h = kept;
    h->target = h->start; /* backwards */
    assert_non_null(vvm_verify(&l->function));
    *h = kept;
    h->slot = l->function.register_count;
    assert_non_null(vvm_verify(&l->function));
    *h = kept;
    h->slot = 2; /* the error would overwrite a value that is kept */
    assert_non_null(vvm_verify(&l->function));
    *h = kept;
    assert_null(vvm_verify(&l->function));
    linear_drop(l);
}

/* No word crashes it. */
static void test_garbage(void **state)
{
    (void)state;
    struct linear *l = sample();
    uint64_t chance = 7;
    uint32_t count = l->function.code_count, *kept = malloc(count * sizeof *kept);
    memcpy(kept, l->function.code, count * sizeof *kept);
    for (int round = 0; round < 20000; round++) {
        for (uint32_t changes = 1 + chance_below(&chance, 3); changes > 0; changes--) {
            uint32_t at = chance_below(&chance, count);
            words(l)[at] = chance_below(&chance, 2) ? words(l)[at] ^ 1u << chance_below(&chance, 32) : chance_next(&chance) << 1;
        }
        (void)vvm_verify(&l->function);
        memcpy(words(l), kept, count * sizeof *kept);
    }
    free(kept);
    linear_drop(l);
}

/* ---- At random ---- */

static bool is_one_of(uint8_t op, const uint8_t *ops, size_t count) { return memchr(ops, op, count) != NULL; }

/* Damages one instruction, or the table for unwinding; false where that kind of damage does not apply. */
static bool damage_somewhere(struct linear *l, uint64_t *chance)
{
    static const uint8_t drops[] = {VVM_OPC_DROP, VVM_OPC_DROP2}, moves[] = {VVM_OPC_MOVE, VVM_OPC_COPY, VVM_OPC_TAKE};
    static const uint8_t returns[] = {VVM_OPC_RETURN, VVM_OPC_RETP, VVM_OPC_RETB};
    struct vvm_function *f = &l->function;
    uint32_t pc = 0, steps = chance_below(chance, 40);
    for (uint32_t i = 0; i < steps && pc + words_of_opcode((uint8_t)f->code[pc]) < f->code_count; i++)
        pc += words_of_opcode((uint8_t)f->code[pc]);
    uint32_t *w = &words(l)[pc];
    uint8_t op = (uint8_t)*w;
    if (is_one_of(op, drops, sizeof drops)) {
        *w = VVM_OPC_NOP;
    } else if (is_one_of(op, moves, sizeof moves)) {
        *w = (*w & ~0xffu) | moves[chance_below(chance, sizeof moves)];
    } else if (is_one_of(op, returns, sizeof returns)) {
        *w = (*w & ~0xffu) | returns[chance_below(chance, sizeof returns)];
    } else if (vvm_opcode_info[op].format == VVM_FORMAT_CALL && (*w >> 8 & 0xff)) {
        uint32_t arguments = *w >> 8 & 0xff;
        w[1] ^= 1u << (16 + chance_below(chance, arguments < VVM_MASK_BITS ? arguments : VVM_MASK_BITS));
    } else if (f->owned_count && chance_below(chance, 2)) {
        const struct vvm_owned *entry = &f->owned[chance_below(chance, f->owned_count)];
        uint32_t reg = chance_below(chance, f->register_count);
        ((uint64_t *)(uintptr_t)f->owned_bits)[entry->bits_index + reg / 64] ^= (uint64_t)1 << (reg % 64);
    } else if (vvm_opcode_info[op].a == 'd' || vvm_opcode_info[op].a == 'c') {
        *w = (*w & ~0xff00u) | chance_below(chance, f->register_count < 256 ? f->register_count : 256) << 8;
    } else {
        return false;
    }
    return true;
}

/* What the verifier accepts comes out even on every path that is tried. */
static void test_random_damage(void **state)
{
    (void)state;
    static struct symbolic s;
    uint32_t refused = 0, harmful = 0;
    for (uint64_t seed = 1; seed < 4000; seed++) {
        struct linear *l = make_program(seed);
        uint64_t chance = seed * 77 + 5;
        bool too_large;
        assert_true(vvm_ir_finish(&l->ir, &l->vm, &l->function, &too_large));
        assert_null(vvm_verify(&l->function));
        if (!damage_somewhere(l, &chance)) {
            linear_drop(l);
            continue;
        }
        bool accepted = vvm_verify(&l->function) == NULL;
        refused += !accepted;
        const char *wrong = NULL;
        for (uint32_t i = 0; i < 24 && !wrong; i++)
            wrong = symbolic_run(&s, &l->function, seed * 1000 + i);
        harmful += wrong != NULL;
        if (wrong && accepted) {
            symbolic_report(&s, l);
            fail_msg("accepted, seed %llu", (unsigned long long)seed);
        }
        linear_drop(l);
    }
    assert_true(refused > 500 && harmful > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form), cmocka_unit_test(test_drops), cmocka_unit_test(test_transfers),
        cmocka_unit_test(test_owned_table), cmocka_unit_test(test_handlers), cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_random_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
