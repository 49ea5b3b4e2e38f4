/* Descriptors for tests: self-relative, one list of up to four entries for well-known identities.
 */
#ifndef TESTS_SE_DESCRIPTORS_H
#define TESTS_SE_DESCRIPTORS_H

#include <ntifs.h>

#include <wdmsim/cmocka.h>

enum { ALLOW = 0, DENY = 1 };

struct test_sid {
    UCHAR revision, count, authority[6];
    ULONG parts[2];
};
static const struct test_sid everyone = {1, 1, {0, 0, 0, 0, 0, 1}, {0, 0}};
static const struct test_sid local_system = {1, 1, {0, 0, 0, 0, 0, 5}, {18, 0}};
static const struct test_sid administrators = {1, 2, {0, 0, 0, 0, 0, 5}, {32, 544}};
static const struct test_sid guests = {1, 2, {0, 0, 0, 0, 0, 5}, {32, 546}};
static const struct test_sid creator_owner = {1, 1, {0, 0, 0, 0, 0, 3}, {0, 0}};

struct test_descriptor {
    SECURITY_DESCRIPTOR_RELATIVE header;
    union {
        ACL acl;
        char bytes[160];
    };
};

static inline ULONG sid_size(const struct test_sid *sid) { return 8 + 4u * sid->count; }

/* A descriptor with an owner (NULL: none) and an empty list. */
static inline void descriptor_begin(struct test_descriptor *descriptor,
                                    const struct test_sid *owner) {
    memset(descriptor, 0, sizeof *descriptor);
    descriptor->header.Revision = 1;
    descriptor->header.Control = 0x8004; /* self-relative, with a discretionary list */
    descriptor->acl.AclRevision = ACL_REVISION;
    descriptor->acl.AclSize = sizeof(ACL);
    descriptor->header.Dacl = sizeof descriptor->header;
    if (owner) {
        descriptor->header.Owner =
            sizeof descriptor->header + sizeof descriptor->bytes - sizeof *owner;
        memcpy((char *)descriptor + descriptor->header.Owner, owner, sid_size(owner));
    }
}

static inline void descriptor_add(struct test_descriptor *descriptor, UCHAR type, UCHAR flags,
                                  ACCESS_MASK mask, const struct test_sid *sid) {
    struct {
        UCHAR type, flags;
        USHORT size;
        ACCESS_MASK mask;
    } ace = {type, flags, (USHORT)(8 + sid_size(sid)), mask};
    char *at = descriptor->bytes + descriptor->acl.AclSize;
    memcpy(at, &ace, sizeof ace);
    memcpy(at + sizeof ace, sid, sid_size(sid));
    descriptor->acl.AclSize = (USHORT)(descriptor->acl.AclSize + ace.size);
    descriptor->acl.AceCount++;
}

static GENERIC_MAPPING test_mapping
    __attribute__((unused)) = {READ_CONTROL | 1, READ_CONTROL | 2, READ_CONTROL | 4, 0x001f0007};

/* The system process's and a user process's subject contexts, without impersonation. */
static inline void subject_of(PEPROCESS process, SECURITY_SUBJECT_CONTEXT *subject) {
    SeCaptureSubjectContextEx(NULL, process, subject);
}

static inline PEPROCESS user_process(struct machine *m) {
    struct wdmsim_process *process;
    assert_int_equal(wdmsim_process_create(m, "app.exe", &process), 0);
    return (PEPROCESS)(void *)process;
}

#endif
