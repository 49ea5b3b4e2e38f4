/* Version numbers of the product, for resource files. */
#ifndef WDMSIM_NTVERP_H
#define WDMSIM_NTVERP_H
#define VER_PRODUCTBUILD 10000
#define VER_PRODUCTBUILD_QFE 1
#define VER_PRODUCTMAJORVERSION 10
#define VER_PRODUCTMINORVERSION 0
#endif
