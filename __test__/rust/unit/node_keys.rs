//! Unit tests of `src/node/keys.rs`.

use super::*;

#[test]
fn only_escapes_in_keys_count() {
    for document in [
        r#"{"\\": 1}"#,
        r#"{"a": 1, "x\"": {}}"#,
        r#"{"a": ["\"", {"\n" : 1}]}"#,
    ] {
        assert!(have_escapes(document), "{document}");
    }
    for document in [
        "{}",
        r#"{"a": "\\", "é": ["\"", "\": "]}"#,
        r#"{"a": "\"b\": 1"}"#,
    ] {
        assert!(!have_escapes(document), "{document}");
    }
}

#[test]
fn objects_become_lists() {
    for (document, lists) in [
        ("{}", "[1]"),
        (r#"{"a": 1, "b": 2}"#, r#"["a",1,"b",2,1]"#),
        (
            "{\"a\" :\t[ ],\n\"\\\"\": [[1, 2], {\"[\": \" {\"}]}",
            r#"["a",[0],"\"",[[1,2,0],["["," {",1],0],1]"#,
        ),
    ] {
        let mut out = Vec::new();
        write_as_lists(&mut out, document);
        assert_eq!(String::from_utf8(out).unwrap(), lists);
    }
}
