//! One skill of a preview.

use std::collections::BTreeSet;

use leptos::prelude::*;
use rekindle_domain::{FindingLevel, SkillFinding, SkillPreview};

use crate::{
    backend,
    components::icon::{Caution, Chevron, Note},
    copy::preview as words,
    state::{App, Message},
};

/// A file that is read: its path, and its text if it has one.
type Read = Option<(String, Option<String>)>;

/// The skill: what it is, what it costs, what is to be known of it, and its files.
#[component]
pub(super) fn Skill(
    /// The preview.
    id: String,
    skill: SkillPreview,
    /// Whether it is the only one, so that there is nothing to choose.
    is_one: bool,
    chosen: RwSignal<BTreeSet<String>>,
) -> impl IntoView {
    let name = skill.name.clone();
    let title = match is_one {
        true => view! { <b>{name.clone()}</b> }.into_any(),
        false => super::choice(name.clone(), skill.is_possible(), chosen).into_any(),
    };
    let findings = skill.findings.iter().map(finding).collect_view();
    view! {
        <li class="preview-skill" data-testid="preview-skill" data-name=name.clone()>
            {title}
            {words::description(&skill).map(|text| view! { <p>{text}</p> })}
            <p><code>{skill.place.clone()}</code></p>
            <p>{words::weight(&skill)}</p>
            {words::tools(&skill).map(|text| view! { <p>{text}</p> })}
            <ul class="row-remarks">
                {words::replaces(&skill)
                    .map(|text| {
                        view! {
                            <li class="row-remark" data-testid="preview-replaces" data-weight="caution">
                                <Caution />
                                <span>{text}</span>
                            </li>
                        }
                    })} {findings}
            </ul>
            <Files id skill />
        </li>
    }
}

/// Something to know, with where it is.
pub(crate) fn finding(finding: &SkillFinding) -> impl IntoView + use<> {
    let (place, text) = words::finding(finding);
    let (weight, icon) = match finding.level {
        FindingLevel::Ok => ("note", view! { <Note /> }.into_any()),
        FindingLevel::Warning => ("caution", view! { <Caution /> }.into_any()),
        FindingLevel::Error => ("failure", view! { <Caution /> }.into_any()),
    };
    view! {
        <li class="row-remark" data-testid="preview-finding" data-weight=weight>
            {icon}
            <span>
                {place.map(|place| view! { <code>{place}</code> " " })}
                {text}
            </span>
        </li>
    }
}

/// The files, and the text of the one that is read.
#[component]
fn Files(id: String, skill: SkillPreview) -> impl IntoView {
    let app = App::here();
    let read = RwSignal::<Read>::new(None);
    let count = words::files(&skill);
    let name = skill.name.clone();
    let show = move |path: String| {
        let (id, name) = (id.clone(), name.clone());
        leptos::task::spawn_local(async move {
            match backend::preview_text(id, name, path.clone()).await {
                Ok(text) => read.set(Some((path, text))),
                Err(error) => app.toast(Message::Failed(error)),
            }
        });
    };
    let files = skill.files.into_iter().map(|file| {
        let (path, of, show) = (file.path.clone(), file.path.clone(), show.clone());
        let is_read = move || read.with(|read| read.as_ref().is_some_and(|(path, _)| *path == of));
        view! {
            <li>
                <button
                    class="text-button"
                    data-testid="preview-file"
                    aria-pressed=move || is_read().to_string()
                    on:click=move |_| show(path.clone())
                >
                    <code>{file.path.clone()}</code>
                </button>
                " "
                <small>{words::file(&file)}</small>
            </li>
        }
    });
    let files = files.collect_view();
    let text = move || {
        read.get().map(|(_, text)| match text {
            Some(text) => {
                view! { <pre class="preview-text" tabindex="0" data-testid="preview-text">{text}</pre> }.into_any()
            }
            None => view! { <p data-testid="preview-text">{words::NO_TEXT}</p> }.into_any(),
        })
    };
    view! {
        <details class="preview-files">
            <summary data-testid="preview-files">
                <Chevron />
                {count}
            </summary>
            <ul>{files}</ul>
            {text}
        </details>
    }
}
