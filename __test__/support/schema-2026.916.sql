-- Of Paperclip 2026.824 to 2026.916, what examples need: the tables that the service owns or keeps, and of the others
-- as much as it reads and the foreign keys need. Tests have Paperclip's own tables, out of its migrations.

create table companies (
  id uuid primary key default gen_random_uuid(),
  name text not null default 'Company'
);

create table environments (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  description text,
  driver text not null default 'local',
  status text not null default 'active',
  config jsonb not null default '{}'::jsonb,
  metadata jsonb,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  env_vars jsonb not null default '{}'::jsonb
);

create index environments_status_idx on environments (status);
create unique index environments_name_idx on environments (name);
create unique index environments_local_driver_idx on environments (driver) where driver = 'local';
create unique index environments_managed_sandbox_idx on environments (driver)
  where driver = 'sandbox' and (metadata ->> 'managedByPaperclip')::boolean = true;

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

create table issues (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null,
  title text not null default 'Issue',
  identifier text,
  execution_workspace_settings jsonb,
  constraint issues_company_id_companies_id_fk foreign key (company_id) references companies (id)
);

create unique index issues_identifier_idx on issues (identifier);

create table execution_workspaces (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null,
  name text not null default 'Workspace',
  metadata jsonb,
  constraint execution_workspaces_company_id_companies_id_fk
    foreign key (company_id) references companies (id) on delete cascade
);

create table heartbeat_runs (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null,
  status text not null default 'queued',
  constraint heartbeat_runs_company_id_companies_id_fk foreign key (company_id) references companies (id)
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
  status text not null default 'starting',
  -- PostgreSQL cuts the name to 63 bytes.
  constraint environment_custom_image_setup_sessions_environment_id_environments_id_fk
    foreign key (environment_id) references environments (id) on delete cascade
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

create table environment_leases (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null,
  environment_id uuid,
  execution_workspace_id uuid,
  issue_id uuid,
  heartbeat_run_id uuid,
  status text not null default 'active',
  lease_policy text not null default 'ephemeral',
  provider text,
  provider_lease_id text,
  acquired_at timestamp with time zone not null default now(),
  last_used_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone,
  released_at timestamp with time zone,
  failure_reason text,
  cleanup_status text,
  metadata jsonb,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint environment_leases_company_id_companies_id_fk
    foreign key (company_id) references companies (id) on delete cascade,
  constraint environment_leases_environment_id_environments_id_fk
    foreign key (environment_id) references environments (id) on delete set null,
  constraint environment_leases_execution_workspace_id_execution_workspaces_id_fk
    foreign key (execution_workspace_id) references execution_workspaces (id) on delete set null,
  constraint environment_leases_issue_id_issues_id_fk
    foreign key (issue_id) references issues (id) on delete set null,
  constraint environment_leases_heartbeat_run_id_heartbeat_runs_id_fk
    foreign key (heartbeat_run_id) references heartbeat_runs (id) on delete set null
);

create index environment_leases_company_environment_status_idx
  on environment_leases (company_id, environment_id, status);
create index environment_leases_company_execution_workspace_idx
  on environment_leases (company_id, execution_workspace_id);
create index environment_leases_company_issue_idx on environment_leases (company_id, issue_id);
create index environment_leases_heartbeat_run_idx on environment_leases (heartbeat_run_id);
create index environment_leases_company_last_used_idx on environment_leases (company_id, last_used_at);
create index environment_leases_provider_lease_idx on environment_leases (provider_lease_id);
