/* Ctrl-C: noted, and left to whoever reads or runs something. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* From here on Ctrl-C is noted and ends nothing by itself; system calls that wait return (EINTR). Thread: the main one. */
void interrupt_install(void);

/* Was there one since the last call? */
bool interrupt_take(void);

#endif
