create table shuzhi.share_request (
    id bigint generated always as identity primary key,
    dataset text not null,
    organisation text not null,
    login text not null,
    fields text[] not null,
    clear text[] not null default '{}',
    filter jsonb not null default '[]',
    purpose text not null,
    legal_basis text not null,
    until date not null,
    quota_per_day int not null,
    rate_per_second int not null,
    state text not null default 'waiting'
        check (state in ('waiting', 'approved', 'reduced', 'refused', 'withdrawn')),
    due date not null,
    note text,
    decided_by text,
    decided_at timestamptz,
    at timestamptz not null default now()
);
create index request_box on shuzhi.share_request (dataset, state);

create table shuzhi.share_grant (
    id bigint generated always as identity primary key,
    request bigint not null references shuzhi.share_request,
    dataset text not null,
    organisation text not null,
    fields text[] not null,
    clear text[] not null,
    filter jsonb not null,
    purpose text not null,
    legal_basis text not null,
    since timestamptz not null default now(),
    until date not null,
    quota_per_day int not null,
    rate_per_second int not null,
    key_digest text, -- SM3 of the key; the key itself is shown once
    is_revoked boolean not null default false,
    revoked_reason text,
    version int not null default 1 -- rises with every change; servers compare it in each look-up
);
create index grant_dataset on shuzhi.share_grant (dataset);
create table shuzhi.share_usage (
    grant_id bigint not null references shuzhi.share_grant,
    day date not null,
    n bigint not null,
    last_used timestamptz not null default now(),
    primary key (grant_id, day)
) with (fillfactor = 50); -- one row a grant and day, updated in place many times a second

-- Masks (GB/T 37988 dynamic masking): plain SQL expressions, so that PostgreSQL inlines them and an
-- unmasked value never leaves the database.
create function shuzhi.mask_name(v text) returns text language sql immutable parallel safe as $$
    select case when length(v) >= 3 then left(v, 1) || repeat('*', length(v) - 2) || right(v, 1)
                when length(v) = 2 then left(v, 1) || '*' when v is null then null else '*' end $$;
create function shuzhi.mask_id(v text) returns text language sql immutable parallel safe as $$
    select case when length(v) > 10 then left(v, 6) || repeat('*', length(v) - 10) || right(v, 4)
                when v is null then null else repeat('*', length(v)) end $$;
create function shuzhi.mask_phone(v text) returns text language sql immutable parallel safe as $$
    select case when length(v) >= 8 then left(v, 3) || repeat('*', length(v) - 7) || right(v, 4)
                when v is null then null else repeat('*', length(v)) end $$;
create function shuzhi.mask_card(v text) returns text language sql immutable parallel safe as $$
    select case when length(v) > 4 then repeat('*', length(v) - 4) || right(v, 4)
                when v is null then null else repeat('*', length(v)) end $$;
create function shuzhi.mask_address(v text) returns text language sql immutable parallel safe as $$
    select coalesce(substring(v from '^.*?(?:村|社区|路|街|巷|弄|大道)'), left(v, 9)) ||
           case when v is null then null else '***' end $$;
create function shuzhi.mask_year(v date) returns text language sql immutable parallel safe as $$
    select extract(year from v)::int::text $$;
create function shuzhi.mask_hide(v text) returns text language sql immutable parallel safe as $$
    select case when v is null then null else '***' end $$;
