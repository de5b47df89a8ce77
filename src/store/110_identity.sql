-- Who may come in.  Passwords as Argon2id, tokens and keys only as digests.
create table shuzhi.staff (
    login text primary key,
    name jsonb not null,
    organisation text not null,
    roles text[] not null,
    password text not null,
    is_active boolean not null default true,
    created timestamptz not null default now()
);
create table shuzhi.session (
    token_digest text primary key,
    login text not null references shuzhi.staff on delete cascade,
    csrf text not null,
    address text not null,
    created timestamptz not null default now(),
    last_seen timestamptz not null default now()
);
create index session_seen on shuzhi.session (last_seen);
-- Failed sign-ins by login and address: slows a guesser without locking the owner out elsewhere.
create table shuzhi.sign_in_failure (
    login text not null,
    address text not null,
    n int not null,
    last timestamptz not null,
    primary key (login, address)
);
