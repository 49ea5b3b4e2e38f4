/*
 * MSBuild's conditions: `'$(Configuration)|$(Platform)'=='Debug|x64' and !exists('x')`.
 */
#ifndef WDMSIM_CC_CONDITION_H
#define WDMSIM_CC_CONDITION_H

#include <stdbool.h>

/** How a condition reaches its surroundings: values of $(…) and %(…), files, complaints. */
struct cc_condition {
    void *context;
    const char *(*expand)(void *context, const char *text);
    bool (*exists)(void *context, const char *path);
    void (*complain)(void *context, const char *message);
};

/** The value; false after a complaint. */
bool cc_condition_holds(const struct cc_condition *surroundings, const char *text);

#endif
