#include "vm/core/gather.h"

bool vvm_keep_text(struct vvm_call *call, struct vvm_text_builder *portion)
{
    size_t before = vvm_is_unset(call->slots[0]) ? 0 : vvm_string_bytes(&call->slots[0]).length;
    if (!portion->failed && before + portion->length > VVM_STRING_BYTES_MAX) {
        vvm_text_drop(portion);
        vvm_throw_too_long(call);
        return false;
    }
    vvm_value text = vvm_text_finish(portion);
    if (!vvm_is_unset(text) && !vvm_is_unset(call->slots[0])) {
        vvm_value both = vvm_string_concat(vvm_take(&call->slots[0]), text);
        vvm_release(text);
        text = both;
    }
    call->slots[0] = text;
    if (vvm_is_unset(text))
        vvm_throw_memory(call);
    return !vvm_is_unset(text);
}

enum vvm_truth vvm_copy_text(vvm_value *slot, struct vvm_bytes text)
{
    bool whole = vvm_is_unset(*slot) && text.length <= VVM_PORTION_OF_BYTES;
    if (vvm_is_unset(*slot))
        *slot = whole ? vvm_string_new(text.data, text.length) : vvm_string_with_room(text.length);
    if (vvm_is_unset(*slot) || whole)
        return vvm_is_unset(*slot) ? VVM_NO_MEMORY : VVM_TRUE;
    size_t done = vvm_string_bytes(slot).length, rest = text.length - done;
    vvm_string_append(*slot,
                      (struct vvm_bytes){text.data + done, rest < VVM_PORTION_OF_BYTES ? rest : VVM_PORTION_OF_BYTES});
    return rest <= VVM_PORTION_OF_BYTES ? VVM_TRUE : VVM_MORE;
}

/* ---- Texts that are changed Char by Char ---- */

static bool is_inside(struct vvm_bytes text, size_t at)
{
    return at < text.length && ((unsigned char)text.data[at] & 0xc0) == 0x80;
}

size_t vvm_portion_inside(struct vvm_bytes text, size_t begin)
{
    size_t end = begin + VVM_PORTION_OF_CHARS;
    for (int i = 0; i < 3 && is_inside(text, end); i++) /* bytes that are not yet known to be UTF-8 may go on for
                                                           ever */
        end++;
    return end;
}

size_t vvm_portion_of_chars_back(struct vvm_bytes text, size_t end)
{
    size_t begin = end > VVM_PORTION_OF_CHARS ? end - VVM_PORTION_OF_CHARS : 0;
    while (begin > 0 && is_inside(text, begin))
        begin--;
    return begin;
}

enum vvm_outcome vvm_made_in_portions(struct vvm_call *call, struct vvm_text_builder *made, size_t begin, size_t end,
                                      size_t length)
{
    if (begin == 0) /* without memory for it the text moves as it grows */
        call->slots[0] = vvm_string_with_room(length);
    if (!vvm_keep_text(call, made))
        return VVM_THROW;
    return end < length ? vvm_again(call, end) : vvm_done(call, vvm_take(&call->slots[0]));
}

/* ---- Texts that are laid out of others ---- */

/* Bytes [from, from + count) of the part. */
static void add_part(struct vvm_text_builder *out, const struct vvm_text_part *part, size_t from, size_t count)
{
    struct vvm_bytes of = part->of;
    size_t at = from < of.length ? from : from % of.length;
    if (at + count <= of.length) {
        vvm_text_add(out, of.data + at, count);
        return;
    }
    if (at != 0) {
        vvm_text_add(out, of.data + at, of.length - at);
        count -= of.length - at;
    }
    vvm_text_add_repeated(out, of.data, of.length, count / of.length);
    vvm_text_add(out, of.data, count % of.length);
}

/* Bytes [from, from + count) of all of them. */
static void add_parts(struct vvm_text_builder *out, const struct vvm_text_part *parts, size_t from, size_t count)
{
    vvm_text_reserve(out, count);
    for (; count > 0; parts++) {
        if (from >= parts->length) {
            from -= parts->length;
            continue;
        }
        size_t taken = parts->length - from < count ? parts->length - from : count;
        add_part(out, parts, from, taken);
        count -= taken;
        from = 0;
    }
}

static size_t total_length(const struct vvm_text_part *parts, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total = parts[i].length <= VVM_STRING_BYTES_MAX && total <= VVM_STRING_BYTES_MAX ? total + parts[i].length
                                                                                         : SIZE_MAX;
    return total;
}

enum vvm_outcome vvm_lay_text(struct vvm_call *call, const struct vvm_text_part *parts, size_t count)
{
    struct vvm_text_builder out;
    size_t total = total_length(parts, count), done = 0;
    if (total > VVM_STRING_BYTES_MAX)
        return vvm_throw_too_long(call);
    vvm_text_init(&out);
    if (total <= VVM_PORTION_OF_BYTES) {
        add_parts(&out, parts, 0, total);
        return vvm_charge(call, vvm_done_built(call, &out), total / VVM_BYTES_PER_ELEMENT);
    }
    if (!vvm_is_unset(call->slots[0]))
        done = vvm_string_bytes(&call->slots[0]).length;
    else if (vvm_is_unset(call->slots[0] = vvm_string_with_room(total)))
        return vvm_throw_memory(call);
    size_t added = total - done < VVM_PORTION_OF_BYTES ? total - done : VVM_PORTION_OF_BYTES;
    add_parts(&out, parts, done, added);
    if (!vvm_keep_text(call, &out))
        return VVM_THROW;
    return done + added < total ? vvm_again(call, call->stage) : vvm_done(call, vvm_take(&call->slots[0]));
}
