//! Whether the engine tells agents of a skill: by the rules of `permission`, of which the last that fits counts.
//!
//! Measured on 1.18.33 (`docs/engine.md`, "Skills that are turned off"): one that is denied is not in the list that a model
//! is given; `/skill` and `/command` list it all the same.

use serde_json::{Map, Value};

/// What a configuration says of a skill: true when it is denied. `permission`: its value in a configuration.
pub fn is_off(permission: &Value, name: &str) -> bool {
    let mut off = false;
    let all = Map::from_iter([("*".to_owned(), permission.clone())]);
    let rules = if permission.is_string() { &all } else { permission.as_object().unwrap_or(&all) };
    for (_, rule) in rules.iter().filter(|(kind, _)| fits(kind, "skill")) {
        match rule {
            Value::String(action) => off = action == "deny",
            Value::Object(patterns) => {
                for (_, action) in patterns.iter().filter(|(pattern, _)| fits(pattern, name)) {
                    off = action == "deny";
                }
            }
            _ => {}
        }
    }
    off
}

/// An edit: the keys that lead to a value, and the value; `None`: it goes.
pub type Edit = (Vec<String>, Option<Value>);

/// The edits of a configuration after which a skill is turned off, or on; and what `permission` is then. None, if it is so
/// already. A rule of ours comes behind all others.
pub fn turn(permission: &Value, name: &str, on: bool) -> (Vec<Edit>, Value) {
    if is_off(permission, name) != on {
        return (Vec::new(), permission.clone());
    }
    let action = Value::from(if on { "allow" } else { "deny" });
    let rule = |first: Option<&Value>| {
        let first = first.map(|first| ("*".to_owned(), first.clone()));
        Value::Object(first.into_iter().chain([(name.to_owned(), action.clone())]).collect())
    };
    let with = |skill: Option<Value>| {
        let mut whole = permission.as_object().cloned().unwrap_or_default();
        match skill {
            Some(skill) => drop(whole.insert("skill".to_owned(), skill)),
            None => drop(whole.shift_remove("skill")),
        }
        Value::Object(whole)
    };
    let at = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    let own = at(&["permission", "skill", name]);
    if permission.is_string() {
        let skill = ("skill".to_owned(), rule(None));
        let whole = Value::Object([("*".to_owned(), permission.clone()), skill].into_iter().collect());
        return (vec![(at(&["permission"]), Some(whole.clone()))], whole);
    }
    match permission.get("skill") {
        Some(Value::Object(rules)) => {
            let mut left = rules.clone();
            let had = left.shift_remove(name).is_some();
            let plain = plain(&left);
            let skill = (!left.is_empty()).then(|| plain.clone().unwrap_or_else(|| Value::Object(left.clone())));
            let less = with(skill);
            if had && is_off(&less, name) != on {
                let whole = less.as_object().and_then(self::plain);
                // What was one word before a rule of ours came is one again.
                return match (whole, plain) {
                    (Some(word), _) => (vec![(at(&["permission"]), Some(word.clone()))], word),
                    (None, Some(word)) => (vec![(at(&["permission", "skill"]), Some(word))], less),
                    (None, None) => (vec![(own, None)], less),
                };
            }
            left.insert(name.to_owned(), action.clone());
            let gone = had.then(|| (own.clone(), None));
            (gone.into_iter().chain([(own, Some(action.clone()))]).collect(), with(Some(Value::Object(left))))
        }
        Some(word) if word.is_string() => {
            let skill = rule(Some(word));
            (vec![(at(&["permission", "skill"]), Some(skill.clone()))], with(Some(skill)))
        }
        _ => (vec![(own, Some(action.clone()))], with(Some(rule(None)))),
    }
}

/// The word of rules that are only one for everything.
fn plain(rules: &Map<String, Value>) -> Option<Value> {
    let word = rules.get("*").filter(|word| word.is_string() && rules.len() == 1);
    word.cloned()
}

/// Whether a pattern of the engine fits a name: `*` is any text, `?` any letter.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<_>, Vec<_>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut of, mut star) = (0, 0, None);
    while of < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(letter) if *letter == '?' || name.get(of) == Some(letter) => {
                at += 1;
                of += 1;
            }
            _ => match star {
                // It stands for one letter more.
                Some((star_at, from)) => {
                    star = Some((star_at, from + 1));
                    at = star_at + 1;
                    of = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// S5: the last rule that fits counts, as in the engine.
    #[test]
    fn the_last_rule_counts() {
        let check =
            |permission: Value, expected: bool| assert_eq!(is_off(&permission, "one"), expected, "{permission}");
        check(json!(null), false);
        check(json!("ask"), false);
        check(json!("deny"), true);
        check(json!({"*": "deny"}), true);
        check(json!({"*": "deny", "skill": "allow"}), false);
        check(json!({"skill": "allow", "*": "deny"}), true);
        check(json!({"skill": {"one": "deny"}}), true);
        check(json!({"skill": {"one": "deny", "*": "allow"}}), false);
        check(json!({"skill": {"*": "deny", "two": "allow"}}), true);
        check(json!({"skill": {"o*": "deny"}}), true);
        check(json!({"skill": {"o?e": "deny", "on": "allow"}}), true);
        check(json!({"skill": {"*n": "deny", "on*x": "deny"}, "bash": "deny"}), false);
        check(json!({"skill": 5}), false);
    }

    /// S5: each state can be turned, and turned back to what it was.
    #[test]
    fn every_skill_is_turned_and_turned_back() {
        let check = |before: Value, edits: usize, after: Value| {
            let was_off = is_off(&before, "one");
            let (done, turned) = turn(&before, "one", was_off);
            assert_eq!((done.len(), &turned, is_off(&turned, "one")), (edits, &after, !was_off), "{before}");
            let (_, back) = turn(&turned, "one", !was_off);
            assert_eq!(is_off(&back, "one"), was_off, "{before}");
            assert_eq!(turn(&before, "one", !was_off), (Vec::new(), before.clone()));
            back
        };
        let same = |before: Value, edits: usize, after: Value| assert_eq!(check(before.clone(), edits, after), before);
        same(json!({}), 1, json!({"skill": {"one": "deny"}}));
        same(json!("ask"), 1, json!({"*": "ask", "skill": {"one": "deny"}}));
        same(json!({"skill": "allow"}), 1, json!({"skill": {"*": "allow", "one": "deny"}}));
        same(
            json!({"bash": "ask", "skill": {"two": "deny"}}),
            1,
            json!({"bash": "ask", "skill": {"two": "deny", "one": "deny"}}),
        );
        same(
            json!({"skill": {"*": "deny", "two": "ask"}}),
            1,
            json!({"skill": {"*": "deny", "two": "ask", "one": "allow"}}),
        );
        check(
            json!({"skill": {"one": "deny", "*": "allow", "two": "ask"}}),
            2,
            json!({"skill": {"*": "allow", "two": "ask", "one": "deny"}}),
        );
        check(json!({"skill": {"*": "deny", "one": "ask"}}), 1, json!({"skill": "deny"}));
    }
}
