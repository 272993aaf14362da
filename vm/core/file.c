/* File: the rows (language.md 8.11). Operations block the task, not the isolate's thread; failures are values. */
#include "vm/core/file.h"

#define ERRORS " Err with an IOError, whose `kind` and `path` say what is wrong and where, if it cannot be done."
#define ROW(text, native, least, most, pure, about) \
    {.signature = text, .function = native, .min = least, .max = most, .slots = 1, \
     .flags = VVM_BUILTIN_FRAME | ((pure) ? VVM_BUILTIN_PURE : 0), .doc = about ERRORS}

static const struct vvm_builtin statics[] = {
    ROW("read(path: String) -> Result<String, IOError>", vvm_file_read, 1, 1, true,
        "The text of a file in UTF-8; what is not valid UTF-8 is kind \"Other\". Of a device or a pipe 256 MiB at "
        "most."),
    ROW("readBytes(path: String) -> Result<List<Number>, IOError>", vvm_file_read_bytes, 1, 1, true,
        "The bytes of a file, 0 to 255 each. Of a device or a pipe 256 MiB at most."),
    ROW("readLines(path: String) -> Result<List<String>, IOError>", vvm_file_read_lines, 1, 1, true,
        "The lines of a file in UTF-8, without LF or CRLF; a line end at the end begins no further line."),
    ROW("write(path: String, s: String) -> Result<void, IOError>", vvm_file_write, 2, 2, false,
        "Makes the text, in UTF-8, the content of a file, which is made if there is none, in a folder that exists. "
        "Nobody sees it half written, also after a crash: the text is written to a file beside it, to the disk, which "
        "then takes its name; permissions stay."),
    ROW("writeBytes(path: String, bytes: List<Number>) -> Result<void, IOError>", vvm_file_write_bytes, 2, 2, false,
        "The same as `write` for bytes; ValueError if an element is no Number from 0 to 255."),
    ROW("append(path: String, s: String) -> Result<void, IOError>", vvm_file_append, 2, 2, false,
        "Writes the text, in UTF-8, at the end of a file, which is made if there is none."),
    VVM_ROW_M("exists(path: String) -> Bool", vvm_file_exists, 1, 1,
              "Is there a file or folder of this name? False also if that cannot be found out."),
    VVM_ROW_M("isDirectory(path: String) -> Bool", vvm_file_is_directory, 1, 1,
              "Is it a folder, or a symbolic link to one?"),
    ROW("size(path: String) -> Result<Number, IOError>", vvm_file_size, 1, 1, true, "How many bytes a file has."),
    ROW("delete(path: String) -> Result<void, IOError>", vvm_file_delete, 1, 1, false,
        "Removes a file, or a folder that is empty."),
    ROW("rename(a: String, b: String) -> Result<void, IOError>", vvm_file_rename, 2, 2, false,
        "Gives the file or folder a the name b, on the same file system; a file that is b already is replaced in one "
        "step."),
    ROW("copy(a: String, b: String) -> Result<void, IOError>", vvm_file_copy, 2, 2, false,
        "Makes b a file with the content of the regular file a, as `write` does; a new one gets a's permissions."),
    ROW("list(dir: String) -> Result<List<String>, IOError>", vvm_file_list, 1, 1, true,
        "The names in a folder, sorted, without `.` and `..`, and without those that are not valid UTF-8."),
    ROW("mkdir(dir: String, parents: Bool = true) -> Result<void, IOError>", vvm_file_make_directory, 1, 2, false,
        "Makes a folder; with `parents` also those above it, and one that is there already is fine."),
};

const struct vvm_builtin_group vvm_file_statics = {VVM_T_FILE, true, VVM_ROWS(statics)};
