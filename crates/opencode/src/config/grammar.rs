//! The grammar of a configuration, as the engine's parser has it: JSON with comments and commas at the end of a list,
//! and nothing looser or stricter.
//!
//! Invariant: what is fine here has no error there, and the other way round, but for two things that are refused: very
//! many values, and a number that is infinite, with which the engine cannot answer. Source: the parser that is built into the engine (`docs/engine.md`, "Broken files"); held by
//! `conformance::grammar`, which asks that parser about every text that it can think of.

use rekindle_domain::ConfigNotice as Why;

/// The most values of a text that are read. The engine reads more; people do not write them.
const MOST_VALUES: usize = 250_000;

/// Where a text is no configuration, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong.
    pub why: Why,
    /// The byte offset in the text.
    pub offset: usize,
}

/// Goes through a text, without a byte order mark, up to the first thing that is wrong.
pub fn check(text: &str) -> Result<(), Wrong> {
    let mut scanner = Scanner { text, at: 0 };
    let mut open: Vec<char> = Vec::new();
    let mut next = Next::Value;
    let mut values = 0;
    loop {
        let (offset, token) = scanner.token().map_err(|wrong| match wrong.why {
            Why::NotQuoted if next == Next::Value && open.is_empty() => Wrong { why: Why::BraceMissing, ..wrong },
            _ => wrong,
        })?;
        let wrong = |why| Err(Wrong { why, offset });
        let inside = open.last().copied();
        next = match (next, token, inside) {
            (Next::End, Token::End, _) => return Ok(()),
            (Next::End, _, _) => return wrong(Why::TrailingText),
            (Next::Entry | Next::CommaOrClose, Token::Close(bracket), Some(opened)) if bracket == opened => {
                open.pop();
                after_value(&open)
            }
            (Next::CommaOrClose, Token::Comma, _) => Next::Entry,
            (Next::Value, Token::End, Some(_)) => return wrong(Why::ValueMissing),
            (Next::Entry | Next::CommaOrClose, Token::Close(bracket), Some(_)) if !open.contains(&bracket) => {
                return wrong(Why::BracketNotOpened { bracket });
            }
            (Next::Entry | Next::CommaOrClose, Token::Close(_) | Token::End, Some(opened)) => {
                return wrong(Why::BracketNotClosed { bracket: opened });
            }
            (Next::CommaOrClose, ..) => return wrong(Why::CommaMissing),
            (Next::Entry, Token::Text, Some('{')) => match scanner.token()? {
                (_, Token::Colon) => Next::Value,
                (offset, _) => return Err(Wrong { why: Why::ColonMissing, offset }),
            },
            (Next::Entry, _, Some('{')) => return wrong(Why::KeyMissing),
            (_, Token::Open(bracket), _) => {
                open.push(bracket);
                Next::Entry
            }
            (_, Token::Text | Token::Word, _) => after_value(&open),
            (_, Token::End, _) => return wrong(Why::HoldsNothing),
            _ => return wrong(Why::ValueMissing),
        };
        values += usize::from(matches!(token, Token::Open(_) | Token::Text | Token::Word));
        if values > MOST_VALUES {
            return wrong(Why::TooManyValues { most: MOST_VALUES });
        }
    }
}

fn after_value(open: &[char]) -> Next {
    if open.is_empty() { Next::End } else { Next::CommaOrClose }
}

/// What may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Value,
    /// An entry of what is open, or its end.
    Entry,
    CommaOrClose,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// The bracket.
    Open(char),
    /// The opening bracket that belongs to it.
    Close(char),
    Colon,
    Comma,
    Text,
    /// A number, or one of the three words.
    Word,
    End,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Takes characters as long as they are like this.
    fn while_it_is(&mut self, like: impl Fn(char) -> bool) -> usize {
        let start = self.at;
        while self.peek().is_some_and(&like) {
            self.take();
        }
        self.at - start
    }

    /// The next token and where it begins; space and comments are passed over.
    fn token(&mut self) -> Result<(usize, Token), Wrong> {
        loop {
            self.while_it_is(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
            let offset = self.at;
            let wrong = |why| Err(Wrong { why, offset });
            let Some(first) = self.take() else { return Ok((offset, Token::End)) };
            let token = match first {
                '{' | '[' => Token::Open(first),
                '}' => Token::Close('{'),
                ']' => Token::Close('['),
                ':' => Token::Colon,
                ',' => Token::Comma,
                '"' => self.quoted(offset)?,
                '/' => match self.take() {
                    Some('/') => {
                        self.while_it_is(|c| !matches!(c, '\n' | '\r'));
                        continue;
                    }
                    Some('*') => match self.text.get(self.at..).and_then(|rest| rest.find("*/")) {
                        Some(length) => {
                            self.at += length + 2;
                            continue;
                        }
                        None => return wrong(Why::CommentNotClosed),
                    },
                    _ => return wrong(Why::StrayCharacter { character: '/' }),
                },
                '-' | '0'..='9' => self.number(first, offset)?,
                _ => {
                    self.while_it_is(is_part_of_word);
                    match self.text.get(offset..self.at) {
                        Some("true" | "false" | "null") => Token::Word,
                        Some(word) => return wrong(what_is(word, first)),
                        None => return wrong(what_begins(first)),
                    }
                }
            };
            return Ok((offset, token));
        }
    }

    /// The rest of a text in quotes.
    fn quoted(&mut self, start: usize) -> Result<Token, Wrong> {
        loop {
            let offset = self.at;
            let wrong = |why| Err(Wrong { why, offset });
            match self.take() {
                Some('"') => return Ok(Token::Text),
                Some('\\') => match self.take() {
                    Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => {}
                    Some('u') => {
                        for _ in 0..4 {
                            if !self.take().is_some_and(|c| c.is_ascii_hexdigit()) {
                                return wrong(Why::UnicodeEscape);
                            }
                        }
                    }
                    Some(_) => return wrong(Why::UnknownEscape),
                    None => return Err(Wrong { why: Why::StringNotClosed, offset: start }),
                },
                Some('\n' | '\r') => return wrong(Why::LineBreakInString),
                Some(control @ '\0'..='\x1f') => return wrong(Why::ControlCharacter { character: control }),
                Some(_) => {}
                None => return Err(Wrong { why: Why::StringNotClosed, offset: start }),
            }
        }
    }

    fn number(&mut self, first: char, offset: usize) -> Result<Token, Wrong> {
        let digits = |scanner: &mut Self| scanner.while_it_is(|c| c.is_ascii_digit());
        let wrong = Err(Wrong { why: Why::NumberCutOff, offset });
        let leads = if first == '-' { self.take().filter(char::is_ascii_digit) } else { Some(first) };
        match leads {
            None => return wrong,
            Some('0') => {}
            Some(_) => drop(digits(self)),
        }
        if self.peek() == Some('.') {
            self.take();
            if digits(self) == 0 {
                return wrong;
            }
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.take();
            if matches!(self.peek(), Some('+' | '-')) {
                self.take();
            }
            if digits(self) == 0 {
                return wrong;
            }
        }
        match self.text.get(offset..self.at).and_then(|text| text.parse::<f64>().ok()).is_some_and(f64::is_finite) {
            true => Ok(Token::Word),
            false => Err(Wrong { why: Why::NumberTooLarge, offset }),
        }
    }
}

/// True for what a word without quotes goes on with.
fn is_part_of_word(c: char) -> bool {
    !matches!(c, ' ' | '\t' | '\n' | '\r' | '}' | ']' | '{' | '[' | '"' | ':' | ',' | '/')
}

/// What a word is that stands where none may.
fn what_is(word: &str, first: char) -> Why {
    if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| word.starts_with(mark)) {
        return Why::GitConflict;
    }
    match word.to_ascii_lowercase().as_str() {
        "true" | "false" | "null" => Why::CapitalLetters,
        "none" | "nil" | "undefined" | "nan" => Why::OtherNull,
        _ => what_begins(first),
    }
}

/// What stands where nothing begins with this character.
fn what_begins(first: char) -> Why {
    match first {
        '\'' => Why::SingleQuotes,
        '“' | '”' | '„' | '‘' | '’' | '«' | '»' => Why::CurlyQuote,
        '\0' | '\u{fffd}' => Why::OtherEncoding,
        c if c.is_alphabetic() || matches!(c, '_' | '$') => Why::NotQuoted,
        c if c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}') => {
            Why::InvisibleCharacter { character: c }
        }
        c => Why::StrayCharacter { character: c },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B1: what people write by mistake is told at its place, for what it is.
    #[test]
    fn mistakes_are_told_for_what_they_are() {
        let check = |text: &str, expected: Option<(Why, usize)>| {
            assert_eq!(super::check(text).err(), expected.map(|(why, offset)| Wrong { why, offset }), "{text:?}");
        };
        for text in [
            "{}",
            " {\"a\": [1, -0.5e+3, true, null,], // c\n /* d */ \"b\": {\"c\": \"\\u00e9\\/\",}}\r\n",
            "[]",
            "1",
            "{\"a\": \"\u{a0}\u{2028}\u{7f}\"}",
            "{/**/}",
            "{}//",
        ] {
            check(text, None);
        }
        check("", Some((Why::HoldsNothing, 0)));
        check(" // a\n", Some((Why::HoldsNothing, 6)));
        check("{\"model\": }", Some((Why::ValueMissing, 10)));
        check("{\"model\":\n", Some((Why::ValueMissing, 10)));
        check("{\"a\": [1, 2}", Some((Why::BracketNotClosed { bracket: '[' }, 11)));
        check("{\"a\": {\"b\": 1]", Some((Why::BracketNotOpened { bracket: '[' }, 13)));
        check("{\"a\": 1", Some((Why::BracketNotClosed { bracket: '{' }, 7)));
        check("{\"a\": 1 \"b\": 2}", Some((Why::CommaMissing, 8)));
        check("{\"a\" 1}", Some((Why::ColonMissing, 5)));
        check("{a: 1}", Some((Why::NotQuoted, 1)));
        check("{1: 1}", Some((Why::KeyMissing, 1)));
        check("{\"a\": b}", Some((Why::NotQuoted, 6)));
        check("{'a': 1}", Some((Why::SingleQuotes, 1)));
        check("{\"a\": 1,,}", Some((Why::KeyMissing, 8)));
        check("[,]", Some((Why::ValueMissing, 1)));
        check("{,}", Some((Why::KeyMissing, 1)));
        check("{} {}", Some((Why::TrailingText, 3)));
        check("{}}", Some((Why::TrailingText, 2)));
        check("{\"a\": \"b\nc\"}", Some((Why::LineBreakInString, 8)));
        check("{\"a\": \"b", Some((Why::StringNotClosed, 6)));
        check("{\"a\": \"\\", Some((Why::StringNotClosed, 6)));
        check("{\"a\": \"b\tc\"}", Some((Why::ControlCharacter { character: '\t' }, 8)));
        check("{\"a\": \"\\x\"}", Some((Why::UnknownEscape, 7)));
        check("{\"a\": \"\\u12\"}", Some((Why::UnicodeEscape, 7)));
        check("{\"a\": 1.}", Some((Why::NumberCutOff, 6)));
        check("{\"a\": -}", Some((Why::NumberCutOff, 6)));
        check("{\"a\": -1e999}", Some((Why::NumberTooLarge, 6)));
        check("{\"a\": 01}", Some((Why::CommaMissing, 7)));
        check("{\"a\": +1}", Some((Why::StrayCharacter { character: '+' }, 6)));
        check("{\u{a0}\"a\": 1}", Some((Why::InvisibleCharacter { character: '\u{a0}' }, 1)));
        check("{\"a\":\u{2028}1}", Some((Why::InvisibleCharacter { character: '\u{2028}' }, 5)));
        check("\u{fffd}{\0}\0", Some((Why::OtherEncoding, 0)));
        check("{/* a }", Some((Why::CommentNotClosed, 1)));
        check("{/ a }", Some((Why::StrayCharacter { character: '/' }, 1)));
        check("# a\n{}", Some((Why::StrayCharacter { character: '#' }, 0)));
    }

    /// N16: what a text is parsed into has a bound; commas in texts and comments are none.
    #[test]
    fn what_is_made_of_a_text_has_a_bound() {
        let why = |text: &str| check(text).map_err(|wrong| wrong.why);
        assert_eq!(why(&format!("[{}]", "0,".repeat(1_000_000))), Err(Why::TooManyValues { most: MOST_VALUES }));
        assert_eq!(why(&"[".repeat(1_000_000)), Err(Why::TooManyValues { most: MOST_VALUES }));
        assert_eq!(why(&"[".repeat(100_000)), Err(Why::BracketNotClosed { bracket: '[' }));
        assert_eq!(why(&format!("[\"{}\" /* {0} */]", ",[{".repeat(300_000))), Ok(()));
        assert_eq!(why(&format!("[{}0]", "0,".repeat(100_000))), Ok(()));
    }
}
