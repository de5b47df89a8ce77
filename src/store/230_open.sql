-- Open data (开放): what a dataset's release holds is fixed when it is prepared; a second person lets it out.
create table shuzhi.open_release (
    id bigint generated always as identity primary key,
    name text not null, -- of all versions: part of its address
    version int not null,
    dataset text not null,
    kind text not null check (kind in ('records', 'counts')),
    title jsonb not null,
    description text not null,
    licence text not null,
    fields jsonb not null, -- [{name, treatment, role}]
    filter jsonb not null default '[]',
    k int, -- of records: the smallest class wanted
    epsilon numeric, -- of counts
    measures jsonb not null,
    rows bigint not null,
    state text not null default 'prepared' check (state in ('prepared', 'open', 'refused', 'withdrawn')),
    reason text,
    login text not null,
    decided_by text,
    at timestamptz not null default now(),
    decided_at timestamptz,
    withdrawn_at timestamptz,
    unique (name, version)
);
create table shuzhi.open_file (
    release bigint not null references shuzhi.open_release,
    name text not null, -- data.csv, data.jsonl
    type text not null,
    content text not null,
    sha256 text not null,
    bytes bigint not null,
    primary key (release, name)
);
create table shuzhi.open_row (
    release bigint not null references shuzhi.open_release,
    n bigint not null,
    row text not null, -- a JSON object
    primary key (release, n)
);
create table shuzhi.open_download (
    release bigint not null references shuzhi.open_release,
    day date not null,
    name text not null,
    n bigint not null,
    primary key (release, day, name)
);
-- What all counts of a dataset together may tell about one record (epsilon of differential privacy).
create table shuzhi.open_budget (
    dataset text primary key,
    total numeric not null default 2,
    spent numeric not null default 0 check (spent <= total)
);
