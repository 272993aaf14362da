/* select { … }: compiled to one call of __select, which gives the arm that happened and what it received. */
#include "runtime/base/alloc.h"
#include "runtime/base/choice.h"
#include "runtime/sync/select.h"
#include "vm/core/random.h"
#include "vm/exec/error.h"
#include "vm_bindings/binding.h"
#include "vm_bindings/channel.h"
#include "vm_bindings/wait.h"

/* One evaluation of a select; stands in where_object while it waits. */
struct selecting {
    struct vrt_select select; /* first: where_object points to it */
    uint32_t capacity;
    int default_arm, closed_arm, timeout_arm; /* -1: none */
    int64_t timeout_ns;
    uint64_t deadline_ns;
    uint8_t order[VRT_SELECT_MAX];
    uint8_t arm_of[VRT_SELECT_MAX]; /* the program's arm */
    struct vrt_select_arm arms[];
};

static size_t size_of(uint32_t capacity)
{
    return sizeof(struct selecting) + capacity * sizeof(struct vrt_select_arm);
}

static struct selecting *selecting_new(uint32_t capacity)
{
    struct selecting *s = vrt_alloc(size_of(capacity));
    if (s != NULL) {
        s->select = (struct vrt_select){.arms = s->arms};
        s->capacity = capacity;
        s->default_arm = s->closed_arm = s->timeout_arm = -1;
        s->timeout_ns = INT64_MAX;
    }
    return s;
}

/* Values of sends that did not happen are dropped. */
static void selecting_free(struct selecting *s, int sent)
{
    for (uint32_t i = 0; i < s->select.count; i++)
        if (s->arms[i].receiver == NULL && (int)i != sent)
            vvm_release(s->arms[i].value);
    vrt_free(s, size_of(s->capacity));
}

/* ---- Arms ---- */

static struct vrt_select_arm *add(struct selecting *s, uint32_t arm)
{
    s->arm_of[s->select.count] = (uint8_t)arm;
    s->arms[s->select.count] = (struct vrt_select_arm){0};
    return &s->arms[s->select.count];
}

static bool is_handle(vvm_value v, const struct vvm_handle_ops *ops)
{
    return vvm_is_plain(v, VVM_HANDLE) &&
           (((struct vvm_handle *)v.object)->ops == ops || ((struct vvm_handle *)v.object)->ops == &vbn_channel_ops);
}

static bool wants(struct vvm_call *call, vvm_value v, const char *what)
{
    vvm_throw(call, VVM_T_TYPE_ERROR, "an arm of select needs a %s, got %s", what,
              vvm_type_name(vvm_type_of(call->vm->known, v)));
    return false;
}

static bool add_receive(struct vvm_call *call, struct selecting *s, uint32_t arm, vvm_value operand)
{
    if (!is_handle(operand, &vbn_receiver_ops))
        return wants(call, operand, "Receiver");
    add(s, arm)->receiver = vbn_receiver_of(operand);
    s->select.count++;
    return true;
}

static bool add_send(struct vvm_call *call, struct selecting *s, uint32_t arm, vvm_value operand, vvm_value value)
{
    if (!is_handle(operand, &vbn_sender_ops))
        return wants(call, operand, "Sender");
    vvm_retain(value);
    if (!vbn_fit_element(call, ((struct vvm_handle *)operand.object)->aux, "Channel", &value) ||
        !vbn_make_sendable(call, value, "value"))
        return false;
    struct vrt_select_arm *added = add(s, arm);
    added->sender = vbn_sender_of(operand);
    added->value = value;
    s->select.count++;
    return true;
}

static bool add_timeout(struct vvm_call *call, struct selecting *s, uint32_t arm, uint32_t at, vvm_value operand)
{
    int64_t timeout_ns;
    vvm_value saved = call->args[at]; /* vvm_want_time reads an argument */
    call->args[at] = operand;
    bool fine = vvm_want_time(call, at, &timeout_ns);
    call->args[at] = saved;
    if (fine && (s->timeout_arm < 0 || timeout_ns < s->timeout_ns)) {
        s->timeout_arm = (int)arm;
        s->timeout_ns = timeout_ns;
    }
    return fine;
}

/* One letter an arm: r(eceive), s(end), t(imeout), c(losed), d(efault); the operands follow one another. */
static bool fill(struct vvm_call *call, struct selecting *s, struct vvm_bytes spec)
{
    size_t at = 0;
    bool fine = true;
    for (uint32_t i = 0; fine && i < spec.length; i++) {
        switch (spec.data[i]) {
        case 'r': fine = add_receive(call, s, i, vvm_list_get(call->args[1], at++)); break;
        case 's':
            fine = add_send(call, s, i, vvm_list_get(call->args[1], at), vvm_list_get(call->args[1], at + 1));
            at += 2;
            break;
        case 't': fine = add_timeout(call, s, i, 0, vvm_list_get(call->args[1], at++)); break;
        case 'c': s->closed_arm = (int)i; break;
        default: s->default_arm = (int)i; break;
        }
    }
    s->select.closes = s->closed_arm >= 0;
    s->deadline_ns = vbn_deadline(s->timeout_ns);
    return fine;
}

/* ---- Answers ---- */

/* (arm, value); consumes both the value and `s`. */
static enum vvm_outcome answer(struct vvm_call *call, struct selecting *s, int arm, vvm_value value, int sent)
{
    selecting_free(s, sent);
    if (vvm_is_unset(value))
        return vvm_throw_memory(call);
    return vvm_return(call, vvm_tuple_from((vvm_value[]){vvm_number(arm), value}, 2));
}

static enum vvm_outcome closed(struct vvm_call *call, struct selecting *s, uint32_t won)
{
    if (s->select.closes)
        return answer(call, s, s->closed_arm, vvm_void(), -1);
    if (s->arms[won].receiver != NULL)
        return answer(call, s, s->arm_of[won], vvm_none(), -1);
    selecting_free(s, -1);
    return vvm_throw(call, VVM_T_CHANNEL_CLOSED_ERROR, "a send arm of select: the channel is closed");
}

static enum vvm_outcome decided(struct vvm_call *call, struct selecting *s, enum vrt_select_status status, uint32_t won,
                                vvm_value value)
{
    switch (status) {
    case VRT_SELECT_VALUE: return answer(call, s, s->arm_of[won], vvm_some(value), -1);
    case VRT_SELECT_SENT: return answer(call, s, s->arm_of[won], vvm_void(), (int)won);
    case VRT_SELECT_CLOSED: return closed(call, s, won);
    case VRT_SELECT_TIMEOUT: return answer(call, s, s->timeout_arm, vvm_void(), -1);
    case VRT_SELECT_EMPTY:
        return answer(call, s, s->default_arm >= 0 ? s->default_arm : s->timeout_arm, vvm_void(), -1);
    case VRT_SELECT_NO_MEMORY: selecting_free(s, -1); return vvm_throw_memory(call);
    default: selecting_free(s, -1); return vbn_done_void(call); /* cancelled: the error takes its place */
    }
}

static enum vvm_outcome select_resumed(struct vvm_call *call);

static bool may_wait(const struct selecting *s)
{
    return s->default_arm < 0 && s->timeout_ns != 0;
}

/* A select without channels waits for its timeout, or for ever. */
static void register_nowhere(struct selecting *s, struct vrt_waiter *waiter)
{
    waiter->where = VRT_WHERE_SELECT;
    waiter->where_object = &s->select;
}

static enum vvm_outcome go(struct vvm_call *call, struct selecting *s)
{
    struct vbn_wait wait = {0};
    uint32_t won = 0;
    vvm_value value = vvm_void();
    bool waits = may_wait(s);
    if (waits && !vbn_wait_arm(call, &wait)) {
        selecting_free(s, -1);
        return VVM_THROW;
    }
    enum vrt_select_status status = vrt_select_try(&s->select, s->order, vvm_random_word(call->isolate), wait.waiter,
                                                   wait.ticket, &won, &value);
    if (status == VRT_SELECT_EMPTY && waits) {
        register_nowhere(s, wait.waiter);
        status = VRT_SELECT_PARKED;
    }
    if (status == VRT_SELECT_PARKED)
        return vbn_wait_park_until(call, &wait, s->deadline_ns, select_resumed);
    if (waits)
        vbn_wait_cancel(&wait);
    return decided(call, s, status, won, value);
}

static enum vvm_outcome select_resumed(struct vvm_call *call)
{
    struct vrt_waiter *waiter = call->fiber->waiter;
    struct selecting *s = (struct selecting *)(uintptr_t)waiter->where_object;
    uint32_t won;
    vvm_value value = vvm_void();
    vbn_wait_ended(call);
    enum vrt_select_status status = vrt_select_finish(&s->select, waiter, &won, &value);
    if (status == VRT_SELECT_AGAIN)
        return go(call, s);
    return decided(call, s, status, won, value);
}

static enum vvm_outcome select_builtin(struct vvm_call *call)
{
    struct vvm_bytes spec;
    if (!vvm_want_string(call, 0, &spec) || !vvm_want_kind(call, 1, VVM_LIST))
        return VVM_THROW;
    struct selecting *s = selecting_new((uint32_t)spec.length);
    if (s == NULL)
        return vvm_throw_memory(call);
    if (fill(call, s, spec))
        return go(call, s);
    selecting_free(s, -1);
    return VVM_THROW;
}

static const struct vvm_builtin functions[] = {
    VBN_ROW("__select(spec: String, operands: List<Any>) -> (Number, Any)", select_builtin, 2, 2, "What select does."),
};
const struct vvm_builtin_group vbn_select_functions = VBN_GROUP(VVM_TYPE_NO_ID, false, functions);
