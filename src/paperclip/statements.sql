-- Every statement that the addon sends, in each of its forms. Written by the build, never by hand.

-- All generations

-- list leases
select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at
  from environment_leases r
  where 1 / ($1 = 'list leases')::int = 1 and r.environment_id = $2
  order by r.last_used_at desc, r.created_at desc;

-- list leases by status
select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at
  from environment_leases r
  where 1 / ($1 = 'list leases by status')::int = 1 and r.environment_id = $2 and r.status = $3
  order by r.last_used_at desc, r.created_at desc;

-- leases, one
select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at
  from environment_leases r
  where 1 / ($1 = 'leases, one')::int = 1 and r.id = $2;

-- leases, many
select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at
  from environment_leases r
  where 1 / ($1 = 'leases, many')::int = 1 and r.id = any($2);

-- insert leases, one
insert into environment_leases as r (id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, provider_lease_id, acquired_at, last_used_at, expires_at, metadata, created_at, updated_at)
  select i.id, i.company_id, i.environment_id, i.execution_workspace_id, i.issue_id, i.heartbeat_run_id, 'active', i.lease_policy, i.provider, i.provider_lease_id, i.now, i.now, i.expires_at, i.metadata::jsonb, i.now, i.now
  from (values ($2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::uuid, $7::uuid, $8::text, $9::text, $10::text, $11::timestamptz, $12::text, $13::timestamptz)) as i(id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, now)
  where 1 / ($1 = 'insert leases, one')::int = 1
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- insert leases, many
insert into environment_leases as r (id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, provider_lease_id, acquired_at, last_used_at, expires_at, metadata, created_at, updated_at)
  select i.id, i.company_id, i.environment_id, i.execution_workspace_id, i.issue_id, i.heartbeat_run_id, 'active', i.lease_policy, i.provider, i.provider_lease_id, i.now, i.now, i.expires_at, i.metadata::jsonb, i.now, i.now
  from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::timestamptz[]) as i(id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, now)
  where 1 / ($1 = 'insert leases, many')::int = 1
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- insert leases soon, one
insert into environment_leases as r (id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, provider_lease_id, acquired_at, last_used_at, expires_at, metadata, created_at, updated_at)
  select i.id, i.company_id, i.environment_id, i.execution_workspace_id, i.issue_id, i.heartbeat_run_id, 'active', i.lease_policy, i.provider, i.provider_lease_id, i.now, i.now, i.expires_at, i.metadata::jsonb, i.now, i.now
  from (values ($2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::uuid, $7::uuid, $8::text, $9::text, $10::text, $11::timestamptz, $12::text, $13::timestamptz)) as i(id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, now)
  where 1 / ($1 = 'insert leases soon, one')::int = 1 and (select set_config('lock_timeout', '100ms', true)) is not null
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- insert leases soon, many
insert into environment_leases as r (id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, provider_lease_id, acquired_at, last_used_at, expires_at, metadata, created_at, updated_at)
  select i.id, i.company_id, i.environment_id, i.execution_workspace_id, i.issue_id, i.heartbeat_run_id, 'active', i.lease_policy, i.provider, i.provider_lease_id, i.now, i.now, i.expires_at, i.metadata::jsonb, i.now, i.now
  from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::timestamptz[]) as i(id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, now)
  where 1 / ($1 = 'insert leases soon, many')::int = 1 and (select set_config('lock_timeout', '100ms', true)) is not null
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- insert leases again, one
insert into environment_leases as r (id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, provider_lease_id, acquired_at, last_used_at, expires_at, metadata, created_at, updated_at)
  select i.id, i.company_id, i.environment_id, i.execution_workspace_id, i.issue_id, i.heartbeat_run_id, 'active', i.lease_policy, i.provider, i.provider_lease_id, i.now, i.now, i.expires_at, i.metadata::jsonb, i.now, i.now
  from (values ($2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::uuid, $7::uuid, $8::text, $9::text, $10::text, $11::timestamptz, $12::text, $13::timestamptz)) as i(id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, now)
  where 1 / ($1 = 'insert leases again, one')::int = 1
  on conflict (id) do nothing
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- insert leases again, many
insert into environment_leases as r (id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, provider_lease_id, acquired_at, last_used_at, expires_at, metadata, created_at, updated_at)
  select i.id, i.company_id, i.environment_id, i.execution_workspace_id, i.issue_id, i.heartbeat_run_id, 'active', i.lease_policy, i.provider, i.provider_lease_id, i.now, i.now, i.expires_at, i.metadata::jsonb, i.now, i.now
  from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::timestamptz[]) as i(id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, now)
  where 1 / ($1 = 'insert leases again, many')::int = 1
  on conflict (id) do nothing
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- release leases, one
update environment_leases as r
  set status = i.status, released_at = i.released_at, last_used_at = i.now, updated_at = i.now, failure_reason = case when i.set_failure_reason then i.failure_reason else r.failure_reason end, cleanup_status = case when i.set_cleanup_status then i.cleanup_status else r.cleanup_status end
  from (values ($3::uuid, $4::text, $5::timestamptz, $6::bool, $7::text, $8::bool, $9::text, $10::timestamptz)) as i(id, status, released_at, set_failure_reason, failure_reason, set_cleanup_status, cleanup_status, now)
  where 1 / ($1 = 'release leases, one')::int = 1 and r.id = i.id and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now)
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- release leases, many
with locked as (select t.id
  from environment_leases t
  where t.id = any($3)
  order by t.id for no key update)
  update environment_leases as r
  set status = i.status, released_at = i.released_at, last_used_at = i.now, updated_at = i.now, failure_reason = case when i.set_failure_reason then i.failure_reason else r.failure_reason end, cleanup_status = case when i.set_cleanup_status then i.cleanup_status else r.cleanup_status end
  from unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::bool[], $7::text[], $8::bool[], $9::text[], $10::timestamptz[]) as i(id, status, released_at, set_failure_reason, failure_reason, set_cleanup_status, cleanup_status, now), locked
  where 1 / ($1 = 'release leases, many')::int = 1 and r.id = i.id and r.id = locked.id and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now)
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- release leases with receipts, one
update environment_leases as r
  set status = i.status, released_at = i.released_at, last_used_at = i.now, updated_at = i.now, failure_reason = case when i.set_failure_reason then i.failure_reason else r.failure_reason end, cleanup_status = case when i.set_cleanup_status then i.cleanup_status else r.cleanup_status end, metadata = case when i.receipt is not null then coalesce(r.metadata, '{}') || i.receipt::jsonb when jsonb_typeof(r.metadata) in ('object', 'array') then r.metadata - 'remoteExecutionTermination' else r.metadata end
  from (values ($3::uuid, $4::text, $5::timestamptz, $6::bool, $7::text, $8::bool, $9::text, $10::timestamptz, $11::text)) as i(id, status, released_at, set_failure_reason, failure_reason, set_cleanup_status, cleanup_status, now, receipt)
  where 1 / ($1 = 'release leases with receipts, one')::int = 1 and r.id = i.id and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now)
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- release leases with receipts, many
with locked as (select t.id
  from environment_leases t
  where t.id = any($3)
  order by t.id for no key update)
  update environment_leases as r
  set status = i.status, released_at = i.released_at, last_used_at = i.now, updated_at = i.now, failure_reason = case when i.set_failure_reason then i.failure_reason else r.failure_reason end, cleanup_status = case when i.set_cleanup_status then i.cleanup_status else r.cleanup_status end, metadata = case when i.receipt is not null then coalesce(r.metadata, '{}') || i.receipt::jsonb when jsonb_typeof(r.metadata) in ('object', 'array') then r.metadata - 'remoteExecutionTermination' else r.metadata end
  from unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::bool[], $7::text[], $8::bool[], $9::text[], $10::timestamptz[], $11::text[]) as i(id, status, released_at, set_failure_reason, failure_reason, set_cleanup_status, cleanup_status, now, receipt), locked
  where 1 / ($1 = 'release leases with receipts, many')::int = 1 and r.id = i.id and r.id = locked.id and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now)
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- update lease metadata, one
update environment_leases as r
  set metadata = case when i.set_metadata then i.metadata::jsonb else r.metadata end, last_used_at = i.now, updated_at = i.now
  from (values ($3::uuid, $4::bool, $5::text, $6::timestamptz)) as i(id, set_metadata, metadata, now)
  where 1 / ($1 = 'update lease metadata, one')::int = 1 and r.id = i.id and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now)
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- update lease metadata, many
with locked as (select t.id
  from environment_leases t
  where t.id = any($3)
  order by t.id for no key update)
  update environment_leases as r
  set metadata = case when i.set_metadata then i.metadata::jsonb else r.metadata end, last_used_at = i.now, updated_at = i.now
  from unnest($3::uuid[], $4::bool[], $5::text[], $6::timestamptz[]) as i(id, set_metadata, metadata, now), locked
  where 1 / ($1 = 'update lease metadata, many')::int = 1 and r.id = i.id and r.id = locked.id and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now)
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- release runs, one
with locked as (select t.id
  from environment_leases t
  where t.heartbeat_run_id = $2 and t.status = 'active'
  order by t.id for no key update)
  update environment_leases as r
  set status = i.status, released_at = i.now, last_used_at = i.now, updated_at = i.now
  from (values ($2::uuid, $3::text, $4::timestamptz)) as i(heartbeat_run_id, status, now), locked
  where 1 / ($1 = 'release runs, one')::int = 1 and r.heartbeat_run_id = i.heartbeat_run_id and r.status = 'active' and r.id = locked.id
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at, i.heartbeat_run_id;

-- release runs, many
with locked as (select t.id
  from environment_leases t
  where t.heartbeat_run_id = any($2) and t.status = 'active'
  order by t.id for no key update)
  update environment_leases as r
  set status = i.status, released_at = i.now, last_used_at = i.now, updated_at = i.now
  from unnest($2::uuid[], $3::text[], $4::timestamptz[]) as i(heartbeat_run_id, status, now), locked
  where 1 / ($1 = 'release runs, many')::int = 1 and r.heartbeat_run_id = i.heartbeat_run_id and r.status = 'active' and r.id = locked.id
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at, i.heartbeat_run_id;

-- a uuid
select $2::text::uuid as value
  where 1 / ($1 = 'a uuid')::int = 1;

-- a timestamp
select $2::text::timestamptz as value
  where 1 / ($1 = 'a timestamp')::int = 1;

-- a text
select $2::text is not null as value
  where 1 / ($1 = 'a text')::int = 1;

-- a json document
select $2::text::jsonb is not null as value
  where 1 / ($1 = 'a json document')::int = 1;

-- tables
select case when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'company_id' and not attisdropped) then case when to_regclass('environments_company_managed_sandbox_idx') is null then 'T1' else 'T2' end when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'env_vars' and not attisdropped) then (select case when attnotnull then 'T3' else 'T4' end
  from pg_attribute
  where attrelid = to_regclass('environment_leases') and attname = 'environment_id' and not attisdropped) end
  where 1 / ($1 = 'tables')::int = 1;

-- Paperclip 2026.427

-- list environments
select r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'list environments')::int = 1 and r.company_id = $2
  order by r.updated_at desc, r.created_at desc;

-- list environments by status
select r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'list environments by status')::int = 1 and r.company_id = $2 and r.status = $3
  order by r.updated_at desc, r.created_at desc;

-- list environments by driver
select r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'list environments by driver')::int = 1 and r.company_id = $2 and r.driver = $3
  order by r.updated_at desc, r.created_at desc;

-- list environments by both
select r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'list environments by both')::int = 1 and r.company_id = $2 and r.status = $3 and r.driver = $4
  order by r.updated_at desc, r.created_at desc;

-- environments, one
select r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'environments, one')::int = 1 and r.id = $2;

-- environments, many
select r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'environments, many')::int = 1 and r.id = any($2);

-- insert environments, one
insert into environments as r (id, company_id, name, description, driver, status, config, metadata, created_at, updated_at)
  select i.id, i.company_id, i.name, i.description, i.driver, i.status, i.config::jsonb, i.metadata::jsonb, i.now, i.now
  from (values ($2::uuid, $3::uuid, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::timestamptz)) as i(id, company_id, name, description, driver, status, config, metadata, now)
  where 1 / ($1 = 'insert environments, one')::int = 1
  returning r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at;

-- insert environments, many
insert into environments as r (id, company_id, name, description, driver, status, config, metadata, created_at, updated_at)
  select i.id, i.company_id, i.name, i.description, i.driver, i.status, i.config::jsonb, i.metadata::jsonb, i.now, i.now
  from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[]) as i(id, company_id, name, description, driver, status, config, metadata, now)
  where 1 / ($1 = 'insert environments, many')::int = 1
  returning r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at;

-- insert environments again, one
insert into environments as r (id, company_id, name, description, driver, status, config, metadata, created_at, updated_at)
  select i.id, i.company_id, i.name, i.description, i.driver, i.status, i.config::jsonb, i.metadata::jsonb, i.now, i.now
  from (values ($2::uuid, $3::uuid, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::timestamptz)) as i(id, company_id, name, description, driver, status, config, metadata, now)
  where 1 / ($1 = 'insert environments again, one')::int = 1
  on conflict (id) do nothing
  returning r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at;

-- insert environments again, many
insert into environments as r (id, company_id, name, description, driver, status, config, metadata, created_at, updated_at)
  select i.id, i.company_id, i.name, i.description, i.driver, i.status, i.config::jsonb, i.metadata::jsonb, i.now, i.now
  from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[]) as i(id, company_id, name, description, driver, status, config, metadata, now)
  where 1 / ($1 = 'insert environments again, many')::int = 1
  on conflict (id) do nothing
  returning r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at;

-- update environments, one
update environments as r
  set name = case when i.set_name then i.name else r.name end, description = case when i.set_description then i.description else r.description end, driver = case when i.set_driver then i.driver else r.driver end, status = case when i.set_status then i.status else r.status end, config = case when i.set_config then i.config::jsonb else r.config end, metadata = case when i.set_metadata then i.metadata::jsonb else r.metadata end, updated_at = i.now
  from (values ($3::uuid, $4::bool, $5::text, $6::bool, $7::text, $8::bool, $9::text, $10::bool, $11::text, $12::bool, $13::text, $14::bool, $15::text, $16::timestamptz)) as i(id, set_name, name, set_description, description, set_driver, driver, set_status, status, set_config, config, set_metadata, metadata, now)
  where 1 / ($1 = 'update environments, one')::int = 1 and r.id = i.id and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now)
  returning r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at;

-- update environments, many
with locked as (select t.id
  from environments t
  where t.id = any($3)
  order by t.id for no key update)
  update environments as r
  set name = case when i.set_name then i.name else r.name end, description = case when i.set_description then i.description else r.description end, driver = case when i.set_driver then i.driver else r.driver end, status = case when i.set_status then i.status else r.status end, config = case when i.set_config then i.config::jsonb else r.config end, metadata = case when i.set_metadata then i.metadata::jsonb else r.metadata end, updated_at = i.now
  from unnest($3::uuid[], $4::bool[], $5::text[], $6::bool[], $7::text[], $8::bool[], $9::text[], $10::bool[], $11::text[], $12::bool[], $13::text[], $14::bool[], $15::text[], $16::timestamptz[]) as i(id, set_name, name, set_description, description, set_driver, driver, set_status, status, set_config, config, set_metadata, metadata, now), locked
  where 1 / ($1 = 'update environments, many')::int = 1 and r.id = i.id and r.id = locked.id and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now)
  returning r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at;

-- delete environments, one
delete
  from environments as r
  where 1 / ($1 = 'delete environments, one')::int = 1 and r.id = $2
  returning r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at;

-- delete environments, many
delete
  from environments as r
  where 1 / ($1 = 'delete environments, many')::int = 1 and r.id = any($2)
  returning r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at;

-- local environments, one
select r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'local environments, one')::int = 1 and r.company_id = $2 and r.driver = 'local';

-- local environments, many
select r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'local environments, many')::int = 1 and r.company_id = any($2) and r.driver = 'local';

-- insert local environments, one
insert into environments as r (id, company_id, name, description, driver, status, config, metadata, created_at, updated_at)
  select i.id, i.company_id, 'Local', 'Default execution environment for Paperclip runs on this machine.', 'local', 'active', '{}', '{"managedByPaperclip": true, "defaultForCompany": true}', i.now, i.now
  from (values ($2::uuid, $3::uuid, $4::timestamptz)) as i(id, company_id, now)
  where 1 / ($1 = 'insert local environments, one')::int = 1
  on conflict (company_id, driver)
  where driver = 'local' do nothing
  returning r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at;

-- insert local environments, many
insert into environments as r (id, company_id, name, description, driver, status, config, metadata, created_at, updated_at)
  select i.id, i.company_id, 'Local', 'Default execution environment for Paperclip runs on this machine.', 'local', 'active', '{}', '{"managedByPaperclip": true, "defaultForCompany": true}', i.now, i.now
  from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) as i(id, company_id, now)
  where 1 / ($1 = 'insert local environments, many')::int = 1
  on conflict (company_id, driver)
  where driver = 'local' do nothing
  returning r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at;

-- Paperclip 2026.916

-- list environments
select r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'list environments')::int = 1
  order by r.updated_at desc, r.created_at desc;

-- list environments by status
select r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'list environments by status')::int = 1 and r.status = $2
  order by r.updated_at desc, r.created_at desc;

-- list environments by driver
select r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'list environments by driver')::int = 1 and r.driver = $2
  order by r.updated_at desc, r.created_at desc;

-- list environments by both
select r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'list environments by both')::int = 1 and r.status = $2 and r.driver = $3
  order by r.updated_at desc, r.created_at desc;

-- environments, one
select r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'environments, one')::int = 1 and r.id = $2;

-- environments, many
select r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'environments, many')::int = 1 and r.id = any($2);

-- insert environments, one
insert into environments as r (id, name, description, driver, status, config, env_vars, metadata, created_at, updated_at)
  select i.id, i.name, i.description, i.driver, i.status, i.config::jsonb, i.env_vars::jsonb, i.metadata::jsonb, i.now, i.now
  from (values ($2::uuid, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::timestamptz)) as i(id, name, description, driver, status, config, env_vars, metadata, now)
  where 1 / ($1 = 'insert environments, one')::int = 1
  returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at;

-- insert environments, many
insert into environments as r (id, name, description, driver, status, config, env_vars, metadata, created_at, updated_at)
  select i.id, i.name, i.description, i.driver, i.status, i.config::jsonb, i.env_vars::jsonb, i.metadata::jsonb, i.now, i.now
  from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[]) as i(id, name, description, driver, status, config, env_vars, metadata, now)
  where 1 / ($1 = 'insert environments, many')::int = 1
  returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at;

-- insert environments again, one
insert into environments as r (id, name, description, driver, status, config, env_vars, metadata, created_at, updated_at)
  select i.id, i.name, i.description, i.driver, i.status, i.config::jsonb, i.env_vars::jsonb, i.metadata::jsonb, i.now, i.now
  from (values ($2::uuid, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::timestamptz)) as i(id, name, description, driver, status, config, env_vars, metadata, now)
  where 1 / ($1 = 'insert environments again, one')::int = 1
  on conflict (id) do nothing
  returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at;

-- insert environments again, many
insert into environments as r (id, name, description, driver, status, config, env_vars, metadata, created_at, updated_at)
  select i.id, i.name, i.description, i.driver, i.status, i.config::jsonb, i.env_vars::jsonb, i.metadata::jsonb, i.now, i.now
  from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[]) as i(id, name, description, driver, status, config, env_vars, metadata, now)
  where 1 / ($1 = 'insert environments again, many')::int = 1
  on conflict (id) do nothing
  returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at;

-- update environments, one
update environments as r
  set name = case when i.set_name then i.name else r.name end, description = case when i.set_description then i.description else r.description end, driver = case when i.set_driver then i.driver else r.driver end, status = case when i.set_status then i.status else r.status end, config = case when i.set_config then i.config::jsonb else r.config end, env_vars = case when i.set_env_vars then i.env_vars::jsonb else r.env_vars end, metadata = case when i.set_metadata then i.metadata::jsonb else case when i.set_status then case jsonb_typeof(r.metadata) when 'object' then r.metadata when 'array' then (select coalesce(jsonb_object_agg(n - 1, e), '{}')
  from jsonb_array_elements(r.metadata) with ordinality as x(e, n)) when 'string' then (select jsonb_object_agg(n - 1, e)
  from regexp_split_to_table(nullif(r.metadata #>> '{}', ''), '') with ordinality as x(e, n)) when 'number' then case when r.metadata <> '0' then '{}'::jsonb end when 'boolean' then case when r.metadata = 'true' then '{}'::jsonb end end - '_paperclipManagedArchiveToken' else r.metadata end end, updated_at = i.now
  from (values ($3::uuid, $4::bool, $5::text, $6::bool, $7::text, $8::bool, $9::text, $10::bool, $11::text, $12::bool, $13::text, $14::bool, $15::text, $16::bool, $17::text, $18::timestamptz)) as i(id, set_name, name, set_description, description, set_driver, driver, set_status, status, set_config, config, set_env_vars, env_vars, set_metadata, metadata, now)
  where 1 / ($1 = 'update environments, one')::int = 1 and r.id = i.id and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now)
  returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at;

-- update environments, many
with locked as (select t.id
  from environments t
  where t.id = any($3)
  order by t.id for no key update)
  update environments as r
  set name = case when i.set_name then i.name else r.name end, description = case when i.set_description then i.description else r.description end, driver = case when i.set_driver then i.driver else r.driver end, status = case when i.set_status then i.status else r.status end, config = case when i.set_config then i.config::jsonb else r.config end, env_vars = case when i.set_env_vars then i.env_vars::jsonb else r.env_vars end, metadata = case when i.set_metadata then i.metadata::jsonb else case when i.set_status then case jsonb_typeof(r.metadata) when 'object' then r.metadata when 'array' then (select coalesce(jsonb_object_agg(n - 1, e), '{}')
  from jsonb_array_elements(r.metadata) with ordinality as x(e, n)) when 'string' then (select jsonb_object_agg(n - 1, e)
  from regexp_split_to_table(nullif(r.metadata #>> '{}', ''), '') with ordinality as x(e, n)) when 'number' then case when r.metadata <> '0' then '{}'::jsonb end when 'boolean' then case when r.metadata = 'true' then '{}'::jsonb end end - '_paperclipManagedArchiveToken' else r.metadata end end, updated_at = i.now
  from unnest($3::uuid[], $4::bool[], $5::text[], $6::bool[], $7::text[], $8::bool[], $9::text[], $10::bool[], $11::text[], $12::bool[], $13::text[], $14::bool[], $15::text[], $16::bool[], $17::text[], $18::timestamptz[]) as i(id, set_name, name, set_description, description, set_driver, driver, set_status, status, set_config, config, set_env_vars, env_vars, set_metadata, metadata, now), locked
  where 1 / ($1 = 'update environments, many')::int = 1 and r.id = i.id and r.id = locked.id and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now)
  returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at;

-- delete environments, one
delete
  from environments as r
  where 1 / ($1 = 'delete environments, one')::int = 1 and r.id = $2
  returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at;

-- delete environments, many
delete
  from environments as r
  where 1 / ($1 = 'delete environments, many')::int = 1 and r.id = any($2)
  returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at;

-- the local environment
select r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'the local environment')::int = 1 and r.driver = 'local';

-- insert the local environment
insert into environments as r (id, name, description, driver, status, config, env_vars, metadata, created_at, updated_at)
  select $2::uuid, 'Local', 'Default execution environment for Paperclip runs on this machine.', 'local', 'active', '{}', '{}', '{"managedByPaperclip": true, "defaultForInstance": true}', $3::timestamptz, $3
  where 1 / ($1 = 'insert the local environment')::int = 1
  on conflict (driver)
  where driver = 'local' do nothing
  returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at;

-- adopt the local environment
update environments as r
  set updated_at = $2::timestamptz, metadata = coalesce(case jsonb_typeof(r.metadata) when 'object' then r.metadata when 'array' then (select coalesce(jsonb_object_agg(n - 1, e), '{}')
  from jsonb_array_elements(r.metadata) with ordinality as x(e, n)) when 'string' then (select jsonb_object_agg(n - 1, e)
  from regexp_split_to_table(nullif(r.metadata #>> '{}', ''), '') with ordinality as x(e, n)) when 'number' then case when r.metadata <> '0' then '{}'::jsonb end when 'boolean' then case when r.metadata = 'true' then '{}'::jsonb end end, '{}') || '{"managedByPaperclip": true}'
  where 1 / ($1 = 'adopt the local environment')::int = 1 and r.driver = 'local' and r.metadata -> 'managedByPaperclip' is distinct
  from 'true'
  returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at;

-- a marked sandbox environment
select r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'a marked sandbox environment')::int = 1 and r.driver = 'sandbox' and (r.status = 'active' or $2) and r.metadata -> $3 = 'true'
  order by r.updated_at desc limit 1;

-- bound companies
select distinct r.company_id
  from built_in_managed_resources r
  where 1 / ($1 = 'bound companies')::int = 1 and r.resource_kind = 'environment' and r.resource_id = $2;

-- pending clean-up
select
  where 1 / ($1 = 'pending clean-up')::int = 1 and exists (select
  from environment_leases l
  where l.environment_id = $2 and l.status = 'pending_cleanup');

-- what hangs on an environment
select jsonb_build_object('environmentId', $3::text, 'isLocal', r.driver = 'local', 'instanceDefaults', (select count(*)
  from instance_settings t
  where t.default_environment_id = r.id), 'agentDefaults', (select count(*)
  from agents t
  where t.default_environment_id = r.id), 'executionWorkspaces', (select count(*)
  from execution_workspaces t
  where t.metadata -> 'config' ->> 'environmentId' = $3), 'issues', (select count(*)
  from issues t
  where t.execution_workspace_settings ->> 'environmentId' = $3), 'projects', (select count(*)
  from projects t
  where t.execution_workspace_policy ->> 'environmentId' = $3), 'secretBindings', (select count(*)
  from company_secret_bindings t
  where t.target_type = 'environment' and t.target_id = $3), 'setupSessions', (select count(*)
  from environment_custom_image_setup_sessions t
  where t.environment_id = r.id and t.status in ('starting', 'waiting_for_user', 'capturing')), 'activeLeases', l.active, 'pendingCleanups', l.pending, 'holders', l.holders) as uses
  from environments r, lateral (select count(*) filter (where l.status = 'active') as active, count(*) filter (where l.status = 'pending_cleanup') as pending, coalesce(jsonb_agg(jsonb_build_array(l.id, l.execution_workspace_id, w.name, l.issue_id, i.identifier, i.title)) filter (where l.lease_policy = 'reuse_by_environment' and l.status in ('active', 'released', 'retained')), '[]') as holders
  from environment_leases l left join execution_workspaces w on w.id = l.execution_workspace_id and l.lease_policy = 'reuse_by_environment' and l.status in ('active', 'released', 'retained') left join issues i on i.id = l.issue_id and l.lease_policy = 'reuse_by_environment' and l.status in ('active', 'released', 'retained')
  where l.environment_id = r.id) l
  where 1 / ($1 = 'what hangs on an environment')::int = 1 and r.id = $2;

-- lock environments, one
select
  from environments r
  where 1 / ($1 = 'lock environments, one')::int = 1 and r.id = $2
  order by r.id for update;

-- lock environments, many
select
  from environments r
  where 1 / ($1 = 'lock environments, many')::int = 1 and r.id = any($2)
  order by r.id for update;

-- delete environments if deletable, one
delete
  from environments as r
  where 1 / ($1 = 'delete environments if deletable, one')::int = 1 and r.id = $2 and r.driver <> 'local' and not exists (select
  from instance_settings s
  where s.default_environment_id = r.id) and not exists (select
  from environment_leases l
  where l.environment_id = r.id and (l.status = 'pending_cleanup' or l.lease_policy = 'reuse_by_environment' and l.status in ('active', 'released', 'retained')))
  returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at;

-- delete environments if deletable, many
delete
  from environments as r
  where 1 / ($1 = 'delete environments if deletable, many')::int = 1 and r.id = any($2) and r.driver <> 'local' and not exists (select
  from instance_settings s
  where s.default_environment_id = r.id) and not exists (select
  from environment_leases l
  where l.environment_id = r.id and (l.status = 'pending_cleanup' or l.lease_policy = 'reuse_by_environment' and l.status in ('active', 'released', 'retained')))
  returning r.id, r.name, r.description, r.driver, r.status, r.config, r.env_vars, r.metadata, r.created_at, r.updated_at;

-- insert pending clean-ups, one
with environment as (select t.id
  from environments t
  where t.id = $4
  order by t.id for update)
  insert into environment_leases as r (id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, provider_lease_id, acquired_at, last_used_at, released_at, failure_reason, cleanup_status, metadata, created_at, updated_at)
  select i.id, i.company_id, environment.id, i.execution_workspace_id, i.issue_id, i.heartbeat_run_id, 'pending_cleanup', 'ephemeral', i.provider, i.provider_lease_id, i.now, i.now, i.now, i.failure_reason, 'failed', i.metadata::jsonb, i.now, i.now
  from (values ($2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::uuid, $7::uuid, $8::text, $9::text, $10::text, $11::timestamptz, $12::text, $13::timestamptz, $14::text)) as i(id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, now, failure_reason) left join environment on environment.id = i.environment_id
  where 1 / ($1 = 'insert pending clean-ups, one')::int = 1
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- insert pending clean-ups, many
with environment as (select t.id
  from environments t
  where t.id = any($4)
  order by t.id for update)
  insert into environment_leases as r (id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, provider_lease_id, acquired_at, last_used_at, released_at, failure_reason, cleanup_status, metadata, created_at, updated_at)
  select i.id, i.company_id, environment.id, i.execution_workspace_id, i.issue_id, i.heartbeat_run_id, 'pending_cleanup', 'ephemeral', i.provider, i.provider_lease_id, i.now, i.now, i.now, i.failure_reason, 'failed', i.metadata::jsonb, i.now, i.now
  from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::timestamptz[], $14::text[]) as i(id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, now, failure_reason) left join environment on environment.id = i.environment_id
  where 1 / ($1 = 'insert pending clean-ups, many')::int = 1
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- insert pending clean-ups again, one
with environment as (select t.id
  from environments t
  where t.id = $4
  order by t.id for update)
  insert into environment_leases as r (id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, provider_lease_id, acquired_at, last_used_at, released_at, failure_reason, cleanup_status, metadata, created_at, updated_at)
  select i.id, i.company_id, environment.id, i.execution_workspace_id, i.issue_id, i.heartbeat_run_id, 'pending_cleanup', 'ephemeral', i.provider, i.provider_lease_id, i.now, i.now, i.now, i.failure_reason, 'failed', i.metadata::jsonb, i.now, i.now
  from (values ($2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::uuid, $7::uuid, $8::text, $9::text, $10::text, $11::timestamptz, $12::text, $13::timestamptz, $14::text)) as i(id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, now, failure_reason) left join environment on environment.id = i.environment_id
  where 1 / ($1 = 'insert pending clean-ups again, one')::int = 1
  on conflict (id) do nothing
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- insert pending clean-ups again, many
with environment as (select t.id
  from environments t
  where t.id = any($4)
  order by t.id for update)
  insert into environment_leases as r (id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, provider_lease_id, acquired_at, last_used_at, released_at, failure_reason, cleanup_status, metadata, created_at, updated_at)
  select i.id, i.company_id, environment.id, i.execution_workspace_id, i.issue_id, i.heartbeat_run_id, 'pending_cleanup', 'ephemeral', i.provider, i.provider_lease_id, i.now, i.now, i.now, i.failure_reason, 'failed', i.metadata::jsonb, i.now, i.now
  from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::timestamptz[], $14::text[]) as i(id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, now, failure_reason) left join environment on environment.id = i.environment_id
  where 1 / ($1 = 'insert pending clean-ups again, many')::int = 1
  on conflict (id) do nothing
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- replace a reusable lease
with retired as (update environment_leases as t
  set status = 'expired', released_at = i.now, last_used_at = i.now, updated_at = i.now, cleanup_status = 'success'
  from (values ($2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::uuid, $7::uuid, $8::text, $9::text, $10::text, $11::timestamptz, $12::text, $13::timestamptz, $14::uuid)) as i(id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, now, old_id)
  where 1 / ($1 = 'replace a reusable lease')::int = 1 and t.id = i.old_id and t.company_id = i.company_id and t.environment_id = i.environment_id and t.execution_workspace_id = i.execution_workspace_id and t.provider_lease_id = i.provider_lease_id and t.lease_policy = 'reuse_by_environment' and t.status in ('released', 'retained')
  returning t.id)
  insert into environment_leases as r (id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, status, lease_policy, provider, provider_lease_id, acquired_at, last_used_at, expires_at, metadata, created_at, updated_at)
  select i.id, i.company_id, i.environment_id, i.execution_workspace_id, i.issue_id, i.heartbeat_run_id, 'active', i.lease_policy, i.provider, i.provider_lease_id, i.now, i.now, i.expires_at, i.metadata::jsonb, i.now, i.now
  from (values ($2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::uuid, $7::uuid, $8::text, $9::text, $10::text, $11::timestamptz, $12::text, $13::timestamptz, $14::uuid)) as i(id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, now, old_id), retired
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- reacquire a reusable lease
update environment_leases as r
  set status = 'active', released_at = null, last_used_at = i.now, updated_at = i.now, expires_at = i.expires_at, failure_reason = null, cleanup_status = null, metadata = i.metadata::jsonb
  from (values ($2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::uuid, $7::uuid, $8::text, $9::text, $10::text, $11::timestamptz, $12::text, $13::timestamptz, $14::uuid, $15::bool)) as i(id, company_id, environment_id, execution_workspace_id, issue_id, heartbeat_run_id, lease_policy, provider, provider_lease_id, expires_at, metadata, now, old_id, again)
  where 1 / ($1 = 'reacquire a reusable lease')::int = 1 and r.id = i.old_id and r.company_id = i.company_id and r.environment_id = i.environment_id and r.execution_workspace_id = i.execution_workspace_id and r.provider_lease_id = i.provider_lease_id and r.lease_policy = 'reuse_by_environment' and r.heartbeat_run_id = i.heartbeat_run_id and r.status in ('active', 'released', 'retained') and (not i.again or date_trunc('milliseconds', r.updated_at) <= i.now)
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at;

-- Maintenance

-- a page of leases
with a as (select *
  from jsonb_to_record($2::jsonb) as a(company_id uuid, environment_id uuid, status text[], provider text, heartbeat_run_id uuid, execution_workspace_id uuid, provider_lease_id text, cleanup_status text, used_before timestamptz, most int, after_use timestamptz, after_creation timestamptz, after_id uuid))
  select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at, r.about as about
  from a join companies c on a.company_id is null or c.id = a.company_id cross join lateral (select *
  from (select l.*, jsonb_build_object('after', jsonb_build_array(l.last_used_at, l.created_at, l.id)) as about
  from environment_leases l
  where l.company_id = c.id and l.last_used_at <= least(a.after_use, a.used_before, 'infinity') and case when (a.company_id is null or l.company_id = a.company_id) and (a.environment_id is null or l.environment_id = a.environment_id) and (a.provider is null or l.provider = a.provider) and (a.heartbeat_run_id is null or l.heartbeat_run_id = a.heartbeat_run_id) and (a.execution_workspace_id is null or l.execution_workspace_id = a.execution_workspace_id) and (a.provider_lease_id is null or l.provider_lease_id = a.provider_lease_id) and (a.cleanup_status is null or l.cleanup_status = a.cleanup_status) and (a.status is null or l.status = any(a.status)) and (a.used_before is null or l.last_used_at < a.used_before) and (a.after_use is null or (l.last_used_at, l.created_at, l.id) < (a.after_use, a.after_creation, a.after_id)) then true else false end
  order by l.last_used_at desc, l.created_at desc, l.id desc limit 1001) l limit a.most) r
  where 1 / ($1 = 'a page of leases')::int = 1
  order by r.last_used_at desc, r.created_at desc, r.id desc limit (select most
  from a);

-- a page of an environment
with a as (select *
  from jsonb_to_record($2::jsonb) as a(company_id uuid, environment_id uuid, status text[], provider text, heartbeat_run_id uuid, execution_workspace_id uuid, provider_lease_id text, cleanup_status text, used_before timestamptz, most int, after_use timestamptz, after_creation timestamptz, after_id uuid))
  select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at, r.about as about
  from a join companies c on a.company_id is null or c.id = a.company_id cross join lateral (select *
  from (select l.*, jsonb_build_object('after', jsonb_build_array(l.last_used_at, l.created_at, l.id)) as about
  from environment_leases l
  where l.company_id = c.id and l.environment_id = a.environment_id and l.last_used_at <= least(a.after_use, a.used_before, 'infinity') and case when (a.company_id is null or l.company_id = a.company_id) and (a.environment_id is null or l.environment_id = a.environment_id) and (a.provider is null or l.provider = a.provider) and (a.heartbeat_run_id is null or l.heartbeat_run_id = a.heartbeat_run_id) and (a.execution_workspace_id is null or l.execution_workspace_id = a.execution_workspace_id) and (a.provider_lease_id is null or l.provider_lease_id = a.provider_lease_id) and (a.cleanup_status is null or l.cleanup_status = a.cleanup_status) and (a.status is null or l.status = any(a.status)) and (a.used_before is null or l.last_used_at < a.used_before) and (a.after_use is null or (l.last_used_at, l.created_at, l.id) < (a.after_use, a.after_creation, a.after_id)) then true else false end
  order by l.last_used_at desc, l.created_at desc, l.id desc limit 1001) l limit a.most) r
  where 1 / ($1 = 'a page of an environment')::int = 1
  order by r.last_used_at desc, r.created_at desc, r.id desc limit (select most
  from a);

-- a page of a workspace
with a as (select *
  from jsonb_to_record($2::jsonb) as a(company_id uuid, environment_id uuid, status text[], provider text, heartbeat_run_id uuid, execution_workspace_id uuid, provider_lease_id text, cleanup_status text, used_before timestamptz, most int, after_use timestamptz, after_creation timestamptz, after_id uuid))
  select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at, r.about as about
  from a join companies c on a.company_id is null or c.id = a.company_id cross join lateral (select *
  from (select l.*, jsonb_build_object('after', jsonb_build_array(l.last_used_at, l.created_at, l.id)) as about
  from environment_leases l
  where l.company_id = c.id and l.execution_workspace_id = a.execution_workspace_id and l.last_used_at <= least(a.after_use, a.used_before, 'infinity') and case when (a.company_id is null or l.company_id = a.company_id) and (a.environment_id is null or l.environment_id = a.environment_id) and (a.provider is null or l.provider = a.provider) and (a.heartbeat_run_id is null or l.heartbeat_run_id = a.heartbeat_run_id) and (a.execution_workspace_id is null or l.execution_workspace_id = a.execution_workspace_id) and (a.provider_lease_id is null or l.provider_lease_id = a.provider_lease_id) and (a.cleanup_status is null or l.cleanup_status = a.cleanup_status) and (a.status is null or l.status = any(a.status)) and (a.used_before is null or l.last_used_at < a.used_before) and (a.after_use is null or (l.last_used_at, l.created_at, l.id) < (a.after_use, a.after_creation, a.after_id)) then true else false end
  order by l.last_used_at desc, l.created_at desc, l.id desc limit 1001) l limit a.most) r
  where 1 / ($1 = 'a page of a workspace')::int = 1
  order by r.last_used_at desc, r.created_at desc, r.id desc limit (select most
  from a);

-- a page of a run
with a as (select *
  from jsonb_to_record($2::jsonb) as a(company_id uuid, environment_id uuid, status text[], provider text, heartbeat_run_id uuid, execution_workspace_id uuid, provider_lease_id text, cleanup_status text, used_before timestamptz, most int, after_use timestamptz, after_creation timestamptz, after_id uuid))
  select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at, r.about as about
  from a cross join lateral (select *
  from (select l.*, jsonb_build_object('after', jsonb_build_array(l.last_used_at, l.created_at, l.id)) as about
  from environment_leases l
  where l.heartbeat_run_id = a.heartbeat_run_id and l.last_used_at <= least(a.after_use, a.used_before, 'infinity') and case when (a.company_id is null or l.company_id = a.company_id) and (a.environment_id is null or l.environment_id = a.environment_id) and (a.provider is null or l.provider = a.provider) and (a.heartbeat_run_id is null or l.heartbeat_run_id = a.heartbeat_run_id) and (a.execution_workspace_id is null or l.execution_workspace_id = a.execution_workspace_id) and (a.provider_lease_id is null or l.provider_lease_id = a.provider_lease_id) and (a.cleanup_status is null or l.cleanup_status = a.cleanup_status) and (a.status is null or l.status = any(a.status)) and (a.used_before is null or l.last_used_at < a.used_before) and (a.after_use is null or (l.last_used_at, l.created_at, l.id) < (a.after_use, a.after_creation, a.after_id)) then true else false end
  order by l.last_used_at desc, l.created_at desc, l.id desc limit 1001) l limit a.most) r
  where 1 / ($1 = 'a page of a run')::int = 1
  order by r.last_used_at desc, r.created_at desc, r.id desc limit (select most
  from a);

-- a page of a provider lease
with a as (select *
  from jsonb_to_record($2::jsonb) as a(company_id uuid, environment_id uuid, status text[], provider text, heartbeat_run_id uuid, execution_workspace_id uuid, provider_lease_id text, cleanup_status text, used_before timestamptz, most int, after_use timestamptz, after_creation timestamptz, after_id uuid))
  select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at, r.about as about
  from a cross join lateral (select *
  from (select l.*, jsonb_build_object('after', jsonb_build_array(l.last_used_at, l.created_at, l.id)) as about
  from environment_leases l
  where l.provider_lease_id = a.provider_lease_id and l.last_used_at <= least(a.after_use, a.used_before, 'infinity') and case when (a.company_id is null or l.company_id = a.company_id) and (a.environment_id is null or l.environment_id = a.environment_id) and (a.provider is null or l.provider = a.provider) and (a.heartbeat_run_id is null or l.heartbeat_run_id = a.heartbeat_run_id) and (a.execution_workspace_id is null or l.execution_workspace_id = a.execution_workspace_id) and (a.provider_lease_id is null or l.provider_lease_id = a.provider_lease_id) and (a.cleanup_status is null or l.cleanup_status = a.cleanup_status) and (a.status is null or l.status = any(a.status)) and (a.used_before is null or l.last_used_at < a.used_before) and (a.after_use is null or (l.last_used_at, l.created_at, l.id) < (a.after_use, a.after_creation, a.after_id)) then true else false end
  order by l.last_used_at desc, l.created_at desc, l.id desc limit 1001) l limit a.most) r
  where 1 / ($1 = 'a page of a provider lease')::int = 1
  order by r.last_used_at desc, r.created_at desc, r.id desc limit (select most
  from a);

-- a page of live leases
with a as (select *
  from jsonb_to_record($2::jsonb) as a(company_id uuid, environment_id uuid, status text[], provider text, heartbeat_run_id uuid, execution_workspace_id uuid, provider_lease_id text, cleanup_status text, used_before timestamptz, most int, after_use timestamptz, after_creation timestamptz, after_id uuid))
  select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at, r.about as about
  from a cross join lateral (select l.*, jsonb_build_object('after', jsonb_build_array(l.last_used_at, l.created_at, l.id)) as about
  from companies c cross join lateral (with recursive walk as ((select l.environment_id
  from environment_leases l
  where l.company_id = c.id
  order by l.environment_id limit 1) union all
  select (select l.environment_id
  from environment_leases l
  where l.company_id = c.id and l.environment_id > w.environment_id
  order by l.environment_id limit 1)
  from walk w
  where w.environment_id is not null)
  select w.environment_id
  from walk w offset 0) place cross join lateral (select l.*
  from environment_leases l
  where l.company_id = c.id and l.environment_id = place.environment_id and l.status = any(a.status) union all
  select l.*
  from environment_leases l
  where place.environment_id is null and l.company_id = c.id and l.environment_id is null and l.status = any(a.status) offset 0) l
  where case when (a.company_id is null or l.company_id = a.company_id) and (a.environment_id is null or l.environment_id = a.environment_id) and (a.provider is null or l.provider = a.provider) and (a.heartbeat_run_id is null or l.heartbeat_run_id = a.heartbeat_run_id) and (a.execution_workspace_id is null or l.execution_workspace_id = a.execution_workspace_id) and (a.provider_lease_id is null or l.provider_lease_id = a.provider_lease_id) and (a.cleanup_status is null or l.cleanup_status = a.cleanup_status) and (a.status is null or l.status = any(a.status)) and (a.used_before is null or l.last_used_at < a.used_before) and (a.after_use is null or (l.last_used_at, l.created_at, l.id) < (a.after_use, a.after_creation, a.after_id)) then true else false end) r
  where 1 / ($1 = 'a page of live leases')::int = 1
  order by r.last_used_at desc, r.created_at desc, r.id desc limit (select most
  from a);

-- a summary of live leases
with a as (select *
  from jsonb_to_record($2::jsonb) as a(company_id uuid))
  select jsonb_build_object('companyId', l.company_id, 'environmentId', l.environment_id, 'provider', l.provider, 'status', l.status, 'count', count(*), 'oldestAcquiredAt', min(l.acquired_at), 'expired', count(*) filter (where l.expires_at < now()), 'cleanupFailed', count(*) filter (where l.cleanup_status = 'failed'))
  from a cross join companies c cross join lateral (with recursive walk as ((select l.environment_id
  from environment_leases l
  where l.company_id = c.id
  order by l.environment_id limit 1) union all
  select (select l.environment_id
  from environment_leases l
  where l.company_id = c.id and l.environment_id > w.environment_id
  order by l.environment_id limit 1)
  from walk w
  where w.environment_id is not null)
  select w.environment_id
  from walk w offset 0) place cross join lateral (select l.*
  from environment_leases l
  where l.company_id = c.id and l.environment_id = place.environment_id and l.status = any(array['active', 'retained', 'pending_cleanup']) union all
  select l.*
  from environment_leases l
  where place.environment_id is null and l.company_id = c.id and l.environment_id is null and l.status = any(array['active', 'retained', 'pending_cleanup']) offset 0) l
  where 1 / ($1 = 'a summary of live leases')::int = 1 and (a.company_id is null or l.company_id = a.company_id) group by l.company_id, l.environment_id, l.provider, l.status
  order by l.company_id, l.environment_id, l.provider, l.status;

-- a summary of all leases
with a as (select *
  from jsonb_to_record($2::jsonb) as a(company_id uuid))
  select jsonb_build_object('companyId', l.company_id, 'environmentId', l.environment_id, 'provider', l.provider, 'status', l.status, 'count', count(*), 'oldestAcquiredAt', min(l.acquired_at), 'expired', count(*) filter (where l.expires_at < now()), 'cleanupFailed', count(*) filter (where l.cleanup_status = 'failed'))
  from a cross join environment_leases l
  where 1 / ($1 = 'a summary of all leases')::int = 1 and (a.company_id is null or l.company_id = a.company_id) group by l.company_id, l.environment_id, l.provider, l.status
  order by l.company_id, l.environment_id, l.provider, l.status;

-- whether there are sessions
with a as (select *
  from jsonb_to_record($2::jsonb) as a(nothing bool))
  select '{}'::jsonb
  from a
  where 1 / ($1 = 'whether there are sessions')::int = 1 and exists (select
  from pg_attribute
  where attrelid = to_regclass('environment_custom_image_setup_sessions') and attname = 'environment_lease_id' and not attisdropped);

-- leases of sessions
with a as (select *
  from jsonb_to_record($2::jsonb) as a(nothing bool))
  select jsonb_build_object('id', s.environment_lease_id)
  from a, environment_custom_image_setup_sessions s
  where 1 / ($1 = 'leases of sessions')::int = 1 and s.environment_lease_id is not null;

-- stale leases
with a as (select *
  from jsonb_to_record($2::jsonb) as a(reasons text[], statuses text[], grace float8, older_than float8, sessions uuid[], has_hook bool, company_id uuid, environment_id uuid, most int, ids uuid[])), stale as materialized (select l.*, e.reason, e.action, case when e.reason is null then 'clock' when ((l.provider not in ('local', 'ssh') and l.cleanup_status = 'pending' and l.updated_at > now() - interval '10 min') is true) then 'claimed' when ((l.provider not in ('local', 'ssh')) is true and exists (select
  from (select o.*
  from environment_leases o
  where o.provider_lease_id = l.provider_lease_id and o.provider = l.provider and o.id <> l.id) l left join heartbeat_runs run on run.id = l.heartbeat_run_id
  where (l.status = 'active' and not coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false) or l.status = 'retained') and case when not (l.lease_policy in ('ephemeral', 'reuse_by_environment', 'reuse_by_execution_workspace', 'retain_on_failure') and (l.cleanup_status is null or l.cleanup_status in ('pending', 'success', 'failed'))) then null when l.status = 'active' and 'run_finished' = any(a.reasons) and coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false) and coalesce(run.finished_at, run.updated_at) < now() - a.grace * interval '1 ms' then 'run_finished' when l.status = 'active' and 'expired' = any(a.reasons) and l.expires_at < now() - a.grace * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'expired' when l.status = 'active' and 'unowned' = any(a.reasons) and l.lease_policy = 'ephemeral' and l.heartbeat_run_id is null and l.acquired_at < now() - a.older_than * interval '1 ms' and not l.id = any(a.sessions) then 'unowned' when l.status in ('released', 'expired', 'failed') and 'cleanup_failed' = any(a.reasons) and l.cleanup_status in ('failed', 'pending') and l.provider_lease_id is not null and not (l.provider is null or l.provider in ('local', 'ssh')) and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'cleanup_failed' when l.status = 'retained' and 'retained' = any(a.reasons) and l.last_used_at < now() - a.older_than * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'retained' end is null)) then 'shared' when e.action is null then 'provider' end as why
  from a cross join companies c cross join lateral (with recursive walk as ((select l.environment_id
  from environment_leases l
  where l.company_id = c.id
  order by l.environment_id limit 1) union all
  select (select l.environment_id
  from environment_leases l
  where l.company_id = c.id and l.environment_id > w.environment_id
  order by l.environment_id limit 1)
  from walk w
  where w.environment_id is not null)
  select w.environment_id
  from walk w offset 0) place cross join lateral (select l.*
  from environment_leases l
  where l.company_id = c.id and l.environment_id = place.environment_id and l.status = any(a.statuses) and (l.status not in ('released', 'expired', 'failed') or l.cleanup_status in ('failed', 'pending')) union all
  select l.*
  from environment_leases l
  where place.environment_id is null and l.company_id = c.id and l.environment_id is null and l.status = any(a.statuses) and (l.status not in ('released', 'expired', 'failed') or l.cleanup_status in ('failed', 'pending')) offset 0) l left join lateral (select t.status, t.finished_at, t.updated_at
  from heartbeat_runs t
  where t.id = l.heartbeat_run_id offset 0) run on true cross join lateral (select case when not (l.lease_policy in ('ephemeral', 'reuse_by_environment', 'reuse_by_execution_workspace', 'retain_on_failure') and (l.cleanup_status is null or l.cleanup_status in ('pending', 'success', 'failed'))) then null when l.status = 'active' and 'run_finished' = any(a.reasons) and coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false) and coalesce(run.finished_at, run.updated_at) < now() - a.grace * interval '1 ms' then 'run_finished' when l.status = 'active' and 'expired' = any(a.reasons) and l.expires_at < now() - a.grace * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'expired' when l.status = 'active' and 'unowned' = any(a.reasons) and l.lease_policy = 'ephemeral' and l.heartbeat_run_id is null and l.acquired_at < now() - a.older_than * interval '1 ms' and not l.id = any(a.sessions) then 'unowned' when l.status in ('released', 'expired', 'failed') and 'cleanup_failed' = any(a.reasons) and l.cleanup_status in ('failed', 'pending') and l.provider_lease_id is not null and not (l.provider is null or l.provider in ('local', 'ssh')) and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'cleanup_failed' when l.status = 'retained' and 'retained' = any(a.reasons) and l.last_used_at < now() - a.older_than * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'retained' end as reason, case when (l.provider is null or l.provider in ('local', 'ssh')) then 'end' when a.has_hook then 'claim' when (select case when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'company_id' and not attisdropped) then case when to_regclass('environments_company_managed_sandbox_idx') is null then 'T1' else 'T2' end when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'env_vars' and not attisdropped) then (select case when attnotnull then 'T3' else 'T4' end
  from pg_attribute
  where attrelid = to_regclass('environment_leases') and attname = 'environment_id' and not attisdropped) end = 'T4') and (l.environment_id is null or exists (select
  from environments e
  where e.id = l.environment_id and e.driver = 'sandbox')) then 'hand over' end as action, (l.status = 'active' and 'run_finished' = any(a.reasons) and (l.lease_policy in ('ephemeral', 'reuse_by_environment', 'reuse_by_execution_workspace', 'retain_on_failure') and (l.cleanup_status is null or l.cleanup_status in ('pending', 'success', 'failed'))) and coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false) and coalesce(run.finished_at, run.updated_at) > now()) as clock_is_off offset 0) e
  where 1 / ($1 = 'stale leases')::int = 1 and (a.company_id is null or c.id = a.company_id) and (a.environment_id is null or place.environment_id = a.environment_id) and (e.reason is not null or e.clock_is_off))
  select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at, jsonb_build_object('reason', coalesce(r.reason, 'run_finished'), 'action', r.action, 'why', r.why) as about
  from (select s.*, row_number() over (partition by s.why is null
  order by s.updated_at, s.id) as place
  from stale s) r
  where r.place <= (select most
  from a) + (r.why is null)::int
  order by r.why is not null, r.place;

-- act on stale leases
with a as (select *
  from jsonb_to_record($2::jsonb) as a(reasons text[], statuses text[], grace float8, older_than float8, sessions uuid[], has_hook bool, company_id uuid, environment_id uuid, most int, ids uuid[])), of_runs as (select l.id, case when (l.provider is null or l.provider in ('local', 'ssh')) then 'end' when a.has_hook then 'claim' when (select case when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'company_id' and not attisdropped) then case when to_regclass('environments_company_managed_sandbox_idx') is null then 'T1' else 'T2' end when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'env_vars' and not attisdropped) then (select case when attnotnull then 'T3' else 'T4' end
  from pg_attribute
  where attrelid = to_regclass('environment_leases') and attname = 'environment_id' and not attisdropped) end = 'T4') and (l.environment_id is null or exists (select
  from environments e
  where e.id = l.environment_id and e.driver = 'sandbox')) then 'hand over' end as action, case when not (l.lease_policy in ('ephemeral', 'reuse_by_environment', 'reuse_by_execution_workspace', 'retain_on_failure') and (l.cleanup_status is null or l.cleanup_status in ('pending', 'success', 'failed'))) then null when l.status = 'active' and 'run_finished' = any(a.reasons) and coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false) and coalesce(run.finished_at, run.updated_at) < now() - a.grace * interval '1 ms' then 'run_finished' when l.status = 'active' and 'expired' = any(a.reasons) and l.expires_at < now() - a.grace * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'expired' when l.status = 'active' and 'unowned' = any(a.reasons) and l.lease_policy = 'ephemeral' and l.heartbeat_run_id is null and l.acquired_at < now() - a.older_than * interval '1 ms' and not l.id = any(a.sessions) then 'unowned' when l.status in ('released', 'expired', 'failed') and 'cleanup_failed' = any(a.reasons) and l.cleanup_status in ('failed', 'pending') and l.provider_lease_id is not null and not (l.provider is null or l.provider in ('local', 'ssh')) and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'cleanup_failed' when l.status = 'retained' and 'retained' = any(a.reasons) and l.last_used_at < now() - a.older_than * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'retained' end as reason
  from a join environment_leases l on l.id = any(a.ids) join heartbeat_runs run on run.id = l.heartbeat_run_id
  where 1 / ($1 = 'act on stale leases')::int = 1 and case when not (l.lease_policy in ('ephemeral', 'reuse_by_environment', 'reuse_by_execution_workspace', 'retain_on_failure') and (l.cleanup_status is null or l.cleanup_status in ('pending', 'success', 'failed'))) then null when l.status = 'active' and 'run_finished' = any(a.reasons) and coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false) and coalesce(run.finished_at, run.updated_at) < now() - a.grace * interval '1 ms' then 'run_finished' when l.status = 'active' and 'expired' = any(a.reasons) and l.expires_at < now() - a.grace * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'expired' when l.status = 'active' and 'unowned' = any(a.reasons) and l.lease_policy = 'ephemeral' and l.heartbeat_run_id is null and l.acquired_at < now() - a.older_than * interval '1 ms' and not l.id = any(a.sessions) then 'unowned' when l.status in ('released', 'expired', 'failed') and 'cleanup_failed' = any(a.reasons) and l.cleanup_status in ('failed', 'pending') and l.provider_lease_id is not null and not (l.provider is null or l.provider in ('local', 'ssh')) and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'cleanup_failed' when l.status = 'retained' and 'retained' = any(a.reasons) and l.last_used_at < now() - a.older_than * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'retained' end is not null and case when (l.provider is null or l.provider in ('local', 'ssh')) then 'end' when a.has_hook then 'claim' when (select case when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'company_id' and not attisdropped) then case when to_regclass('environments_company_managed_sandbox_idx') is null then 'T1' else 'T2' end when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'env_vars' and not attisdropped) then (select case when attnotnull then 'T3' else 'T4' end
  from pg_attribute
  where attrelid = to_regclass('environment_leases') and attname = 'environment_id' and not attisdropped) end = 'T4') and (l.environment_id is null or exists (select
  from environments e
  where e.id = l.environment_id and e.driver = 'sandbox')) then 'hand over' end is not null and not ((l.provider not in ('local', 'ssh') and l.cleanup_status = 'pending' and l.updated_at > now() - interval '10 min') is true) and not ((l.provider not in ('local', 'ssh')) is true and exists (select
  from (select o.*
  from environment_leases o
  where o.provider_lease_id = l.provider_lease_id and o.provider = l.provider and o.id <> l.id) l left join heartbeat_runs run on run.id = l.heartbeat_run_id
  where (l.status = 'active' and not coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false) or l.status = 'retained') and case when not (l.lease_policy in ('ephemeral', 'reuse_by_environment', 'reuse_by_execution_workspace', 'retain_on_failure') and (l.cleanup_status is null or l.cleanup_status in ('pending', 'success', 'failed'))) then null when l.status = 'active' and 'run_finished' = any(a.reasons) and coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false) and coalesce(run.finished_at, run.updated_at) < now() - a.grace * interval '1 ms' then 'run_finished' when l.status = 'active' and 'expired' = any(a.reasons) and l.expires_at < now() - a.grace * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'expired' when l.status = 'active' and 'unowned' = any(a.reasons) and l.lease_policy = 'ephemeral' and l.heartbeat_run_id is null and l.acquired_at < now() - a.older_than * interval '1 ms' and not l.id = any(a.sessions) then 'unowned' when l.status in ('released', 'expired', 'failed') and 'cleanup_failed' = any(a.reasons) and l.cleanup_status in ('failed', 'pending') and l.provider_lease_id is not null and not (l.provider is null or l.provider in ('local', 'ssh')) and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'cleanup_failed' when l.status = 'retained' and 'retained' = any(a.reasons) and l.last_used_at < now() - a.older_than * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'retained' end is null))
  order by l.id for
  update of l skip locked for share of run skip locked), of_none as (select l.id, case when (l.provider is null or l.provider in ('local', 'ssh')) then 'end' when a.has_hook then 'claim' when (select case when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'company_id' and not attisdropped) then case when to_regclass('environments_company_managed_sandbox_idx') is null then 'T1' else 'T2' end when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'env_vars' and not attisdropped) then (select case when attnotnull then 'T3' else 'T4' end
  from pg_attribute
  where attrelid = to_regclass('environment_leases') and attname = 'environment_id' and not attisdropped) end = 'T4') and (l.environment_id is null or exists (select
  from environments e
  where e.id = l.environment_id and e.driver = 'sandbox')) then 'hand over' end as action, case when not (l.lease_policy in ('ephemeral', 'reuse_by_environment', 'reuse_by_execution_workspace', 'retain_on_failure') and (l.cleanup_status is null or l.cleanup_status in ('pending', 'success', 'failed'))) then null when l.status = 'active' and 'run_finished' = any(a.reasons) and coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false) and coalesce(run.finished_at, run.updated_at) < now() - a.grace * interval '1 ms' then 'run_finished' when l.status = 'active' and 'expired' = any(a.reasons) and l.expires_at < now() - a.grace * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'expired' when l.status = 'active' and 'unowned' = any(a.reasons) and l.lease_policy = 'ephemeral' and l.heartbeat_run_id is null and l.acquired_at < now() - a.older_than * interval '1 ms' and not l.id = any(a.sessions) then 'unowned' when l.status in ('released', 'expired', 'failed') and 'cleanup_failed' = any(a.reasons) and l.cleanup_status in ('failed', 'pending') and l.provider_lease_id is not null and not (l.provider is null or l.provider in ('local', 'ssh')) and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'cleanup_failed' when l.status = 'retained' and 'retained' = any(a.reasons) and l.last_used_at < now() - a.older_than * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'retained' end as reason
  from a join environment_leases l on l.id = any(a.ids) cross join (values (null::text, null::timestamptz, null::timestamptz)) as run(status, finished_at, updated_at)
  where l.heartbeat_run_id is null and 1 / ($1 = 'act on stale leases')::int = 1 and case when not (l.lease_policy in ('ephemeral', 'reuse_by_environment', 'reuse_by_execution_workspace', 'retain_on_failure') and (l.cleanup_status is null or l.cleanup_status in ('pending', 'success', 'failed'))) then null when l.status = 'active' and 'run_finished' = any(a.reasons) and coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false) and coalesce(run.finished_at, run.updated_at) < now() - a.grace * interval '1 ms' then 'run_finished' when l.status = 'active' and 'expired' = any(a.reasons) and l.expires_at < now() - a.grace * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'expired' when l.status = 'active' and 'unowned' = any(a.reasons) and l.lease_policy = 'ephemeral' and l.heartbeat_run_id is null and l.acquired_at < now() - a.older_than * interval '1 ms' and not l.id = any(a.sessions) then 'unowned' when l.status in ('released', 'expired', 'failed') and 'cleanup_failed' = any(a.reasons) and l.cleanup_status in ('failed', 'pending') and l.provider_lease_id is not null and not (l.provider is null or l.provider in ('local', 'ssh')) and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'cleanup_failed' when l.status = 'retained' and 'retained' = any(a.reasons) and l.last_used_at < now() - a.older_than * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'retained' end is not null and case when (l.provider is null or l.provider in ('local', 'ssh')) then 'end' when a.has_hook then 'claim' when (select case when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'company_id' and not attisdropped) then case when to_regclass('environments_company_managed_sandbox_idx') is null then 'T1' else 'T2' end when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'env_vars' and not attisdropped) then (select case when attnotnull then 'T3' else 'T4' end
  from pg_attribute
  where attrelid = to_regclass('environment_leases') and attname = 'environment_id' and not attisdropped) end = 'T4') and (l.environment_id is null or exists (select
  from environments e
  where e.id = l.environment_id and e.driver = 'sandbox')) then 'hand over' end is not null and not ((l.provider not in ('local', 'ssh') and l.cleanup_status = 'pending' and l.updated_at > now() - interval '10 min') is true) and not ((l.provider not in ('local', 'ssh')) is true and exists (select
  from (select o.*
  from environment_leases o
  where o.provider_lease_id = l.provider_lease_id and o.provider = l.provider and o.id <> l.id) l left join heartbeat_runs run on run.id = l.heartbeat_run_id
  where (l.status = 'active' and not coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false) or l.status = 'retained') and case when not (l.lease_policy in ('ephemeral', 'reuse_by_environment', 'reuse_by_execution_workspace', 'retain_on_failure') and (l.cleanup_status is null or l.cleanup_status in ('pending', 'success', 'failed'))) then null when l.status = 'active' and 'run_finished' = any(a.reasons) and coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false) and coalesce(run.finished_at, run.updated_at) < now() - a.grace * interval '1 ms' then 'run_finished' when l.status = 'active' and 'expired' = any(a.reasons) and l.expires_at < now() - a.grace * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'expired' when l.status = 'active' and 'unowned' = any(a.reasons) and l.lease_policy = 'ephemeral' and l.heartbeat_run_id is null and l.acquired_at < now() - a.older_than * interval '1 ms' and not l.id = any(a.sessions) then 'unowned' when l.status in ('released', 'expired', 'failed') and 'cleanup_failed' = any(a.reasons) and l.cleanup_status in ('failed', 'pending') and l.provider_lease_id is not null and not (l.provider is null or l.provider in ('local', 'ssh')) and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'cleanup_failed' when l.status = 'retained' and 'retained' = any(a.reasons) and l.last_used_at < now() - a.older_than * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) then 'retained' end is null))
  order by l.id for
  update of l skip locked)
  update environment_leases as r
  set status = case t.action when 'end' then 'expired' when 'hand over' then 'pending_cleanup' else r.status end, cleanup_status = case t.action when 'claim' then 'pending' when 'hand over' then 'failed' else r.cleanup_status end, released_at = case when t.action = 'claim' then r.released_at when r.status in ('released', 'expired', 'failed') then coalesce(r.released_at, now()) else now() end, last_used_at = case when t.action = 'claim' or r.status in ('released', 'expired', 'failed') then r.last_used_at else now() end, updated_at = now(), failure_reason = case when t.action = 'claim' then r.failure_reason else coalesce(r.failure_reason, 'Reaped: ' || case t.reason when 'run_finished' then 'its run has finished' when 'expired' then 'it has expired' when 'unowned' then 'it has no run' when 'cleanup_failed' then 'its clean-up had failed' when 'retained' then 'it was retained long enough' end) end
  from (select *
  from of_runs union all
  select *
  from of_none) t
  where r.id = t.id
  returning r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at, jsonb_build_object('reason', t.reason, 'action', t.action, 'claimedAt', r.updated_at) as about;

-- finish a claim
with a as (select *
  from jsonb_to_record($2::jsonb) as a(id uuid, claimed_at timestamptz, success bool, reason text)), finished as (update environment_leases as r
  set status = case when not a.success or r.status in ('released', 'expired', 'failed') then r.status when r.lease_policy = 'reuse_by_environment' then 'released' else 'expired' end, cleanup_status = case when a.success then 'success' else 'failed' end, released_at = case when not a.success then r.released_at when r.status in ('released', 'expired', 'failed') then coalesce(r.released_at, now()) else now() end, last_used_at = case when not a.success or r.status in ('released', 'expired', 'failed') then r.last_used_at else now() end, updated_at = now(), failure_reason = case when a.success then coalesce(r.failure_reason, 'Reaped: ' || case a.reason when 'run_finished' then 'its run has finished' when 'expired' then 'it has expired' when 'unowned' then 'it has no run' when 'cleanup_failed' then 'its clean-up had failed' when 'retained' then 'it was retained long enough' end) else r.failure_reason end
  from a
  where 1 / ($1 = 'finish a claim')::int = 1 and r.id = a.id and r.cleanup_status = 'pending' and r.updated_at = a.claimed_at
  returning r.*)
  select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at, null::jsonb as about
  from (select *
  from finished union all
  select l.*
  from environment_leases l, a
  where l.id = a.id and not exists (select
  from finished)) r;

-- the time
with a as (select *
  from jsonb_to_record($2::jsonb) as a(nothing bool))
  select jsonb_build_object('now', clock_timestamp())
  from a
  where 1 / ($1 = 'the time')::int = 1;

-- newest leases of sandboxes
with a as (select *
  from jsonb_to_record($2::jsonb) as a(provider text, ids text[]))
  select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at, jsonb_build_object('inUse', r.in_use) as about
  from a cross join lateral (select distinct i.id
  from unnest(a.ids) as i(id) offset 0) i cross join lateral (select l.*, exists (select
  from environment_leases o left join heartbeat_runs run on run.id = o.heartbeat_run_id
  where o.provider_lease_id = i.id and o.status = 'active' and o.heartbeat_run_id is not null and not coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) as in_use
  from environment_leases l
  where l.provider_lease_id = i.id
  order by (l.provider = a.provider) is not true, l.last_used_at desc, l.created_at desc, l.id desc limit 1) r
  where 1 / ($1 = 'newest leases of sandboxes')::int = 1;

-- lost leases
with a as (select *
  from jsonb_to_record($2::jsonb) as a(provider text, ids text[]))
  select r.id, r.company_id, r.environment_id, r.execution_workspace_id, r.issue_id, r.heartbeat_run_id, r.status, r.lease_policy, r.provider, r.provider_lease_id, r.acquired_at, r.last_used_at, r.expires_at, r.released_at, r.failure_reason, r.cleanup_status, r.metadata, r.created_at, r.updated_at, null::jsonb as about
  from (select l.*
  from a cross join companies c cross join lateral (with recursive walk as ((select l.environment_id
  from environment_leases l
  where l.company_id = c.id
  order by l.environment_id limit 1) union all
  select (select l.environment_id
  from environment_leases l
  where l.company_id = c.id and l.environment_id > w.environment_id
  order by l.environment_id limit 1)
  from walk w
  where w.environment_id is not null)
  select w.environment_id
  from walk w offset 0) place cross join lateral (select l.*
  from environment_leases l
  where l.company_id = c.id and l.environment_id = place.environment_id and l.status = any(array['active', 'retained']) union all
  select l.*
  from environment_leases l
  where place.environment_id is null and l.company_id = c.id and l.environment_id is null and l.status = any(array['active', 'retained']) offset 0) l
  where 1 / ($1 = 'lost leases')::int = 1 and l.provider = a.provider and l.provider_lease_id is not null and not exists (select
  from unnest(a.ids) as i(id)
  where i.id = l.provider_lease_id)) r
  order by r.last_used_at desc, r.created_at desc, r.id desc;

-- the last leases that are kept
with a as (select *
  from jsonb_to_record($2::jsonb) as a(keep int, company_id uuid)), own as (select place.environment_id
  from a cross join companies c cross join lateral (with recursive walk as ((select l.environment_id
  from environment_leases l
  where l.company_id = c.id
  order by l.environment_id limit 1) union all
  select (select l.environment_id
  from environment_leases l
  where l.company_id = c.id and l.environment_id > w.environment_id
  order by l.environment_id limit 1)
  from walk w
  where w.environment_id is not null)
  select w.environment_id
  from walk w offset 0) place
  where c.id = a.company_id)
  select jsonb_build_object('environment_id', k.environment_id, 'last_used_at', k.last_used_at, 'created_at', k.created_at, 'id', k.id)
  from (select t.*, row_number() over (partition by t.environment_id
  order by t.last_used_at desc, t.created_at desc, t.id desc) as number
  from a cross join companies c cross join lateral (with recursive walk as ((select l.environment_id
  from environment_leases l
  where l.company_id = c.id
  order by l.environment_id limit 1) union all
  select (select l.environment_id
  from environment_leases l
  where l.company_id = c.id and l.environment_id > w.environment_id
  order by l.environment_id limit 1)
  from walk w
  where w.environment_id is not null)
  select w.environment_id
  from walk w offset 0) place cross join lateral (select l.environment_id, l.last_used_at, l.created_at, l.id
  from environment_leases l
  where l.company_id = c.id and l.environment_id = place.environment_id
  order by l.last_used_at desc, l.created_at desc, l.id desc limit a.keep) t
  where 1 / ($1 = 'the last leases that are kept')::int = 1 and (a.company_id is null or place.environment_id in (select o.environment_id
  from own o))) k
  where k.number = (select keep
  from a);

-- count prunable leases
with a as (select *
  from jsonb_to_record($2::jsonb) as a(older_than float8, company_id uuid, keep int, kept jsonb, most int, after_company uuid, after_use timestamptz, after_id uuid)), kept as (select k.*
  from a cross join lateral jsonb_to_recordset(a.kept) as k(environment_id uuid, last_used_at timestamptz, created_at timestamptz, id uuid)), found as materialized (select f.id, f.company_id, f.last_used_at
  from a join companies c on (a.company_id is null or c.id = a.company_id) and (a.after_company is null or c.id >= a.after_company) cross join lateral (select *
  from (select l.id, l.company_id, l.last_used_at
  from environment_leases l left join lateral (select t.status, t.finished_at, t.updated_at
  from heartbeat_runs t
  where t.id = l.heartbeat_run_id offset 0) run on true left join kept k on k.environment_id = l.environment_id
  where l.company_id = c.id and l.last_used_at < now() - a.older_than * interval '1 ms' and l.last_used_at >= case c.id when a.after_company then a.after_use else '-infinity' end and (c.id is distinct
  from a.after_company or (l.last_used_at, l.id) > (a.after_use, a.after_id)) and l.status in ('released', 'expired', 'failed') and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) and (l.lease_policy in ('ephemeral', 'reuse_by_environment', 'reuse_by_execution_workspace', 'retain_on_failure') and (l.cleanup_status is null or l.cleanup_status in ('pending', 'success', 'failed'))) and (l.cleanup_status is null or l.cleanup_status not in ('pending', 'failed')) and (a.keep = 0 or l.environment_id is null or (l.last_used_at, l.created_at, l.id) < (k.last_used_at, k.created_at, k.id)) and (l.provider_lease_id is null or exists (select
  from environment_leases n
  where n.provider_lease_id = l.provider_lease_id and (n.last_used_at, n.created_at, n.id) > (l.last_used_at, l.created_at, l.id)))
  order by l.last_used_at, l.id limit 10001) l limit a.most) f
  where 1 / ($1 = 'count prunable leases')::int = 1
  order by f.company_id, f.last_used_at, f.id limit (select most
  from a))
  select jsonb_build_object('count', (select count(*)
  from found), 'found', (select count(*)
  from found), 'after', (select jsonb_build_object('after_company', f.company_id, 'after_use', f.last_used_at, 'after_id', f.id)
  from found f
  order by f.company_id desc, f.last_used_at desc, f.id desc limit 1));

-- prune leases
with a as (select *
  from jsonb_to_record($2::jsonb) as a(older_than float8, company_id uuid, keep int, kept jsonb, most int, after_company uuid, after_use timestamptz, after_id uuid)), kept as (select k.*
  from a cross join lateral jsonb_to_recordset(a.kept) as k(environment_id uuid, last_used_at timestamptz, created_at timestamptz, id uuid)), found as materialized (select f.id, f.company_id, f.last_used_at
  from a join companies c on (a.company_id is null or c.id = a.company_id) and (a.after_company is null or c.id >= a.after_company) cross join lateral (select *
  from (select l.id, l.company_id, l.last_used_at
  from environment_leases l left join lateral (select t.status, t.finished_at, t.updated_at
  from heartbeat_runs t
  where t.id = l.heartbeat_run_id offset 0) run on true left join kept k on k.environment_id = l.environment_id
  where l.company_id = c.id and l.last_used_at < now() - a.older_than * interval '1 ms' and l.last_used_at >= case c.id when a.after_company then a.after_use else '-infinity' end and (c.id is distinct
  from a.after_company or (l.last_used_at, l.id) > (a.after_use, a.after_id)) and l.status in ('released', 'expired', 'failed') and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)) and (l.lease_policy in ('ephemeral', 'reuse_by_environment', 'reuse_by_execution_workspace', 'retain_on_failure') and (l.cleanup_status is null or l.cleanup_status in ('pending', 'success', 'failed'))) and (l.cleanup_status is null or l.cleanup_status not in ('pending', 'failed')) and (a.keep = 0 or l.environment_id is null or (l.last_used_at, l.created_at, l.id) < (k.last_used_at, k.created_at, k.id)) and (l.provider_lease_id is null or exists (select
  from environment_leases n
  where n.provider_lease_id = l.provider_lease_id and (n.last_used_at, n.created_at, n.id) > (l.last_used_at, l.created_at, l.id)))
  order by l.last_used_at, l.id limit 10001) l limit a.most) f
  where 1 / ($1 = 'prune leases')::int = 1
  order by f.company_id, f.last_used_at, f.id limit (select most
  from a)), locked as (select l.id
  from found f join environment_leases l on l.id = f.id
  where l.status in ('released', 'expired', 'failed') and l.last_used_at = f.last_used_at for
  update of l skip locked), pruned as (delete
  from environment_leases l using locked
  where l.id = locked.id
  returning l.id)
  select jsonb_build_object('count', (select count(*)
  from pruned), 'found', (select count(*)
  from found), 'after', (select jsonb_build_object('after_company', f.company_id, 'after_use', f.last_used_at, 'after_id', f.id)
  from found f
  order by f.company_id desc, f.last_used_at desc, f.id desc limit 1));

-- limits of a look
select
  where 1 / ($1 = 'limits of a look')::int = 1 and (select set_config('transaction_read_only', 'on', true) || set_config('statement_timeout', '10s', true) || set_config('lock_timeout', '1s', true)) is not null;

-- look at tables
select jsonb_build_object('count', (t.name is not null)::int, 'examples', '[]'::jsonb, 'releases', case t.name when 'T1' then '2026.427 to 2026.609' when 'T2' then '2026.618' when 'T3' then '2026.626 to 2026.817' when 'T4' then '2026.824 to 2026.916' end)
  from (select case when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'company_id' and not attisdropped) then case when to_regclass('environments_company_managed_sandbox_idx') is null then 'T1' else 'T2' end when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'env_vars' and not attisdropped) then (select case when attnotnull then 'T3' else 'T4' end
  from pg_attribute
  where attrelid = to_regclass('environment_leases') and attname = 'environment_id' and not attisdropped) end as name) t
  where 1 / ($1 = 'look at tables')::int = 1;

-- look at stale_leases
with found as materialized (select l.id, coalesce(l.provider, 'local') as kind
  from companies c cross join lateral (with recursive walk as ((select l.environment_id
  from environment_leases l
  where l.company_id = c.id
  order by l.environment_id limit 1) union all
  select (select l.environment_id
  from environment_leases l
  where l.company_id = c.id and l.environment_id > w.environment_id
  order by l.environment_id limit 1)
  from walk w
  where w.environment_id is not null)
  select w.environment_id
  from walk w offset 0) place cross join lateral (select l.*
  from environment_leases l
  where l.company_id = c.id and l.environment_id = place.environment_id and l.status = any(array['active']) union all
  select l.*
  from environment_leases l
  where place.environment_id is null and l.company_id = c.id and l.environment_id is null and l.status = any(array['active']) offset 0) l left join lateral (select t.status, t.finished_at, t.updated_at
  from heartbeat_runs t
  where t.id = l.heartbeat_run_id offset 0) run on true
  where 1 / ($1 = 'look at stale_leases')::int = 1 and coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false) and coalesce(run.finished_at, run.updated_at) < now() - 600000 * interval '1 ms')
  select jsonb_build_object('count', (select count(*)
  from found), 'examples', (select coalesce(jsonb_agg(e.id::text), '[]')
  from (select distinct id
  from (select id
  from found limit 10) f) e), 'kinds', (select jsonb_object_agg(k.kind, k.number)
  from (select kind, count(*) as number
  from found group by kind) k));

-- look at expired_leases
with found as materialized (select l.id, coalesce(l.provider, 'local') as kind
  from companies c cross join lateral (with recursive walk as ((select l.environment_id
  from environment_leases l
  where l.company_id = c.id
  order by l.environment_id limit 1) union all
  select (select l.environment_id
  from environment_leases l
  where l.company_id = c.id and l.environment_id > w.environment_id
  order by l.environment_id limit 1)
  from walk w
  where w.environment_id is not null)
  select w.environment_id
  from walk w offset 0) place cross join lateral (select l.*
  from environment_leases l
  where l.company_id = c.id and l.environment_id = place.environment_id and l.status = any(array['active']) union all
  select l.*
  from environment_leases l
  where place.environment_id is null and l.company_id = c.id and l.environment_id is null and l.status = any(array['active']) offset 0) l left join lateral (select t.status, t.finished_at, t.updated_at
  from heartbeat_runs t
  where t.id = l.heartbeat_run_id offset 0) run on true
  where 1 / ($1 = 'look at expired_leases')::int = 1 and l.expires_at < now() - 600000 * interval '1 ms' and (l.heartbeat_run_id is null or coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false)))
  select jsonb_build_object('count', (select count(*)
  from found), 'examples', (select coalesce(jsonb_agg(e.id::text), '[]')
  from (select distinct id
  from (select id
  from found limit 10) f) e), 'kinds', (select jsonb_object_agg(k.kind, k.number)
  from (select kind, count(*) as number
  from found group by kind) k));

-- look at cleanup_failed
with found as materialized (select l.id, l.provider_lease_id as held, coalesce(l.provider, 'local') as kind
  from environment_leases l
  where 1 / ($1 = 'look at cleanup_failed')::int = 1 and l.status in ('released', 'expired', 'failed') and l.cleanup_status = 'failed' and l.provider_lease_id is not null and not (l.provider is null or l.provider in ('local', 'ssh')))
  select jsonb_build_object('count', (select count(*)
  from found), 'examples', (select coalesce(jsonb_agg(e.id::text), '[]')
  from (select distinct id
  from (select id
  from found limit 10) f) e), 'kinds', (select jsonb_object_agg(k.kind, k.number)
  from (select kind, count(*) as number
  from found group by kind) k), 'held', (select jsonb_agg(held)
  from (select held
  from found limit 10) h));

-- look at retained_leases
with found as materialized (select l.id, coalesce(l.provider, 'local') as kind
  from companies c cross join lateral (with recursive walk as ((select l.environment_id
  from environment_leases l
  where l.company_id = c.id
  order by l.environment_id limit 1) union all
  select (select l.environment_id
  from environment_leases l
  where l.company_id = c.id and l.environment_id > w.environment_id
  order by l.environment_id limit 1)
  from walk w
  where w.environment_id is not null)
  select w.environment_id
  from walk w offset 0) place cross join lateral (select l.*
  from environment_leases l
  where l.company_id = c.id and l.environment_id = place.environment_id and l.status = any(array['retained']) union all
  select l.*
  from environment_leases l
  where place.environment_id is null and l.company_id = c.id and l.environment_id is null and l.status = any(array['retained']) offset 0) l
  where 1 / ($1 = 'look at retained_leases')::int = 1)
  select jsonb_build_object('count', (select count(*)
  from found), 'examples', (select coalesce(jsonb_agg(e.id::text), '[]')
  from (select distinct id
  from (select id
  from found limit 10) f) e), 'kinds', (select jsonb_object_agg(k.kind, k.number)
  from (select kind, count(*) as number
  from found group by kind) k));

-- look at shared_place
with found as materialized (with live as materialized (select l.id, l.heartbeat_run_id as run_id, w.cwd, case when l.provider = 'ssh' then l.provider_lease_id end as host
  from companies c cross join lateral (with recursive walk as ((select l.environment_id
  from environment_leases l
  where l.company_id = c.id
  order by l.environment_id limit 1) union all
  select (select l.environment_id
  from environment_leases l
  where l.company_id = c.id and l.environment_id > w.environment_id
  order by l.environment_id limit 1)
  from walk w
  where w.environment_id is not null)
  select w.environment_id
  from walk w offset 0) place cross join lateral (select l.*
  from environment_leases l
  where l.company_id = c.id and l.environment_id = place.environment_id and l.status = any(array['active']) union all
  select l.*
  from environment_leases l
  where place.environment_id is null and l.company_id = c.id and l.environment_id is null and l.status = any(array['active']) offset 0) l left join lateral (select t.status, t.finished_at, t.updated_at
  from heartbeat_runs t
  where t.id = l.heartbeat_run_id offset 0) run on true left join execution_workspaces w on w.id = l.execution_workspace_id
  where 1 / ($1 = 'look at shared_place')::int = 1 and run.status is not null and not coalesce(run.status in ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted'), false))
  select l.id
  from live l
  where exists (select
  from live o
  where o.run_id <> l.run_id and (o.host = l.host or o.cwd = l.cwd)))
  select jsonb_build_object('count', (select count(*)
  from found), 'examples', (select coalesce(jsonb_agg(e.id::text), '[]')
  from (select distinct id
  from (select id
  from found limit 10) f) e));

-- look at unknown_words
with found as materialized (select r.id, w.word
  from environment_leases r cross join lateral (values (case when r.status in ('active', 'released', 'expired', 'failed', 'retained', 'pending_cleanup') and (r.status in ('active', 'released', 'expired', 'failed', 'retained') or (select case when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'company_id' and not attisdropped) then case when to_regclass('environments_company_managed_sandbox_idx') is null then 'T1' else 'T2' end when exists (select
  from pg_attribute
  where attrelid = to_regclass('environments') and attname = 'env_vars' and not attisdropped) then (select case when attnotnull then 'T3' else 'T4' end
  from pg_attribute
  where attrelid = to_regclass('environment_leases') and attname = 'environment_id' and not attisdropped) end in ('T3', 'T4'))) then null else r.status end), (case when r.lease_policy not in ('ephemeral', 'reuse_by_environment', 'reuse_by_execution_workspace', 'retain_on_failure') then r.lease_policy end), (case when r.cleanup_status not in ('pending', 'success', 'failed') then r.cleanup_status end)) w(word)
  where 1 / ($1 = 'look at unknown_words')::int = 1 and w.word is not null union all
  select r.id, w.word
  from environments r cross join lateral (values (case when r.driver not in ('local', 'ssh', 'sandbox', 'plugin') then r.driver end), (case when r.status not in ('active', 'archived') then r.status end)) w(word)
  where 1 / ($1 = 'look at unknown_words')::int = 1 and w.word is not null)
  select jsonb_build_object('count', (select count(*)
  from found), 'examples', (select coalesce(jsonb_agg(e.id::text), '[]')
  from (select distinct id
  from (select id
  from found limit 10) f) e), 'words', (select jsonb_agg(word)
  from (select distinct word
  from found limit 10) w));

-- look at archived_in_use
with found as materialized (select distinct e.id
  from companies c cross join lateral (with recursive walk as ((select l.environment_id
  from environment_leases l
  where l.company_id = c.id
  order by l.environment_id limit 1) union all
  select (select l.environment_id
  from environment_leases l
  where l.company_id = c.id and l.environment_id > w.environment_id
  order by l.environment_id limit 1)
  from walk w
  where w.environment_id is not null)
  select w.environment_id
  from walk w offset 0) place cross join lateral (select l.*
  from environment_leases l
  where l.company_id = c.id and l.environment_id = place.environment_id and l.status = any(array['active']) union all
  select l.*
  from environment_leases l
  where place.environment_id is null and l.company_id = c.id and l.environment_id is null and l.status = any(array['active']) offset 0) l join environments e on e.id = l.environment_id
  where 1 / ($1 = 'look at archived_in_use')::int = 1 and e.status = 'archived')
  select jsonb_build_object('count', (select count(*)
  from found), 'examples', (select coalesce(jsonb_agg(e.id::text), '[]')
  from (select distinct id
  from (select id
  from found limit 10) f) e));

-- look at inconsistent_rows
with found as materialized (select l.id
  from environment_leases l
  where 1 / ($1 = 'look at inconsistent_rows')::int = 1 and (l.status = 'active' and l.released_at is not null or l.status in ('released', 'expired', 'failed') and l.released_at is null))
  select jsonb_build_object('count', (select count(*)
  from found), 'examples', (select coalesce(jsonb_agg(e.id::text), '[]')
  from (select distinct id
  from (select id
  from found limit 10) f) e));

-- look at history
select jsonb_build_object('count', case when t.reltuples >= 100000 then t.reltuples::bigint else (select count(*)
  from environment_leases) end, 'examples', '[]'::jsonb, 'bytes', pg_total_relation_size(t.oid), 'oldest', (select min(f.last_used_at)
  from companies c cross join lateral (select l.last_used_at
  from environment_leases l
  where l.company_id = c.id
  order by l.last_used_at limit 1) f))
  from pg_class t
  where 1 / ($1 = 'look at history')::int = 1 and t.oid = 'environment_leases'::regclass;

-- look at missing_indexes
with found as materialized (select w.name as id
  from (values ('environment_leases_company_environment_status_idx', '{company_id,environment_id,status}'::text[]), ('environment_leases_company_execution_workspace_idx', '{company_id,execution_workspace_id}'::text[]), ('environment_leases_company_issue_idx', '{company_id,issue_id}'::text[]), ('environment_leases_heartbeat_run_idx', '{heartbeat_run_id}'::text[]), ('environment_leases_company_last_used_idx', '{company_id,last_used_at}'::text[]), ('environment_leases_provider_lease_idx', '{provider_lease_id}'::text[])) as w(name, columns)
  where 1 / ($1 = 'look at missing_indexes')::int = 1 and not exists (select
  from pg_index i
  where i.indrelid = 'environment_leases'::regclass and i.indisvalid and i.indpred is null and w.columns = (select array_agg(t.attname::text
  order by k.place)
  from unnest(i.indkey::int2[]) with ordinality as k(number, place) join pg_attribute t on t.attrelid = i.indrelid and t.attnum = k.number
  where k.place <= cardinality(w.columns))))
  select jsonb_build_object('count', (select count(*)
  from found), 'examples', (select coalesce(jsonb_agg(e.id::text), '[]')
  from (select distinct id
  from (select id
  from found limit 10) f) e));

-- look at connections
with found as materialized (select t.pid as id, coalesce(t.application_name, '') as kind
  from pg_stat_activity t
  where 1 / ($1 = 'look at connections')::int = 1 and t.datid is not null and coalesce(t.backend_type, 'client backend') = 'client backend')
  select jsonb_build_object('count', (select count(*)
  from found), 'examples', (select coalesce(jsonb_agg(e.id::text), '[]')
  from (select distinct id
  from (select id
  from found limit 10) f) e), 'kinds', (select jsonb_object_agg(k.kind, k.number)
  from (select kind, count(*) as number
  from found group by kind) k), 'most', current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int);

