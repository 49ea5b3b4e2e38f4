/*
 * For the tests that look inside the library: of the framework's side of a plug-in, and of the
 * calls by which the power and PnP managers announce IRPs, each of which is made here by itself.
 */
#ifndef FX_INSIDE_H
#define FX_INSIDE_H

#include "fx_test.h"

#include "po/fx/fx.h"

#endif
