//! The address of an engine.
//!
//! Invariant: no secret is part of an address that is accepted, and none is shown of one that is not.

use reqwest::Url;

/// The address of an engine.
pub(super) struct Address {
    /// As it is shown, without a slash at its end.
    pub(super) url: String,
    pub(super) is_encrypted: bool,
    /// True when what is sent there does not leave this machine.
    pub(super) is_here: bool,
}

impl Address {
    /// `None`: it is none, or holds more than says where the engine is.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let has_more = !url.username().is_empty() || url.password().is_some() || url.query().is_some();
        if !matches!(url.scheme(), "http" | "https") || has_more || url.fragment().is_some() {
            return None;
        }
        let is_here = match url.host_str()? {
            "localhost" => true,
            name => match name.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
                Ok(address) => address.to_canonical().is_loopback() || address.is_unspecified(),
                Err(_) => name.ends_with(".localhost"),
            },
        };
        let is_encrypted = url.scheme() == "https";
        Some(Self { url: url.as_str().trim_end_matches('/').to_owned(), is_encrypted, is_here })
    }
}

/// What somebody gave for an address, without what may be a secret in it.
pub(super) fn shown(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let (before, more) = (&text[..end], if end < text.len() { "…" } else { "" });
    let Some((user, host)) = before.rsplit_once('@') else { return format!("{before}{more}") };
    let scheme = user.find("://").map_or("", |at| &user[..at + 3]);
    format!("{scheme}••••@{host}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N16: a secret in an address is refused, and not shown when it is.
    #[test]
    fn an_address_holds_no_secret() {
        let check = |text: &str, expected: Option<&str>, told: &str| {
            assert_eq!(Address::parse(text).map(|address| address.url).as_deref(), expected, "{text}");
            assert_eq!(shown(text), told);
        };
        check("http://127.0.0.1:4096/", Some("http://127.0.0.1:4096"), "http://127.0.0.1:4096/");
        check("https://host/engine/", Some("https://host/engine"), "https://host/engine/");
        check("http://user:secret@127.0.0.1:4096", None, "http://••••@127.0.0.1:4096");
        check("http://:secret@host", None, "http://••••@host");
        check("http://token@host", None, "http://••••@host");
        check("user:se/cr@et@host:4096", None, "••••@host:4096");
        check("http://host/?auth_token=c2VjcmV0", None, "http://host/…");
        check("http://host/#secret", None, "http://host/…");
        check("127.0.0.1:4096", None, "127.0.0.1:4096");
        check("file:///etc", None, "file:///etc");
        check("http://", None, "http://");
    }

    /// N16: where a password would be seen on the way.
    #[test]
    fn what_leaves_the_machine_is_known() {
        let check = |text: &str, is_here: bool| {
            assert_eq!(Address::parse(text).map(|address| address.is_here), Some(is_here), "{text}");
        };
        for here in [
            "http://127.0.0.1:1",
            "http://127.9.9.9",
            "http://[::1]:1",
            "http://localhost:1",
            "http://a.localhost",
            "http://[::ffff:127.0.0.1]",
            "http://0.0.0.0:1",
            "http://2130706433",
        ] {
            check(here, true);
        }
        for away in [
            "http://192.168.0.2:1",
            "http://host:1",
            "http://localhost.evil.example",
            "http://[fe80::1]",
            "http://127.0.0.1.nip.io",
        ] {
            check(away, false);
        }
    }
}
