/* Literals and collections. */
#include "vm/compile/compiler.h"

void gen_string(struct compiler *c, struct vvm_text text, int dst)
{
    emit(c, VVM_OPC_LOADK, dst, (int)string_constant(c, text.bytes, text.length), 0);
}

#define PIECE 64 /* literals are made in pieces, so that they need few registers */

void gen_interpolation(struct compiler *c, struct vvm_node *node, int dst)
{
    int made = -1;
    for (uint32_t done = 0; done < node->items.count || made < 0;) {
        uint32_t count = node->items.count - done < PIECE ? node->items.count - done : PIECE;
        int first = new_registers(c, (int)count + (made >= 0));
        if (made >= 0)
            emit(c, VVM_OPC_MOVE, first, made, 0);
        int at = first + (made >= 0);
        for (uint32_t i = 0; i < count; i++, at++) {
            struct vvm_node *part = node->items.items[done + i];
            if (part->kind == VVM_NODE_STRING) {
                gen_string(c, part->text, at);
                continue;
            }
            int value = gen_any(c, part);
            set_position(c, part->offset);
            emit(c, VVM_OPC_TEXT, at, value, 0);
        }
        set_position(c, node->offset);
        made = done + count >= node->items.count ? dst : new_register(c);
        emit(c, VVM_OPC_CONCAT, made, first, at - first);
        done += count;
    }
}

static uint32_t plain_run(struct vvm_node_list list, uint32_t from)
{
    uint32_t count = 0;
    while (from + count < list.count && count < PIECE && list.items[from + count]->kind != VVM_NODE_SPREAD)
        count++;
    return count;
}

static int gen_run(struct compiler *c, struct vvm_node_list list, uint32_t from, uint32_t count)
{
    int first = new_registers(c, (int)count);
    for (uint32_t i = 0; i < count; i++)
        gen_into(c, list.items[from + i], first + (int)i);
    return first;
}

static void gen_list(struct compiler *c, struct vvm_node *node, int dst)
{
    struct vvm_node_list list = node->items;
    uint32_t done = plain_run(list, 0);
    int saved = c->builder->next_register;
    int first = gen_run(c, list, 0, done);
    bool whole = done == list.count;
    int made = whole ? dst : new_register(c);
    set_position(c, node->offset);
    emit(c, VVM_OPC_LIST, made, first, (int)done);
    if (!whole)
        saved = c->builder->next_register;
    while (done < list.count) {
        c->builder->next_register = saved;
        if (list.items[done]->kind == VVM_NODE_SPREAD) {
            int item = new_register(c);
            gen_into(c, list.items[done]->operand, item);
            emit(c, VVM_OPC_LISTCAT, made, item, 0);
            done++;
            continue;
        }
        uint32_t count = plain_run(list, done);
        first = gen_run(c, list, done, count);
        emit(c, VVM_OPC_LISTADD, made, first, (int)count);
        done += count;
    }
    if (!whole)
        emit(c, VVM_OPC_MOVE, dst, made, 0);
}

static void gen_dict(struct compiler *c, struct vvm_node *node, int dst)
{
    int made = new_register(c), saved = c->builder->next_register;
    emit(c, VVM_OPC_DICT, made, 0, 0);
    for (uint32_t i = 0; i < node->dict.count; i++) {
        c->builder->next_register = saved;
        struct vvm_dict_item *entry = &node->dict.entries[i];
        int key = new_registers(c, 2);
        if (entry->key) {
            gen_into(c, entry->key, key);
            gen_into(c, entry->value, key + 1);
            set_position(c, entry->key->offset);
            emit(c, VVM_OPC_DICTADD, made, key, key + 1);
        } else {
            gen_into(c, entry->value, key);
            set_position(c, entry->value->offset);
            emit(c, VVM_OPC_DICTCAT, made, key, 0);
        }
    }
    emit(c, VVM_OPC_MOVE, dst, made, 0);
}

static void gen_set(struct compiler *c, struct vvm_node *node, int dst)
{
    int made = new_register(c), item = new_register(c), saved = c->builder->next_register;
    emit(c, VVM_OPC_SET, made, 0, 0);
    for (uint32_t i = 0; i < node->items.count; i++) {
        c->builder->next_register = saved;
        struct vvm_node *value = node->items.items[i];
        bool spread = value->kind == VVM_NODE_SPREAD;
        gen_into(c, spread ? value->operand : value, item);
        set_position(c, value->offset);
        emit(c, spread ? VVM_OPC_SETCAT : VVM_OPC_SETADD, made, item, 0);
    }
    emit(c, VVM_OPC_MOVE, dst, made, 0);
}

void gen_collection(struct compiler *c, struct vvm_node *node, int dst)
{
    switch (node->kind) {
    case VVM_NODE_LIST: gen_list(c, node, dst); break;
    case VVM_NODE_DICT: gen_dict(c, node, dst); break;
    case VVM_NODE_SET: gen_set(c, node, dst); break;
    default: {
        if (node->items.count > 200) {
            compile_error(c, "E198", node->offset, 1, NULL, "a tuple has at most 200 items");
            break;
        }
        int first = gen_run(c, node->items, 0, node->items.count);
        set_position(c, node->offset);
        emit(c, VVM_OPC_TUPLE, dst, first, (int)node->items.count);
    }
    }
}
