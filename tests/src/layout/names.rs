//! Names of files and things.

use super::Dice;

/// Names that several places share, so that they meet.
const PLAIN: [&str; 6] = ["alpha", "beta", "gamma", "build", "plan", "Upper_Case"];
/// Names that break what handles names carelessly. The third and the fourth look alike.
const ODD: [&str; 12] = [
    "o'b \"q\"",
    "sp ace",
    "caf\u{e9}",
    "cafe\u{301}",
    "😀",
    ".dot",
    "a%20b",
    "50%",
    "h#sh",
    "wh?t",
    "[x]{y,z}",
    "tilde~$&()+,;=@!",
];

/// A name of an agent, a command, a skill or a plugin file, without an ending.
pub(super) fn name(dice: &mut Dice) -> &'static str {
    if dice.percent(80) { dice.pick(&PLAIN) } else { dice.pick(&ODD) }
}

/// A folder of a project.
pub(super) fn folder(dice: &mut Dice) -> &'static str {
    if dice.percent(70) { dice.pick(&["packages", "app", "lib"]) } else { dice.pick(&ODD) }
}
