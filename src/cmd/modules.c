#include "cmd/modules.h"

#include "access/catalogue.h"
#include "audit/audit.h"
#include "cmd/system.h"
#include "identity/identity.h"
#include "intake/intake_http.h"
#include "intake/quarantine.h"

const struct module *const MODULES[] = {
    &SYSTEM_MODULE,     /* health, metrics */
    &IDENTITY_MODULE,   /* sessions */
    &CATALOGUE_MODULE,  /* datasets, records, codes, pages */
    &INTAKE_MODULE,     /* files and batches */
    &QUARANTINE_MODULE, /* refused rows */
    &AUDIT_MODULE,      /* who looked */
    NULL,
};
