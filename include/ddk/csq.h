/* Cancel-safe queues; on every Windows since XP they are part of the kernel. */
#ifndef WDMSIM_CSQ_H
#define WDMSIM_CSQ_H
#include "wdm.h"
#endif
