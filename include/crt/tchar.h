/* Text of either width, by UNICODE: the few names that headers shared with programs use. */
#ifndef WDMSIM_CRT_TCHAR_H
#define WDMSIM_CRT_TCHAR_H
#include "../ddk/nt/types.h"
#ifdef _UNICODE
#define _T(x) L##x
#else
#define _T(x) x
#endif
#define _TEXT(x) _T(x)
#endif
