//! Metadata as JavaScript copies it, in SQL.

/// The result of `{ ...value }` for a jsonb value, and null for a falsy one: an array becomes an object of
/// its elements, a text an object of its characters, and any other value an empty object.
pub(super) fn as_object(value: &str) -> String {
    format!(
        "case jsonb_typeof({value}) when 'object' then {value} \
         when 'array' then (select coalesce(jsonb_object_agg(n - 1, e), '{{}}') \
         from jsonb_array_elements({value}) with ordinality as x(e, n)) \
         when 'string' then (select jsonb_object_agg(n - 1, e) \
         from regexp_split_to_table(nullif({value} #>> '{{}}', ''), '') with ordinality as x(e, n)) \
         when 'number' then case when {value} <> '0' then '{{}}'::jsonb end \
         when 'boolean' then case when {value} = 'true' then '{{}}'::jsonb end end"
    )
}
