/* Private to vm/core: reading and writing JSON (RFC 8259).
 *
 * A reader turns a text straight into values, a writer values into a text; neither recurses. Both work in steps of
 * about VVM_JSON_QUANTUM bytes, so that a large document does not keep other tasks waiting: a step ends with DONE, MORE
 * (call it again), WRONG or NO_MEMORY. Between steps they own what they have made so far; deinit releases it. The text
 * that is read must stay where it is until then. Cost: a reader is 1 KiB plus 16 bytes per value of the open
 * containers, up to VVM_JSON_FOLD of each. */
#ifndef VVM_CORE_JSON_H
#define VVM_CORE_JSON_H

#include "vm/core/core.h"

#define VVM_JSON_DEPTH 1000u /* containers within one another that a text may open */
#define VVM_JSON_KEYS 64u    /* keys of more than 8 bytes that are remembered */
#ifdef VELA_TINY
#define VVM_JSON_QUANTUM 64u
#define VVM_JSON_FOLD 4u
#else
#define VVM_JSON_QUANTUM (8u * 1024)
#define VVM_JSON_FOLD 1024u /* values of one container that wait for being put into it */
#endif

enum vvm_json_step { VVM_JSON_DONE, VVM_JSON_MORE, VVM_JSON_WRONG, VVM_JSON_NO_MEMORY };

/* ---- Reading ---- */

struct vvm_json_reader {
    const char *start, *end, *at;
    const char *complaint;        /* WRONG: what is not right at `at` */
    int state;                    /* what may come next */
    struct vvm_json_open *open;   /* containers, outermost first */
    uint32_t depth, open_capacity;
    vvm_value *values;            /* not yet in their containers, in order; keys and values take turns */
    size_t count, capacity;
    struct vvm_text_builder text; /* of a String with escapes */
    vvm_value keys[VVM_JSON_KEYS];
};

void vvm_json_reader_init(struct vvm_json_reader *reader, struct vvm_bytes text);
void vvm_json_reader_deinit(struct vvm_json_reader *reader);
enum vvm_json_step vvm_json_read(struct vvm_json_reader *reader);
/* The value of a reader that is DONE; the caller's. */
vvm_value vvm_json_reader_take(struct vvm_json_reader *reader);
/* Where `at` is, from 1; columns are code points. */
void vvm_json_place(const struct vvm_json_reader *reader, size_t *line, size_t *column);

/* Tokens (json_token.c). `at` stands on the first byte, and behind the last one afterwards. */
enum vvm_json_step vvm_json_wrong(struct vvm_json_reader *reader, const char *at, const char *complaint);
enum vvm_json_step vvm_json_number(struct vvm_json_reader *reader, vvm_value *out);
enum vvm_json_step vvm_json_string(struct vvm_json_reader *reader, vvm_value *out);
enum vvm_json_step vvm_json_key(struct vvm_json_reader *reader, vvm_value *out);

/* ---- Writing ---- */

struct vvm_json_writer {
    const struct vvm_call *call;  /* for names; set anew before each step */
    struct vvm_text_builder out;
    struct vvm_json_level *levels;
    uint32_t depth, capacity;
    uint32_t indent;
    vvm_value root;
    bool begun;
    const char *complaint;        /* WRONG */
    vvm_value culprit;            /* borrowed: what it is about, or unset */
};

/* Retains `v`. */
void vvm_json_writer_init(struct vvm_json_writer *writer, const struct vvm_call *call, vvm_value v, uint32_t indent);
void vvm_json_writer_deinit(struct vvm_json_writer *writer);
enum vvm_json_step vvm_json_write(struct vvm_json_writer *writer);
/* `$.items[3].name`: where a writer that is WRONG stands. */
void vvm_json_path(const struct vvm_json_writer *writer, struct vvm_text_builder *out);

#endif
