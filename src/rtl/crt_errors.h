/* The error numbers of Windows' C run-time, which its functions with a size return. */
#ifndef RTL_CRT_ERRORS_H
#define RTL_CRT_ERRORS_H

#define CRT_EINVAL 22
#define CRT_ERANGE 34
#define CRT_TRUNCATED 80

#endif
