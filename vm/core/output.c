/* print: one call, one write, also across isolates.
 *
 * A short text for a descriptor that takes it at once is written here; what might have to wait for a slow
 * reader goes to a blocking thread, so that no worker thread stands still. stdio's own lock of the stream keeps long
 * texts of different isolates apart (nothing of ours is buffered in it). */
#include "vm/core/output.h"

#include "vm/core/job.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATOMIC_BYTES 4096u   /* PIPE_BUF: a pipe that polls writable takes so much in one piece */
#define FILE_BYTES 65536u    /* what is written into a regular file at once */
#define STATUS_NO_READER 141 /* as a shell shows a process that SIGPIPE ended */

_Noreturn void vvm_exit_process(int status)
{
    fflush(NULL);
    _exit(status & 0xff);
}

/* Waits until the descriptor takes more; only descriptors that do not block come here. */
static bool wait_writable(int descriptor)
{
    struct pollfd entry = {.fd = descriptor, .events = POLLOUT};
    return poll(&entry, 1, -1) >= 0 || errno == EINTR;
}

/* False: the reader is gone. Other errors (a full disk, a closed descriptor) end the text: there is nobody to tell. */
static bool write_whole(int descriptor, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(descriptor, text, length);
        if (written >= 0) {
            text += written;
            length -= (size_t)written;
        } else if (errno != EINTR && (errno != EAGAIN || !wait_writable(descriptor))) {
            return errno != EPIPE;
        }
    }
    return true;
}

static FILE *stream_of(int descriptor)
{
    return descriptor == STDERR_FILENO ? stderr : stdout;
}

static bool takes_at_once(int descriptor, size_t length)
{
    struct stat info;
    if (length > ATOMIC_BYTES)
        return length <= FILE_BYTES && fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
    struct pollfd entry = {.fd = descriptor, .events = POLLOUT};
    return poll(&entry, 1, 0) != 0;
}

static void end_without_reader(int descriptor)
{
    if (descriptor == STDOUT_FILENO)
        vvm_exit_process(STATUS_NO_READER);
}

/* ---- Texts that may have to wait ---- */

struct write_job {
    struct vvm_job job;
    struct vvm_text_builder text;
    int descriptor;
    bool no_reader;
};

static void write_work(struct vvm_job *job)
{
    struct write_job *self = (struct write_job *)job;
    flockfile(stream_of(self->descriptor));
    self->no_reader = !write_whole(self->descriptor, self->text.data, self->text.length);
    funlockfile(stream_of(self->descriptor));
}

static void write_destroy(struct vvm_job *job)
{
    vvm_text_drop(&((struct write_job *)job)->text);
    free(job);
}

static enum vvm_outcome written(struct vvm_call *call)
{
    struct write_job *job = (struct write_job *)vvm_job_resumed(call);
    if (job == NULL)
        return vvm_done_void(call);
    bool no_reader = job->no_reader;
    int descriptor = job->descriptor;
    vvm_job_drop(&job->job);
    if (no_reader)
        end_without_reader(descriptor);
    return vvm_done_void(call);
}

/* Consumes the text. */
static enum vvm_outcome put(struct vvm_call *call, int descriptor, struct vvm_text_builder *text)
{
    if (takes_at_once(descriptor, text->length) && ftrylockfile(stream_of(descriptor)) == 0) {
        bool reader = write_whole(descriptor, text->data, text->length);
        funlockfile(stream_of(descriptor));
        vvm_text_drop(text);
        if (!reader)
            end_without_reader(descriptor);
        return vvm_done_void(call);
    }
    struct write_job *job = malloc(sizeof *job);
    if (job == NULL) {
        vvm_text_drop(text);
        return vvm_throw_memory(call);
    }
    *job = (struct write_job){.job = {.work = write_work, .destroy = write_destroy}, .text = *text,
                               .descriptor = descriptor};
    return vvm_job_start(call, &job->job, written);
}

/* ---- print ----
 * The stage is the next argument. While the core library makes a text (because of a class's toString, or because it is
 * long) the one before it stands in a slot; a long one is then copied in portions. */

enum { BEFORE, LONG, COPIED };

static enum vvm_outcome ask_text(struct vvm_call *call, struct vvm_text_builder *text, uint32_t index)
{
    call->slots[BEFORE] = vvm_text_finish(text);
    if (vvm_is_unset(call->slots[BEFORE]))
        return vvm_throw_memory(call);
    call->callee_args[0] = vvm_retain(call->args[index]);
    return vvm_call_core(call, VVM_CORE_TEXT, 1, index + 1);
}

static void add_string(struct vvm_text_builder *text, vvm_value owned)
{
    if (vvm_is_string(owned))
        vvm_text_add_value(text, owned);
    vvm_release(owned);
}

/* The next portion of the long text in its slot. DONE: there is none any more, and BEFORE has it all. */
static enum vvm_outcome copy_long(struct vvm_call *call)
{
    struct vvm_bytes before = vvm_string_bytes(&call->slots[BEFORE]), text = vvm_string_bytes(&call->slots[LONG]);
    size_t copied = (size_t)call->slots[COPIED].number, left = text.length - copied;
    size_t room = left + 2; /* a space or line end, and one more */
    if (before.length + room > VVM_STRING_BYTES_MAX)
        return vvm_throw_too_long(call);
    if (copied == 0) {
        vvm_value both = vvm_string_with_room(before.length + room);
        if (vvm_is_unset(both))
            return vvm_throw_memory(call);
        vvm_string_append(both, before);
        vvm_release(call->slots[BEFORE]);
        call->slots[BEFORE] = both;
    }
    size_t count = left < VVM_PORTION_OF_BYTES ? left : VVM_PORTION_OF_BYTES;
    vvm_string_append(call->slots[BEFORE], (struct vvm_bytes){text.data + copied, count});
    call->slots[COPIED] = vvm_number((int64_t)(copied + count));
    if (count < left)
        return vvm_again(call, call->stage);
    vvm_release(vvm_take(&call->slots[LONG]));
    return VVM_DONE;
}

/* What the core library gave, or the next portion of it; DONE: `text` begins with all that is there so far. */
static enum vvm_outcome resume_print(struct vvm_call *call, struct vvm_text_builder *text)
{
    bool copies = !vvm_is_unset(call->slots[LONG]);
    vvm_value made = copies ? vvm_unset() : vvm_take_resumed(call);
    if (vvm_is_string(made) && vvm_string_bytes(&made).length > VVM_PORTION_OF_BYTES) {
        call->slots[LONG] = made;
        call->slots[COPIED] = vvm_number(0);
        copies = true;
    }
    enum vvm_outcome outcome = copies ? copy_long(call) : VVM_DONE;
    if (outcome != VVM_DONE)
        return outcome;
    vvm_text_take(text, vvm_take(&call->slots[BEFORE]));
    if (!copies)
        add_string(text, made);
    return VVM_DONE;
}

static enum vvm_outcome print_to(struct vvm_call *call, int descriptor)
{
    struct vvm_text_builder text;
    vvm_text_init(&text);
    if (call->stage > 0) {
        enum vvm_outcome outcome = resume_print(call, &text);
        if (outcome != VVM_DONE)
            return outcome;
    }
    for (uint32_t i = call->stage; i < call->count; i++) {
        if (i > 0)
            vvm_text_add(&text, " ", 1);
        size_t before = text.length;
        enum vvm_truth truth = vvm_text(call->args[i], false, &text);
        if (truth == VVM_NEEDS_CALL) {
            text.length = before;
            return ask_text(call, &text, i);
        }
        text.failed |= truth == VVM_NO_MEMORY;
    }
    vvm_text_add(&text, "\n", 1);
    if (!text.failed)
        return put(call, descriptor, &text);
    vvm_text_drop(&text);
    return vvm_throw_memory(call);
}

enum vvm_outcome vvm_print(struct vvm_call *call) { return print_to(call, STDOUT_FILENO); }
enum vvm_outcome vvm_eprint(struct vvm_call *call) { return print_to(call, STDERR_FILENO); }
