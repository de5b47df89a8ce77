#include "cmd/modules.h"

#include "access/catalogue.h"
#include "access/copy.h"
#include "access/emergency.h"
#include "access/rule.h"
#include "cmd/system.h"
#include "exchange/exchange.h"
#include "identity/delegation.h"
#include "identity/identity.h"
#include "identity/oidc.h"
#include "identity/second.h"
#include "intake/intake_http.h"
#include "intake/quarantine.h"
#include "open/open.h"
#include "quality/my.h"
#include "quality/quality.h"
#include "quality/unusual.h"
#include "rules/rules_http.h"
#include "share/share.h"

const struct module *const MODULES[] = {
    &SHARED_MODULE,   /* one record by a grant's key: the read lane; first, for it is asked most */
    &SYSTEM_MODULE,   /* health, metrics */
    &IDENTITY_MODULE, /* sessions */
    &DELEGATION_MODULE,    /* posts lent to colleagues */
    &EMERGENCY_MODULE,     /* break-glass */
    &WHY_MODULE,           /* which right allows or denies */
    &RECORDS_MODULE,       /* records: lists, exports, one with its history */
    &COPY_MODULE,          /* masked copies */
    &CATALOGUE_MODULE,     /* datasets, codes, pages */
    &ACCOUNT_MODULE,       /* accounts, for their administrators */
    &PASSKEY_MODULE,       /* passkeys */
    &SECOND_MODULE,        /* the second factor */
    &OIDC_MODULE,          /* sign-in for other systems: OpenID Connect */
    &OUTSIDE_MODULE,       /* sign-in at an outside provider */
    &OIDC_TOKEN_MODULE,    /* their tokens */
    &INTAKE_MODULE,        /* files and batches */
    &QUARANTINE_MODULE,    /* refused rows */
    &QUALITY_MODULE,       /* measured quality, lineage */
    &MY_MODULE,            /* my data: own records, who looked, objections */
    &WATCH_MODULE,         /* unusual looks: rules, watched records */
    &CASE_MODULE,          /* wrong values reported and fixed, home, messages */
    &RULE_VERSION_MODULE,  /* drafts, approval, in force */
    &RULES_MODULE,         /* decision models: read, tried */
    &SIMULATE_MODULE,      /* simulated over datasets */
    &RUN_MODULE,           /* simulations watched, stopped, looked at again */
    &SHARE_MODULE,         /* requests, grants, lists by a grant's key */
    &EXCHANGE_MODULE,      /* agreements and messages with other counties */
    &EXCHANGE_DOOR_MODULE, /* their messages */
    &OPEN_MODULE,          /* releases of open data, at the desk */
    &OPEN_PUBLIC_MODULE,   /* open data for everybody */
    &AUDIT_MODULE,         /* who looked */
    &AUDIT_FILE_MODULE,    /* its seals, exports, proofs */
    NULL,
};
