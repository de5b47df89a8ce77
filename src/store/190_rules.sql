-- Versions of decision models made at the desk.  Version 0 of a rule is its package's file and stands in no
-- table.  The version in force on a day is the approved one with the latest first day up to it; on the same
-- first day the one approved last.  Nothing is ever deleted: what a case was decided by can be read again.
create table shuzhi.rule_version (
    rule text not null,
    version int not null check (version > 0),
    base int not null check (base >= 0 and base < version), -- the version it was made from
    state text not null default 'draft' check (state in ('draft', 'submitted', 'approved', 'refused')),
    revision int not null default 1, -- rises with each save
    author text not null,
    at timestamptz not null default now(),
    submitted_by text,
    submitted_at timestamptz,
    decided_by text,
    decided_at timestamptz,
    reason text, -- of a refusal
    in_force_from date,
    primary key (rule, version),
    check ((state = 'approved') = (in_force_from is not null)),
    check ((state in ('approved', 'refused')) = (decided_by is not null))
);

-- Every save of a draft is kept: two people at one draft lose nothing.
create table shuzhi.rule_save (
    rule text not null,
    version int not null,
    revision int not null,
    text text not null,
    digest text not null,
    note text not null,
    login text not null,
    at timestamptz not null default now(),
    primary key (rule, version, revision),
    foreign key (rule, version) references shuzhi.rule_version
);
