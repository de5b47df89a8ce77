-- What the kernel itself keeps.  Datasets live in schema data, their old values in schema history.
create schema data;
create schema history;

-- Packages as they are in force: their files, whole.
create table shuzhi.package (
    id text primary key,
    title jsonb not null,
    digest text not null,
    applied timestamptz not null default now(),
    applied_by text not null
);
create table shuzhi.package_file (
    package text not null references shuzhi.package on delete cascade,
    path text not null,
    content text not null,
    primary key (package, path)
);
-- The definition each dataset's table was made from; kept when a package goes, for the rows stay.
create table shuzhi.dataset (
    id text primary key,
    package text not null,
    definition jsonb not null,
    digest text not null,
    records bigint not null default 0, -- kept by intake with every chunk it lands
    applied timestamptz not null default now()
);
create table shuzhi.dataset_migration (
    package text not null,
    name text not null,
    digest text not null,
    at timestamptz not null default now(),
    primary key (package, name)
);

-- Background work: taken with FOR UPDATE SKIP LOCKED, woken by NOTIFY job.
create table shuzhi.job (
    id bigint generated always as identity primary key,
    kind text not null,
    payload jsonb not null default '{}',
    run_at timestamptz not null default now(),
    tries int not null default 0,
    error text,
    at timestamptz not null default now()
);
create index job_due on shuzhi.job (run_at);

create table shuzhi.message (
    id bigint generated always as identity primary key,
    login text not null,
    title jsonb not null,
    text jsonb not null,
    link text not null,
    is_read boolean not null default false,
    at timestamptz not null default now()
);
create index message_of on shuzhi.message (login, is_read, id);
