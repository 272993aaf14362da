/* What all operations on files have in common: paths, errors, where they run. */
#include "vm/core/file.h"

/* ---- Errors ---- */

static const char *kind_of(int error)
{
    switch (error) {
    case ENOENT: return "FileNotFound";
    case EACCES:
    case EROFS:
    case EPERM: return "PermissionDenied";
    case EEXIST: return "AlreadyExists";
    case ENOTDIR: return "NotADirectory";
    case EISDIR: return "IsADirectory";
    case ENOTEMPTY: return "DirectoryNotEmpty";
    case EDQUOT:
    case ENOSPC: return "DiskFull";
    default: return "Other";
    }
}

enum vvm_outcome vvm_file_failed(struct vvm_call *call, const struct vvm_file *file, const char *kind, const char *why)
{
    const char *path = file->other_is_at_fault ? file->other : file->path;
    vvm_value e = vvm_error_new(call->vm, call, VVM_T_IO_ERROR, "%s: %s", path, why);
    struct vvm_record *record = e.object;
    if (record->type != call->vm->known[VVM_T_IO_ERROR])
        return vvm_throw_value(call, e); /* memory is out */
    vvm_value kind_text = vvm_string_from_c(kind), path_text = vvm_string_from_c(path);
    if (vvm_is_unset(kind_text) || vvm_is_unset(path_text)) {
        vvm_release(kind_text);
        vvm_release(path_text);
        vvm_release(e);
        return vvm_throw_memory(call);
    }
    vvm_release(record->fields[VVM_ERROR_FIELDS]);
    vvm_release(record->fields[VVM_ERROR_FIELDS + 1]);
    record->fields[VVM_ERROR_FIELDS] = kind_text;
    record->fields[VVM_ERROR_FIELDS + 1] = path_text;
    return vvm_return(call, vvm_err(e));
}

static enum vvm_outcome answer(struct vvm_call *call, struct vvm_file *file)
{
    char text[256];
    if (file->error == ENOMEM)
        return vvm_throw_memory(call);
    if (file->why != NULL)
        return vvm_file_failed(call, file, "Other", file->why);
    if (file->error != 0)
        return vvm_file_failed(call, file, kind_of(file->error), strerror_r(file->error, text, sizeof text));
    return file->answer != NULL ? file->answer(call, file) : vvm_done_ok(call, vvm_void());
}

/* ---- The job ---- */

static void destroy(struct vvm_job *job)
{
    struct vvm_file *file = (struct vvm_file *)job;
    free(file->path);
    free(file->other);
    free(file->data);
    free(file);
}

/* A path as C text; NULL: thrown. Paths with a NUL are none. */
static char *want_path(struct vvm_call *call, uint32_t index)
{
    struct vvm_bytes bytes;
    if (!vvm_want_string(call, index, &bytes))
        return NULL;
    if (memchr(bytes.data, '\0', bytes.length) != NULL) {
        vvm_throw(call, VVM_T_VALUE_ERROR, "a path cannot contain the code point 0");
        return NULL;
    }
    char *path = strndup(bytes.data, bytes.length);
    if (path == NULL)
        vvm_throw_memory(call);
    return path;
}

struct vvm_file *vvm_file_new(struct vvm_call *call, void (*work)(struct vvm_job *job), bool two)
{
    char *path = want_path(call, 0), *other = path != NULL && two ? want_path(call, 1) : NULL;
    struct vvm_file *file = path == NULL || (two && other == NULL) ? NULL : calloc(1, sizeof *file);
    if (file == NULL) {
        if (path != NULL && (!two || other != NULL))
            vvm_throw_memory(call);
        free(path);
        free(other);
        return NULL;
    }
    *file = (struct vvm_file){.job = {.work = work, .destroy = destroy}, .path = path, .other = other};
    return file;
}

bool vvm_file_reserve(struct vvm_file *file, size_t more)
{
    if (file->capacity - file->length >= more)
        return true;
    size_t capacity = file->capacity * 2 > file->length + more ? file->capacity * 2 : file->length + more;
    char *data = realloc(file->data, capacity);
    if (data == NULL) {
        file->error = ENOMEM;
        return false;
    }
    file->data = data;
    file->capacity = capacity;
    return true;
}

static enum vvm_outcome resumed(struct vvm_call *call)
{
    struct vvm_file *file = (struct vvm_file *)vvm_job_resumed(call);
    if (file == NULL)
        return vvm_done_void(call);
    enum vvm_outcome outcome = answer(call, file);
    vvm_job_drop(&file->job);
    return outcome;
}

enum vvm_outcome vvm_file_run(struct vvm_call *call, struct vvm_file *file, bool here)
{
    bool over = file->error != 0;
    if (!here && !over)
        return vvm_job_start(call, &file->job, resumed);
    if (!over)
        file->job.work(&file->job);
    enum vvm_outcome outcome = answer(call, file);
    destroy(&file->job);
    return outcome;
}
