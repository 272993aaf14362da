/* select { … }: compiled to one call of __select, which gives what the arm that happened received, or void,
 * and leaves the arm's number in the fiber, where SELECTED looks for it: before that the turn may end. */
#include "runtime/base/alloc.h"
#include "runtime/base/choice.h"
#include "runtime/sync/select.h"
#include "vm/core/core.h"
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

/* Given one by one, or, where there are many, in a List. */
static vvm_value operand(const struct vvm_call *call, size_t at)
{
    return call->builtin->max == 2 ? vvm_list_get(call->args[1], at) : call->args[1 + at];
}

/* One letter an arm: r(eceive), s(end), t(imeout), c(losed), d(efault); the operands follow one another. */
static bool fill(struct vvm_call *call, struct selecting *s, struct vvm_bytes spec)
{
    size_t at = 0;
    bool fine = true;
    for (uint32_t i = 0; fine && i < spec.length; i++) {
        switch (spec.data[i]) {
        case 'r': fine = add_receive(call, s, i, operand(call, at++)); break;
        case 's':
            fine = add_send(call, s, i, operand(call, at), operand(call, at + 1));
            at += 2;
            break;
        case 't': fine = add_timeout(call, s, i, 0, operand(call, at++)); break;
        case 'c': s->closed_arm = (int)i; break;
        default: s->default_arm = (int)i; break;
        }
    }
    s->select.closes = s->closed_arm >= 0;
    s->deadline_ns = vbn_deadline(s->timeout_ns);
    return fine;
}

/* ---- Answers ---- */

/* Some(value); unset: there is no memory for it. */
static vvm_value arrived(vvm_value value)
{
    if (vvm_arrive(value))
        return vvm_some(value);
    vvm_release(value);
    return vvm_unset();
}

/* Consumes the value, which is unset without memory. */
static enum vvm_outcome chosen(struct vvm_call *call, int arm, vvm_value value)
{
    call->fiber->selected = (uint32_t)arm;
    return vvm_return(call, value);
}

/* The same; consumes `s`, too. */
static enum vvm_outcome answer(struct vvm_call *call, struct selecting *s, int arm, vvm_value value, int sent)
{
    selecting_free(s, sent);
    return chosen(call, arm, value);
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
    case VRT_SELECT_VALUE: return answer(call, s, s->arm_of[won], arrived(value), -1);
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

static enum vvm_outcome go(struct vvm_call *call, struct selecting *s, uint64_t chance)
{
    struct vbn_wait wait = {0};
    uint32_t won = 0;
    vvm_value value = vvm_void();
    bool waits = may_wait(s);
    if (waits && !vbn_wait_arm(call, &wait)) {
        selecting_free(s, -1);
        return VVM_THROW;
    }
    enum vrt_select_status status = vrt_select_try(&s->select, s->order, chance, wait.waiter, wait.ticket,
                                                   &won, &value);
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
        return go(call, s, vvm_random_word(call->isolate));
    return decided(call, s, status, won, value);
}

/* ---- At once ---- */

#define QUICK_ARMS 8

/* The receives of a select that does nothing else; it needs no record and no memory if one of them proceeds. */
struct receives {
    struct vrt_receiver *from[QUICK_ARMS];
    uint8_t arm_of[QUICK_ARMS];
    uint32_t count;
    bool closes;
};

/* False: this one is not so simple. */
static bool only_receives(const struct vvm_call *call, struct vvm_bytes spec, struct receives *receives)
{
    const vvm_value *operands = call->args + 1;
    if (call->builtin->max == 2)
        return false;
    receives->count = 0;
    receives->closes = false;
    for (uint32_t i = 0; i < spec.length; i++) {
        if (spec.data[i] == 'c') {
            receives->closes = true;
            continue;
        }
        uint32_t at = receives->count;
        if (spec.data[i] != 'r' || at == QUICK_ARMS || !is_handle(operands[at], &vbn_receiver_ops))
            return false;
        receives->from[at] = vbn_receiver_of(operands[at]);
        receives->arm_of[at] = (uint8_t)i;
        receives->count++;
    }
    return true;
}

/* One of the first `n`, by the word's upper half; the word is another one then. */
static uint32_t draw(uint64_t *chance, uint32_t n)
{
    uint32_t drawn = (uint32_t)((*chance >> 32) * n >> 32);
    *chance = *chance * 0xd1342543de82ef95u + 1;
    return drawn;
}

/* Tries the receives in random order: the first that proceeds is a uniform choice among those that can. -1: none
 * can. */
static int receive_at_once(struct receives *receives, uint64_t chance, vvm_value *value)
{
    for (uint32_t left = receives->count; left > 0; left--) {
        uint32_t i = draw(&chance, left);
        enum vrt_channel_status status = vrt_receiver_receive(receives->from[i], value, NULL, 0);
        if (status == VRT_CHANNEL_OK || (status == VRT_CHANNEL_CLOSED && !receives->closes)) {
            *value = status == VRT_CHANNEL_OK ? arrived(*value) : vvm_none();
            return receives->arm_of[i];
        }
        receives->from[i] = receives->from[left - 1];
        receives->arm_of[i] = receives->arm_of[left - 1];
    }
    return -1;
}

static enum vvm_outcome select_builtin(struct vvm_call *call)
{
    struct vvm_bytes spec;
    struct receives receives;
    vvm_value value;
    if (!vvm_want_string(call, 0, &spec))
        return VVM_THROW;
    uint64_t chance = vvm_random_word(call->isolate);
    int arm = only_receives(call, spec, &receives) ? receive_at_once(&receives, chance, &value) : -1;
    if (arm >= 0)
        return chosen(call, arm, value);
    struct selecting *s = selecting_new((uint32_t)spec.length);
    if (s == NULL)
        return vvm_throw_memory(call);
    if (fill(call, s, spec))
        return go(call, s, chance);
    selecting_free(s, -1);
    return VVM_THROW;
}

static const struct vvm_builtin functions[] = {
    VBN_ROW("__select(spec: String, ...operands: Any) -> Any", select_builtin, 1, VVM_REST, "What select does."),
    VBN_ROW("__selectOf(spec: String, operands: List<Any>) -> Any", select_builtin, 2, 2,
            "What a select of many arms does."),
};
const struct vvm_builtin_group vbn_select_functions = VBN_GROUP(VVM_TYPE_NO_ID, false, functions);
