#include "cmd/modules.h"

#include "access/catalogue.h"
#include "audit/audit.h"
#include "cmd/system.h"
#include "identity/identity.h"

const struct module *const MODULES[] = {
    &SYSTEM_MODULE,    /* health, metrics */
    &IDENTITY_MODULE,  /* sessions */
    &CATALOGUE_MODULE, /* datasets, records, codes, pages */
    &AUDIT_MODULE,     /* who looked */
    NULL,
};
