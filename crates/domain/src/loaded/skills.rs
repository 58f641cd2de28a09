//! Skills: the engine tells everything of them.

use std::{collections::HashMap, sync::Arc};

use super::{Answers, Disk, Evidence, Loaded, Memory, SkillAnswer, plugins::is_below, remembered, spent};
use crate::{Item, ItemId, Kind, Place, Scope};

pub(super) fn add(disk: &Disk, answers: &Answers, memory: &Memory, loaded: &mut Loaded) {
    let skills = disk.items.shared().filter(|item| item.kind == Kind::Skill);
    let on_disk: HashMap<&str, &Arc<Item>> = skills.map(|item| (item.name.as_str(), item)).collect();
    for skill in &answers.skills {
        let declared = SkillAnswer::fingerprint(&skill.name, skill.description.as_deref(), &skill.content);
        let folder = disk.skill_folders.iter().find(|(folder, _)| is_below(&skill.location, folder));
        let Some((_, scope)) = folder else {
            // The configuration named its folder, and no longer does; or it is not of this disk at all.
            let ids = [Scope::Project, Scope::Global].map(|scope| ItemId::new(Kind::Skill, scope, &skill.name));
            let before = ids.iter().find_map(|id| remembered(memory, id)).filter(|item| item.source == skill.location);
            if let Some(before) = before.filter(|before| disk.items.get(&before.id).is_none()) {
                loaded.add(before.clone(), Evidence::Told);
            }
            continue;
        };
        let here = on_disk.get(skill.name.as_str());
        if let (Some(all), Some(item)) = (disk.contested_skills.get(&skill.name), here)
            && all.contains(&declared)
        {
            loaded.add(Arc::clone(item), Evidence::Told);
            continue;
        }
        if let Some(item) = here.filter(|item| item.scope == *scope && item.declared == declared) {
            loaded.add(Arc::clone(item), Evidence::Told);
            continue;
        }
        let id = ItemId::new(Kind::Skill, *scope, &skill.name);
        let source = remembered(memory, &id).map_or_else(|| skill.location.clone(), |item| item.source.clone());
        let item = Item {
            id,
            kind: Kind::Skill,
            name: skill.name.clone(),
            scope: *scope,
            source,
            place: Place::Folder,
            value: skill.description.clone(),
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
