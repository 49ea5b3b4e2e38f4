/*
 * <limits.h> for drivers: the host's, with the limits of a 32-bit long.
 */
#include_next <limits.h>

#undef LONG_MAX
#undef LONG_MIN
#undef ULONG_MAX
#define LONG_MAX 0x7fffffff
#define LONG_MIN (-2147483647 - 1)
#define ULONG_MAX 0xffffffffu
#ifndef _I64_MAX
#define _I64_MAX 0x7fffffffffffffffLL
#define _I64_MIN (-9223372036854775807LL - 1)
#define _UI64_MAX 0xffffffffffffffffULL
#endif
