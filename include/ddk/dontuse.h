/* On Windows this warns of unsafe run-time routines; there is nothing to warn of here. */
#ifndef WDMSIM_DONTUSE_H
#define WDMSIM_DONTUSE_H

#endif
