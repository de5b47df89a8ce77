-- A list or an export shows many records at once: the record of it names them all, so that whoever a record is
-- about finds every look at it.
alter table shuzhi.audit_event add column keys text[];
create index audit_event_keys on shuzhi.audit_event using gin (keys) where keys is not null;

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
