-- Files taken out, each with a number that its cells carry unseen (text/watermark.h): a copy that turns up
-- somewhere names its export.
create table shuzhi.export (
    id bigint generated always as identity (start with 1000) primary key,
    login text not null,
    dataset text not null,
    format text not null,
    question text not null, -- the address it was asked by
    purpose text not null,
    n bigint not null,
    at timestamptz not null default now()
);
create index export_of on shuzhi.export (login, at desc);
