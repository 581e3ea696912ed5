#ifndef SIGHTLINE_COPENSSL_SHIM_H
#define SIGHTLINE_COPENSSL_SHIM_H

// As in CLibevent's shim: both are imported side by side.
#include <features.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// Macros that can't be imported:

static const uint64_t sightline_op_cipher_server_preference = SSL_OP_CIPHER_SERVER_PREFERENCE;
static const uint64_t sightline_op_ignore_unexpected_eof = SSL_OP_IGNORE_UNEXPECTED_EOF;
static const uint64_t sightline_op_no_compression = SSL_OP_NO_COMPRESSION;
static const uint64_t sightline_op_no_renegotiation = SSL_OP_NO_RENEGOTIATION;
static const uint64_t sightline_op_no_ticket = SSL_OP_NO_TICKET;
static const uint64_t sightline_op_prioritize_chacha = SSL_OP_PRIORITIZE_CHACHA;

static inline int sightline_set_versions(SSL_CTX *context, int minimum, int maximum) {
    return SSL_CTX_set_min_proto_version(context, minimum) && SSL_CTX_set_max_proto_version(context, maximum);
}

static inline int sightline_set_groups(SSL_CTX *context, const char *list) {
    return (int)SSL_CTX_set1_groups_list(context, (char *)list);
}

static inline int sightline_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

static inline void sightline_set_modes(SSL_CTX *context, long modes) { SSL_CTX_set_mode(context, modes); }

static inline void sightline_set_session_cache(SSL_CTX *context, long mode) {
    SSL_CTX_set_session_cache_mode(context, mode);
}

#endif
