//! What the window knows: the last state that the core published, and the little that is only the
//! window's: which page is open, which toasts are up, what is being typed and what is unfolded.
//!
//! Invariant: everything about the workspace is derived from the published state; nothing here
//! guesses ahead of the core, and an older state never replaces a newer one.

mod mail;

use std::{collections::BTreeSet, future::Future, rc::Rc};

use leptos::{prelude::*, task::spawn_local};
use rekindle_domain::{
    ChosenServers, ItemId, Made, Previewed, Row, Scope, ServersPreview, UndoChoice, UserError, WindowState,
};

pub(crate) use rekindle_words::window::Page;

use self::mail::Mail;
use crate::{
    backend::{self, Answer, UndoToken},
    copy,
};

/// The connection to the core.
#[derive(Clone)]
pub(crate) enum Link {
    /// No state has arrived yet.
    Connecting,
    /// The core cannot be reached.
    Broken(UserError),
    /// The last state.
    Open(ArcRwSignal<WindowState>),
}

impl Link {
    /// Listens first and asks once after that, so that no state is missed in between.
    pub(crate) fn open() -> RwSignal<Self> {
        let link = RwSignal::new(Self::Connecting);
        let mail = Rc::new(Mail::default());
        let take = {
            let mail = mail.clone();
            move |event| Mail::take(&mail, link, event)
        };
        spawn_local(async move {
            let first = async {
                backend::listen(take.clone()).await?;
                backend::state().await
            };
            match first.await {
                Ok(event) => Mail::take(&mail, link, event),
                Err(error) if matches!(link.get_untracked(), Self::Connecting) => link.set(Self::Broken(error)),
                Err(_) => {}
            }
        });
        link
    }

    fn show(link: RwSignal<Self>, state: WindowState) {
        match link.get_untracked() {
            Self::Open(shown) => shown.set(state),
            Self::Connecting | Self::Broken(_) => link.set(Self::Open(ArcRwSignal::new(state))),
        }
    }
}

/// What a toast says and offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// Something is done.
    Done(String),
    /// Something is done and can be taken back.
    Undoable { text: String, token: UndoToken },
    /// A command failed.
    Failed(UserError),
}

/// A change of ours in a file that somebody else changed since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contested {
    /// The change.
    pub(crate) token: UndoToken,
    /// The file or folder.
    pub(crate) path: String,
    /// The ways in which the change can be taken back.
    pub(crate) choices: Vec<UndoChoice>,
}

/// A message at the foot of the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toast {
    pub(crate) id: u64,
    pub(crate) message: Message,
}

/// No more toasts than this are up; the oldest goes first.
const MOST_TOASTS: usize = 3;

/// What is being added and not done yet; it survives a change of page.
#[derive(Clone, Copy)]
pub(crate) struct Draft {
    /// What was typed.
    pub(crate) text: RwSignal<String>,
    /// Whom it is for; also what the page lists.
    pub(crate) scope: RwSignal<Scope>,
}

impl Draft {
    fn new() -> Self {
        Self { text: RwSignal::default(), scope: RwSignal::new(Scope::Project) }
    }
}

/// Servers that a person looks at before they are declared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Adding {
    /// What was pasted and chosen.
    pub(crate) chosen: ChosenServers,
    /// What it would declare.
    pub(crate) preview: ServersPreview,
    /// What the person had said of it before it was read anew: the name of a single one, and those that are meant.
    pub(crate) said: Option<(String, BTreeSet<String>)>,
}

/// A sign-in to a server that is waited for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SigningIn {
    /// The server.
    pub(crate) name: String,
    /// What the person has to open, if the engine could not.
    pub(crate) address: Option<String>,
}

/// What a person does with an item in a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// They look at an update of a plugin.
    UpdatePlugin(Row),
    /// They look at an update of a skill.
    UpdateSkill(Row),
    /// They edit a skill.
    EditSkill(Row),
    /// They begin a skill.
    NewSkill(Scope),
}

/// How far an installation is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Step {
    /// Nothing is to be installed.
    #[default]
    None,
    /// A source is fetched.
    Fetching {
        /// What was typed.
        source: String,
        /// Which of all fetches it is: one that was cancelled may end after the next one began.
        attempt: u64,
    },
    /// A person looks at what it brought.
    Looking(Previewed),
}

/// What every component below the shell works with.
#[derive(Clone, Copy)]
pub(crate) struct App {
    /// The last published state.
    pub(crate) state: RwSignal<WindowState>,
    /// The open page.
    pub(crate) page: RwSignal<Page>,
    /// The toasts, oldest first.
    pub(crate) toasts: RwSignal<Vec<Toast>>,
    /// The plugin that is being added.
    pub(crate) plugin: Draft,
    /// The source of a skill that is being installed.
    pub(crate) skill: Draft,
    /// The servers that are being added.
    pub(crate) server: Draft,
    /// What they would be declared as, while the person looks at it.
    pub(crate) adding: RwSignal<Option<Adding>>,
    /// The server that a person signs in to.
    pub(crate) signing_in: RwSignal<Option<SigningIn>>,
    /// What is fetched, and would be installed.
    pub(crate) preview: RwSignal<Step>,
    /// What is done with an item in a dialog.
    pub(crate) task: RwSignal<Option<Task>>,
    /// The pending changes whose difference is open.
    pub(crate) unfolded: RwSignal<BTreeSet<ItemId>>,
    /// The change of which is asked how it is to be taken back.
    pub(crate) contested: RwSignal<Contested>,
    /// Whether that is asked now.
    pub(crate) is_asking: RwSignal<bool>,
    /// Whether is asked if what runs may be interrupted.
    pub(crate) is_confirming: RwSignal<bool>,
    /// Whether is asked if the last good files are to be restored.
    pub(crate) is_restoring: RwSignal<bool>,
    /// How many changes were made or taken back that the state need not tell of.
    pub(crate) edits: RwSignal<u32>,
    last_toast: StoredValue<u64>,
    last_fetch: StoredValue<u64>,
}

impl App {
    /// Makes the state available to everything below the calling component.
    pub(crate) fn provide(state: ArcRwSignal<WindowState>) -> Self {
        let app = Self {
            state: state.into(),
            page: RwSignal::new(Page::Overview),
            toasts: RwSignal::default(),
            plugin: Draft::new(),
            skill: Draft::new(),
            server: Draft::new(),
            adding: RwSignal::default(),
            signing_in: RwSignal::default(),
            preview: RwSignal::default(),
            task: RwSignal::default(),
            unfolded: RwSignal::default(),
            contested: RwSignal::default(),
            is_asking: RwSignal::new(false),
            is_confirming: RwSignal::new(false),
            is_restoring: RwSignal::new(false),
            edits: RwSignal::new(0),
            last_toast: StoredValue::new(0),
            last_fetch: StoredValue::new(0),
        };
        provide_context(app);
        app
    }

    /// The one that [`App::provide`] made.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// A part of the state; whoever reads it hears only of changes to that part.
    pub(crate) fn part<T>(self, part: impl Fn(&WindowState) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.state.with(&part))
    }

    /// Has the person sign in to a server; until that ends, what there is to do is shown.
    pub(crate) fn sign_in(self, name: String) {
        let is_meant = {
            let name = name.clone();
            move || self.signing_in.with_untracked(|now| now.as_ref().is_some_and(|now| now.name == name))
        };
        self.signing_in.set(Some(SigningIn { name: name.clone(), address: None }));
        self.run(async move {
            let mut step = backend::sign_in(name.clone()).await;
            while let Ok(Some(address)) = step {
                if !is_meant() {
                    return Ok(());
                }
                self.signing_in.set(Some(SigningIn { name: name.clone(), address: Some(address) }));
                step = backend::sign_in_goes_on().await;
            }
            if !is_meant() {
                return Ok(());
            }
            self.signing_in.set(None);
            step?;
            self.tell(copy::servers::signed_in(&name), Made { token: None, remark: None });
            Ok(())
        });
    }

    /// Runs a command; a failure becomes a toast.
    pub(crate) fn run(self, command: impl Future<Output = Answer<()>> + 'static) {
        spawn_local(async move {
            if let Err(error) = command.await {
                self.toast(Message::Failed(error));
            }
        });
    }

    /// Fetches a source of skills, and lets the person look at what it brought. Nothing is said of what they cancelled.
    pub(crate) async fn preview_skills(self, source: String, scope: Scope) -> Answer<()> {
        self.last_fetch.update_value(|attempt| *attempt += 1);
        let fetching = Step::Fetching { source: source.clone(), attempt: self.last_fetch.get_value() };
        self.preview.set(fetching.clone());
        let answer = backend::preview_skills(source, scope).await;
        if self.preview.get_untracked() != fetching {
            return Ok(());
        }
        let (step, answer) = match answer {
            Ok(previewed) => (Step::Looking(previewed), Ok(())),
            Err(error) => (Step::None, Err(error)),
        };
        self.preview.set(step);
        answer
    }

    /// Removes an item, offers to take that back, and goes on with `then`.
    pub(crate) fn remove(self, id: ItemId, name: String, then: impl FnOnce() + 'static) {
        self.run(async move {
            let made = backend::remove_item(id).await?;
            self.tell(copy::removed(&name), made);
            then();
            Ok(())
        });
    }

    /// Takes a removal back; if somebody else changed the same file since, the person is asked how.
    pub(crate) fn undo(self, token: UndoToken, choice: Option<UndoChoice>) {
        self.run(async move {
            let answer = backend::undo(token.clone(), choice).await;
            self.edits.update(|edits| *edits += 1);
            match answer {
                Err(UserError { choices, path: Some(path), .. }) if !choices.is_empty() => {
                    self.contested.set(Contested { token, path, choices });
                    self.is_asking.set(true);
                    Ok(())
                }
                answer => answer,
            }
        });
    }

    /// Lets the person choose a folder and shows it.
    pub(crate) fn open_another_folder(self) {
        self.run(async move {
            match backend::choose_folder().await? {
                Some(path) => backend::open_workspace(path).await,
                None => Ok(()),
            }
        });
    }

    /// Puts a text on the clipboard and says so.
    pub(crate) fn copy_text(self, text: String, done: &'static str) {
        self.run(async move {
            crate::clipboard::write(&text).await?;
            self.toast(Message::Done(done.to_owned()));
            Ok(())
        });
    }

    /// Says what was done, with what is to be known of it and the way back.
    pub(crate) fn tell(self, text: String, made: Made) {
        if let Some(remark) = &made.remark {
            self.toast(Message::Done(copy::remark(remark)));
        }
        self.toast(match made.token {
            Some(token) => Message::Undoable { text, token },
            None => Message::Done(text),
        });
    }

    /// Shows a message.
    pub(crate) fn toast(self, message: Message) {
        self.last_toast.update_value(|id| *id += 1);
        let toast = Toast { id: self.last_toast.get_value(), message };
        self.toasts.update(|toasts| {
            toasts.push(toast);
            let surplus = toasts.len().saturating_sub(MOST_TOASTS);
            toasts.drain(..surplus);
        });
    }

    /// Takes a message down.
    pub(crate) fn drop_toast(self, id: u64) {
        self.toasts.update(|toasts| toasts.retain(|toast| toast.id != id));
    }
}
