#ifndef SIGHTLINE_CLIBCRYPT_SHIM_H
#define SIGHTLINE_CLIBCRYPT_SHIM_H

#include <crypt.h>

#endif
