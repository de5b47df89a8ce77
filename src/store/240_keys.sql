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
