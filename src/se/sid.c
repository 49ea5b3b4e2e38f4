/* Security identifiers: comparison and the ones everybody knows. */
#include "se/se.h"

#include "ki/gate.h"

bool se_sid_equal(const struct se_sid *a, const struct se_sid *b) {
    return a->count == b->count && memcmp(a, b, se_sid_size(a)) == 0;
}

bool se_sid_valid(const struct se_sid *sid) {
    return sid->revision == 1 && sid->count <= SE_SID_MAX_PARTS;
}

const struct se_sid *se_well_known(enum se_well_known which) {
    static const struct se_sid_small sids[SE_SIDS] = {
        [SE_SID_NULL] = {1, 1, {0, 0, 0, 0, 0, 0}, {0}},
        [SE_SID_WORLD] = {1, 1, {0, 0, 0, 0, 0, 1}, {0}},
        [SE_SID_LOCAL] = {1, 1, {0, 0, 0, 0, 0, 2}, {0}},
        [SE_SID_CREATOR_OWNER] = {1, 1, {0, 0, 0, 0, 0, 3}, {0}},
        [SE_SID_CREATOR_GROUP] = {1, 1, {0, 0, 0, 0, 0, 3}, {1}},
        [SE_SID_OWNER_RIGHTS] = {1, 1, {0, 0, 0, 0, 0, 3}, {4}},
        [SE_SID_INTERACTIVE] = {1, 1, {0, 0, 0, 0, 0, 5}, {4}},
        [SE_SID_SERVICE] = {1, 1, {0, 0, 0, 0, 0, 5}, {6}},
        [SE_SID_ANONYMOUS] = {1, 1, {0, 0, 0, 0, 0, 5}, {7}},
        [SE_SID_AUTHENTICATED_USERS] = {1, 1, {0, 0, 0, 0, 0, 5}, {11}},
        [SE_SID_RESTRICTED] = {1, 1, {0, 0, 0, 0, 0, 5}, {12}},
        [SE_SID_LOCAL_SYSTEM] = {1, 1, {0, 0, 0, 0, 0, 5}, {18}},
        [SE_SID_LOCAL_SERVICE] = {1, 1, {0, 0, 0, 0, 0, 5}, {19}},
        [SE_SID_NETWORK_SERVICE] = {1, 1, {0, 0, 0, 0, 0, 5}, {20}},
        [SE_SID_ADMINISTRATORS] = {1, 2, {0, 0, 0, 0, 0, 5}, {32, 544}},
        [SE_SID_USERS] = {1, 2, {0, 0, 0, 0, 0, 5}, {32, 545}},
        [SE_SID_GUESTS] = {1, 2, {0, 0, 0, 0, 0, 5}, {32, 546}},
        [SE_SID_POWER_USERS] = {1, 2, {0, 0, 0, 0, 0, 5}, {32, 547}},
        [SE_SID_USER] = {1, 5, {0, 0, 0, 0, 0, 5}, {21, 1000000001, 1000000002, 1000000003, 1001}},
    };
    KI_ASSERT(which < SE_SIDS);
    return (const struct se_sid *)(const void *)&sids[which];
}
