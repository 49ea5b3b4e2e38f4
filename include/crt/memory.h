/* Memory functions, which MSVC also declares here. */
#ifndef WDMSIM_CRT_MEMORY_H
#define WDMSIM_CRT_MEMORY_H
#include <string.h>
#endif
