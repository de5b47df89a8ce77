-- One file on its way into a dataset.
create table shuzhi.batch (
    id bigint generated always as identity primary key,
    dataset text not null,
    kind text not null default 'file', -- file, fix (one value), seed
    file_name text not null,
    file_bytes bigint not null default 0,
    file_digest text not null default '',
    path text not null default '',
    format text not null default '',
    encoding text not null default '',
    sheet text not null default '',
    source text not null, -- whose file: an organisation code; header matches are remembered by it
    header_row int not null default 0,
    columns jsonb, -- of the file: [{header, field or null, how, samples}]
    sheets jsonb not null default '[]',
    repaired jsonb not null default '[]', -- what was put right without asking
    state text not null check (state in ('mapping', 'queued', 'running', 'done', 'failed', 'cancelled')),
    position bigint not null default 0, -- bytes or rows of the file that are durably done
    total bigint not null default 0,
    rows_done bigint not null default 0,
    n_rows bigint not null default 0, -- rows looked at, header and blank ones not counted
    n_new bigint not null default 0,
    n_changed bigint not null default 0,
    n_unchanged bigint not null default 0,
    n_quarantined bigint not null default 0,
    n_fixed bigint not null default 0,
    n_dropped bigint not null default 0,
    error jsonb,
    same_as bigint,
    corrects bigint references shuzhi.batch,
    quality jsonb, -- per rule: tested and passed
    score numeric,
    login text not null,
    at timestamptz not null default now(),
    started timestamptz,
    finished timestamptz
);
create index batch_dataset on shuzhi.batch (dataset, id desc);
create index batch_open on shuzhi.batch (state) where state in ('mapping', 'queued', 'running');
create index batch_digest on shuzhi.batch (dataset, file_digest);

create table shuzhi.quarantine (
    batch bigint not null references shuzhi.batch on delete cascade,
    row bigint not null,
    state text not null default 'waiting' check (state in ('waiting', 'landed', 'dropped')),
    "values" jsonb not null,
    problems jsonb not null,
    note text,
    login text,
    at timestamptz not null default now(),
    primary key (batch, row)
);
create index quarantine_waiting on shuzhi.quarantine (batch, row) where state = 'waiting';

create table shuzhi.header_match (
    dataset text not null,
    source text not null,
    header text not null,
    field text, -- null: this column is left out
    at timestamptz not null default now(),
    primary key (dataset, source, header)
);

-- How many values each rule saw and passed, a batch.
create table shuzhi.quality (
    dataset text not null,
    batch bigint not null,
    field text not null,
    rule text not null,
    dimension text not null,
    tested bigint not null,
    passed bigint not null,
    at timestamptz not null default now(),
    primary key (batch, field, rule)
);
create index quality_dataset on shuzhi.quality (dataset, at);

-- How true a dataset is at present: the share of values that pass, by rule over the last 90 days, then
-- by dimension (GB/T 36344: score = sum of weight × passed / tested, weights equal).
create view shuzhi.quality_rule_now as
    select dataset, field, rule, dimension, sum(tested) as tested, sum(passed) as passed
    from shuzhi.quality where tested > 0 and at > now() - interval '90 days' group by 1, 2, 3, 4;
create view shuzhi.quality_now as
    select dataset, dimension, round(avg(100.0 * passed / tested), 1) as percent
    from shuzhi.quality_rule_now group by 1, 2;

create table shuzhi.work_case (
    id bigint generated always as identity primary key,
    kind text not null,
    dataset text not null,
    key text not null,
    field text,
    value text,
    proposed text,
    note text not null default '',
    state text not null default 'open' check (state in ('open', 'fixed', 'rejected')),
    due date not null,
    reporter text not null,
    owner text not null,
    answer text,
    closed_by text,
    at timestamptz not null default now(),
    closed_at timestamptz
);
create index case_owner on shuzhi.work_case (owner, state, due);
create index case_record on shuzhi.work_case (dataset, key);
