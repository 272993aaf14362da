/* Errors: instances of Error's classes, their traces, and how they are shown.
 *
 * Every error instance has the fields message, cause (an Option), suppressed (a List) and a hidden trace in slots
 * 0-3; then the fields of its own class (kind, path, errors, reason), then those of the program's classes. A trace is a
 * packed List of Numbers, function id << 32 | word, innermost frame first (64 innermost, 16 outermost); VVM_TRACE_GAP
 * stands where frames were left out, VVM_TRACE_SPAWN before the sites where workers were spawned. Text is made on
 * demand. OutOfMemoryError and StackOverflowError are made with the VM and immortal, so they can always be thrown. */
#ifndef VVM_ERROR_H
#define VVM_ERROR_H

#include "vm/core/builtin.h"

#include <stdarg.h>
#include <stdio.h>

/* Fields of CancellationError after those of every error; the last one says whether it is the task's own (cancel.c). */
enum {
    VVM_CANCELLATION_REASON,
    VVM_CANCELLATION_BY,
    VVM_CANCELLATION_PLACE,
    VVM_CANCELLATION_TIME,
    VVM_CANCELLATION_OWN
};
enum { VVM_ERROR_MESSAGE, VVM_ERROR_CAUSE, VVM_ERROR_SUPPRESSED, VVM_ERROR_TRACE, VVM_ERROR_FIELDS };
#define VVM_TOO_LONG_TEXT "the String would be longer than %zu bytes" /* ValueError; VVM_STRING_BYTES_MAX */
#define VVM_TRACE_GAP (-1)
#define VVM_TRACE_SPAWN (-2)

/* An instance of a known error class, with the trace of `call`'s fiber (call NULL: without trace). Further fields of
 * the class have their defaults. Falls back to the preallocated OutOfMemoryError; never unset. */
vvm_value vvm_error_new(struct vvm_vm *vm, struct vvm_call *call, enum vvm_type_id type, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
vvm_value vvm_error_newv(struct vvm_vm *vm, struct vvm_call *call, enum vvm_type_id type, const char *format,
                         va_list args);

/* An instance of any error class with an owned message. */
vvm_value vvm_error_make(struct vvm_vm *vm, struct vvm_fiber *fiber, struct vvm_type *type, vvm_value owned_message);

/* The class of the language that a class extends, or is. */
const struct vvm_type *vvm_error_known(const struct vvm_type *type);

/* Gives an instance under construction its trace and the defaults of the common fields. */
void vvm_error_prepare(struct vvm_vm *vm, struct vvm_fiber *fiber, struct vvm_record *record);

bool vvm_is_error(vvm_value v);
/* Is it an instance of this known class or below? */
bool vvm_error_is(struct vvm_vm *vm, vvm_value v, enum vvm_type_id type);

/* What `throw v` throws: a String becomes Error(text) with a trace. Consumes v. */
vvm_value vvm_error_from_thrown(struct vvm_vm *vm, struct vvm_fiber *fiber, vvm_value v);

/* The error with one more in its list of suppressed ones: itself if nobody else holds it, else a copy. Consumes both,
 * gives an owned one. Without memory, or if `error` is none, the error as it is. */
vvm_value vvm_error_suppress(vvm_value error, vvm_value suppressed);

/* The trace of a fiber as it stands. Unset when memory is out (errors then have none). */
vvm_value vvm_trace_capture(struct vvm_vm *vm, struct vvm_fiber *fiber);

/* The innermost place of a fiber as a trace word: function id << 32 | word; adds nothing if there is none. */
void vvm_trace_site(struct vvm_fiber *fiber, uint64_t *sites, uint32_t *count);

/* Was another error attached to it? `error` is an error. */
bool vvm_error_has_suppressed(vvm_value error);

/* The frames of a fiber that stands still, `before` and "at f (file.vela:12:5)" for each, innermost first. */
void vvm_trace_write(struct vvm_vm *vm, const struct vvm_fiber *fiber, const char *before,
                     struct vvm_text_builder *out);

/* "f (file.vela:12:5)" of a trace word; channels are given such a word as the site where they were made. */
void vvm_trace_place(struct vvm_vm *vm, uint64_t site, struct vvm_text_builder *out);

/* The lines of the trace, each "at f (file.vela:12:5)", as a List of Strings. */
vvm_value vvm_error_trace_lines(struct vvm_vm *vm, vvm_value error);

/* "ClassName: message" (any thrown value: its text form), then "  at f (file.vela:12:5)" lines, causes, suppressed. */
void vvm_error_text(struct vvm_vm *vm, vvm_value error, struct vvm_text_builder *out);
/* That text after "uncaught ": what the command prints for an error nobody caught. One write. */
void vvm_error_print_uncaught(struct vvm_vm *vm, FILE *file, vvm_value error);

#endif
