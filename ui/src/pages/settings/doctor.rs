//! What is wrong, and how to mend it.
//!
//! Invariant: looks only when asked to.

use leptos::prelude::*;
use rekindle_domain::{Finding, FindingLevel};

use crate::{
    backend,
    copy::{self, settings as words},
};

/// The doctor.
#[component]
pub(super) fn Doctor() -> impl IntoView {
    let check = Action::new_unsync(|(): &()| backend::doctor());
    let findings = move || match check.value().get() {
        None => ().into_any(),
        Some(Ok(findings)) => {
            view! { <ul class="findings">{findings.into_iter().map(finding).collect_view()}</ul> }.into_any()
        }
        Some(Err(error)) => view! { <p class="problem">{copy::full_error(&error)}</p> }.into_any(),
    };
    view! {
        <section class="card panel">
            <header class="panel-head">
                <div>
                    <h2>{words::DOCTOR}</h2>
                    <p>{words::DOCTOR_HINT}</p>
                </div>
                <button
                    class="button"
                    data-testid="doctor-run"
                    disabled=move || check.pending().get()
                    on:click=move |_| {
                        check.dispatch_local(());
                    }
                >
                    {move || if check.pending().get() { words::CHECKING } else { words::CHECK }}
                </button>
            </header>
            <div role="status">{findings}</div>
        </section>
    }
}

fn finding(finding: Finding) -> impl IntoView {
    let (word, tone) = match finding.level {
        FindingLevel::Ok => ("ok", "good"),
        FindingLevel::Warning => ("warning", "amber"),
        FindingLevel::Error => ("error", "bad"),
    };
    let hint = copy::advice(&finding.what).map(|hint| view! { <small>{hint}</small> });
    view! {
        <li class="finding" data-testid="finding" data-level=word>
            <span class="pill" data-tone=tone>
                {words::level(finding.level)}
            </span>
            <div>
                <b>{copy::told(&finding.title)}</b>
                <p>{copy::told(&finding.what)}</p>
                {hint}
            </div>
        </li>
    }
}
