/*
 * The debugger's side of the kernel: what a message is, and which ones are shown.
 */
#ifndef DBG_DBG_H
#define DBG_DBG_H

#include "ki/machine.h"

/* Bytes of text that one call can send (wdm/nf-wdm-dbgprintex). */
#define DBG_MESSAGE_LIMIT 512u

/* Records a text as MESSAGE events, one for each line; bytes that are not UTF-8 are taken as ANSI.
 */
void dbg_message(struct machine *m, const char *text, size_t length);

/* True if a message of this component and level is shown. */
bool dbg_is_shown(struct machine *m, ULONG component, ULONG level);

#endif
