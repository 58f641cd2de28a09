//! What a reload left to know and to do: sessions that go on, and processes that should be gone.
//!
//! Invariant: only a process that an engine of ours left behind is ended, and only when asked to.

use leptos::prelude::*;
use rekindle_domain::{Leftover, Receipt};

use crate::{
    backend,
    copy::{self, receipt as words},
};

/// The lines; nothing where there is nothing to say.
#[component]
pub(crate) fn Aftermath(receipt: Receipt) -> impl IntoView {
    let Receipt { resumed, orphans, .. } = receipt;
    let is_needed = !resumed.is_empty() || !orphans.is_empty();
    let resumed = resumed.into_iter().map(|session| {
        view! {
            <li data-testid="resumed" data-id=session.session.clone()>
                <span>{words::resumed(&session)}</span>
            </li>
        }
    });
    let orphans = orphans.into_iter().map(|process| view! { <Orphan process /> });
    is_needed.then(|| view! { <ul class="aftermath">{resumed.collect_view()} {orphans.collect_view()}</ul> })
}

#[component]
fn Orphan(process: Leftover) -> impl IntoView {
    let text = words::left_behind(&process);
    let end = Action::new_unsync(move |(): &()| backend::end_leftovers(vec![process.clone()]));
    let is_ended = move || matches!(end.value().get(), Some(Ok(())));
    let failed = move || end.value().get().and_then(Result::err).map(|error| copy::full_error(&error));
    view! {
        <li data-testid="orphan">
            <span>
                {text}
                {move || failed().map(|why| view! { <small class="problem">{why}</small> })}
            </span>
            <Show when=move || !is_ended() fallback=|| view! { <small>{words::ENDED}</small> }>
                <button
                    class="button"
                    data-testid="end-orphan"
                    disabled=move || end.pending().get()
                    on:click=move |_| {
                        end.dispatch_local(());
                    }
                >
                    {copy::END}
                </button>
            </Show>
        </li>
    }
}
