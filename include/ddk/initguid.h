/* From here on DEFINE_GUID defines the GUID instead of declaring it. */
#ifndef INITGUID
#define INITGUID
#endif
#include "guiddef.h"
