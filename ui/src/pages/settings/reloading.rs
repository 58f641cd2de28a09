//! What happens by itself when something waits for a reload, and when an engine does not come up.
//!
//! Invariant: the habit is that of the folder that is shown; putting files back is for all folders.

use leptos::prelude::*;
use rekindle_domain::{Choice, Habit};

use super::choose;
use crate::{components::segmented::Segmented, copy::settings as words, state::App};

/// The choices.
#[component]
pub(super) fn Reloading() -> impl IntoView {
    let app = App::here();
    let habit = app.part(|state| state.settings.habit(&state.workspace.directory));
    let rolls_back = app.part(|state| state.settings.roll_back);
    let choices = [(Habit::Ask, "habit-ask"), (Habit::WhenIdle, "habit-when-idle"), (Habit::Never, "habit-never")];
    let choose_habit = move |habit| {
        let directory = app.state.with_untracked(|state| state.workspace.directory.clone());
        choose(app, Choice::Habit { directory, habit });
    };
    view! {
        <section class="card panel">
            <header class="panel-head">
                <div>
                    <h2>{words::HABIT}</h2>
                    <p data-testid="habit-hint">{move || words::habit_hint(habit.get())}</p>
                </div>
                <Segmented
                    label=words::HABIT
                    choices=choices.map(|(habit, testid)| (habit, words::habit(habit), testid)).to_vec()
                    chosen=habit
                    choose=choose_habit
                />
            </header>
            <div class="choices">
                <label class="choice">
                    <input
                        type="checkbox"
                        data-testid="roll-back"
                        prop:checked=move || rolls_back.get()
                        on:change:target=move |event| {
                            let wanted = event.target().checked();
                            choose(app, Choice::RollBack(wanted));
                        }
                    />
                    <span>
                        <b>{words::ROLL_BACK}</b>
                        <small>{words::ROLL_BACK_HINT}</small>
                    </span>
                </label>
            </div>
        </section>
    }
}
