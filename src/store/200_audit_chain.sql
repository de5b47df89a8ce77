-- Seals of audit batches, the checkpoints that sign them, and the public keys they are checked with.
-- What is hashed stands in src/audit/chain.h.
create table shuzhi.audit_seal (
    batch bigint primary key,
    at_us bigint not null,
    lines bigint not null,
    root bytea not null,
    chain bytea not null,
    marks bytea not null -- 8 bytes of every line's leaf: they name the line that was changed
);
create table shuzhi.audit_checkpoint (
    number bigint primary key,
    upto bigint not null,  -- the last batch it covers
    at timestamptz not null,
    body text not null,    -- what is signed
    signature text not null
);
create index audit_checkpoint_upto on shuzhi.audit_checkpoint (upto);
create table shuzhi.audit_key (
    id text primary key,
    pem text not null,
    since timestamptz not null default clock_timestamp()
);
create trigger append_only before update or delete or truncate on shuzhi.audit_seal
    execute function shuzhi.refuse_change();
create trigger append_only before update or delete or truncate on shuzhi.audit_checkpoint
    execute function shuzhi.refuse_change();
create trigger append_only before update or delete or truncate on shuzhi.audit_key
    execute function shuzhi.refuse_change();
