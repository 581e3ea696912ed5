#ifndef SIGHTLINE_CZLIB_SHIM_H
#define SIGHTLINE_CZLIB_SHIM_H

#include <zlib.h>

// deflateInit2 is a macro. The largest window (2^15 bytes), 16 more for a gzip header, zlib's usual memory level.
static inline int sightline_deflate_init_gzip(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
