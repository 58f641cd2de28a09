//! A receipt that is kept, whatever the engine made it hold.
//!
//! Invariant: what was not proved is kept before what was; what is not kept is counted, so that no receipt says less of
//! how much is live, and none becomes proved by what is missing.

use serde::{Deserialize, Serialize};

use super::{Receipt, ReceiptItem};
use crate::{Change, Notice};

/// The longest text of a receipt that is kept, in bytes.
const LONGEST: usize = 16 * 1024;

/// How much of a receipt was not kept, because all of it would have been too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeftOut {
    /// Items that were proved.
    pub proved: usize,
    /// Items that were not.
    pub unproved: usize,
    /// Changes that were still pending.
    pub pending: usize,
}

impl LeftOut {
    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Receipt {
    /// The same in about so many bytes of JSON at the most.
    #[must_use]
    pub fn within(mut self, most: usize) -> Self {
        let half = most / 2;
        self.message = self.message.map(|message| message.with_values(&mut shorten));
        for session in &mut self.resumed {
            shorten(&mut session.session);
            shorten(&mut session.title);
            session.error = session.error.take().map(|error| error.with_values(&mut shorten));
        }
        self.orphans.iter_mut().for_each(|process| shorten(&mut process.command));
        self.installs.iter_mut().for_each(shorten);
        let mut left = Room(half / 4);
        self.orphans.retain(|process| left.takes(length(&process.command)));
        self.resumed.retain(|session| left.takes(length(&session.session) + length(&session.title)));
        self.installs.retain(|package| left.takes(length(package)));
        self.steps.retain(|step| left.takes(length(&step.name)));
        let mut left = Room(half);
        let kept = |item: &ReceiptItem, left: &mut Room| left.takes(size(item));
        let unproved: Vec<_> = self.items.iter().map(|item| !item.is_proved() && kept(item, &mut left)).collect();
        let mut is_kept = unproved.into_iter();
        self.items.retain(|item| {
            let stays = is_kept.next() == Some(true) || item.is_proved() && kept(item, &mut left);
            match item.is_proved() {
                _ if stays => {}
                true => self.left_out.proved += 1,
                false => self.left_out.unproved += 1,
            }
            stays
        });
        let mut left = Room(half / 4);
        self.still_pending.retain(|change| {
            let stays = left.takes(size_of(change));
            self.left_out.pending += usize::from(!stays);
            stays
        });
        self
    }
}

/// How many bytes there still is room for.
struct Room(usize);

impl Room {
    fn takes(&mut self, bytes: usize) -> bool {
        /// The keys around it, and their values that are no texts.
        const AROUND: usize = 250;
        let left = self.0.checked_sub(bytes + AROUND);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

fn size(item: &ReceiptItem) -> usize {
    length(item.id.as_str()) + length(&item.name) + item.detail.as_ref().map_or(0, Notice::length)
}

fn size_of(change: &Change) -> usize {
    let values = [&change.before, &change.after].into_iter().flatten().map(|text| length(text));
    let texts = [&change.name, &change.source].map(|text| length(text));
    length(change.id.as_str()) + values.chain(texts).sum::<usize>() + change.why.length()
}

/// The length of a text in JSON.
fn length(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum()
}

fn shorten(text: &mut String) {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{ChangeKind, ItemId, ItemState, Kind, ReceiptResult, Scope};

    fn receipt(items: Vec<ReceiptItem>) -> Receipt {
        let value = json!({
            "version": 1, "id": "r", "at": "", "result": ReceiptResult::of(&items), "action": "dispose",
            "durationMs": 1, "steps": [], "items": items, "counts": {}, "stillPending": [],
        });
        serde_json::from_value(value).expect("a receipt")
    }

    fn item(name: &str, state: ItemState, detail: Option<String>) -> ReceiptItem {
        let detail = detail.map(Notice::Verbatim);
        let id = ItemId::new(Kind::Plugin, Scope::Project, name);
        ReceiptItem { id, name: name.to_owned(), change: ChangeKind::Added, state, detail, unheard: false }
    }

    /// N16: whatever an engine made a receipt hold, it is kept within its bound, and tells as much of what is live.
    #[test]
    fn a_receipt_has_a_bound_and_hides_nothing() {
        const MOST: usize = 100_000;
        let many = |count: usize, state| (0..count).map(move |at| item(&format!("{state:?}{at}"), state, None));
        let long = || "ü\"\\\u{1}".repeat(1_000_000);
        let cases: [(&str, Vec<ReceiptItem>); 6] = [
            ("few", many(3, ItemState::Active).collect()),
            ("many", many(100_000, ItemState::Removed).collect()),
            ("many and some", many(100_000, ItemState::Active).chain(many(3, ItemState::Failed)).collect()),
            ("many of both", many(50_000, ItemState::Failed).chain(many(50_000, ItemState::Active)).collect()),
            ("a long name", vec![item(&long(), ItemState::Active, None), item("a", ItemState::Failed, None)]),
            ("a long detail", vec![item("a", ItemState::Failed, Some(long()))]),
        ];
        for (what, items) in cases {
            let whole = receipt(items);
            let kept = Receipt { message: Some("m".repeat(MOST).into()), installs: vec![long(); 9], ..whole.clone() }
                .within(MOST);
            let length = serde_json::to_string(&kept).expect("JSON").len();
            assert!(length < MOST, "{what}: {length}");
            assert_eq!((kept.tally().proved, kept.tally().all), (whole.tally().proved, whole.tally().all), "{what}");
            let has_unproved = |receipt: &Receipt| receipt.items.iter().any(|item| !item.is_proved());
            assert!(has_unproved(&kept) || !has_unproved(&whole) || what == "a long detail", "{what}");
            assert_eq!(kept.clone().within(MOST), kept, "{what}: once is enough");
            if what == "few" {
                assert_eq!(kept.items, whole.items);
            }
        }
    }
}
