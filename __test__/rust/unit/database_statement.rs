//! Unit tests of `src/database/statement.rs`.

use super::*;

#[test]
fn a_statement_has_a_form_for_one_item_and_one_for_many() {
    let statement = Statement::new("rename", |form| {
        form.update_by_id(
            "t",
            "name = i.name",
            &[("id", "uuid"), ("name", "text")],
            "r.id",
        )
    });
    let [(one, one_text), (many, many_text)] = statement.texts()[..] else {
        panic!("two forms");
    };
    assert_eq!([one, many], ["rename, one", "rename, many"]);
    assert_eq!(
        one_text,
        "update t as r set name = i.name from (values ($3::uuid, $4::text)) as i(id, name) \
         where 1 / ($1 = 'rename, one')::int = 1 and r.id = i.id \
         and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now) returning r.id"
    );
    assert_eq!(
        many_text,
        "with locked as (select t.id from t t where t.id = any($3) \
         order by t.id for no key update) \
         update t as r set name = i.name \
         from unnest($3::uuid[], $4::text[]) as i(id, name), locked \
         where 1 / ($1 = 'rename, many')::int = 1 and r.id = i.id and r.id = locked.id \
         and (not $2 or date_trunc('milliseconds', r.updated_at) <= i.now) returning r.id"
    );
}
