-- Next best action: what the advice about a customer depends on beyond its payments, and what was advised.

alter table customers add column status text;
alter table customers add column dunning_block text;
alter table customers add column dunning_block_until text;
alter table customers add column do_not_contact text;
alter table customers add column do_not_contact_until text;
alter table customers add column reachable_by text;
alter table customers add column timezone text;
alter table customers add column payment_method text;
alter table customers add column key_account text;
alter table invoices add column delivery_status text;
alter table invoices add column in_transit_minor bigint;

-- Policies, each version once; the last one activated is in force.
create table policies (
    version text not null primary key,
    name text not null,
    document text not null,
    created_at bigint not null,
    created_by text not null
);
create table policy_activations (
    activation_id text not null primary key,
    version text not null references policies (version),
    activated_at bigint not null,
    activated_by text not null
);

-- What effects were learned, the newest last.
create table action_effects (
    effects_id text not null primary key,
    as_of text not null,
    created_at bigint not null,
    document text not null
);
