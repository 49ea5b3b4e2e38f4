/* What the files of se share among themselves. */
#ifndef SE_INTERNAL_H
#define SE_INTERNAL_H

#include "se/se.h"

/* Tells ob how to check. */
void se_hooks_start(struct machine *m);

/* Generic rights as specific ones. */
ACCESS_MASK se_map(ACCESS_MASK mask, const GENERIC_MAPPING *mapping);
/* Whose rights count: the client's, if there is one. */
struct se_token *se_subject_token(const SECURITY_SUBJECT_CONTEXT *context);

bool se_privileges_held(const struct se_token *token, PPRIVILEGE_SET set);

#define SE_MODIFY_TAG 0x64536553u /* "SeSd" */
/* Takes from `from` the parts that `information` names. */
void se_select(struct se_parts *to, const struct se_parts *from, SECURITY_INFORMATION information);
/* Some parts of a descriptor, self-relative; *length: the buffer's size in, the size needed out.
 * STATUS_BUFFER_TOO_SMALL. */
NTSTATUS se_query_parts(PSECURITY_DESCRIPTOR descriptor, SECURITY_INFORMATION information,
                        void *buffer, PULONG length);

#endif
