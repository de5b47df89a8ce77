-- Batches and events stand in parts of a month (of Beijing), so that old ones are archived and dropped whole.
-- What was there before stays as one part; a default part takes what a wrong clock writes, for an
-- append must never fail.
alter table shuzhi.audit_batch alter column id drop identity;
alter table shuzhi.audit_batch rename to audit_batch_before;
alter table shuzhi.audit_batch_before rename constraint audit_batch_pkey to audit_batch_before_pkey;
create table shuzhi.audit_batch (
    id bigint not null generated always as identity,
    at timestamptz not null default clock_timestamp(),
    entries text compression lz4 not null
) partition by range (at);
create index audit_batch_id on shuzhi.audit_batch (id);
create table shuzhi.audit_batch_default partition of shuzhi.audit_batch default;
select setval('shuzhi.audit_batch_id_seq', coalesce(max(id), 0) + 1, false) from shuzhi.audit_batch_before;
create trigger append_only before update or delete or truncate on shuzhi.audit_batch
    execute function shuzhi.refuse_change();
create trigger append_only before update or delete or truncate on shuzhi.audit_batch_default
    execute function shuzhi.refuse_change();

alter table shuzhi.audit_event drop constraint audit_event_pkey;
alter table shuzhi.audit_event rename to audit_event_before;
alter index shuzhi.audit_event_record rename to audit_event_before_record;
alter index shuzhi.audit_event_who rename to audit_event_before_who;
alter index shuzhi.audit_event_at rename to audit_event_before_at;
create table shuzhi.audit_event (like shuzhi.audit_event_before, primary key (batch, seq, at)) partition by range (at);
create index audit_event_record on shuzhi.audit_event (dataset, key, at desc);
create index audit_event_who on shuzhi.audit_event (who, at desc);
create index audit_event_at on shuzhi.audit_event (at desc);
create table shuzhi.audit_event_default partition of shuzhi.audit_event default;

-- The part of a month, for batches and for events; true when it was made now.
create function shuzhi.audit_part(month date) returns boolean language plpgsql as $$
declare
    low timestamptz := date_trunc('month', month)::timestamp at time zone 'Asia/Shanghai';
    high timestamptz := (date_trunc('month', month) + interval '1 month')::timestamp at time zone 'Asia/Shanghai';
    suffix text := to_char(month, 'YYYYMM');
begin
    if to_regclass('shuzhi.audit_batch_' || suffix) is not null then
        return false;
    end if;
    execute format('create table shuzhi.audit_batch_%s partition of shuzhi.audit_batch for values from (%L) to (%L)', suffix, low, high);
    execute format('create trigger append_only before update or delete or truncate on shuzhi.audit_batch_%s'
                   ' execute function shuzhi.refuse_change()', suffix);
    execute format('create table shuzhi.audit_event_%s partition of shuzhi.audit_event for values from (%L) to (%L)', suffix, low, high);
    return true;
end $$;

-- Parts for this month and the two after it.
create function shuzhi.audit_roll() returns int language plpgsql as $$
declare
    made int := 0;
    today date := (now() at time zone 'Asia/Shanghai')::date;
begin
    perform pg_advisory_xact_lock(83321);
    for i in 0..2 loop
        if shuzhi.audit_part((today + i * interval '1 month')::date) then
            made := made + 1;
        end if;
    end loop;
    return made;
end $$;

do $$
declare
    edge timestamptz := (date_trunc('month', now() at time zone 'Asia/Shanghai') + interval '1 month') at time zone 'Asia/Shanghai';
    month text := to_char(now() at time zone 'Asia/Shanghai', 'YYYYMM');
begin
    -- A new database begins with parts of a month; an old one keeps what it has up to the end of this month.
    if not exists (select from shuzhi.audit_batch_before) and not exists (select from shuzhi.audit_event_before) then
        drop table shuzhi.audit_batch_before, shuzhi.audit_event_before;
    else
        execute format('alter table shuzhi.audit_batch_before rename to audit_batch_%s', month);
        execute format('alter table shuzhi.audit_event_before rename to audit_event_%s', month);
        execute format('alter table shuzhi.audit_batch attach partition shuzhi.audit_batch_%s for values from (minvalue) to (%L)', month, edge);
        execute format('alter table shuzhi.audit_event attach partition shuzhi.audit_event_%s for values from (minvalue) to (%L)', month, edge);
    end if;
    perform shuzhi.audit_roll();
end $$;

-- What was archived: up to which checkpoint, and the digest of the file.
create table shuzhi.audit_archive (
    checkpoint bigint primary key, -- the last in the file
    upto bigint not null,          -- its last batch
    before date not null,          -- the months dropped are before this day
    lines bigint not null,
    file text not null,
    digest text not null,          -- SM3, hexadecimal
    at timestamptz not null default clock_timestamp()
);
create trigger append_only before update or delete or truncate on shuzhi.audit_archive
    execute function shuzhi.refuse_change();
