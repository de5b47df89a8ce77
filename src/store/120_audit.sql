-- The record of every look and change.  What is appended is a batch: one line of JSON an event, as
-- many as one loop turn had.  Batches are unfolded into events for searching; the batch is the proof.
create table shuzhi.audit_batch (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    entries text compression lz4 not null -- lines are alike: what would go out of line stays in the row
);
create table shuzhi.audit_event (
    batch bigint not null,
    seq int not null,
    at timestamptz not null,
    who text not null,
    organisation text,
    via text not null,
    action text not null,
    dataset text,
    key text,
    count int,
    fields text[],
    purpose text,
    grant_id bigint,
    result text not null,
    address text,
    primary key (batch, seq)
);
create index audit_event_record on shuzhi.audit_event (dataset, key, at desc);
create index audit_event_who on shuzhi.audit_event (who, at desc);
create index audit_event_at on shuzhi.audit_event (at desc);
create table shuzhi.audit_unfolded (upto bigint not null);
insert into shuzhi.audit_unfolded values (0);

-- Batches are appended and read, never changed, whoever asks.
create function shuzhi.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the audit record is append-only' using errcode = '42501';
end $$;
create trigger append_only before update or delete or truncate on shuzhi.audit_batch
    execute function shuzhi.refuse_change();

-- Unfolds batches that are complete: identities are given before commit, so a lower number may still
-- be on its way; only what was written before every running transaction began is taken.
create function shuzhi.audit_unfold() returns bigint language plpgsql as $$
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
    insert into shuzhi.audit_event
    select id, seq, coalesce((e->>'at')::timestamptz, at), e->>'who', e->>'organisation', e->>'via',
           e->>'action', e->>'dataset', e->>'key', (e->>'count')::int,
           case when e ? 'fields' then array(select jsonb_array_elements_text(e->'fields')) end,
           e->>'purpose', (e->>'grant')::bigint, e->>'result', e->>'address'
    from lines;
    get diagnostics n = row_count;
    update shuzhi.audit_unfolded set upto = coalesce((select max(id) from shuzhi.audit_batch), 0);
    return n;
end $$;
