//! Unit tests of `src/database/settings.rs`.

use super::*;

#[test]
fn times_are_read_as_postgresql_reads_them() {
    for (text, milliseconds) in [
        ("1500", 1_500),
        ("30s", 30_000),
        (" 5 min ", 300_000),
        ("1.5h", 5_400_000),
        ("1d", 86_400_000),
        ("0", 0),
    ] {
        assert_eq!(
            duration(text),
            Some(Duration::from_millis(milliseconds)),
            "{text}"
        );
    }
    for text in ["", "soon", "-1", "5 fortnights"] {
        assert_eq!(duration(text), None, "{text}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let settings: Settings = serde_json::from_str(
        r#"{"hosts":[{"host":"h","port":1}],"user":"u","password":"hunter2","database":"d",
            "tls":{"mode":"verify-full","key":"hunter2"},"applicationName":"a","prepare":true,
            "targetSessionAttrs":"prefer-standby","maxConnections":4,"connectTimeout":1500,
            "idleTimeout":null,"maxLifetime":null}"#,
    )
    .unwrap();
    assert_eq!(settings.connect_timeout, Some(Duration::from_millis(1500)));
    assert!(!format!("{settings:?}").contains("hunter2"));
}
