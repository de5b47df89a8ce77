-- Data between counties (数据走亲): agreements, messages with their receipts, deliveries under way.
create table shuzhi.exchange_partner (
    partner text primary key,
    last_out bigint not null default 0, -- sequence of the last message to it
    last_in bigint not null default 0   -- of the last one taken from it
);

-- The same id at both counties.  A giver's stands on a request and a grant of its own, as any other share does.
create table shuzhi.exchange_agreement (
    id uuid primary key,
    side text not null check (side in ('giver', 'taker')),
    partner text not null,
    dataset text not null, -- the giver's
    title jsonb, -- of it, as the giver told
    fields text[] not null,
    clear text[] not null default '{}',
    filter jsonb not null default '[]',
    purpose text not null,
    legal_basis text not null,
    until date not null,
    frequency text not null check (frequency in ('once', 'daily', 'weekly', 'monthly')),
    into_dataset text, -- taker: where records land
    columns jsonb, -- taker: the giver's field → the field it lands in
    request bigint references shuzhi.share_request, -- giver
    grant_id bigint references shuzhi.share_grant, -- giver, once approved
    state text not null default 'asked' check (state in ('asked', 'active', 'refused', 'ended')),
    reason text,
    login text not null, -- taker: who asked
    organisation text not null, -- taker: whose; giver: partner:ID
    at timestamptz not null default now(),
    decided_at timestamptz,
    ended_at timestamptz
);
create index exchange_agreement_open on shuzhi.exchange_agreement (partner, state);
create index exchange_agreement_request on shuzhi.exchange_agreement (request);

-- A delivery makes one message after another from where it stands: what was made before a stop is not made again.
create table shuzhi.exchange_delivery (
    id bigint generated always as identity primary key,
    agreement uuid not null references shuzhi.exchange_agreement,
    position text, -- key of the last record in a message
    parts int not null default 0,
    records bigint not null default 0,
    state text not null default 'running' check (state in ('running', 'done', 'stopped')),
    reason text,
    login text not null, -- who asked for it; - where it was due
    at timestamptz not null default now(),
    done_at timestamptz
);
create unique index exchange_delivery_one on shuzhi.exchange_delivery (agreement) where state = 'running';

create table shuzhi.exchange_message (
    id uuid not null,
    direction text not null check (direction in ('in', 'out')),
    partner text not null,
    sequence bigint not null,
    type text not null,
    agreement uuid,
    delivery bigint,
    part int not null default 0,
    is_last boolean not null default false,
    records int not null default 0,
    body text, -- until it is delivered, or landed: then only its digest stays
    digest text not null, -- SM3 of the body
    bytes bigint not null,
    token text, -- signed head: as it came, or as it was sent last
    receipt text, -- signed by whoever received it
    state text not null check (state in ('waiting', 'taken', 'refused', 'landing', 'landed', 'failed')),
    reason text,
    outcome jsonb, -- of records: what the taker's checks made of them
    batch bigint,
    tries int not null default 0,
    next_try timestamptz not null default now(),
    error text,
    expires timestamptz,
    at timestamptz not null default now(),
    done_at timestamptz,
    primary key (direction, id),
    unique (direction, partner, sequence)
);
create index exchange_message_due on shuzhi.exchange_message (partner, sequence) where state in ('waiting', 'taken', 'landing');
create index exchange_message_of on shuzhi.exchange_message (agreement, at);
