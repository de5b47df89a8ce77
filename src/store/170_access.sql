-- Who may see which rows, decided here, whatever asks.
--
-- The server reads records as shuzhi_reader: a role that owns nothing and passes no policy by.  Who is
-- asking travels with the transaction in settings: shuzhi.who (a login), shuzhi.verb (what for: read when
-- not said), shuzhi.purpose, or shuzhi.grants (ids of share grants).  The policies of the data tables are
-- written from rights.csv when packages are put in force (registry/policy.c).
do $$
begin
    create role shuzhi_reader login nosuperuser nobypassrls nocreatedb nocreaterole noinherit;
exception
    when duplicate_object then null;
    when insufficient_privilege then
        raise exception 'this database''s owner may not make roles: as a superuser, run '
            '"create role shuzhi_reader login nosuperuser nobypassrls" and start again';
end $$;

-- A person has posts: in an organisation, with roles, for an area (a division code: it and all below), on a
-- duty.  Rights are those of each post by itself; what one post gives is never widened by another.
create table shuzhi.post (
    id bigint generated always as identity primary key,
    login text not null references shuzhi.staff on delete cascade,
    organisation text not null,
    roles text[] not null,
    area text,
    duty text,
    since timestamptz not null default now(),
    until timestamptz, -- null: no end
    delegated_by text references shuzhi.staff on delete cascade,
    delegated_from bigint references shuzhi.post on delete cascade,
    reason text
);
create index post_of on shuzhi.post (login);
insert into shuzhi.post (login, organisation, roles) select login, organisation, roles from shuzhi.staff;
alter table shuzhi.staff drop column roles;
alter table shuzhi.staff
    add column if not exists id_number text, -- of a citizen: the record that is theirs
    add column if not exists uscc text;      -- of a firm's account

-- A post in force: its own time, and that of the post it was delegated from.
create view shuzhi.post_now as
    select p.* from shuzhi.post p join shuzhi.staff s on s.login = p.login
    left join shuzhi.post f on f.id = p.delegated_from
    where s.is_active and p.since <= now() and (p.until is null or p.until > now())
      and (f.id is null or (f.since <= now() and (f.until is null or f.until > now())
           and p.roles <@ f.roles and exists (select from shuzhi.staff o where o.login = f.login and o.is_active)));

-- Emergency looks at one record: with a reason, for half an hour, told at once, reviewed after.
create table shuzhi.break_glass (
    id bigint generated always as identity primary key,
    login text not null,
    dataset text not null,
    key text not null,
    reason text not null,
    at timestamptz not null default now(),
    until timestamptz not null default now() + interval '30 minutes',
    state text not null default 'open' check (state in ('open', 'justified', 'unjustified')),
    reviewed_by text,
    review text,
    reviewed_at timestamptz
);
create index break_glass_of on shuzhi.break_glass (login, dataset, until);

alter table shuzhi.dataset add column policy text; -- the condition its tables carry now

-- The asker, as conditions see it.
create type shuzhi.asker as (
    login text, organisation text, area text, duty text, purpose text, id_number text, uscc text
);

-- A line of rights.csv as policies name it: role, verb, and the organisation a post must be of ('': any).
-- Each is asked once a statement, not once a row.
-- In plpgsql, whose plans last a session: an SQL function would be planned anew for every statement.
create function shuzhi.posts_for(role text, verb text, owner text) returns shuzhi.asker[]
    language plpgsql stable security definer set search_path = pg_catalog as $$
begin
    if $2 <> coalesce(nullif(current_setting('shuzhi.verb', true), ''), 'read') then
        return '{}';
    end if;
    return (select coalesce(array_agg(row(p.login, p.organisation, p.area, p.duty,
               nullif(current_setting('shuzhi.purpose', true), ''), s.id_number, s.uscc)::shuzhi.asker), '{}')
            from shuzhi.post_now p join shuzhi.staff s on s.login = p.login
            where p.login = current_setting('shuzhi.who', true)
              and $1 = any(p.roles) and ($3 = '' or $3 = p.organisation));
end $$;
create function shuzhi.holds(lines text[]) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog as $$
declare
    verb text := coalesce(nullif(current_setting('shuzhi.verb', true), ''), 'read');
begin
    return exists (
        select from shuzhi.post_now p, unnest(p.roles) role
        where p.login = current_setting('shuzhi.who', true)
          and (role || '/' || verb || '/' = any(lines) or role || '/' || verb || '/' || p.organisation = any(lines)));
end $$;
create function shuzhi.grant_reads(name text) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog as $$
declare
    ids text := current_setting('shuzhi.grants', true);
begin
    if ids is null or ids = '' then
        return false;
    end if;
    return exists (select from shuzhi.share_grant g where g.id = any(ids::bigint[]) and g.dataset = name
                   and not g.is_revoked and g.until >= current_date);
end $$;
create function shuzhi.broken_glass(name text) returns text[]
    language plpgsql stable security definer set search_path = pg_catalog as $$
begin
    if coalesce(nullif(current_setting('shuzhi.verb', true), ''), 'read') <> 'read' then
        return '{}';
    end if;
    return (select coalesce(array_agg(g.key), '{}') from shuzhi.break_glass g
            where g.login = current_setting('shuzhi.who', true) and g.dataset = name and g.until > now());
end $$;

revoke all on schema shuzhi from public;
grant usage on schema shuzhi, data, history to shuzhi_reader;
grant select (id, version, is_revoked, until) on shuzhi.share_grant to shuzhi_reader;
