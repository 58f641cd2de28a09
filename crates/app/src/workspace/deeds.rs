//! What is done with an item for a person at a window, beside adding, switching and removing it.

use rekindle_domain::{
    DiffLine, Keep, Kind, Made, PackageNotice, PluginOffer, PluginUpdate, Row, RowState, Scope, SkillComparison,
    SkillDraft, SkillFinding, UpdateBy, UserError,
};

use super::{App, blocking};
use crate::{
    edit::{self, Landing, To},
    files::{locate::Places, scan::scan},
    plugins,
};

impl App {
    /// Declares the version that the engine keeps of a plugin, or none.
    pub async fn pin_plugin(&self, id: String, is_pinned: bool) -> Result<Made, UserError> {
        let to = if is_pinned { To::Kept } else { To::Any };
        self.change(move |places| {
            let changed = edit::set_version(places, &plugin(places, &id)?, to)?;
            Ok(Made { token: Some(changed.token), remark: None })
        })
        .await
    }

    /// Has the engine install a plugin again: what it keeps of it goes to the trash.
    pub async fn reinstall_plugin(&self, id: String) -> Result<Made, UserError> {
        let is_loaded = self.is_loaded(&id);
        self.change(move |places| {
            let mended = plugins::mend(places, &plugin(places, &id)?)?;
            Ok(Made { token: Some(mended.token), remark: Some(PackageNotice::InstalledAgain { is_loaded }.into()) })
        })
        .await
    }

    /// What an update of a plugin would bring. `latest`: beyond what its entry allows.
    pub async fn plugin_offer(&self, id: String, latest: bool) -> Result<PluginOffer, UserError> {
        let places = self.places_of_engine();
        blocking(move || plugins::offer(&places, &plugin(&places, &id)?, latest)).await
    }

    /// Makes an update of a plugin that a person was shown.
    pub async fn update_plugin(&self, id: String, update: PluginUpdate) -> Result<Made, UserError> {
        let is_loaded = self.is_loaded(&id);
        self.change(move |places| {
            let token = plugins::take(places, &plugin(places, &id)?, &update)?;
            let is_again = update.by == UpdateBy::Cache && token.is_some();
            let remark = is_again.then(|| PackageNotice::InstalledAgain { is_loaded }.into());
            Ok(Made { token, remark })
        })
        .await
    }

    /// Compares a skill with its source. It waits until the person has decided, or another one takes its place.
    pub async fn compare_skill(&self, id: String) -> Result<SkillComparison, UserError> {
        let (places, comparing) = (self.places_of_engine(), self.comparing.clone());
        blocking(move || comparing.compare(&places, &id)).await
    }

    /// What differs in a file of a skill that is compared.
    pub async fn compared_lines(&self, id: String, path: String) -> Result<Vec<DiffLine>, UserError> {
        let comparing = self.comparing.clone();
        blocking(move || comparing.lines(&id, &path)).await
    }

    /// Puts what was compared in place. `keep`: what is kept where both changed.
    pub async fn update_skill(&self, id: String, keep: Option<Keep>) -> Result<Made, UserError> {
        let comparing = self.comparing.clone();
        self.change(move |places| Ok(Made { token: comparing.take(places, &id, keep)?, remark: None })).await
    }

    /// Nobody looks at what was compared any more.
    pub async fn forget_comparison(&self) -> Result<(), UserError> {
        let comparing = self.comparing.clone();
        blocking(move || {
            comparing.forget();
            Ok(())
        })
        .await
    }

    /// What a skill says now, for a person to edit it.
    pub async fn skill_draft(&self, id: String) -> Result<SkillDraft, UserError> {
        let places = self.places_of_engine();
        blocking(move || edit::draft(&skill(&places, &id)?)).await
    }

    /// What is to be known of a skill as it would be.
    pub async fn check_draft(&self, id: String, draft: SkillDraft) -> Result<Vec<SkillFinding>, UserError> {
        let places = self.places_of_engine();
        blocking(move || edit::check_draft(&skill(&places, &id)?, &draft)).await
    }

    /// Writes what a person wants a skill to say, unless somebody else wrote to it meanwhile.
    pub async fn save_skill(&self, id: String, draft: SkillDraft) -> Result<Made, UserError> {
        self.change(move |places| {
            let token = edit::save_draft(places, &skill(places, &id)?, &draft)?;
            Ok(Made { token, remark: None })
        })
        .await
    }

    /// Begins a skill with this text.
    pub async fn new_skill(&self, name: String, text: String, scope: Scope) -> Result<Made, UserError> {
        self.change(move |places| {
            let made = edit::new_skill(places, &name, &text, scope, &Landing::default())?;
            Ok(Made { token: Some(made.token), remark: made.remark })
        })
        .await
    }

    /// Whether the engine runs an item.
    fn is_loaded(&self, id: &str) -> bool {
        let seen = self.seen.borrow().clone();
        let rows = seen.map(|seen| seen.observation.rows(seen.target.places())).unwrap_or_default();
        rows.iter().any(|row| row.id.as_str() == id && row.state == RowState::Loaded)
    }
}

/// The plugin of an id, as it is used.
fn plugin(places: &Places, id: &str) -> Result<Row, UserError> {
    used(places, Kind::Plugin, id)
}

/// The skill of an id, as it is used.
fn skill(places: &Places, id: &str) -> Result<Row, UserError> {
    used(places, Kind::Skill, id)
}

fn used(places: &Places, kind: Kind, id: &str) -> Result<Row, UserError> {
    let mut rows = scan(places, None)?.rows;
    rows.retain(|row| !matches!(row.state, RowState::Overridden { .. }));
    edit::find(&rows, kind, id, Scope::Project).cloned()
}
