//! What a source is, once it is understood.

use std::fmt;

use percent_encoding::percent_decode_str;
use rekindle_domain::{InstallNotice, masked_text};
use url::Url;

/// Where skills come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The place.
    pub origin: Origin,
    /// The names of those that are meant; none: it was not said.
    pub skills: Vec<String>,
}

/// The place that skills come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A folder, a `SKILL.md` or an archive on this machine: its path, as it was written (`./s`, `~/s`, `C:\s`).
    Local(String),
    /// A repository.
    Git(Git),
    /// An npm package.
    Npm(Package),
    /// An address whose answer tells what it is: an archive, a `SKILL.md`, an index, or a site that has one.
    Web(Address),
}

/// A place in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Git {
    /// The repository.
    pub remote: Remote,
    /// Which state of it.
    pub revision: Revision,
    /// Which folder of it; the whole, if none is named.
    pub folder: Folder,
}

/// Which state of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// That of its default branch.
    Default,
    /// A branch, a tag or a commit.
    Named(String),
    /// A branch, a tag or a commit, and then a folder, as the pages of hosts write them one after the other: both may hold
    /// slashes, so only the repository knows where the one ends.
    Page(Folder),
}

/// An address that `git` understands.
///
/// Invariant: it begins with `https:`, `ssh:` or `file:`, with `http:` and this very machine, or with `user@host:`.
#[derive(Clone, PartialEq, Eq)]
pub struct Remote(String);

impl Remote {
    /// The repository at an address, if it is one of those that are allowed.
    pub(crate) fn of_url(url: &Url) -> Option<Self> {
        let is_allowed = match url.scheme() {
            "https" | "ssh" => url.host_str().is_some_and(|host| !host.is_empty() && !host.starts_with('-')),
            "http" => is_this_machine(url),
            "file" => true,
            _ => false,
        };
        let user = percent_decode_str(url.username()).decode_utf8_lossy();
        let is_option = user.starts_with('-');
        (is_allowed && !is_option).then(|| Self(url.as_str().to_owned()))
    }

    /// The repository at `user@host:path`.
    pub(crate) fn of_ssh(text: &str) -> Option<Self> {
        let (host, path) = text.split_once(':')?;
        let (user, host) = host.split_once('@')?;
        let is_name = |text: &str| {
            !text.is_empty() && !text.starts_with('-') && text.chars().all(|c| c.is_alphanumeric() || "._-".contains(c))
        };
        let is_path = !path.is_empty() && !path.starts_with('-') && !path.starts_with("//");
        let is_plain = !text.chars().any(|c| c.is_control() || c.is_whitespace());
        (is_name(user) && is_name(host) && is_path && is_plain).then(|| Self(text.to_owned()))
    }

    /// As `git` gets it, with the password that it may hold.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a person sees it, without a password.
    pub fn shown(&self) -> String {
        Url::parse(&self.0).map_or_else(|_| self.0.clone(), |url| without_user(&url))
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Remote({})", self.shown())
    }
}

/// An address of the web, with the user and the password that may be in it.
///
/// Invariant: it is encrypted, or leads no further than this machine.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    pub(crate) fn of(url: Url) -> Option<Self> {
        (url.scheme() == "https" || url.scheme() == "http" && is_this_machine(&url)).then_some(Self(url))
    }

    /// Where it leads on to.
    ///
    /// # Errors
    ///
    /// That is not encrypted, or no address of the web.
    pub fn leads_to(&self, url: Url) -> Result<Self, InstallNotice> {
        let was_plain = self.0.scheme() == "http";
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if was_plain && is_this_machine(&url) => Ok(Self(url)),
            "http" => Err(InstallNotice::SourcePlain { url: without_user(&url) }),
            other => Err(InstallNotice::SourceScheme { scheme: other.to_owned() }),
        }
    }

    /// As it is asked for.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// As a person sees it.
    pub fn shown(&self) -> String {
        without_user(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Address({})", self.shown())
    }
}

/// A folder below another one: names, one in the other.
///
/// Invariant: no name is empty, `.`, `..` or holds a slash, a backslash or a control character.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder(Vec<String>);

impl Folder {
    /// The folder of a path with slashes; an empty one is the folder itself. `None`: the path leads elsewhere.
    pub fn of(path: &str) -> Option<Self> {
        Self::of_names(path.split('/').filter(|name| !name.is_empty() && *name != ".").map(str::to_owned))
    }

    /// The folder of these names.
    pub(crate) fn of_names(names: impl IntoIterator<Item = String>) -> Option<Self> {
        let is_name = |name: &str| {
            !matches!(name, "" | "." | "..") && !name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'))
        };
        let names: Vec<_> = names.into_iter().collect();
        names.iter().all(|name| is_name(name)).then_some(Self(names))
    }

    /// The names, the outermost first.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// True for the folder itself.
    pub fn is_whole(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("/"))
    }
}

/// An npm package.
///
/// Invariant: the name is one that npm gives, and the range holds nothing that npm would take for another kind of source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    name: String,
    range: Option<String>,
}

impl Package {
    /// The package of `name`, `@scope/name` or either with `@range`.
    pub fn of(text: &str) -> Option<Self> {
        let (scope, rest) = match text.strip_prefix('@') {
            Some(rest) => rest.split_once('/').map(|(scope, rest)| (Some(scope), rest))?,
            None => (None, text),
        };
        let (name, range) = match rest.split_once('@') {
            Some((name, range)) => (name, Some(range)),
            None => (rest, None),
        };
        let is_part = |part: &str| {
            let is_letter = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
            !part.is_empty() && part.len() <= 214 && part.chars().all(is_letter) && !part.starts_with(['.', '-', '_'])
        };
        let is_range = |range: &str| {
            let is_letter = |c: char| c.is_ascii_alphanumeric() || " ^~<>=*.+-|_".contains(c);
            !range.is_empty() && range.chars().all(is_letter) && !range.starts_with('-')
        };
        let fits = scope.is_none_or(is_part) && is_part(name) && range.is_none_or(is_range);
        fits.then(|| Self {
            name: text[..text.len() - range.map_or(0, |range| range.len() + 1)].to_owned(),
            range: range.map(str::to_owned),
        })
    }

    /// Its name, with its scope.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which versions are meant: a version, a range or a tag.
    pub fn range(&self) -> Option<&str> {
        self.range.as_deref()
    }
}

/// A branch, a tag or a commit, if it can be one: by the rules of `git check-ref-format`, as far as they keep an argument
/// from being read as anything else.
pub(crate) fn is_revision(text: &str) -> bool {
    let is_bad = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    !text.is_empty()
        && text.len() <= 200
        && !text.starts_with(['-', '/', '.'])
        && !text.ends_with(['/', '.'])
        && !text.ends_with(".lock")
        && !["..", "//", "@{"].iter().any(|part| text.contains(part))
        && !text.chars().any(is_bad)
}

/// Whether an address leads no further than this machine.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An address as a person may see it: without a password, and without the user of a web address, which may be one, too.
pub(crate) fn without_user(url: &Url) -> String {
    let mut shown = url.clone();
    // It can only fail where there is none.
    let _ = shown.set_password(None);
    if url.scheme() != "ssh" {
        let _ = shown.set_username("");
    }
    masked_text(shown.as_str())
}
