/*
 * Security: tokens, security identifiers, descriptors and the access check.
 *
 * A token says who a process (or an impersonating thread) is: a user, groups, privileges. A
 * descriptor says who may do what to an object. Descriptors, lists and entries have Windows' binary
 * layout, because drivers build and read them; here they are seen through types of our own with the
 * same layout.
 *
 * The accounts of a machine: the system process runs as Local System; user processes run as one
 * administrator whose token is elevated, as a program started "as administrator" does.
 */
#ifndef SE_SE_H
#define SE_SE_H

#include "ki/machine.h"
#include "ob/ob.h"

/* ---- security identifiers ---- */

#define SE_SID_MAX_PARTS 15u
struct se_sid {
    UCHAR revision; /* 1 */
    UCHAR count;    /* of parts */
    UCHAR authority[6];
    ULONG parts[];
};
/* One with room for the longest that this component makes itself. */
struct se_sid_small {
    UCHAR revision, count, authority[6];
    ULONG parts[5];
};
static inline size_t se_sid_size(const struct se_sid *sid) {
    return sizeof *sid + sid->count * sizeof(ULONG);
}
bool se_sid_equal(const struct se_sid *a, const struct se_sid *b);
bool se_sid_valid(const struct se_sid *sid);

enum se_well_known {
    SE_SID_NULL,
    SE_SID_WORLD,
    SE_SID_LOCAL,
    SE_SID_CREATOR_OWNER,
    SE_SID_CREATOR_GROUP,
    SE_SID_OWNER_RIGHTS,
    SE_SID_INTERACTIVE,
    SE_SID_SERVICE,
    SE_SID_ANONYMOUS,
    SE_SID_AUTHENTICATED_USERS,
    SE_SID_RESTRICTED,
    SE_SID_LOCAL_SYSTEM,
    SE_SID_LOCAL_SERVICE,
    SE_SID_NETWORK_SERVICE,
    SE_SID_ADMINISTRATORS,
    SE_SID_USERS,
    SE_SID_GUESTS,
    SE_SID_POWER_USERS,
    SE_SID_USER, /* the account of user processes */
    SE_SIDS
};
const struct se_sid *se_well_known(enum se_well_known which);

/* ---- descriptors ---- */

struct se_ace {
    UCHAR type, flags;
    USHORT size;
    ACCESS_MASK mask;
    ULONG sid[]; /* a struct se_sid */
};
enum { SE_ACE_ALLOWED, SE_ACE_DENIED, SE_ACE_AUDIT, SE_ACE_ALARM, SE_ACE_LABEL = 17 };
enum {
    SE_ACE_OBJECT_INHERIT = 1,
    SE_ACE_CONTAINER_INHERIT = 2,
    SE_ACE_NO_PROPAGATE = 4,
    SE_ACE_INHERIT_ONLY = 8,
    SE_ACE_INHERITED = 16
};

enum {
    SE_CONTROL_OWNER_DEFAULTED = 0x0001,
    SE_CONTROL_GROUP_DEFAULTED = 0x0002,
    SE_CONTROL_DACL_PRESENT = 0x0004,
    SE_CONTROL_DACL_DEFAULTED = 0x0008,
    SE_CONTROL_SACL_PRESENT = 0x0010,
    SE_CONTROL_SACL_DEFAULTED = 0x0020,
    SE_CONTROL_DACL_PROTECTED = 0x1000,
    SE_CONTROL_SACL_PROTECTED = 0x2000,
    SE_CONTROL_SELF_RELATIVE = 0x8000,
};

/* A descriptor taken apart, whatever form it had; pointers into it, or NULL. */
struct se_parts {
    USHORT control; /* without SE_CONTROL_SELF_RELATIVE */
    const struct se_sid *owner, *group;
    const ACL *sacl, *dacl; /* NULL though present: no list, everyone may */
};
/* Trusts its argument. */
void se_take_apart(PSECURITY_DESCRIPTOR descriptor, struct se_parts *parts);
/* Does a self-relative descriptor of `length` bytes keep to its bounds and rules? */
bool se_relative_valid(const void *descriptor, size_t length);
/* STATUS_SUCCESS, or what is wrong with a descriptor in either form. */
NTSTATUS se_parts_check(const struct se_parts *parts);
size_t se_parts_size(const struct se_parts *parts);
/* Writes them as a self-relative descriptor of se_parts_size bytes. */
void se_put_together(const struct se_parts *parts, void *descriptor);
/* The same in fresh paged pool of a tag; NULL without memory. */
void *se_build(struct machine *m, const struct se_parts *parts, ULONG tag);

/* ---- tokens ---- */

#define SE_GROUPS_MAX 16u
#define SE_GROUP_ENABLED 0x4u
#define SE_GROUP_DENY_ONLY 0x10u
struct se_token_group {
    const struct se_sid *sid;
    ULONG attributes;
};
/* Privileges are numbers 2 to 36: one bit each. */
struct se_token {
    LUID id, authentication, modified;
    bool primary;
    SECURITY_IMPERSONATION_LEVEL level;
    struct se_token_group groups[SE_GROUPS_MAX]; /* the first is the user */
    ULONG group_count;
    ULONG owner, primary_group; /* of new objects; indexes of groups */
    uint64_t privileges, enabled, enabled_by_default;
    void *dacl; /* of new objects; in memory of the machine */
    size_t dacl_size;
    bool restricted;
    ULONG session;
};
extern const struct ob_type se_token_type;

/* A reference to the token that a new process runs with. */
PACCESS_TOKEN se_process_token(struct machine *m, bool user);
NTSTATUS se_token_duplicate(struct machine *m, const struct se_token *token, bool primary,
                            SECURITY_IMPERSONATION_LEVEL level, struct se_token **result);
/* The token access checks of the calling thread use: its impersonation's, else its process's. */
struct se_token *se_current_token(struct machine *m);
bool se_has_privilege(const struct se_token *token, ULONG privilege);
bool se_has_sid(const struct se_token *token, const struct se_sid *sid, bool deny);

/* ---- checks ---- */

/*
 * May somebody with the token do `desired` to an object with these parts? *granted gets what was
 * asked for, or with MAXIMUM_ALLOWED all that is possible. *used: privileges the answer needed, one
 * bit each.
 */
NTSTATUS se_check(const struct se_token *token, const struct se_parts *parts,
                  const GENERIC_MAPPING *mapping, ACCESS_MASK desired, ACCESS_MASK previous,
                  ACCESS_MASK *granted, uint64_t *used);

struct se_part {
    struct se_token *system, *user; /* primary tokens */
    ULONG next_luid;
};
LUID se_next_luid(struct machine *m);
void se_start(struct machine *m);

#endif
