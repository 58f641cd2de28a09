//! What is said of a changelog, where it does not speak for itself.

use rekindle_domain::Changelog;

use crate::{
    notice::{Front, inline},
    text::sentence,
};

/// There is more than is shown.
pub const CUT: &str = "The rest is left out.";

/// Why there is nothing to be read, and where to look instead; `None`: there is something.
pub fn silence(changelog: &Changelog, front: Front) -> Option<String> {
    let what = match (&changelog.why, &changelog.file) {
        (Some(why), _) => format!("The package could not be looked at: {}", inline(why, front)),
        (None, None) => "The package has no changelog".to_owned(),
        (None, Some(file)) if changelog.sections.is_empty() => {
            format!("The package's {file} does not mention this update")
        }
        (None, Some(_)) => return None,
    };
    let where_to = changelog.repository.as_ref().map(|page| format!(" Its source is at {page}")).unwrap_or_default();
    Some(format!("{}{where_to}", sentence(&what)))
}

#[cfg(test)]
mod tests {
    use rekindle_domain::ChangelogSection;

    use super::*;

    /// G3: that there is nothing to be read is said, with where to look.
    #[test]
    fn silence_is_told() {
        let check = |file: Option<&str>, repository: Option<&str>, expected: Option<&str>| {
            let [file, repository] = [file, repository].map(|text| text.map(str::to_owned));
            let changelog = Changelog { file, repository, ..Changelog::default() };
            assert_eq!(silence(&changelog, Front::Command).as_deref(), expected);
        };
        check(None, None, Some("The package has no changelog."));
        check(None, Some("https://h/o/r"), Some("The package has no changelog. Its source is at https://h/o/r"));
        check(Some("CHANGELOG.md"), None, Some("The package's CHANGELOG.md does not mention this update."));
        let section = ChangelogSection { title: "1.1.0".to_owned(), text: String::new() };
        let file = Some("CHANGELOG.md".to_owned());
        let told = Changelog { file, sections: vec![section], ..Changelog::default() };
        assert_eq!(silence(&told, Front::Window), None);
    }
}
