/* What registry tests share: short forms of opening, creating and values. */
#ifndef TESTS_CM_REGISTRY_H
#define TESTS_CM_REGISTRY_H

#include <ntifs.h>

#include <wdmsim/cmocka.h>

#define SOFTWARE L"\\Registry\\Machine\\Software"

static inline OBJECT_ATTRIBUTES *key_attributes(PCWSTR path, HANDLE root) {
    static OBJECT_ATTRIBUTES attributes;
    static UNICODE_STRING name;
    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root,
                               NULL);
    return &attributes;
}

static inline NTSTATUS key_open(PCWSTR path, HANDLE root, HANDLE *key) {
    return ZwOpenKey(key, KEY_ALL_ACCESS, key_attributes(path, root));
}

static inline NTSTATUS key_create(PCWSTR path, HANDLE root, ULONG options, HANDLE *key,
                                  ULONG *disposition) {
    return ZwCreateKey(key, KEY_ALL_ACCESS, key_attributes(path, root), 0, NULL, options,
                       disposition);
}

/* A key that must be new. */
static inline HANDLE new_key(PCWSTR path) {
    ULONG disposition = 0;
    HANDLE key;
    assert_int_equal(key_create(path, NULL, 0, &key, &disposition), STATUS_SUCCESS);
    assert_int_equal(disposition, REG_CREATED_NEW_KEY);
    return key;
}

static inline NTSTATUS value_set(HANDLE key, PCWSTR name, ULONG type, const void *data,
                                 ULONG size) {
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, name);
    return ZwSetValueKey(key, &string, 0, type, (PVOID)(ULONG_PTR)data, size);
}

static inline void number_set(HANDLE key, PCWSTR name, ULONG number) {
    assert_int_equal(value_set(key, name, REG_DWORD, &number, sizeof number), STATUS_SUCCESS);
}

static inline NTSTATUS value_get(HANDLE key, PCWSTR name, KEY_VALUE_INFORMATION_CLASS class,
                                 void *buffer, ULONG size, ULONG *needed) {
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, name);
    return ZwQueryValueKey(key, &string, class, buffer, size, needed);
}

/* The value must be there and be a number. */
static inline ULONG number_get(HANDLE key, PCWSTR name) {
    char buffer[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG)];
    const KEY_VALUE_PARTIAL_INFORMATION *value = (const void *)buffer;
    ULONG needed, number;
    assert_int_equal(
        value_get(key, name, KeyValuePartialInformation, buffer, sizeof buffer, &needed),
        STATUS_SUCCESS);
    assert_int_equal(value->Type, REG_DWORD);
    assert_int_equal(value->DataLength, sizeof number);
    memcpy(&number, value->Data, sizeof number);
    return number;
}

#endif
