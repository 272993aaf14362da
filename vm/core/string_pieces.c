/* String: its Chars, bytes, lines and words as Lists (language.md 8.5). The stage is the byte they go on with. */
#include "vm/core/gather.h"
#include "vm/core/string.h"

/* slots: the pieces so far, a long one that is being copied, and where the present one begins. */
enum { PIECES, LONG_PIECE, START, PIECE_SLOTS };

/* ---- Chars ---- */

enum vvm_outcome vvm_string_chars(struct vvm_call *call)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    size_t i = call->stage;
    if (i == 0 &&
        vvm_is_unset(call->slots[PIECES] = vvm_list_new(vvm_string_length(call->args[0]), VVM_ELEMENTS_VALUE)))
        return vvm_throw_memory(call);
    vvm_value list = vvm_take(&call->slots[PIECES]);
    for (size_t left = VVM_PORTION_OF_VALUES; i < text.length && left > 0 && !vvm_is_unset(list); left--) {
        size_t taken = vvm_utf8_length(text.data[i]);
        list = vvm_list_append_fast(list, vvm_string_new(text.data + i, taken)); /* a Char needs no memory */
        i += taken;
    }
    if (vvm_is_unset(call->slots[PIECES] = list))
        return vvm_throw_memory(call);
    if (i < text.length)
        return vvm_again(call, i);
    return vvm_charge(call, vvm_done(call, vvm_take(&call->slots[PIECES])), i - call->stage);
}

static bool add_byte(struct vvm_call *call, vvm_value *list, size_t i)
{
    return vvm_gather_add(list, vvm_number((unsigned char)vvm_this_bytes(call).data[i]));
}

static enum vvm_outcome string_bytes(struct vvm_call *call)
{
    return vvm_gather(call, vvm_this_bytes(call).length, VVM_ELEMENTS_NUMBER, add_byte);
}

static enum vvm_outcome string_code_points(struct vvm_call *call)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    size_t i = call->stage;
    if (i == 0 &&
        vvm_is_unset(call->slots[PIECES] = vvm_list_new(vvm_string_length(call->args[0]), VVM_ELEMENTS_NUMBER)))
        return vvm_throw_memory(call);
    vvm_value list = vvm_take(&call->slots[PIECES]);
    for (size_t left = VVM_PORTION; i < text.length && left > 0 && !vvm_is_unset(list); left--) {
        uint32_t code_point;
        i += vvm_utf8_decode(text.data + i, &code_point);
        list = vvm_list_append_fast(list, vvm_number(code_point));
    }
    if (vvm_is_unset(call->slots[PIECES] = list))
        return vvm_throw_memory(call);
    if (i < text.length)
        return vvm_again(call, i);
    return vvm_charge(call, vvm_done(call, vvm_take(&call->slots[PIECES])), i - call->stage);
}

/* ---- Lines and words ---- */

static enum vvm_truth add_piece(struct vvm_call *call, const char *text, size_t length)
{
    if (length <= VVM_PORTION_OF_BYTES)
        return vvm_gather_add(&call->slots[PIECES], vvm_string_new(text, length)) ? VVM_TRUE : VVM_NO_MEMORY;
    enum vvm_truth truth = vvm_copy_text(&call->slots[LONG_PIECE], (struct vvm_bytes){text, length});
    if (truth != VVM_TRUE)
        return truth;
    return vvm_gather_add(&call->slots[PIECES], vvm_take(&call->slots[LONG_PIECE])) ? VVM_TRUE : VVM_NO_MEMORY;
}

/* What a piece that is not added yet, or cannot be, ends in. */
static enum vvm_outcome unfinished(struct vvm_call *call, enum vvm_truth truth, size_t at)
{
    return truth == VVM_MORE ? vvm_again(call, at) : vvm_throw_memory(call);
}

static bool begin_pieces(struct vvm_call *call)
{
    if (!vvm_is_unset(call->slots[PIECES]))
        return true;
    call->slots[START] = vvm_number(0);
    call->slots[PIECES] = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    return !vvm_is_unset(call->slots[PIECES]);
}

/* The line that begins at byte `start`, without its end, if that stands before `stop`; else *end is `stop`. */
static bool line_end(struct vvm_bytes text, size_t from, size_t stop, size_t *end)
{
    const char *found = from < stop ? memchr(text.data + from, '\n', stop - from) : NULL;
    *end = found != NULL ? (size_t)(found - text.data) : stop;
    return found != NULL || stop == text.length;
}

static size_t line_length(struct vvm_bytes text, size_t start, size_t end)
{
    bool returns = end < text.length && end > start && text.data[end - 1] == '\r';
    return end - start - returns;
}

static enum vvm_outcome string_lines(struct vvm_call *call)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    if (!begin_pieces(call))
        return vvm_throw_memory(call);
    size_t from = call->stage, start = (size_t)call->slots[START].number, end;
    size_t stop = text.length - from > VVM_PORTION_OF_BYTES ? from + VVM_PORTION_OF_BYTES : text.length;
    for (size_t left = VVM_PORTION_OF_VALUES; start < text.length && left > 0; left--) {
        if (!line_end(text, from, stop, &end))
            return vvm_again(call, stop);
        enum vvm_truth truth = add_piece(call, text.data + start, line_length(text, start, end));
        if (truth != VVM_TRUE)
            return unfinished(call, truth, end);
        from = start = end + 1;
        call->slots[START] = vvm_number((int64_t)start);
    }
    if (start < text.length)
        return vvm_again(call, start);
    return vvm_charge(call, vvm_done(call, vvm_take(&call->slots[PIECES])), text.length / VVM_BYTES_PER_ELEMENT);
}

/* Bytes of the space at `i`, 0 if it is none. */
static size_t space_at(struct vvm_bytes text, size_t i)
{
    unsigned char c = (unsigned char)text.data[i];
    if (c < 0x80)
        return vvm_char_is_space(c);
    uint32_t code_point;
    size_t taken = vvm_utf8_decode(text.data + i, &code_point);
    return vvm_char_is_space(code_point) ? taken : 0;
}

static size_t word_end(struct vvm_bytes text, size_t i, size_t stop)
{
    while (i < stop && space_at(text, i) == 0)
        i += vvm_utf8_length(text.data[i]);
    return i;
}

/* From `start` on, which is the present word's or a space's place: all words that end before `stop`. */
static enum vvm_truth add_words(struct vvm_call *call, size_t from, size_t stop, size_t *at)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    size_t start = (size_t)call->slots[START].number;
    for (*at = from; *at < stop || !vvm_is_unset(call->slots[LONG_PIECE]);) {
        size_t space = *at < text.length ? space_at(text, *at) : 0;
        if (space == 0) {
            *at = word_end(text, *at, stop);
            if (*at == stop && stop < text.length)
                break;
        }
        enum vvm_truth truth = *at > start ? add_piece(call, text.data + start, *at - start) : VVM_TRUE;
        if (truth != VVM_TRUE)
            return truth;
        start = *at += space;
        call->slots[START] = vvm_number((int64_t)start);
    }
    return VVM_TRUE;
}

static enum vvm_outcome string_words(struct vvm_call *call)
{
    struct vvm_bytes text = vvm_this_bytes(call);
    if (!begin_pieces(call))
        return vvm_throw_memory(call);
    size_t stop = vvm_portion_of_chars(text, call->stage), at;
    enum vvm_truth truth = add_words(call, call->stage, stop, &at);
    if (truth != VVM_TRUE)
        return unfinished(call, truth, at);
    if (at < text.length)
        return vvm_again(call, at);
    return vvm_charge(call, vvm_done(call, vvm_take(&call->slots[PIECES])), at - call->stage);
}

static const struct vvm_builtin methods[] = {
    VVM_ROW_F("chars() -> List<Char>", vvm_string_chars, 0, 0, 0, 1, "Its Chars."),
    VVM_ROW_F("toList() -> List<Char>", vvm_string_chars, 0, 0, 0, 1, "The same as chars."),
    VVM_ROW_F("lines() -> List<String>", string_lines, 0, 0, 0, PIECE_SLOTS,
              "Its lines without their LF or CRLF. A line end at the very end begins no empty last line."),
    VVM_ROW_F("words() -> List<String>", string_words, 0, 0, 0, PIECE_SLOTS,
              "What stands between Unicode white space; no empty word."),
    VVM_ROW_F("bytes() -> List<Number>", string_bytes, 0, 0, 0, 1, "Its bytes in UTF-8, each 0 to 255."),
    VVM_ROW_F("codePoints() -> List<Number>", string_code_points, 0, 0, 0, 1, "Its code points as Numbers."),
};

const struct vvm_builtin_group vvm_string_pieces = {VVM_T_STRING, false, VVM_ROWS(methods)};
