//! Documents with keys that `JSON.parse` misreads.
//!
//! Since version 12.8, V8 may mistake an object's key for one that it has read elsewhere, if the key is
//! written with an escape: after `{"a":1,"\\":2}`, the key in `{"a":1,"\n":2}` can read as a backslash
//! (<https://github.com/nodejs/node/issues/63785>). Values are not affected. So a document with such a key
//! crosses with its objects as lists, in which the keys are values.

/// Whether a JSON document has an object with a key that is written with an escape.
pub(super) fn have_escapes(document: &str) -> bool {
    let mut rest = document.as_bytes();
    if !rest.contains(&b'\\') {
        return false;
    }
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        let Some((string, after)) = rest.get(start..).and_then(split_string) else {
            return false;
        };
        let is_key = after.trim_ascii_start().first() == Some(&b':');
        if is_key && string.contains(&b'\\') {
            return true;
        }
        rest = after;
    }
    false
}

/// Writes a JSON document with its objects as lists: `{"a":1,"b":2}` becomes `["a",1,"b",2,1]`, and the list
/// `[1,2]` becomes `[1,2,0]`. The last item says which of the two it was.
pub(super) fn write_as_lists(out: &mut Vec<u8>, document: &str) {
    let mut rest = document.as_bytes();
    while let Some(&first) = rest.first() {
        let (token, after) = match first {
            b'"' => split_string(rest).unwrap_or((rest, &[])),
            _ => rest.split_at(1),
        };
        match first {
            b'{' | b'[' => out.push(b'['),
            b'}' => close(out, b'1'),
            b']' => close(out, b'0'),
            b':' => out.push(b','),
            b' ' | b'\n' | b'\t' | b'\r' => {}
            _ => out.extend_from_slice(token),
        }
        rest = after;
    }
}

fn close(out: &mut Vec<u8>, kind: u8) {
    if out.last() != Some(&b'[') {
        out.push(b',');
    }
    out.extend_from_slice(&[kind, b']']);
}

/// Splits text after the string that it begins with.
pub(super) fn split_string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut end = 1;
    loop {
        let rest = text.get(end..)?;
        end += rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if text.get(end) == Some(&b'"') {
            return text.split_at_checked(end + 1);
        }
        end += 2;
    }
}

#[cfg(test)]
#[path = "../../__test__/rust/unit/node_keys.rs"]
mod tests;
