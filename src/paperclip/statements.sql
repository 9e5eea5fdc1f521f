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

