//! Reading an answer within its bounds.
//!
//! Invariant: an engine, whoever's it is, never makes us keep more of an answer than its bound, neither in
//! bytes nor in what is made of them: a value takes up to forty times the memory of its text.

use super::ClientError;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
/// How many values an answer may hold that is kept as a tree. Ten thousand agents have a quarter of a million.
const VALUES: usize = 400_000;
/// How many values one list or object of it may hold. What is in it becomes items, each of which is compared, told and
/// written down: much more than its text.
const WIDEST: usize = 20_000;
/// How deep it may be looked into; what is deeper is no answer anyway (`serde_json`).
const DEEPEST: usize = 200;
/// How much of an answer is read that is a refusal. It may repeat a whole file.
const REFUSAL: usize = 16 * MIB;

/// The most that is read of a good answer, in bytes. Ten thousand skills of 4 KiB are 40 MiB, and the commands
/// hold their texts once more.
fn bound(route: &str) -> usize {
    match route {
        "/skill" | "/command" => 64 * MIB,
        "/config" | "/global/config" | "/agent" => 32 * MIB,
        "/global/health" | "/instance/dispose" | "/global/dispose" | "/log" => 64 * KIB,
        _ => 16 * MIB,
    }
}

/// The body of a response; an answer that is counted and not kept may hold any number of values.
pub(super) async fn read(
    mut response: reqwest::Response,
    route: &str,
    broken: impl Fn(reqwest::Error) -> ClientError,
) -> Result<Vec<u8>, ClientError> {
    let most = if response.status().is_success() { bound(route) } else { REFUSAL };
    let too_long = || ClientError::TooLong { route: route.to_owned(), kibibytes: most / KIB };
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > most) {
        return Err(too_long());
    }
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(&broken)? {
        if body.len() + piece.len() > most {
            return Err(too_long());
        }
        body.extend_from_slice(&piece);
    }
    let is_counted = matches!(route, "/command" | "/agent" | "/config/providers");
    let size = Size::of(&body);
    let too_many = |values, in_one_list| ClientError::TooMuch { route: route.to_owned(), values, in_one_list };
    match size {
        _ if is_counted => Ok(body),
        Size { values, .. } if values > VALUES => Err(too_many(VALUES, false)),
        Size { widest, .. } if widest > WIDEST => Err(too_many(WIDEST, true)),
        _ => Ok(body),
    }
}

/// How much a text of JSON holds at the most.
#[derive(Debug, PartialEq, Eq)]
struct Size {
    /// All values.
    values: usize,
    /// Those of the list or object that holds most.
    widest: usize,
}

impl Size {
    fn of(json: &[u8]) -> Self {
        let (mut values, mut in_text, mut is_escaped) = (1, false, false);
        let (mut open, mut widest) = (vec![], 0);
        for byte in json {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if in_text => is_escaped = true,
                b'"' => in_text = !in_text,
                b',' | b'[' | b'{' if !in_text => {
                    values += 1;
                    if *byte != b',' && open.len() < DEEPEST {
                        open.push(0);
                    }
                    if let Some(held) = open.last_mut() {
                        *held += 1;
                        widest = widest.max(*held);
                    }
                }
                b']' | b'}' if !in_text => drop(open.pop()),
                _ => {}
            }
        }
        Self { values, widest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N16: values are counted without making them.
    #[test]
    fn values_are_counted() {
        let check =
            |json: &str, values, widest| assert_eq!(Size::of(json.as_bytes()), Size { values, widest }, "{json}");
        check("1", 1, 0);
        check("[]", 2, 1);
        check("[1,2,3]", 4, 3);
        check(r#"{"a,[{": "\",[", "b": [{}]}"#, 5, 2);
        check(r#"[[1,2,3,4],{"a":1},5]"#, 9, 4);
        check("]}],,[1", 4, 1);
    }
}
