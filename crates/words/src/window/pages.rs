//! The pages of the window.

use rekindle_domain::{Kind, List};

/// The pages, in the order of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Overview,
    Plugins,
    Skills,
    Mcp,
    Agents,
    Activity,
    Settings,
}

impl Page {
    /// All of them; the place in the list is also the digit of the page's key.
    pub const ALL: [Self; 7] =
        [Self::Overview, Self::Plugins, Self::Skills, Self::Mcp, Self::Agents, Self::Activity, Self::Settings];

    /// The kinds of items that it lists.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Plugins => List::Plugins.kinds(),
            Self::Skills => List::Skills.kinds(),
            Self::Mcp => List::Mcp.kinds(),
            Self::Agents => List::Agents.kinds(),
            Self::Overview | Self::Activity | Self::Settings => &[],
        }
    }
}
