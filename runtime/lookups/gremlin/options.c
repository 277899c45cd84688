/*
 * options.c - checks what the configuration says about analyzers: addresses and certificates. Called by
 * gremlin.c at start, so that mistakes are errors there and not at the first query.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/memory.h"
#include "lookups/gremlin/gremlin.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number from 1 to 65535 or the name of a TCP service; 0: neither. */
static unsigned port_of(const char *s)
{
    if (*s && strspn(s, "0123456789") == strlen(s)) {
        unsigned long v = strlen(s) > 5 ? 0 : strtoul(s, NULL, 10);
        return v <= 65535 ? (unsigned)v : 0;
    }
    struct servent e, *found = NULL;
    char room[1024];
    if (!*s || getservbyname_r(s, "tcp", &e, room, sizeof room, &found) != 0 || !found)
        return 0;
    return ntohs((uint16_t)found->s_port);
}

char *fl_gremlin_url(const char *entry, bool https, char **error)
{
    const char *port = entry, *host = "localhost", *scheme = https ? "https" : "http";
    size_t host_n = strlen(host);
    if (entry[0] == '[') {
        const char *close = strchr(entry, ']');
        size_t n = close ? (size_t)(close - entry - 1) : 0;
        if (n == 0 || close[1] != ':' || strspn(entry + 1, "0123456789abcdefABCDEF:.") < n) {
            *error = fl_said("`%s`: expected an IPv6 address in brackets and a port, as [::1]:8082", entry);
            return NULL;
        }
        host = entry;
        host_n = (size_t)(close + 1 - entry);
        port = close + 2;
    } else if (strchr(entry, ':')) {
        const char *colon = strchr(entry, ':');
        if (strchr(colon + 1, ':')) {
            *error = fl_said("`%s`: expected host:port, or an IPv6 address in brackets, as [::1]:8082", entry);
            return NULL;
        }
        port = colon + 1;
        if (colon > entry) {
            host = entry;
            host_n = (size_t)(colon - entry);
        }
    } else if (strchr(entry, '.')) {
        *error = fl_said("`%s`: the port is missing; expected host:port, as %s:8082", entry, entry);
        return NULL;
    }
    if (strcspn(entry, " \t\r\n/@?#\\%\"'<>") < strlen(entry)) {
        *error = fl_said("`%s`: expected host:port without scheme, user or path, as 10.0.0.1:8082", entry);
        return NULL;
    }
    unsigned number = port_of(port);
    if (number)
        return fl_said("%s://%.*s:%u", scheme, (int)host_n, host, number);
    *error = fl_said("`%s`: the port `%s` is neither a number from 1 to 65535 nor a service; expected host:port, as "
                     "10.0.0.1:8082", entry, port);
    return NULL;
}

char *fl_gremlin_tls_problem(const char *cert, const char *private_key, const char *ca)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    if (!c)
        return fl_said("TLS can't be set up: %s", ERR_reason_error_string(ERR_get_error()));
    const char *key = NULL, *file = NULL;
    if (SSL_CTX_use_certificate_chain_file(c, cert) != 1)
        key = "tls.client_cert", file = cert;
    else if (SSL_CTX_use_PrivateKey_file(c, private_key, SSL_FILETYPE_PEM) != 1)
        key = "tls.client_key", file = private_key;
    else if (ca && SSL_CTX_load_verify_locations(c, ca, NULL) != 1)
        key = "tls.ca_cert", file = ca;
    char *error = NULL;
    if (key) {
        const char *why = ERR_reason_error_string(ERR_peek_last_error());
        error = fl_said("%s: `%s` can't be used: %s", key, file, why ? why : "it is no PEM file of that kind");
    }
    ERR_clear_error();
    SSL_CTX_free(c);
    return error;
}
