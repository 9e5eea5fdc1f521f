-- What Paperclip 2026.824 to 2026.916 has otherwise than schema.sql, as far as examples need it: the tables that the
-- service owns or keeps, and of the others as much as it reads and the foreign keys need. Tests have Paperclip's own
-- tables, out of its migrations.

-- Environments belong to the instance. What hangs on the column goes with it.
alter table environments
  drop column company_id,
  add column env_vars jsonb not null default '{}'::jsonb;

create index environments_status_idx on environments (status);
create unique index environments_name_idx on environments (name);
create unique index environments_local_driver_idx on environments (driver) where driver = 'local';
create unique index environments_managed_sandbox_idx on environments (driver)
  where driver = 'sandbox' and (metadata ->> 'managedByPaperclip')::boolean = true;

-- A lease may outlive its environment.
alter table environment_leases
  alter column environment_id drop not null,
  drop constraint environment_leases_environment_id_environments_id_fk,
  add constraint environment_leases_environment_id_environments_id_fk
    foreign key (environment_id) references environments (id) on delete set null;

alter table issues
  add column identifier text,
  add column execution_workspace_settings jsonb;

create unique index issues_identifier_idx on issues (identifier);

alter table execution_workspaces add column metadata jsonb;

create table instance_settings (
  id uuid primary key default gen_random_uuid(),
  singleton_key text not null default 'default',
  default_environment_id uuid,
  constraint instance_settings_default_environment_id_environments_id_fk
    foreign key (default_environment_id) references environments (id) on delete set null
);

create unique index instance_settings_singleton_key_idx on instance_settings (singleton_key);

create table agents (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null,
  name text not null default 'Agent',
  default_environment_id uuid,
  constraint agents_company_id_companies_id_fk foreign key (company_id) references companies (id),
  constraint agents_default_environment_id_environments_id_fk
    foreign key (default_environment_id) references environments (id) on delete set null
);

create table projects (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null,
  name text not null default 'Project',
  execution_workspace_policy jsonb,
  constraint projects_company_id_companies_id_fk foreign key (company_id) references companies (id)
);

create table company_secret_bindings (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null,
  target_type text not null,
  target_id text not null,
  constraint company_secret_bindings_company_id_companies_id_fk
    foreign key (company_id) references companies (id)
);

create table environment_custom_image_setup_sessions (
  id uuid primary key default gen_random_uuid(),
  environment_id uuid not null,
  provider_lease_id text,
  environment_lease_id uuid,
  status text not null default 'starting',
  -- PostgreSQL cuts the names to 63 bytes.
  constraint environment_custom_image_setup_sessions_environment_id_environments_id_fk
    foreign key (environment_id) references environments (id) on delete cascade,
  constraint environment_custom_image_setup_sessions_environment_lease_id_environment_leases_id_fk
    foreign key (environment_lease_id) references environment_leases (id) on delete set null
);

create table built_in_managed_resources (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null,
  bundle_key text not null,
  resource_kind text not null,
  resource_key text not null,
  resource_id uuid not null,
  stock_version text not null,
  stock_hash text not null,
  defaults_json jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint built_in_managed_resources_company_id_companies_id_fk
    foreign key (company_id) references companies (id) on delete cascade
);

create unique index built_in_managed_resources_company_bundle_resource_uq
  on built_in_managed_resources (company_id, bundle_key, resource_kind, resource_key);
create index built_in_managed_resources_company_idx on built_in_managed_resources (company_id);
create index built_in_managed_resources_resource_idx on built_in_managed_resources (resource_kind, resource_id);
