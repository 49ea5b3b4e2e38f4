/*
 * The options that the launcher adds to the compiler's (flags.c).
 */
#ifndef WDMSIM_CC_FLAGS_H
#define WDMSIM_CC_FLAGS_H

#include "cc.h"

/** MSVC's predefined macros, without those that `arguments` define or undefine themselves. */
void cc_add_definitions(struct cc_list *into, const struct cc_list *arguments, bool cplusplus);
/** Language options; they go in front of the user's, which may override them. */
void cc_add_preprocess_flags(struct cc_list *into, bool cplusplus);
void cc_add_compile_flags(struct cc_list *into, const struct cc_list *arguments, bool cplusplus,
                          bool clang);
/** Warning options; they go behind the user's. */
void cc_add_quiet_preprocess_flags(struct cc_list *into);
void cc_add_quiet_flags(struct cc_list *into, const struct cc_options *options);

#endif
