/* Ctrl-C: noted, and left to whoever reads or runs something. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>
#include <stddef.h>

/* From here on Ctrl-C is noted and ends nothing by itself; system calls that wait return (EINTR). Where it was ignored
 * it stays so. Thread: the main one. */
void interrupt_install(void);

/* Was there one since the last call of interrupt_take? */
bool interrupt_noted(void);
bool interrupt_take(void);

/* As poll, but a Ctrl-C that comes before the wait begins ends it as well. */
struct pollfd;
int interrupt_poll(struct pollfd *descriptors, size_t count, int timeout_ms);

#endif
