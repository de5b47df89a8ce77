-- Simulations that were run: what was asked, of which model and data, and what came out, so that each can be
-- looked at again and run again.  Sums and classes only, never a record.
create table shuzhi.rule_run (
    id text primary key,
    rule text not null,
    version int not null,
    model text not null,   -- digest of the model's text
    dataset text not null,
    data text not null,    -- dataset, its last batch, its records
    request text not null, -- the body asked with: dataset, decision, parameters, by, against
    compares boolean not null,
    state text not null check (state in ('done', 'stopped')),
    rows bigint not null,
    is_limited boolean not null, -- over the rows its asker may read, not all
    digest text,           -- SM3 of the report: the same again has the same
    report text,           -- null when stopped, or too long to be kept
    login text not null,
    at timestamptz not null default now(),
    ms bigint not null
);
create index rule_run_of on shuzhi.rule_run (rule, at desc);
