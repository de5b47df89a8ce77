-- WebAuthn passkeys: public keys of people's devices.
create table shuzhi.passkey (
    id text primary key, -- credential id, base64url
    login text not null references shuzhi.staff on delete cascade,
    title text not null,
    public_key text not null, -- PEM
    count bigint not null,    -- the device's signature counter; 0: it keeps none
    at timestamptz not null default now(),
    last_used timestamptz
);
create index passkey_of on shuzhi.passkey (login);
create table shuzhi.passkey_challenge (
    digest text primary key,
    login text references shuzhi.staff on delete cascade, -- of whoever adds one; null: a sign-in
    at timestamptz not null default now()
);
create index passkey_challenge_at on shuzhi.passkey_challenge (at);
