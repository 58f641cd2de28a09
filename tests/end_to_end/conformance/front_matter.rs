//! Texts with front matter of every kind, each as a skill and as a mode: with another line end in each place, with
//! each kind of value, with what the standard allows and the engine's parser does not, and the other way round.

/// All of them. `@` stands for a name that only this text has.
pub(super) fn texts() -> Vec<String> {
    let mut texts = Vec::new();
    let ends = ["\n", "\r\n", "\r"];
    for (a, b) in ends.iter().flat_map(|a| ends.map(|b| (a, b))) {
        for (c, d) in ends.iter().flat_map(|c| ends.map(|d| (c, d))) {
            texts.push(format!("---{a}name: @{b}description: d{c}---{d}body"));
        }
    }
    for language in LANGUAGES {
        texts.push(format!("---{language}\nname: @\n---\nbody"));
        texts.push(format!("---{language}\r\n# name: @\r\n---\r\nbody"));
        texts.push(format!("---{language}\n{{\"name\": \"@\"}}\n---\nbody"));
    }
    for value in VALUES {
        texts.push(format!("---\nname: @\ndescription: {value}\n---\nbody"));
        texts.push(format!("---\nname: @\nmore:\n- {value}\n---\nbody"));
        // A date that is a key is written in the zone of the machine, and a large number as the language does.
        if !value.starts_with("20") && value.len() < 20 {
            texts.push(format!("---\nname: @\nmore: {{a: b, {value}: c}}\n---\nbody"));
        }
    }
    texts.extend(MATTERS.iter().map(|matter| format!("---\nname: @\n{matter}\n---\nbody")));
    texts.extend(WHOLE.iter().map(|text| (*text).to_owned()));
    texts
}

/// What may stand behind the dashes.
const LANGUAGES: &[&str] = &[
    "", " ", "\t", "yaml", "YAML", "yml", "  yaml  ", "\tyaml", "json", "JSON", "toml", "coffee", "yaml x", "yaml;",
    "\u{85}", "\u{a0}", "\u{feff}", "\u{2028}", "\u{b}", "\u{200b}", "#", " -",
];

const VALUES: &[&str] = &[
    "!important x",
    "!local",
    "! x",
    "! 5",
    "!<x> y",
    "!<tag:yaml.org,2002:str> 5",
    "!!str 5",
    "!!int '5'",
    "!!int x",
    "!!float 1",
    "!!bool 'true'",
    "!!bool yes",
    "!!null x",
    "!!null ~",
    "!!timestamp x",
    "!!timestamp 2024-01-01",
    "!!set {a, b}",
    "!!omap [a: 1]",
    "!!pairs [a: 1]",
    "!!seq [a]",
    "!!seq {a: b}",
    "!!map {a: 1}",
    "!!map [a]",
    "!!js/regexp /a/",
    "2024-01-01",
    "2024-1-1",
    "2024-13-45",
    "2024-01-01 10:00:00",
    "2024-01-01T10:00:00.5+02:00",
    "1:30",
    "-1:30",
    "1:30.5",
    "01:30",
    "0x1F",
    "0b101",
    "0o17",
    "017",
    "08",
    "1_000",
    "_1",
    "+5",
    "-0",
    "5.",
    ".5",
    "1e3",
    "1.5E-3",
    "12345678901234567890",
    "1.10",
    "~",
    "null",
    "nULL",
    "",
    "true",
    "TRUE",
    "yes",
    "off",
    "\"a\\nb\"",
    "\"\\x41\\u00e9\"",
    "\"\\q\"",
    "'it''s'",
    "it's",
    "\"a\" b",
    "[a, b]",
    "[a, b",
    "{a: 1}",
    "{a: 1, a: 2}",
    "{a}",
    "[a: 1]",
    "a: b",
    "a #c",
    "a#c",
    "@a",
    "`a`",
    "%a",
    "*a",
    "&a b",
    "|",
    ">-",
    "- a",
    "{<<: {a: 1}}",
    "{<<: x}",
    "{[a, [b]]: c}",
];

/// What may stand below the name.
const MATTERS: &[&str] = &[
    "...",
    "...\n",
    "...\na: b",
    "... # c",
    "%YAML 1.2",
    "# c",
    "",
    "\r",
    "\r...",
    "\r...\rx",
    "\r---\rx",
    " --- ",
    "\ta: b",
    " \ta: b",
    "a:\n\tb: c",
    "a:\n  b: c\n\td: e",
    "a:\n \tb: c",
    "a:\n\t- b",
    "a:\n-\tb",
    "a:\tb",
    "a\t: b",
    "a: |\n\tx",
    "a: |\n  x\n\ty",
    "a: |\n  \tx",
    "a: >\n  x\n   y\n  z",
    "a: |+\n  x\n\n\nb: c",
    "a: |2\n   x\n  y",
    "a: 'x\ny'",
    "a: \"x\ny\"",
    "a: \"x\n\ty\"",
    "a: 'x\r\ny'",
    "a: \"x\ry\"",
    "a: 'x\n\n\n  y'\nb: c",
    "a: \"x\\\ny\"",
    "a:\n  b: \"x\ny: z\"\n  c: d",
    "l:\n- 'x\n- y'\n- z",
    "l:\n  - \"it's\n  \\\"so\\\"\"",
    "a: x\ny",
    "a: x\n y",
    "a: x\n  y: z",
    "a: [b,\nc]",
    "a: {b: c,\n\td: e}",
    "- a",
    "a:\n- b\n- c",
    "a:\n  - b\n - c",
    "a:\n  b: c\n d: e",
    "? a\n: b",
    "? a",
    "a: &x b\nc: *x",
    "a: *x",
    "a: b\na: c",
    "1: a\n'1': b",
    "a: b: c",
    "description: Use it: now",
    "a: b\r\nc: d: e",
    "a: \u{e9} 😀",
    "😀: a",
    "a: b\u{2028}c",
    "a: b\u{85}c",
    "a: \u{1}",
    "tools:\n  \"*\": false\n  bash: true",
    "permission:\n  *: ask",
];

/// Whole files.
const WHOLE: &[&str] = &[
    "",
    "-",
    "---",
    "----",
    "---\n",
    "---\r",
    "---\n---",
    "---\n----",
    "---\nname: @",
    "---\nname: @\n----\nx",
    "---\nname: @\n---x",
    "---\nname: @\n---\n---\nx",
    " ---\nname: @\n---",
    "\n---\nname: @\n---",
    "\u{feff}---\nname: @\n---\nx",
    "---name: @\n---",
    "---\n~\n---\nx",
    "---\n[@]\n---\nx",
    "---\n\"@\"\n---\nx",
    "---json\n\n---\nx",
    "---json\n[1]\n---\nx",
    "---json\n{\"name\": \"@\", \"a\": 1, \"a\": 2}\n---\nx",
];
