//! The pages of the window.

use rekindle_domain::{Kind, List};
use strum::VariantArray;

/// The pages, in the order of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum Page {
    Overview,
    Plugins,
    Skills,
    Mcp,
    Agents,
    Configuration,
    Activity,
    Settings,
}

impl Page {
    /// All of them; the place in the list is also the digit of the page's key.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The kinds of items that it lists.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Plugins => List::Plugins.kinds(),
            Self::Skills => List::Skills.kinds(),
            Self::Mcp => List::Mcp.kinds(),
            Self::Agents => List::Agents.kinds(),
            Self::Configuration => &[Kind::Config, Kind::Instructions],
            Self::Overview | Self::Activity | Self::Settings => &[],
        }
    }
}
