//! Where in a text something stands that may be a secret.
//!
//! Invariant: each finder looks for one way in which secrets are written, and names the secret alone, so
//! that what is around it stays readable. Ranges are of bytes, on the borders of characters.

use std::ops::Range;

use super::names::{is_secret, is_secret_in_query};

/// Users of an address who are nobody in particular.
const NOBODY: [&str; 1] = ["git"];
/// What stands before a colon in names of packages.
const SOURCES: [&str; 12] =
    ["bitbucket", "file", "gist", "git", "github", "gitlab", "jsr", "link", "npm", "portal", "patch", "workspace"];
/// Words of programs behind an equals sign, where no secret is written.
const CODE: [&str; 10] = ["async", "await", "false", "function", "new", "none", "null", "this", "true", "undefined"];
/// What ends a value that is not in quotes.
const ENDS: [char; 14] = ['&', ';', ',', ')', '}', ']', '"', '\'', '`', '|', '<', '>', '#', '\\'];
/// How keys begin that services give out; the fewest characters behind that, and whether one has to be a
/// digit, where the beginning could be that of a word.
const SHAPES: [(&str, usize, bool); 31] = [
    ("AIza", 20, false),
    ("AKIA", 12, false),
    ("ASIA", 12, false),
    ("dckr_pat_", 6, false),
    ("dop_v1_", 8, false),
    ("eyJ", 16, false),
    ("github_pat_", 6, false),
    ("gho_", 6, true),
    ("ghp_", 6, true),
    ("ghr_", 6, true),
    ("ghs_", 6, true),
    ("ghu_", 6, true),
    ("glpat-", 6, false),
    ("gsk_", 16, true),
    ("hf_", 16, false),
    ("lin_api_", 8, false),
    ("npm_", 30, false),
    ("pk_live_", 8, false),
    ("pypi-AgE", 8, false),
    ("rk_live_", 8, false),
    ("shpat_", 8, true),
    ("sk-", 8, true),
    ("sk_live_", 6, false),
    ("sk_test_", 6, false),
    ("whsec_", 8, false),
    ("xai-", 16, true),
    ("xapp-", 8, true),
    ("xoxb-", 6, true),
    ("xoxe-", 6, true),
    ("xoxp-", 6, true),
    ("ya29.", 10, false),
];
/// Where a program takes a password: in the word behind a flag, or in the flag's own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    Behind,
    Within,
    Either,
}

/// Programs (a star stands for any end of the name), their flag, and a word that has to be there, too.
const PROGRAMS: [(&str, &str, Given, &str); 14] = [
    ("7z", "-p", Given::Within, ""),
    ("bcp", "-P", Given::Either, ""),
    ("docker", "-p", Given::Either, "login"),
    ("helm", "-p", Given::Either, "login"),
    ("ldap*", "-w", Given::Either, ""),
    ("mariadb*", "-p", Given::Within, ""),
    ("mongo*", "-p", Given::Behind, ""),
    ("mysql*", "-p", Given::Within, ""),
    ("podman", "-p", Given::Either, "login"),
    ("redis-cli", "-a", Given::Either, ""),
    ("sqlcmd", "-P", Given::Either, ""),
    ("sshpass", "-p", Given::Either, ""),
    ("unzip", "-P", Given::Either, ""),
    ("zip", "-P", Given::Either, ""),
];

/// How far from a name or a beginning what belongs to it is looked for, in bytes.
const NEAR: usize = 4096;

/// All secrets of a text, in order, none of them empty. `is_argument`: the text is one argument of a command, so
/// that a value at its end goes to its end.
pub(super) fn secrets(text: &str, is_argument: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    addresses(text, &mut found);
    paths(text, &mut found);
    pairs(text, is_argument, &mut found);
    shapes(text, &mut found);
    blocks(text, &mut found);
    commands(text, 0, &mut found);
    found.retain(|range| !range.is_empty());
    found.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in found {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// `scheme://user:password@host`, and the same without the scheme.
fn addresses(text: &str, found: &mut Vec<Range<usize>>) {
    for (at, border) in text.match_indices("://") {
        let start = at + border.len();
        let rest = near(text, start);
        let rest = &rest[..rest.find(border).unwrap_or(rest.len())];
        let rest = &rest[..rest.find(|c: char| c.is_whitespace() || "\"'`<>".contains(c)).unwrap_or(rest.len())];
        let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let user = rest[..authority].rfind('@').or_else(|| {
            // A password may hold what ends an authority; a port does not.
            let port = rest[..authority].rsplit_once(':')?.1;
            let is_port = !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
            rest.rfind('@').filter(|_| !is_port)
        });
        if let Some(end) = user.filter(|end| !NOBODY.contains(&&rest[..*end])) {
            found.push(start..start + end);
        }
    }
    for word in words(text) {
        let word_text = &text[word.clone()];
        let Some((user, host)) = word_text.rsplit_once('@').filter(|_| !word_text.contains("://")) else { continue };
        let Some((name, password)) = user.split_once(':') else { continue };
        let is_host = host.starts_with("localhost")
            || host.split_once(':').is_some_and(|(_, port)| port.starts_with(|c: char| c.is_ascii_digit()))
            || host.split(['/', ':']).next().is_some_and(|host| {
                host.rsplit_once('.').is_some_and(|(_, top)| top.len() > 1 && top.chars().all(char::is_alphabetic))
            });
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
        if is_name && is_host && !password.is_empty() && !password.contains('/') && !SOURCES.contains(&name) {
            found.push(word.start..word.start + user.len());
        }
    }
}

/// Addresses that open what they lead to: from where on they are a secret. A star stands for any one part.
const CAPABILITIES: [&str; 8] = [
    "api.telegram.org/bot",
    "discord.com/api/webhooks/*/",
    "discordapp.com/api/webhooks/*/",
    "hooks.slack.com/services/",
    "hooks.slack.com/triggers/",
    "hooks.slack.com/workflows/",
    "hooks.zapier.com/hooks/catch/",
    "webhook.office.com/webhookb2/",
];
/// Hosts whose addresses have names of commits in them.
const REPOSITORIES: [&str; 6] =
    ["bitbucket.org", "codeberg.org", "github.com", "githubusercontent.com", "gitlab.com", "sr.ht"];

/// What of the path of an address opens what is behind it: parts that look made by chance, and all behind the
/// beginnings of known services.
fn paths(text: &str, found: &mut Vec<Range<usize>>) {
    for scheme in ["http://", "https://", "ws://", "wss://"] {
        for (at, _) in text.match_indices(scheme) {
            let start = at + scheme.len();
            let rest = near(text, start);
            let rest = &rest[..rest.find("://").unwrap_or(rest.len())];
            let ends = |c: char| c.is_whitespace() || "\"'`<>?#".contains(c);
            let address = &rest[..rest.find(ends).unwrap_or(rest.len())];
            let Some(path) = address.find('/') else { continue };
            let host = address[..path].rsplit('@').next().unwrap_or_default();
            let host = host.split(':').next().unwrap_or_default();
            let begins = address[..path].len() - address[..path].rsplit('@').next().unwrap_or_default().len();
            if let Some(open) = CAPABILITIES.iter().find_map(|known| behind(&address[begins..], known)) {
                found.push(start + begins + open..start + address.trim_end_matches(['.', ',', ')']).len());
                continue;
            }
            let is_repository = REPOSITORIES.iter().any(|known| host == *known || host.ends_with(&format!(".{known}")));
            let mut from = path;
            for part in address[path..].split('/') {
                let length = part.len();
                let is_commit = is_repository && part.chars().all(|c| c.is_ascii_hexdigit());
                if looks_made_by_chance(part) && !is_commit {
                    found.push(start + from..start + from + length);
                }
                from += length + 1;
            }
        }
    }
}

/// Where an address goes on behind a beginning.
fn behind(address: &str, known: &str) -> Option<usize> {
    let Some((first, last)) = known.split_once('*') else {
        let at = address.find(known)?;
        return (at == 0 || address[..at].ends_with('.')).then_some(at + known.len());
    };
    let rest = address.strip_prefix(first)?;
    let any = rest.find('/')?;
    rest[any..].starts_with(last).then_some(first.len() + any + last.len())
}

/// True for what nobody writes by hand: letters and digits mixed, and many of them.
fn looks_made_by_chance(part: &str) -> bool {
    let part = part.split('%').next().unwrap_or_default();
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '~');
    if part.len() < 16 || !part.chars().all(is_of_word) {
        return false;
    }
    let turns = part.as_bytes().windows(2).filter(|pair| {
        pair[0].is_ascii_alphanumeric()
            && pair[1].is_ascii_alphanumeric()
            && pair[0].is_ascii_digit() != pair[1].is_ascii_digit()
    });
    turns.count() >= 3
}

/// `name=value` and `name: value`, in queries, headers, assignments, YAML, JSON and code.
fn pairs(text: &str, is_argument: bool, found: &mut Vec<Range<usize>>) {
    let mut end = 0;
    for (at, border) in text.match_indices(['=', ':']) {
        if at < end {
            // Part of a value that is a secret as a whole.
            continue;
        }
        let after = &text[at + 1..];
        // `name := value`
        let name = name_before(text, if border == "=" && text[..at].ends_with(':') { at - 1 } else { at });
        let word = text[name.clone()].trim_start_matches(['-', '.', '$']);
        let is_in_query = border == "=" && text[..name.start].ends_with(['?', '&', '#']);
        if !(is_secret(word) || is_in_query && is_secret_in_query(word)) {
            continue;
        }
        let is_sign = after.starts_with(['=', '>']) || text[..at].ends_with(['=', '!', '<', '>']);
        // The user of an address is one of its own (`addresses`).
        let is_user = border == ":" && text[..name.start].ends_with("://");
        if is_sign || is_user || (border == ":" && after.starts_with(['/', ':'])) {
            continue;
        }
        let range = match border {
            "=" => assigned(text, &name, at + 1, is_argument),
            _ => told(text, &name, at + 1),
        };
        end = range.as_ref().map_or(end, |range| range.end);
        found.extend(range);
    }
}

/// The name before an equals sign or colon, without the quotes around it.
fn name_before(text: &str, border: usize) -> Range<usize> {
    let before = text[..border].trim_end_matches([' ', '\t']);
    let end = before.trim_end_matches(['"', '\'', '`', '\\']).len();
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
    let start = text[..end].char_indices().rev().take_while(|(_, c)| is_of_name(*c)).last();
    start.map_or(end, |(at, _)| at)..end
}

/// The value behind an equals sign.
fn assigned(text: &str, name: &Range<usize>, start: usize, is_argument: bool) -> Option<Range<usize>> {
    if let Some(quoted) = quoted(text, start) {
        return Some(quoted);
    }
    let rest = &text[start..];
    if is_argument && text[..name.start].trim_start_matches('-').is_empty() && !text.contains(char::is_whitespace) {
        return Some(start..text.len());
    }
    let is_code = rest.starts_with([' ', '\t']);
    let start = start + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
    let rest = &text[start..];
    let end = rest.find(|c: char| c.is_whitespace() || ENDS.contains(&c)).unwrap_or(rest.len());
    let value = &rest[..end];
    let is_call = value.contains('(') || CODE.contains(&value.to_lowercase().as_str()) || value.contains("process.env");
    (!is_code || !is_call).then_some(start..start + end)
}

/// The value behind a colon.
fn told(text: &str, name: &Range<usize>, start: usize) -> Option<Range<usize>> {
    if let Some(quoted) = quoted(text, start) {
        return Some(quoted);
    }
    let before = near_before(text, name.start);
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let before = line.trim_end_matches([' ', '\t']);
    let is_closed = text[name.end..].starts_with(['"', '\'', '`', '\\']);
    let last = before.rsplit([' ', '\t']).next().unwrap_or_default();
    let opens = before.is_empty()
        || before.ends_with(['"', '\'', '`', '{', '[', '(', ',', ';', '|', '>', '?', '&', '\\'])
        || last.starts_with('-');
    let word = &text[name.clone()];
    let is_plain =
        word.chars().enumerate().all(|(at, c)| c.is_ascii_lowercase() || (at == 0 && c.is_ascii_uppercase()));
    let is_clear =
        ["password", "passwd", "passphrase", "authorization", "apikey"].contains(&word.to_lowercase().as_str());
    if !opens && is_plain && !is_clear {
        return None;
    }
    let rest = &text[start..];
    let start = start + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
    let rest = &text[start..];
    let end = match enclosing_quote(line) {
        _ if is_closed => rest.find([',', '}', ']', '\n']),
        Some(quote) => rest.find([quote, '\n']),
        None if !opens && is_clear => rest.find(char::is_whitespace),
        None => rest.find('\n'),
    };
    let end = end.unwrap_or(rest.len());
    // `{` and `[` begin more names, each of which is looked at.
    let value = rest[..end].trim_end();
    (!value.is_empty() && !value.starts_with(['{', '['])).then(|| start..start + value.len())
}

/// What stands in quotes at this place, behind spaces. Quotes may be escaped as a whole, as in JSON within JSON.
fn quoted(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text[start..].trim_start_matches([' ', '\t']);
    let is_escaped = rest.starts_with('\\');
    let rest = rest.trim_start_matches('\\');
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let start = text.len() - rest.len() + 1;
    let mut after_backslash = false;
    for (at, c) in text[start..].char_indices() {
        match c {
            '\n' => return Some(start..start + at),
            '\\' if is_escaped => return Some(start..start + at),
            '\\' => after_backslash = !after_backslash,
            c if c == quote && !after_backslash => return Some(start..start + at),
            _ => after_backslash = false,
        }
    }
    Some(start..text.len())
}

/// What stands behind a place, as far as it can belong to it.
fn near(text: &str, start: usize) -> &str {
    let end = (start.saturating_add(NEAR)..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    &text[start..end]
}

/// What stands before a place, as far as it can belong to it.
fn near_before(text: &str, end: usize) -> &str {
    let start = (0..=end.saturating_sub(NEAR)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[start..end]
}

/// The quote within which a line goes on.
fn enclosing_quote(line: &str) -> Option<char> {
    let mut open = None;
    for c in line.chars().filter(|c| matches!(c, '"' | '\'' | '`')) {
        match open {
            None => open = Some(c),
            Some(quote) if quote == c => open = None,
            Some(_) => {}
        }
    }
    open
}

/// Keys in the shapes that services give them, and `Bearer …`.
fn shapes(text: &str, found: &mut Vec<Range<usize>>) {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    for (shape, fewest, wants_digit) in SHAPES {
        let mut until = 0;
        for (at, _) in text.match_indices(shape) {
            if at < until || text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let behind = &text[at + shape.len()..];
            let is_dotted = matches!(shape, "eyJ" | "ya29.");
            let ends = |c: char| !(is_of_word(c) || (is_dotted && c == '.'));
            let behind = &behind[..behind.find(ends).unwrap_or(behind.len())];
            // What is in it is no other key.
            until = at + shape.len() + behind.len();
            let has_digit = behind.contains(|c: char| c.is_ascii_digit());
            let is_plain = !matches!(shape, "hf_" | "npm_") || behind.chars().all(|c| c.is_ascii_alphanumeric());
            if behind.len() >= fewest && is_plain && (has_digit || !wants_digit) {
                found.push(at..until);
            }
        }
    }
    let all: Vec<_> = words(text).collect();
    for pair in all.windows(2) {
        let (scheme, value) = (&text[pair[0].clone()], &text[pair[1].clone()]);
        let is_key = value.len() >= 8 && value.contains(|c: char| c.is_ascii_digit());
        if is_key && ["bearer", "basic"].iter().any(|word| scheme.eq_ignore_ascii_case(word)) {
            found.push(pair[1].clone());
        }
    }
}

/// What stands in a block of PEM that is a private key.
fn blocks(text: &str, found: &mut Vec<Range<usize>>) {
    const BORDER: &str = "PRIVATE KEY-----";
    let mut from = 0;
    while let Some(at) = text[from..].find("-----BEGIN ").map(|at| from + at) {
        let Some(start) = text[at..].find(BORDER).map(|behind| at + behind + BORDER.len()) else { return };
        let end = text[start..].find("-----END").map_or(text.len(), |end| start + end);
        found.push(start..end);
        from = end;
    }
}

/// What is given to programs behind a flag, in a command line or in one within another.
fn commands(text: &str, offset: usize, found: &mut Vec<Range<usize>>) {
    let all: Vec<_> = words(text).collect();
    let texts: Vec<_> = all.iter().map(|word| &text[word.clone()]).collect();
    for (index, inner) in given(&texts) {
        let word = &all[index];
        found.push(offset + word.start + inner..offset + word.end);
    }
    for word in all.iter().filter(|word| word.len() < text.len() && text[(*word).clone()].contains(char::is_whitespace))
    {
        commands(&text[word.clone()], offset + word.start, found);
    }
}

/// Which of the words of a command are secrets, each with where in it the secret begins.
pub(super) fn given(words: &[&str]) -> Vec<(usize, usize)> {
    let mut given = Vec::new();
    let mut flags: Vec<(&str, Given)> = Vec::new();
    let has_login = words.contains(&"login");
    let programs: Vec<_> = words.iter().map(|word| program_of(word)).collect();
    let runs_elsewhere = programs.iter().any(|name| CONTAINERS.iter().any(|program| is_program(name, program)));
    for ((at, word), name) in words.iter().enumerate().zip(programs) {
        let before = at.checked_sub(1).map(|at| words[at]).unwrap_or_default();
        for (program, flag, given, with) in PROGRAMS {
            let is_complete = with.is_empty() || has_login;
            if is_complete && is_program(name, program) && !flags.contains(&(flag, given)) {
                flags.push((flag, given));
            }
        }
        let is_flag = word.starts_with('-') && !word.contains('=');
        let names_secret = before.starts_with('-') && !before.contains('=') && is_secret(before);
        let is_set = at > 1 && words[at - 2] == "set" && !before.contains('=') && is_secret(before);
        let is_behind = flags.iter().any(|(flag, given)| *given != Given::Within && *flag == before);
        let within = flags
            .iter()
            .find(|(flag, given)| *given != Given::Behind && word.len() > flag.len() && word.starts_with(flag));
        if !is_flag && (names_secret || is_behind || is_set) {
            given.push((at, 0));
        } else if let Some((flag, _)) = within {
            given.push((at, flag.len()));
        } else if let Some(from) = variable(word, before, runs_elsewhere) {
            given.push((at, from));
        } else if is_short(before) && looks_made_by_chance_after_flag(word) {
            given.push((at, 0));
        } else if matches!(before, "-u" | "--user" | "-U" | "--proxy-user" | "--userpwd") {
            given.extend(password_of(word).map(|from| (at, from)));
        } else if let Some(user) = word.strip_prefix("--user=").or_else(|| word.strip_prefix("-u")) {
            given.extend(password_of(user).map(|from| (at, word.len() - user.len() + from)));
        }
    }
    given
}

/// Programs that take variables for what they run.
const CONTAINERS: [&str; 6] = ["container", "docker", "flyctl", "kubectl", "nerdctl", "podman"];

/// Where the value begins of a variable that is given to what is run: `-e NAME=value`, `-eNAME=value`, `--env=NAME=value`.
/// `runs_elsewhere`: the program is known to take variables; else `-e` may be anything.
fn variable(word: &str, before: &str, runs_elsewhere: bool) -> Option<usize> {
    let flags = ["--env", "--build-arg", "--set-env"];
    let own = flags.iter().find_map(|flag| word.strip_prefix(flag)?.strip_prefix('='));
    let own = own.or_else(|| word.strip_prefix("-e").filter(|_| runs_elsewhere && !word.starts_with("--")));
    let is_behind = flags.contains(&before) || before == "-e";
    let assignment = own.or_else(|| is_behind.then_some(word))?;
    let (name, value) = assignment.split_once('=')?;
    let is_of_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let is_clear = runs_elsewhere || before != "-e" || name.chars().all(|c| !c.is_ascii_lowercase());
    (!name.is_empty() && name.chars().all(is_of_name) && is_clear).then_some(word.len() - value.len())
}

/// A flag of one letter, which says nothing of what is behind it.
fn is_short(word: &str) -> bool {
    word.len() == 2 && word.starts_with('-') && word.ends_with(|c: char| c.is_ascii_alphabetic())
}

fn looks_made_by_chance_after_flag(word: &str) -> bool {
    let letters = word.chars().filter(char::is_ascii_alphabetic).count();
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || "_-!$%*+~".contains(c);
    let turns =
        word.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_alphabetic()).count();
    word.len() >= 8 && letters > 2 && digits > 1 && turns > 0 && word.chars().all(is_of_key)
}

/// True when a word of a command is this program, wherever it is.
/// The program that a word names, if it names one.
fn program_of(word: &str) -> &str {
    // A shell may be told to run it first: `!` and a backtick, `$(`.
    let name = word.rsplit(['/', '\\']).next().unwrap_or_default().trim_start_matches(['!', '`', '$', '(']);
    name.strip_suffix(".exe").unwrap_or(name)
}

fn is_program(name: &str, program: &str) -> bool {
    match program.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == program,
    }
}

/// Where the password begins in `user:password`, or `user%password`; the ids of a user and a group are none.
fn password_of(word: &str) -> Option<usize> {
    let at = word.find([':', '%'])?;
    let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    (!(is_number(&word[..at]) && is_number(&word[at + 1..]))).then_some(at + 1)
}

/// The words of a command line: what spaces part, without the quotes around it.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += text[at..].len() - text[at..].trim_start().len();
        let rest = &text[at..];
        let first = rest.chars().next()?;
        let quote = Some(first).filter(|c| matches!(c, '"' | '\'' | '`'));
        let closed = quote.and_then(|quote| rest[1..].find(quote).map(|end| at + 1..at + 1 + end));
        let word = closed.unwrap_or_else(|| {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            at..at + end
        });
        at = if quote.is_some() && text[word.end..].starts_with(first) { word.end + 1 } else { word.end };
        Some(word)
    })
}
