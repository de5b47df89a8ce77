-- Unusual looks of staff (src/quality/unusual.c): found in the audit as it is unfolded, once, at small cost.

-- Looks of people at the desk that were unfolded and not weighed yet.
create table shuzhi.look_pending (
    batch bigint not null,
    seq int not null,
    primary key (batch, seq)
);
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

create or replace function shuzhi.audit_unfold() returns bigint language plpgsql as $$
declare
    low bigint;
    n bigint;
begin
    select upto into low from shuzhi.audit_unfolded for update;
    with lines as (
        select b.id, b.at, line::jsonb as e, (ord - 1)::int as seq
        from shuzhi.audit_batch b,
             regexp_split_to_table(rtrim(b.entries, E'\n'), E'\n') with ordinality as t(line, ord)
        where b.id > low - 1000
          and not exists (select from shuzhi.audit_event v where v.batch = b.id)
    ), pending as (
        insert into shuzhi.look_pending
        select id, seq from lines
        where e->>'via' = 'desk' and e->>'result' = 'ok' and e->>'action' in ('records.read', 'records.list', 'records.export')
    )
    insert into shuzhi.audit_event (batch, seq, at, who, organisation, via, action, dataset, key, count, fields, purpose,
                                    grant_id, result, address, keys)
    select id, seq, coalesce((e->>'at')::timestamptz, at), e->>'who', e->>'organisation', e->>'via',
           e->>'action', e->>'dataset', e->>'key', (e->>'count')::int,
           case when e ? 'fields' then array(select jsonb_array_elements_text(e->'fields')) end,
           e->>'purpose', (e->>'grant')::bigint, e->>'result', e->>'address',
           case when e ? 'keys' then array(select jsonb_array_elements_text(e->'keys')) end
    from lines;
    get diagnostics n = row_count;
    update shuzhi.audit_unfolded set upto = coalesce((select max(id) from shuzhi.audit_batch), 0);
    return n;
end $$;
