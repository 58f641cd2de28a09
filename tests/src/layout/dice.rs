//! Chance that is the same everywhere.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A source of choices. ChaCha's numbers are the same in all versions and on all machines.
pub struct Dice {
    numbers: ChaCha8Rng,
    label: String,
    texts: u32,
}

impl Dice {
    /// The choices of one layout.
    pub fn new(seed: u64, index: u64) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(index);
        Self { numbers, label: format!("{seed}-{index}"), texts: 0 }
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: u32) -> bool {
        self.numbers.random_range(0..100) < chance
    }

    /// A number from 0 to `most`.
    pub fn up_to(&mut self, most: usize) -> usize {
        usize::try_from(self.numbers.random_range(0..=u64::try_from(most).expect("small"))).expect("small")
    }

    /// One of several.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        let at = self.up_to(from.len() - 1);
        from[at].clone()
    }

    /// A few of several, in any order, also one twice.
    pub fn some<T: Clone>(&mut self, from: &[T], most: usize) -> Vec<T> {
        (0..self.up_to(most)).map(|_| self.pick(from)).collect()
    }

    /// A few of several, each at most once, in any order.
    pub fn mixed<T: Clone>(&mut self, from: &[T], most: usize) -> Vec<T> {
        let mut left = from.to_vec();
        let count = self.up_to(most.min(left.len()));
        (0..count).map(|_| left.remove(self.up_to(left.len() - 1))).collect()
    }

    /// Words that stand nowhere else: the engine keeps what it read by the text of the file.
    pub fn words(&mut self) -> String {
        self.texts += 1;
        format!("text {}-{}", self.label, self.texts)
    }
}
