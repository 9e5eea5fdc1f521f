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

-- local environments, one
select r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'local environments, one')::int = 1 and r.company_id = $2 and r.driver = 'local';

-- local environments, many
select r.id, r.company_id, r.name, r.description, r.driver, r.status, r.config, r.metadata, r.created_at, r.updated_at
  from environments r
  where 1 / ($1 = 'local environments, many')::int = 1 and r.company_id = any($2) and r.driver = 'local';

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

