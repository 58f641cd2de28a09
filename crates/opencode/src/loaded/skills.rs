//! Skills: the engine tells everything of them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use rekindle_domain::{Answers, Evidence, Fingerprint, Item, ItemId, Kind, Loaded, Place, Scope, SkillAnswer};

use super::{Disk, Memory, remembered, spent};

pub(super) fn add(disk: &Disk, answers: &Answers, memory: &Memory, loaded: &mut Loaded) {
    let skills = disk.items.shared().filter(|item| item.kind == Kind::Skill);
    let on_disk: HashMap<&str, &Arc<Item>> = skills.map(|item| (item.name.as_str(), item)).collect();
    let contested: HashMap<_, HashSet<_>> =
        disk.contested_skills.iter().map(|(name, all)| (name.as_str(), all.iter().collect())).collect();
    let folders = Folders::of(disk);
    for skill in &answers.skills {
        let declared = SkillAnswer::fingerprint(&skill.name, skill.description.as_deref(), &skill.content);
        let Some(scope) = folders.scope_of(&skill.location) else {
            // The configuration named its folder, and no longer does; or it is not of this disk at all.
            let ids = [Scope::Project, Scope::Global].map(|scope| ItemId::new(Kind::Skill, scope, &skill.name));
            let before = ids.iter().find_map(|id| remembered(memory, id)).filter(|item| item.source == skill.location);
            if let Some(before) = before.filter(|before| disk.items.get(&before.id).is_none()) {
                loaded.add(before.clone(), Evidence::Told);
            }
            continue;
        };
        let here = on_disk.get(skill.name.as_str());
        if let (Some(all), Some(item)) = (contested.get(skill.name.as_str()), here)
            && all.contains(&declared)
        {
            loaded.add(Arc::clone(item), Evidence::Told);
            continue;
        }
        // A skill that was moved: its text is the same, and what lies beside it is looked for elsewhere.
        let is_moved = disk.gone_files.contains(&skill.location);
        if let Some(item) = here.filter(|item| item.scope == scope && item.declared == declared && !is_moved) {
            loaded.add(Arc::clone(item), Evidence::Told);
            continue;
        }
        let declared = if is_moved { Fingerprint::of_parts(&["moved", &skill.location]) } else { declared };
        let id = ItemId::new(Kind::Skill, scope, &skill.name);
        let source = remembered(memory, &id).map_or_else(|| skill.location.clone(), |item| item.source.clone());
        let item = Item {
            id,
            kind: Kind::Skill,
            name: skill.name.clone(),
            scope,
            source,
            place: Place::Folder,
            value: skill.description.clone(),
            runs_before: None,
            declared,
            code: None,
        };
        loaded.add(item, Evidence::Told);
    }
    for item in on_disk.values() {
        if let (None, Some(spent)) = (loaded.items.get(&item.id), spent(item, memory)) {
            loaded.add(spent, Evidence::Remembered);
        }
    }
}

/// The folders in which skills are looked for, each with its place in their order.
struct Folders<'a>(HashMap<&'a str, (usize, Scope)>);

impl<'a> Folders<'a> {
    fn of(disk: &'a Disk) -> Self {
        let folders = disk.skill_folders.iter().enumerate().rev();
        Self(folders.map(|(order, (folder, scope))| (folder.as_str(), (order, *scope))).collect())
    }

    /// The scope of the first folder that the path is below. `None`: it is in none.
    fn scope_of(&self, path: &str) -> Option<Scope> {
        let above = path.match_indices(['/', '\\']).filter_map(|(at, _)| self.0.get(path.get(..at)?));
        above.min_by_key(|(order, _)| order).map(|(_, scope)| *scope)
    }
}
