-- A sign-in at an outside provider, while the person is there.
create table shuzhi.outside_request (
    digest text primary key,  -- of the state parameter
    provider text not null,
    browser text not null,    -- digest of a cookie: the answer counts in the browser that asked
    nonce text not null,
    verifier text not null,
    at timestamptz not null default now()
);
