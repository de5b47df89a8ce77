/* What every command takes from its environment. */
#pragma once
#include "audit/seal.h"
#include "registry/bundle.h"
#include "registry/registry.h"
#include "store/db.h"

/* SHUZHI_DATABASE_URL; the private cluster under var/ when it is not set. */
str settings_database_url(void);
/* How records are read: SHUZHI_READER_URL, or the database's own string as the role shuzhi_reader.
 */
MUST_USE bool settings_reader_url(struct arena *a, str *url, struct err *e);
/* The key that signs audit checkpoints: SHUZHI_AUDIT_KEY, or var/audit-key.pem; made when it is not
 * there.  Beside it stands the last checkpoint, KEY.checkpoint.  The caller destroys the key. */
MUST_USE struct key *settings_audit_key(struct arena *a, struct sealer *how, struct err *e);
/* The file of the SM2 key that signs for other counties: SHUZHI_EXCHANGE_KEY, or
 * var/exchange-key.pem. */
const char *settings_exchange_key(struct arena *a);
const char *settings_audit_key_path(void);
/* Where private keys of tokens stand: SHUZHI_KEY_FOLDER, or var/keys. */
const char *settings_key_folder(void);
/* The key ring: SHUZHI_KEY_RING, or ring.keys in the key folder. */
const char *settings_key_ring(void);
/* What a client may ask a second: SHUZHI_RATE_ADDRESS (200), SHUZHI_RATE_PERSON (40); 0: any. */
double settings_rate_address(void);
double settings_rate_person(void);
/* Between two turns over new looks: SHUZHI_WATCH_SECONDS, or a minute; in ms. */
int64_t settings_watch_ms(void);
/* How clients reach this server: SHUZHI_PUBLIC_URL, without a slash at the end, or its own address.
 */
str settings_public_url(struct arena *a, const char *address, uint16_t port);
/* Prints "shuzhi: message (at …)" and gives the exit code. */
int settings_fail(const struct err *e);
/* Prints every complaint; gives the exit code. */
int settings_complain(const struct complaints *c, str only_below);
/* Adds the packages named, and, so that references resolve, the siblings of each. */
MUST_USE bool settings_read_packages(struct bundle *s, char **folders, int n, struct err *e);
