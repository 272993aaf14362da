/* Diagnostics as JSON, for editors and other programs: one object per line.
 *
 * {"file":…,"line":…,"column":…,"endLine":…,"endColumn":…,"severity":"error","code":"E109","message":…,"hint":…}
 *
 * Lines and columns count from 1, columns in code points; the end is the place behind the last character. What has no
 * place has null there, what has no hint has null there. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "vm/front/diagnostic.h"

/* Writes all of them, sorted by place. `path` names the file of those without a source. */
void json_print_diagnostics(FILE *out, struct vvm_diagnostics *diagnostics, const char *path);

/* The last line: {"summary":{"files":…,"errors":…,"warnings":…}}. */
void json_print_summary(FILE *out, size_t files, size_t errors, size_t warnings);

#endif
