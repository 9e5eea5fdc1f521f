-- The two tables of the service, and of their parents as much as the foreign keys need.
-- Paperclip owns and migrates the real ones; these stand in for them in tests.

create table companies (
  id uuid primary key default gen_random_uuid(),
  name text not null default 'Company'
);

create table issues (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null,
  title text not null default 'Issue',
  constraint issues_company_id_companies_id_fk
    foreign key (company_id) references companies (id) on delete cascade
);

create table execution_workspaces (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null,
  name text not null default 'Workspace',
  status text not null default 'active',
  cwd text,
  constraint execution_workspaces_company_id_companies_id_fk
    foreign key (company_id) references companies (id) on delete cascade
);

create table heartbeat_runs (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null,
  status text not null default 'running',
  finished_at timestamp with time zone,
  updated_at timestamp with time zone not null default now(),
  constraint heartbeat_runs_company_id_companies_id_fk
    foreign key (company_id) references companies (id) on delete cascade
);

create table environments (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null,
  name text not null,
  description text,
  driver text not null default 'local',
  status text not null default 'active',
  config jsonb not null default '{}'::jsonb,
  metadata jsonb,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now()
);

alter table environments
  add constraint environments_company_id_companies_id_fk
    foreign key (company_id) references companies (id) on delete cascade;

create index environments_company_status_idx on environments (company_id, status);
create unique index environments_company_driver_idx on environments (company_id, driver) where driver = 'local';
create index environments_company_name_idx on environments (company_id, name);

create table environment_leases (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null,
  environment_id uuid not null,
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
  updated_at timestamp with time zone not null default now()
);

alter table environment_leases
  add constraint environment_leases_company_id_companies_id_fk
    foreign key (company_id) references companies (id) on delete cascade,
  add constraint environment_leases_environment_id_environments_id_fk
    foreign key (environment_id) references environments (id) on delete cascade,
  add constraint environment_leases_execution_workspace_id_execution_workspaces_id_fk
    foreign key (execution_workspace_id) references execution_workspaces (id) on delete set null,
  add constraint environment_leases_issue_id_issues_id_fk
    foreign key (issue_id) references issues (id) on delete set null,
  add constraint environment_leases_heartbeat_run_id_heartbeat_runs_id_fk
    foreign key (heartbeat_run_id) references heartbeat_runs (id) on delete set null;

create index environment_leases_company_environment_status_idx
  on environment_leases (company_id, environment_id, status);
create index environment_leases_company_execution_workspace_idx
  on environment_leases (company_id, execution_workspace_id);
create index environment_leases_company_issue_idx on environment_leases (company_id, issue_id);
create index environment_leases_heartbeat_run_idx on environment_leases (heartbeat_run_id);
create index environment_leases_company_last_used_idx on environment_leases (company_id, last_used_at);
create index environment_leases_provider_lease_idx on environment_leases (provider_lease_id);
