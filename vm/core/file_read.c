/* File: reading a whole file as a text, as bytes, as lines. */
#include "vm/core/file.h"

#ifdef VELA_TINY
#define ENDLESS_BYTES ((size_t)1 << 20)
#else
/* what may come from a file that does not say how large it is: devices, pipes */
#define ENDLESS_BYTES ((size_t)256 << 20)
#endif
#define FIRST_BYTES 4096u

/* ---- Work ---- */

/* False: an error is noted, or the end is reached. */
static bool read_more(struct vvm_file *file, int descriptor)
{
    if (!vvm_file_reserve(file, file->length < FIRST_BYTES ? FIRST_BYTES : 1))
        return false;
    ssize_t got = read(descriptor, file->data + file->length, file->capacity - file->length);
    if (got < 0 && errno != EINTR)
        vvm_file_note(file, false);
    file->length += got > 0 ? (size_t)got : 0;
    return got > 0 || (got < 0 && errno == EINTR);
}

static void read_all(struct vvm_file *file, int descriptor)
{
    struct stat info;
    if (fstat(descriptor, &info) != 0) {
        vvm_file_note(file, false);
        return;
    }
    size_t size = S_ISREG(info.st_mode) ? (size_t)info.st_size : 0;
    if (size > 0 && !vvm_file_reserve(file, size + 1))
        return;
    while (read_more(file, descriptor)) {
        if (size == 0 && file->length > ENDLESS_BYTES) {
            file->why = "gives more than 256 MiB and may have no end";
            return;
        }
    }
}

/* Opening a FIFO waits, so it is part of the work. */
static void read_work(struct vvm_job *job)
{
    struct vvm_file *file = (struct vvm_file *)job;
    int descriptor = open(file->path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        vvm_file_note(file, false);
        return;
    }
    read_all(file, descriptor);
    close(descriptor);
}

/* ---- Answers ---- */

static enum vvm_outcome answer_bytes(struct vvm_call *call, struct vvm_file *file)
{
    vvm_value list = vvm_list_new(file->length, VVM_ELEMENTS_NUMBER);
    for (size_t i = 0; i < file->length && !vvm_is_unset(list); i++)
        list = vvm_list_append_fast(list, vvm_number((unsigned char)file->data[i]));
    return vvm_done_ok(call, list);
}

static enum vvm_outcome not_text(struct vvm_call *call, const struct vvm_file *file)
{
    return vvm_file_failed(call, file, "Other", "not valid UTF-8");
}

static enum vvm_outcome answer_text(struct vvm_call *call, struct vvm_file *file)
{
    if (!vvm_utf8_valid(file->data, file->length))
        return not_text(call, file);
    return vvm_done_ok(call, vvm_string_new(file->data, file->length));
}

static vvm_value lines_of(const struct vvm_file *file)
{
    vvm_value list = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < file->length && !vvm_is_unset(list);) {
        const char *end = memchr(file->data + i, '\n', file->length - i);
        size_t stop = end != NULL ? (size_t)(end - file->data) : file->length;
        size_t length = stop - i - (end != NULL && stop > i && file->data[stop - 1] == '\r');
        vvm_value line = vvm_string_new(file->data + i, length);
        if (vvm_is_unset(line))
            vvm_release(list);
        list = vvm_is_unset(line) ? line : vvm_list_append_fast(list, line);
        i = stop + 1;
    }
    return list;
}

static enum vvm_outcome answer_lines(struct vvm_call *call, struct vvm_file *file)
{
    if (!vvm_utf8_valid(file->data, file->length))
        return not_text(call, file);
    return vvm_done_ok(call, lines_of(file));
}

/* ---- Operations ---- */

/* Small regular files are quick. Those of size 0 may be the kernel's, which can wait. */
static bool is_quick(struct vvm_file *file)
{
    struct stat info;
    if (stat(file->path, &info) != 0)
        return true; /* the error comes from opening it */
    if (S_ISDIR(info.st_mode))
        file->error = EISDIR;
    return S_ISDIR(info.st_mode) || (S_ISREG(info.st_mode) && info.st_size > 0 && info.st_size <= VVM_FILE_HERE);
}

static enum vvm_outcome read_as(struct vvm_call *call,
                                enum vvm_outcome (*answer)(struct vvm_call *call, struct vvm_file *file))
{
    struct vvm_file *file = vvm_file_new(call, read_work, false);
    if (file == NULL)
        return VVM_THROW;
    file->answer = answer;
    return vvm_file_run(call, file, is_quick(file));
}

enum vvm_outcome vvm_file_read(struct vvm_call *call) { return read_as(call, answer_text); }
enum vvm_outcome vvm_file_read_bytes(struct vvm_call *call) { return read_as(call, answer_bytes); }
enum vvm_outcome vvm_file_read_lines(struct vvm_call *call) { return read_as(call, answer_lines); }
