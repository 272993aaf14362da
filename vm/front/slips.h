/* Slips of the hand: whether one word was probably meant to be another one. */
#ifndef VELA_VM_FRONT_SLIPS_H
#define VELA_VM_FRONT_SLIPS_H

#include <stdbool.h>

/* One letter too many, too few or other, or two neighbours in the wrong order. False for equal words. */
bool vvm_is_slip_of(const char *text, const char *word);

#endif
