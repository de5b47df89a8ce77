-- Keys stand outside the database now (src/keys).  What is here tells which generations of the ring this database is
-- sealed with: a proof tells one from another and gives nothing of it away.
create table shuzhi.key_generation (
    id bigint primary key,
    proof text not null,
    since timestamptz not null default now(),
    retired timestamptz -- taken out of the ring: nothing here is sealed with it
);
-- A new database never holds a key; in one with accounts they stay until "shuzhi key move" takes them out.
delete from shuzhi.secret where not exists (select from shuzhi.staff);

-- One key of the audit after another, signed by both (src/audit/trust.h).
create table shuzhi.audit_succession (
    from_key text primary key,
    to_key text not null unique,
    body text not null,       -- what is signed
    signature text not null,  -- by the old key
    acceptance text not null, -- by the new key
    at timestamptz not null default clock_timestamp()
);
create trigger append_only before update or delete or truncate on shuzhi.audit_succession
    execute function shuzhi.refuse_change();
