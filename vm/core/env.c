/* Env: language.md 8.11. The environment is read, never changed, so reading needs no lock. */
#include "vm/core/core.h"

#include "runtime/os/cpu_count.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

/* Text from outside: what is no UTF-8 becomes U+FFFD. Unset without memory. */
static vvm_value outside_text(const char *text, size_t length)
{
    if (vvm_utf8_valid(text, length))
        return vvm_string_new(text, length);
    struct vvm_text_builder out;
    vvm_text_init(&out);
    for (size_t i = 0; i < length;) {
        size_t taken = length - i < 4 ? length - i : 4;
        while (taken > 0 && !(vvm_utf8_valid(text + i, taken) && vvm_utf8_count(text + i, taken) == 1))
            taken--;
        vvm_text_add(&out, taken > 0 ? text + i : "\xef\xbf\xbd", taken > 0 ? taken : 3);
        i += taken > 0 ? taken : 1;
    }
    return vvm_text_finish(&out);
}

static enum vvm_outcome env_get(struct vvm_call *call)
{
    struct vvm_bytes name;
    if (!vvm_want_string(call, 0, &name))
        return VVM_THROW;
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, name.data, name.length) == 0 && (*entry)[name.length] == '=')
            return vvm_done_some(call, outside_text(*entry + name.length + 1, strlen(*entry + name.length + 1)));
    }
    return vvm_done_none(call);
}

static enum vvm_outcome env_all(struct vvm_call *call)
{
    vvm_value all = vvm_dict_new(VVM_DICT, 0);
    for (char **entry = environ; entry != NULL && *entry != NULL && !vvm_is_unset(all); entry++) {
        size_t length = strcspn(*entry, "=");
        if ((*entry)[length] == '\0')
            continue;
        vvm_value key = outside_text(*entry, length);
        vvm_value value = outside_text(*entry + length + 1, strlen(*entry + length + 1));
        uint64_t hash;
        if (vvm_is_unset(key) || vvm_is_unset(value) || vvm_hash(key, &hash) != VVM_TRUE) {
            vvm_release(key);
            vvm_release(value);
            vvm_release(all);
            return vvm_throw_memory(call);
        }
        all = vvm_dict_set(all, key, hash, value);
    }
    return vvm_return(call, all);
}

static enum vvm_outcome env_args(struct vvm_call *call)
{
    vvm_value list = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (int i = 0; i < call->vm->argument_count && !vvm_is_unset(list); i++) {
        vvm_value text = outside_text(call->vm->arguments[i], strlen(call->vm->arguments[i]));
        if (vvm_is_unset(text))
            vvm_release(list);
        list = vvm_is_unset(text) ? text : vvm_list_append_fast(list, text);
    }
    return vvm_return(call, list);
}

static enum vvm_outcome env_cwd(struct vvm_call *call)
{
    char path[PATH_MAX];
    if (getcwd(path, sizeof path) == NULL)
        return vvm_throw(call, VVM_T_IO_ERROR, "there is no current directory");
    return vvm_return(call, outside_text(path, strlen(path)));
}

static enum vvm_outcome env_cpu_count(struct vvm_call *call) { return vvm_done_number(call, vrt_cpu_count()); }

static enum vvm_outcome env_is_terminal(struct vvm_call *call)
{
    int64_t descriptor;
    if (!vvm_want_number(call, 0, &descriptor))
        return VVM_THROW;
    return vvm_done_bool(call, descriptor >= 0 && descriptor <= INT_MAX && isatty((int)descriptor));
}

static const struct vvm_builtin statics[] = {
    VVM_ROW_M("get(name: String) -> Option<String>", env_get, 1, 1,
              "The value of an environment variable, None if it is not set. Bytes that are no UTF-8 become U+FFFD, "
              "here and below."),
    VVM_ROW_M("all() -> Dict<String, String>", env_all, 0, 0, "All environment variables by name."),
    VVM_ROW_M("args() -> List<String>", env_args, 0, 0,
              "The program's arguments: what follows its file on the command line."),
    VVM_ROW_M("cwd() -> String", env_cwd, 0, 0, "The path of the current directory. IOError if it has been removed."),
    VVM_ROW_M("cpuCount() -> Number", env_cpu_count, 0, 0,
              "How many processors the program may use, by its affinity mask and its cgroup's quota; at least 1."),
    VVM_ROW_M("isTerminal(fd: Number) -> Bool", env_is_terminal, 1, 1,
              "Is the file descriptor (0 input, 1 output, 2 errors) a terminal?"),
};

static const struct vvm_builtin intrinsics[] = {
    VVM_ROW_M("__args()", env_args, 0, 0, "What `main(args)` gets."),
};

const struct vvm_builtin_group vvm_env_statics = {VVM_T_ENV, true, VVM_ROWS(statics)};
const struct vvm_builtin_group vvm_env_intrinsics = {VVM_TYPE_NO_ID, false, VVM_ROWS(intrinsics)};
