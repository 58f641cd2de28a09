//! The arguments of `rekindle check`.

use std::path::PathBuf;

use clap::ValueEnum;

#[derive(clap::Args)]
pub(crate) struct CheckArguments {
    /// The directory to check, relative to --directory [default: --directory]
    pub(crate) dir: Option<PathBuf>,
    /// How findings are printed [default: text]
    #[arg(long, value_name = "FORMAT")]
    format: Option<CheckFormat>,
    /// Exit with 1 if there are warnings
    #[arg(long)]
    pub(crate) strict: bool,
    /// Also check global files, and what this shell's environment adds
    #[arg(long)]
    pub(crate) global: bool,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// Lines, for people and editors
    Text,
    /// An object, for programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

impl CheckArguments {
    /// The format that was asked for; `is_json`: by `--json`.
    pub(crate) fn format(&self, is_json: bool) -> CheckFormat {
        let otherwise = if is_json { CheckFormat::Json } else { CheckFormat::Text };
        self.format.unwrap_or(otherwise)
    }
}
