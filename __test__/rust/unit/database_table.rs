//! Unit tests of `src/database/table.rs`.

use super::*;

const COLORS: WordSet = WordSet {
    name: "color",
    words: &["red", "green"],
};

#[test]
fn words_are_compared_exactly() {
    assert_eq!(COLORS.member("green"), Ok("green"));
    assert_eq!(COLORS.default_word(), "red");
    for word in ["", "GREEN", " green", "green\0", "blue"] {
        let error = COLORS.member(word).unwrap_err();
        assert_eq!(error.to_string(), format!("Unexpected color value: {word}"));
    }
}

#[test]
fn a_declaration_gives_the_select_list_and_the_keys() {
    let columns = const {
        &[
            Column::new("id", Kind::Uuid),
            Column::new("provider_lease_id", Kind::Text).nullable(),
        ]
    };
    let table = Table::new("thing", "things", columns);
    assert_eq!(table.select_list(), "r.id, r.provider_lease_id");
    assert_eq!(table.json_keys(), ["{\"id\":", ",\"providerLeaseId\":"]);
}
