#ifndef SIGHTLINE_CLIBCRYPT_SHIM_H
#define SIGHTLINE_CLIBCRYPT_SHIM_H

#include <crypt.h>
#include <sys/prctl.h>

// Variadic, and so not importable.
static inline void sightline_name_bcrypt_thread(void) {
    prctl(PR_SET_NAME, "bcrypt", 0, 0, 0);
}

#endif
