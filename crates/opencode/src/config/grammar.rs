//! The grammar of a configuration, as the engine's parser has it: JSON with comments and commas at the end of a list,
//! and nothing looser or stricter.
//!
//! Invariant: what is fine here has no error there, and the other way round, but for two things that are refused: very
//! many values, and a number that is infinite, with which the engine cannot answer. Source: the parser that is built into the engine (`docs/engine.md`, "Broken files"); held by
//! `conformance::grammar`, which asks that parser about every text that it can think of.

/// The most values of a text that are read. The engine reads more; people do not write them.
const MOST_VALUES: usize = 250_000;

/// Where a text is no configuration, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong.
    pub why: Why,
    /// The byte offset in the text.
    pub offset: usize,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing is in it but space and comments.
    Nothing,
    /// Here a value should begin.
    NoValue,
    /// Here a key in double quotes should begin.
    NoKey,
    /// Here a colon should be.
    NoColon,
    /// Here a comma should be.
    NoComma,
    /// What begins with this bracket is not closed before this place.
    NotClosed(char),
    /// This closing bracket closes nothing.
    NotOpened(char),
    /// More follows behind the last bracket.
    More,
    /// A word without quotes.
    Word,
    /// `True`, `FALSE` and the like.
    Capitals,
    /// What stands for nothing in other languages.
    OtherNothing,
    /// The text begins with a word: it is YAML, or the like.
    NoBrace,
    /// Both sides of a merge that git could not do.
    Conflict,
    /// A quote that a word processor put there.
    CurlyQuote,
    /// A text in single quotes.
    SingleQuotes,
    /// What is no text in UTF-8.
    Encoding,
    /// A character that looks like a space, or like nothing.
    Invisible(char),
    /// Another character that begins nothing.
    Character(char),
    /// A text is not closed in its line.
    LineBreak,
    /// A text is not closed at all.
    OpenText,
    /// A control character in a text.
    Control(char),
    /// A backslash before something that has no meaning.
    Escape,
    /// `\u` without four digits.
    Unicode,
    /// A number that breaks off.
    Number,
    /// A number that is infinite to the engine.
    Infinite,
    /// A comment is not closed.
    OpenComment,
    /// There are more values than are read.
    TooMany,
}

impl Why {
    /// What is wrong, in a sentence without a full stop, and what to do.
    pub fn words(self) -> (String, &'static str) {
        let said = match self {
            Self::Nothing => ("the file holds no value", "write {} into it, or delete it"),
            Self::NoValue => ("a value is missing here", "write a value, or remove what is before this place"),
            Self::NoKey => ("expected a key in double quotes", "write \"key\": value, or remove what stands here"),
            Self::NoColon => ("expected “:” behind the key", "write \"key\": value"),
            Self::NoComma => ("expected “,” or a closing bracket", "a comma is missing before this"),
            Self::NotClosed('[') => ("a “[” is not closed before this", "add the missing “]”"),
            Self::NotClosed(_) => ("a “{” is not closed before this", "add the missing “}”"),
            Self::NotOpened('[') => ("a “]” that closes nothing", "remove it, or write a “[” where the list begins"),
            Self::NotOpened(_) => ("a “}” that closes nothing", "remove it, or write a “{” where the object begins"),
            Self::Capitals => ("true, false and null are written in small letters", "write it in small letters"),
            Self::OtherNothing => ("a word that means nothing here", "write null, or leave the key out"),
            Self::NoBrace => {
                ("expected “{”, with which a configuration begins", "write { and }, and keys in double quotes")
            }
            Self::Conflict => ("a conflict that git left in the file", "keep one of the two sides, without the marks"),
            Self::CurlyQuote => ("a curly quote", "use straight double quotes"),
            Self::Character('#') => ("“#” begins no comment here", "write // for a comment"),
            Self::Character('.') => ("a number that begins with a point", "write 0 before it"),
            Self::Character('+') => ("a number with a plus sign", "leave the sign out"),
            Self::Character(';') => ("“;” where a comma or a bracket is expected", "write a comma, or remove it"),
            Self::More => {
                ("there is something behind the closing bracket", "remove what follows, or the extra bracket")
            }
            Self::Word => ("expected a key or value in double quotes", "put it in double quotes"),
            Self::SingleQuotes => ("a string in single quotes", "use double quotes"),
            Self::LineBreak => {
                ("a string in double quotes goes on over the end of its line", "write \\n for a line break")
            }
            Self::OpenText => ("a string in double quotes is never closed", "add the missing \""),
            Self::Control('\t') => ("a tab in a string", "write \\t for a tab"),
            Self::Escape => ("“\\” before a character that it gives no meaning", "write \\\\ for a backslash"),
            Self::Unicode => (
                "“\\u” without four hexadecimal digits",
                "write \\\\u for a path with a backslash, or four digits behind it",
            ),
            Self::Number => ("a number that breaks off", "write it with digits at its end"),
            Self::Infinite => ("a number that is too large for OpenCode", "write a smaller one, or a string in quotes"),
            Self::OpenComment => ("a “/*” is never closed", "add the missing “*/”"),
            Self::Encoding => ("this is not UTF-8; it may be UTF-16", "save it as UTF-8"),
            Self::Invisible(c) => {
                return (format!("an invisible character (U+{:04X}) between the values", u32::from(c)), PLAIN_SPACE);
            }
            Self::Control(c) => {
                let hint = "write it as \\u and four hexadecimal digits, or remove it";
                return (format!("a control character (U+{:04X}) in a string", u32::from(c)), hint);
            }
            Self::Character(c) => return (format!("“{c}” where a key or value is expected"), "remove it"),
            Self::TooMany => {
                let message = format!("there are more than {MOST_VALUES} values, and Rekindle reads no more");
                return (message, "make it smaller");
            }
        };
        (said.0.to_owned(), said.1)
    }
}

const PLAIN_SPACE: &str = "replace it with a plain space, or remove it";

/// Goes through a text, without a byte order mark, up to the first thing that is wrong.
pub fn check(text: &str) -> Result<(), Wrong> {
    let mut scanner = Scanner { text, at: 0 };
    let mut open: Vec<char> = Vec::new();
    let mut next = Next::Value;
    let mut values = 0;
    loop {
        let (offset, token) = scanner.token().map_err(|wrong| match wrong.why {
            Why::Word if next == Next::Value && open.is_empty() => Wrong { why: Why::NoBrace, ..wrong },
            _ => wrong,
        })?;
        let wrong = |why| Err(Wrong { why, offset });
        let inside = open.last().copied();
        next = match (next, token, inside) {
            (Next::End, Token::End, _) => return Ok(()),
            (Next::End, _, _) => return wrong(Why::More),
            (Next::Entry | Next::CommaOrClose, Token::Close(bracket), Some(opened)) if bracket == opened => {
                open.pop();
                after_value(&open)
            }
            (Next::CommaOrClose, Token::Comma, _) => Next::Entry,
            (Next::Value, Token::End, Some(_)) => return wrong(Why::NoValue),
            (Next::Entry | Next::CommaOrClose, Token::Close(bracket), Some(_)) if !open.contains(&bracket) => {
                return wrong(Why::NotOpened(bracket));
            }
            (Next::Entry | Next::CommaOrClose, Token::Close(_) | Token::End, Some(opened)) => {
                return wrong(Why::NotClosed(opened));
            }
            (Next::CommaOrClose, ..) => return wrong(Why::NoComma),
            (Next::Entry, Token::Text, Some('{')) => match scanner.token()? {
                (_, Token::Colon) => Next::Value,
                (offset, _) => return Err(Wrong { why: Why::NoColon, offset }),
            },
            (Next::Entry, _, Some('{')) => return wrong(Why::NoKey),
            (_, Token::Open(bracket), _) => {
                open.push(bracket);
                Next::Entry
            }
            (_, Token::Text | Token::Word, _) => after_value(&open),
            (_, Token::End, _) => return wrong(Why::Nothing),
            _ => return wrong(Why::NoValue),
        };
        values += usize::from(matches!(token, Token::Open(_) | Token::Text | Token::Word));
        if values > MOST_VALUES {
            return wrong(Why::TooMany);
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
                        None => return wrong(Why::OpenComment),
                    },
                    _ => return wrong(Why::Character('/')),
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
                                return wrong(Why::Unicode);
                            }
                        }
                    }
                    Some(_) => return wrong(Why::Escape),
                    None => return Err(Wrong { why: Why::OpenText, offset: start }),
                },
                Some('\n' | '\r') => return wrong(Why::LineBreak),
                Some(control @ '\0'..='\x1f') => return wrong(Why::Control(control)),
                Some(_) => {}
                None => return Err(Wrong { why: Why::OpenText, offset: start }),
            }
        }
    }

    fn number(&mut self, first: char, offset: usize) -> Result<Token, Wrong> {
        let digits = |scanner: &mut Self| scanner.while_it_is(|c| c.is_ascii_digit());
        let wrong = Err(Wrong { why: Why::Number, offset });
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
            false => Err(Wrong { why: Why::Infinite, offset }),
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
        return Why::Conflict;
    }
    match word.to_ascii_lowercase().as_str() {
        "true" | "false" | "null" => Why::Capitals,
        "none" | "nil" | "undefined" | "nan" => Why::OtherNothing,
        _ => what_begins(first),
    }
}

/// What stands where nothing begins with this character.
fn what_begins(first: char) -> Why {
    match first {
        '\'' => Why::SingleQuotes,
        '“' | '”' | '„' | '‘' | '’' | '«' | '»' => Why::CurlyQuote,
        '\0' | '\u{fffd}' => Why::Encoding,
        c if c.is_alphabetic() || matches!(c, '_' | '$') => Why::Word,
        c if c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}') => {
            Why::Invisible(c)
        }
        c => Why::Character(c),
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
        check("", Some((Why::Nothing, 0)));
        check(" // a\n", Some((Why::Nothing, 6)));
        check("{\"model\": }", Some((Why::NoValue, 10)));
        check("{\"model\":\n", Some((Why::NoValue, 10)));
        check("{\"a\": [1, 2}", Some((Why::NotClosed('['), 11)));
        check("{\"a\": {\"b\": 1]", Some((Why::NotOpened('['), 13)));
        check("{\"a\": 1", Some((Why::NotClosed('{'), 7)));
        check("{\"a\": 1 \"b\": 2}", Some((Why::NoComma, 8)));
        check("{\"a\" 1}", Some((Why::NoColon, 5)));
        check("{a: 1}", Some((Why::Word, 1)));
        check("{1: 1}", Some((Why::NoKey, 1)));
        check("{\"a\": b}", Some((Why::Word, 6)));
        check("{'a': 1}", Some((Why::SingleQuotes, 1)));
        check("{\"a\": 1,,}", Some((Why::NoKey, 8)));
        check("[,]", Some((Why::NoValue, 1)));
        check("{,}", Some((Why::NoKey, 1)));
        check("{} {}", Some((Why::More, 3)));
        check("{}}", Some((Why::More, 2)));
        check("{\"a\": \"b\nc\"}", Some((Why::LineBreak, 8)));
        check("{\"a\": \"b", Some((Why::OpenText, 6)));
        check("{\"a\": \"\\", Some((Why::OpenText, 6)));
        check("{\"a\": \"b\tc\"}", Some((Why::Control('\t'), 8)));
        check("{\"a\": \"\\x\"}", Some((Why::Escape, 7)));
        check("{\"a\": \"\\u12\"}", Some((Why::Unicode, 7)));
        check("{\"a\": 1.}", Some((Why::Number, 6)));
        check("{\"a\": -}", Some((Why::Number, 6)));
        check("{\"a\": -1e999}", Some((Why::Infinite, 6)));
        check("{\"a\": 01}", Some((Why::NoComma, 7)));
        check("{\"a\": +1}", Some((Why::Character('+'), 6)));
        check("{\u{a0}\"a\": 1}", Some((Why::Invisible('\u{a0}'), 1)));
        check("{\"a\":\u{2028}1}", Some((Why::Invisible('\u{2028}'), 5)));
        check("\u{fffd}{\0}\0", Some((Why::Encoding, 0)));
        check("{/* a }", Some((Why::OpenComment, 1)));
        check("{/ a }", Some((Why::Character('/'), 1)));
        check("# a\n{}", Some((Why::Character('#'), 0)));
    }

    /// N16: what a text is parsed into has a bound; commas in texts and comments are none.
    #[test]
    fn what_is_made_of_a_text_has_a_bound() {
        let why = |text: &str| check(text).map_err(|wrong| wrong.why);
        assert_eq!(why(&format!("[{}]", "0,".repeat(1_000_000))), Err(Why::TooMany));
        assert_eq!(why(&"[".repeat(1_000_000)), Err(Why::TooMany));
        assert_eq!(why(&"[".repeat(100_000)), Err(Why::NotClosed('[')));
        assert_eq!(why(&format!("[\"{}\" /* {0} */]", ",[{".repeat(300_000))), Ok(()));
        assert_eq!(why(&format!("[{}0]", "0,".repeat(100_000))), Ok(()));
    }
}
