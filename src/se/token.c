/*
 * Tokens: who a process is.
 *
 * Two primary tokens exist from the start and are shared by all processes of their kind;
 * impersonation and duplication make further ones.
 */
#include "se/se.h"

#include "ki/gate.h"
#include "ps/ps.h"
#include "se/internal.h"

#define SE_TOKEN_ALL 0x000f01ffu

const struct ob_type se_token_type = {
    .name = "Token",
    .mapping = {STANDARD_RIGHTS_READ | 0x0008, STANDARD_RIGHTS_WRITE | 0x01e0,
                STANDARD_RIGHTS_EXECUTE, SE_TOKEN_ALL},
    .valid_access = SE_TOKEN_ALL,
    .wait_offset = OB_NO_WAIT,
};

static POBJECT_TYPE const se_token_pointer = (POBJECT_TYPE)(ULONG_PTR)&se_token_type;
POBJECT_TYPE *SeTokenObjectType = (POBJECT_TYPE *)(ULONG_PTR)&se_token_pointer;

LUID se_next_luid(struct machine *m) { return (LUID){++m->se->next_luid, 0}; }

bool se_has_privilege(const struct se_token *token, ULONG privilege) {
    return privilege < 64 && token->enabled >> privilege & 1;
}

bool se_has_sid(const struct se_token *token, const struct se_sid *sid, bool deny) {
    for (ULONG i = 0; i < token->group_count; i++) {
        const struct se_token_group *group = &token->groups[i];
        if (!(group->attributes & SE_GROUP_ENABLED) &&
            !(deny && group->attributes & SE_GROUP_DENY_ONLY))
            continue;
        if (se_sid_equal(group->sid, sid))
            return true;
    }
    return false;
}

struct se_token *se_current_token(struct machine *m) {
    PETHREAD thread = ps_current_thread(m);
    if (!ps_is_idle_thread(&thread->tcb) && thread->impersonation)
        return thread->impersonation;
    return thread->tcb.own_process->token;
}

PACCESS_TOKEN se_process_token(struct machine *m, bool user) {
    struct se_token *token = user ? m->se->user : m->se->system;
    ob_reference(m, token);
    return token;
}

NTSTATUS se_token_duplicate(struct machine *m, const struct se_token *token, bool primary,
                            SECURITY_IMPERSONATION_LEVEL level, struct se_token **result) {
    void *object;
    NTSTATUS status = ob_create(m, &se_token_type, sizeof *token, &object);
    if (!NT_SUCCESS(status))
        return status;
    *result = object;
    **result = *token;
    (*result)->id = se_next_luid(m);
    (*result)->primary = primary;
    (*result)->level = level;
    return STATUS_SUCCESS;
}

/* ---- the first tokens ---- */

static uint64_t se_mask(const UCHAR *privileges, size_t count) {
    uint64_t mask = 0;
    for (size_t i = 0; i < count; i++)
        mask |= 1ull << privileges[i];
    return mask;
}

static struct se_token *se_first_token(struct machine *m) {
    void *object;
    NTSTATUS status = ob_create(m, &se_token_type, sizeof(struct se_token), &object);
    KI_ASSERT(NT_SUCCESS(status));
    struct se_token *token = object;
    token->id = se_next_luid(m);
    token->modified = se_next_luid(m);
    token->primary = true;
    token->level = SecurityAnonymous;
    return token;
}

static void se_add_group(struct se_token *token, enum se_well_known which, ULONG attributes) {
    KI_ASSERT(token->group_count < SE_GROUPS_MAX);
    token->groups[token->group_count++] = (struct se_token_group){se_well_known(which), attributes};
}

/* A list that allows everything to two identities: what new objects of the token's holder get. */
static void se_default_list(struct machine *m, struct se_token *token, enum se_well_known first,
                            enum se_well_known second) {
    const struct se_sid *sids[] = {se_well_known(first), se_well_known(second)};
    size_t size = sizeof(ACL);
    for (size_t i = 0; i < KI_COUNT(sids); i++)
        size += sizeof(struct se_ace) + se_sid_size(sids[i]);
    ACL *acl = ki_alloc(m, size);
    *acl = (ACL){ACL_REVISION, 0, (USHORT)size, KI_COUNT(sids), 0};
    char *at = (char *)(acl + 1);
    for (size_t i = 0; i < KI_COUNT(sids); i++) {
        struct se_ace *ace = (void *)at;
        *ace = (struct se_ace){SE_ACE_ALLOWED, 0, (USHORT)(sizeof *ace + se_sid_size(sids[i])),
                               GENERIC_ALL};
        memcpy(ace->sid, sids[i], se_sid_size(sids[i]));
        at += ace->size;
    }
    token->dacl = acl;
    token->dacl_size = size;
}

#define SE_GROUP_ORDINARY 0x7u /* mandatory, enabled by default, enabled */
#define SE_GROUP_OWNER 0xfu    /* and can be the owner of objects */

static void se_system_token(struct machine *m) {
    struct se_token *token = m->se->system = se_first_token(m);
    token->authentication = (LUID){0x3e7, 0};
    se_add_group(token, SE_SID_LOCAL_SYSTEM, SE_GROUP_ORDINARY);
    se_add_group(token, SE_SID_ADMINISTRATORS, SE_GROUP_OWNER & ~1u);
    se_add_group(token, SE_SID_WORLD, SE_GROUP_ORDINARY);
    se_add_group(token, SE_SID_AUTHENTICATED_USERS, SE_GROUP_ORDINARY);
    token->owner = 1;
    token->primary_group = 0;
    token->privileges = token->enabled = token->enabled_by_default =
        ((1ull << (SE_MAX_WELL_KNOWN_PRIVILEGE + 1)) - 1) &
        ~((1ull << SE_MIN_WELL_KNOWN_PRIVILEGE) - 1);
    se_default_list(m, token, SE_SID_LOCAL_SYSTEM, SE_SID_ADMINISTRATORS);
}

static void se_user_token(struct machine *m) {
    static const UCHAR held[] = {SE_INCREASE_QUOTA_PRIVILEGE,
                                 SE_SECURITY_PRIVILEGE,
                                 SE_TAKE_OWNERSHIP_PRIVILEGE,
                                 SE_LOAD_DRIVER_PRIVILEGE,
                                 SE_SYSTEM_PROFILE_PRIVILEGE,
                                 SE_SYSTEMTIME_PRIVILEGE,
                                 SE_PROF_SINGLE_PROCESS_PRIVILEGE,
                                 SE_INC_BASE_PRIORITY_PRIVILEGE,
                                 SE_CREATE_PAGEFILE_PRIVILEGE,
                                 SE_BACKUP_PRIVILEGE,
                                 SE_RESTORE_PRIVILEGE,
                                 SE_SHUTDOWN_PRIVILEGE,
                                 SE_DEBUG_PRIVILEGE,
                                 SE_SYSTEM_ENVIRONMENT_PRIVILEGE,
                                 SE_REMOTE_SHUTDOWN_PRIVILEGE,
                                 SE_UNDOCK_PRIVILEGE,
                                 SE_MANAGE_VOLUME_PRIVILEGE,
                                 SE_INC_WORKING_SET_PRIVILEGE,
                                 SE_TIME_ZONE_PRIVILEGE,
                                 SE_CREATE_SYMBOLIC_LINK_PRIVILEGE};
    static const UCHAR on[] = {SE_CHANGE_NOTIFY_PRIVILEGE, SE_IMPERSONATE_PRIVILEGE,
                               SE_CREATE_GLOBAL_PRIVILEGE};
    struct se_token *token = m->se->user = se_first_token(m);
    token->authentication = se_next_luid(m);
    se_add_group(token, SE_SID_USER, SE_GROUP_ORDINARY);
    se_add_group(token, SE_SID_WORLD, SE_GROUP_ORDINARY);
    se_add_group(token, SE_SID_ADMINISTRATORS, SE_GROUP_OWNER);
    se_add_group(token, SE_SID_USERS, SE_GROUP_ORDINARY);
    se_add_group(token, SE_SID_INTERACTIVE, SE_GROUP_ORDINARY);
    se_add_group(token, SE_SID_AUTHENTICATED_USERS, SE_GROUP_ORDINARY);
    se_add_group(token, SE_SID_LOCAL, SE_GROUP_ORDINARY);
    token->owner = 2;
    token->primary_group = 0;
    token->enabled = token->enabled_by_default = se_mask(on, KI_COUNT(on));
    token->privileges = token->enabled | se_mask(held, KI_COUNT(held));
    token->session = 1;
    se_default_list(m, token, SE_SID_ADMINISTRATORS, SE_SID_LOCAL_SYSTEM);
}

void se_start(struct machine *m) {
    m->se = ki_alloc(m, sizeof *m->se);
    m->se->next_luid = 1000; /* well-known ones are below */
    se_system_token(m);
    se_user_token(m);
    se_hooks_start(m);
}
