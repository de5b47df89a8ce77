-- Secrets of this database, for its owner alone: made once, never shown.
create table shuzhi.secret (
    name text primary key,
    value text not null -- hexadecimal
);
-- Seals keys of records that the asker may not see (access/handle.c).  Two random UUIDs hold 244 random bits.
insert into shuzhi.secret (name, value)
values ('record-handle', encode(sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea), 'hex'));
