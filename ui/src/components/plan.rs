//! What a reload would do, in one line that unfolds.
//!
//! Invariant: what is on the line can be seen one by one; the changes themselves are listed elsewhere.

use leptos::prelude::*;
use rekindle_domain::{BusyRun, PlanSummary};

use crate::{
    components::icon::{Chevron, Note},
    copy::{banner, plan as words},
    state::App,
};

/// The line; above it, why the last wish came to nothing.
#[component]
pub(crate) fn PlanLine() -> impl IntoView {
    let app = App::here();
    let plan = app.part(|state| state.plan.clone());
    let refused = app.part(|state| state.refused.as_ref().and_then(|refused| words::refused(&refused.refusal)));
    let open = RwSignal::new(false);
    let line = move || plan.with(|plan| plan.as_ref().map(words::line));
    let unfolds = Memo::new(move |_| plan.with(|plan| plan.as_ref().is_some_and(|plan| !sections(plan).is_empty())));
    view! {
        {move || {
            refused.get().map(|text| {
                view! {
                    <p class="plan-note" role="status" data-testid="refused">
                        <Note />
                        {text}
                    </p>
                }
            })
        }}
        <Show when=move || plan.with(Option::is_some)>
            <div class="plan" data-testid="plan">
                <Show when=move || unfolds.get() fallback=move || view! { <p class="plan-line">{line}</p> }>
                    <button
                        class="plan-line"
                        data-testid="plan-toggle"
                        aria-expanded=move || open.get().to_string()
                        on:click=move |_| open.update(|open| *open = !*open)
                    >
                        <span>{line}</span>
                        <Chevron />
                    </button>
                    <Show when=move || open.get()>
                        <div class="plan-more" data-testid="plan-more">
                            {move || plan.with(|plan| plan.as_ref().map(|plan| sections(plan).into_iter().map(section).collect_view()))}
                        </div>
                    </Show>
                </Show>
            </div>
        </Show>
    }
}

/// What there is to see, under which heading.
fn sections(plan: &PlanSummary) -> Vec<(&'static str, Vec<String>)> {
    let runs = plan.interrupts.iter().map(banner::doing).collect();
    let all = [
        (words::INTERRUPTS, runs),
        (words::SERVERS, plan.servers.clone()),
        (words::ENDS, plan.ends.clone()),
        (words::RETURNS, plan.returns.clone()),
        (words::DIRECTORIES, plan.directories.clone()),
        (words::PACKAGES, plan.installs.clone()),
    ];
    all.into_iter().filter(|(_, lines): &(_, Vec<String>)| !lines.is_empty()).collect()
}

fn section((title, lines): (&'static str, Vec<String>)) -> impl IntoView {
    view! {
        <section>
            <h3>{title}</h3>
            <ul>{lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
        </section>
    }
}

/// What is running, one by one, where the banner's sentence has only some of it.
#[component]
pub(crate) fn Runs(#[prop(into)] runs: Signal<Vec<BusyRun>>) -> impl IntoView {
    view! {
        <Show when=move || { runs.with(|runs| runs.len() > 1) }>
            <ul class="runs" data-testid="runs">
                {move || runs.get().iter().map(|run| view! { <li>{banner::doing(run)}</li> }).collect_view()}
            </ul>
        </Show>
    }
}
