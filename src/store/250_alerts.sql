-- Unusual looks of staff (src/quality/unusual.c): found in the audit, each look weighed once.

-- How far the audit was weighed, and which batches of the last thousands were: identities are given before commit,
-- so a lower one may come later.  What was there before is not weighed.
create table shuzhi.look_progress (upto bigint not null);
insert into shuzhi.look_progress select coalesce(max(id), 0) from shuzhi.audit_batch;
create table shuzhi.look_taken (batch bigint primary key);
-- What somebody saw of a dataset in a day of Beijing.
create table shuzhi.look_day (
    login text not null,
    day date not null,
    dataset text not null,
    organisation text not null,
    records bigint not null,
    by_hour bigint[] not null, -- 24
    primary key (login, day, dataset)
);
create index look_day_peers on shuzhi.look_day (organisation, day);
-- Records whose every look is to be told: named by the auditors.
create table shuzhi.watched_record (
    dataset text not null,
    key text not null,
    reason text not null,
    added_by text not null,
    since timestamptz not null default now(),
    primary key (dataset, key)
);
-- What was found: once for a rule, a person, a day, and where it is about one, a record.
create table shuzhi.unusual_look (
    id bigint generated always as identity primary key,
    rule text not null,
    login text not null,
    day date not null,
    dataset text not null,
    key text not null,         -- '': about no single record
    measure numeric not null,
    usual numeric,             -- null: nothing to compare with
    evidence text[] not null,  -- BATCH-LINE of the audit
    work_case bigint references shuzhi.work_case,
    at timestamptz not null default now(),
    unique (rule, login, day, dataset, key)
);
create index unusual_look_case on shuzhi.unusual_look (work_case);
