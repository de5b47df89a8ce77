-- Accounts of every kind, their second factor, and what OpenID Connect keeps.  Of secrets and tokens
-- only digests stand here.
alter table shuzhi.staff
    add column subject uuid not null default gen_random_uuid() unique, -- "sub" of tokens: never another's
    add column kind text not null default 'staff'
        check (kind in ('citizen', 'firm', 'staff', 'system', 'device')),
    add column password_set timestamptz not null default now(),
    add column must_change boolean not null default false, -- the password was given by somebody else
    add column closed timestamptz,
    add column totp text,                                 -- RFC 6238 secret, sealed
    add column totp_step bigint not null default 0,       -- the last step used: a code counts once
    add column totp_waiting text,                         -- shown, not yet proved
    add column totp_waiting_since timestamptz;
-- Lists of ten thousand organisations' staff: by organisation, and by any part of login or name.
create index staff_organisation on shuzhi.staff (organisation, login);
create table shuzhi.recovery_code (
    login text not null references shuzhi.staff on delete cascade,
    digest text not null,
    used timestamptz,
    primary key (login, digest)
);
create table shuzhi.password_past (
    login text not null references shuzhi.staff on delete cascade,
    password text not null,
    at timestamptz not null default now()
);
create index password_past_of on shuzhi.password_past (login, at desc);
alter table shuzhi.session
    add column id bigint generated always as identity unique, -- what a person calls it by; opens nothing
    add column agent text not null default '',
    add column has_second boolean not null default false;
create index session_of on shuzhi.session (login);
insert into shuzhi.secret (name, value)
values ('second-factor', encode(sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea), 'hex'));

-- Public parts of the keys that sign tokens; the private ones are files.  A key that was replaced
-- stays listed until the tokens it signed are past.
create table shuzhi.signing_key (
    kid text primary key,
    algorithm text not null,
    jwk jsonb not null,
    since timestamptz not null default now(),
    until timestamptz
);
-- A sign-in asked for by a client, while the person decides.
create table shuzhi.oidc_request (
    digest text primary key,
    client text not null,
    redirect_uri text not null,
    scope text not null,
    state text,
    nonce text,
    challenge text not null,
    prompt text not null default '',
    max_age int,
    at timestamptz not null default now()
);
create index oidc_request_at on shuzhi.oidc_request (at);
-- What was agreed to once: all codes and tokens got from it are a family and end together.
create table shuzhi.oidc_family (
    id bigint generated always as identity primary key,
    client text not null,
    login text not null references shuzhi.staff on delete cascade,
    scope text not null,
    nonce text,
    session bigint, -- it was agreed to in; ends with it unless offline_access was given
    auth_time timestamptz not null default now(),
    has_second boolean not null default false,
    at timestamptz not null default now(),
    ended timestamptz,
    why text
);
create index oidc_family_of on shuzhi.oidc_family (login);
create table shuzhi.oidc_token (
    digest text primary key,
    family bigint not null references shuzhi.oidc_family on delete cascade,
    kind text not null check (kind in ('code', 'access', 'refresh')),
    redirect_uri text, -- of a code
    challenge text,    -- of a code
    scope text,        -- of an access token that was asked for with less than the family has
    until timestamptz not null,
    used timestamptz
);
create index oidc_token_until on shuzhi.oidc_token (until);
create index oidc_token_family on shuzhi.oidc_token (family);
create table shuzhi.oidc_consent (
    login text not null references shuzhi.staff on delete cascade,
    client text not null,
    scope text not null,
    at timestamptz not null default now(),
    primary key (login, client)
);
