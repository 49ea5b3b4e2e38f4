/*
 * Correlation vectors: "BASE.n.n…", where the base is 16 bytes in base64 without padding (22
 * characters), each step adds one to the last number, and each new branch adds ".0".
 *
 * The text of version 2 has at most 127 characters, of version 1 at most 63 with a base of 16.
 *
 * ntddk/nf-ntddk-rtlinitializecorrelationvector …
 */
#include <stdio.h>
#include <string.h>

#include "ki/gate.h"
#include "rtl/rtl.h"

#define RTL_VECTOR_BASE 22u
#define RTL_VECTOR_LONGEST 127u
#define RTL_VECTOR_BASE_1 16u
#define RTL_VECTOR_LONGEST_1 63u

static const char rtl_base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t rtl_vector_base(const CORRELATION_VECTOR *vector) {
    return vector->Version == RTL_CORRELATION_VECTOR_VERSION_1 ? RTL_VECTOR_BASE_1
                                                               : RTL_VECTOR_BASE;
}

static size_t rtl_vector_longest(const CORRELATION_VECTOR *vector) {
    return vector->Version == RTL_CORRELATION_VECTOR_VERSION_1 ? RTL_VECTOR_LONGEST_1
                                                               : RTL_VECTOR_LONGEST;
}

ULONG RtlInitializeCorrelationVector(PCORRELATION_VECTOR CorrelationVector, INT Version,
                                     const GUID *Guid) {
    KI_GATE(RtlInitializeCorrelationVector);
    (void)m;
    UCHAR bytes[sizeof *Guid + 2] = {0};
    if (!Guid || (Version != RTL_CORRELATION_VECTOR_VERSION_1 &&
                  Version != RTL_CORRELATION_VECTOR_VERSION_2))
        return (ULONG)STATUS_INVALID_PARAMETER;
    memcpy(bytes, Guid, sizeof *Guid);
    memset(CorrelationVector, 0, sizeof *CorrelationVector);
    CorrelationVector->Version = (CHAR)Version;
    size_t length = rtl_vector_base(CorrelationVector);
    for (size_t i = 0; i < length; i++) {
        size_t bit = i * 6, byte = bit / 8;
        unsigned pair = (unsigned)bytes[byte] << 8 | bytes[byte + 1];
        CorrelationVector->Vector[i] = rtl_base64[pair >> (10 - bit % 8) & 63];
    }
    memcpy(CorrelationVector->Vector + length, ".0", 3);
    return STATUS_SUCCESS;
}

/* The base, then one or more numbers with a dot before each. */
static bool rtl_vector_valid(const CORRELATION_VECTOR *vector) {
    size_t base = rtl_vector_base(vector), length = strnlen(vector->Vector, sizeof vector->Vector);
    if (length > rtl_vector_longest(vector) || length <= base || vector->Vector[base] != '.')
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = vector->Vector[i];
        bool digit = c >= '0' && c <= '9';
        if (i < base ? !strchr(rtl_base64, c)
                     : !digit && (c != '.' || i + 1 == length || vector->Vector[i + 1] == '.'))
            return false;
    }
    return true;
}

ULONG RtlValidateCorrelationVector(PCORRELATION_VECTOR Vector) {
    KI_GATE(RtlValidateCorrelationVector);
    (void)m;
    return (ULONG)(rtl_vector_valid(Vector) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
}

ULONG RtlIncrementCorrelationVector(PCORRELATION_VECTOR CorrelationVector) {
    KI_GATE(RtlIncrementCorrelationVector);
    (void)m;
    char *dot =
        rtl_vector_valid(CorrelationVector) ? strrchr(CorrelationVector->Vector, '.') : NULL;
    ULONG64 number = 0;
    char text[24];
    if (!dot)
        return (ULONG)STATUS_INVALID_PARAMETER;
    for (const char *at = dot + 1; *at; at++)
        number = number * 10 + (ULONG64)(*at - '0');
    int length = snprintf(text, sizeof text, ".%llu", (unsigned long long)number + 1);
    if (number >= MAXULONG || (size_t)(dot - CorrelationVector->Vector) + (size_t)length >
                                  rtl_vector_longest(CorrelationVector))
        return (ULONG)STATUS_BUFFER_OVERFLOW;
    memcpy(dot, text, (size_t)length + 1);
    return STATUS_SUCCESS;
}

ULONG RtlExtendCorrelationVector(PCORRELATION_VECTOR CorrelationVector) {
    KI_GATE(RtlExtendCorrelationVector);
    (void)m;
    size_t length = strnlen(CorrelationVector->Vector, sizeof CorrelationVector->Vector);
    if (!rtl_vector_valid(CorrelationVector) || length + 2 > rtl_vector_longest(CorrelationVector))
        return (ULONG)STATUS_INVALID_PARAMETER;
    memcpy(CorrelationVector->Vector + length, ".0", 3);
    return STATUS_SUCCESS;
}
