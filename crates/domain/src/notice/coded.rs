//! Notices as JSON: `{"notice": "code", …values}`.
//!
//! A code is the name of its variant in lower case, with hyphens. Serde's attributes (`tag` within `untagged`) say the
//! same, and make 120 KB more of the window, compressed: they compile each subject several times over for each format.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error as _};
use serde_json::{Map, Value};

use super::{
    AgentNotice, ConfigNotice, DoctorNotice, EditNotice, EngineNotice, FileNotice, HabitNotice, InstallNotice,
    KeyNotice, Notice, PackageNotice, PluginNotice, ProgramNotice, ReloadNotice, ServerNotice, SkillNotice,
    StateNotice,
};

/// The key of the code.
const CODE: &str = "notice";

/// A code of notices: the name of its variant, and the names of its values.
pub(super) type Shape = (&'static str, &'static [&'static str]);

/// Why a notice cannot be read.
#[derive(Debug)]
pub enum BadNotice {
    /// There is no such code.
    NoSuchCode,
    /// It has no such value, or another one.
    Value {
        /// The name of the value.
        name: &'static str,
        /// Why.
        why: serde_json::Error,
    },
}

/// The values of a notice, by their names.
#[derive(Default)]
pub(super) struct Values(Map<String, Value>);

impl Values {
    pub(super) fn put(&mut self, name: &str, value: &impl Serialize) {
        // What a notice may hold always is JSON: texts, numbers, lists of them, and notices.
        self.0.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
    }

    pub(super) fn take<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, BadNotice> {
        T::deserialize(self.0.get(name).unwrap_or(&Value::Null)).map_err(|why| BadNotice::Value { name, why })
    }
}

/// What `notices!` makes of each subject.
pub(super) trait Subject: Sized {
    /// Its codes.
    const CODES: &'static [Shape];

    /// Writes the values down, and says the name of the variant.
    fn write(&self, values: &mut Values) -> &'static str;

    /// Reads the variant of this name.
    fn read(name: &str, values: &Values) -> Result<Self, BadNotice>;
}

/// Declares a subject: an enum of which each variant is a code, and each field one of its values.
macro_rules! notices {
    (
        $(#[$about:meta])*
        pub enum $subject:ident {
            $(
                $(#[$of_code:meta])*
                $code:ident $({ $($(#[$of_value:meta])* $value:ident: $type:ty,)+ })?,
            )+
        }
    ) => {
        $(#[$about])*
        pub enum $subject {
            $(
                $(#[$of_code])*
                $code $({ $($(#[$of_value])* $value: $type,)+ })?,
            )+
        }

        impl $crate::notice::coded::Subject for $subject {
            const CODES: &'static [$crate::notice::coded::Shape] =
                &[$((stringify!($code), &[$($(stringify!($value)),+)?])),+];

            fn write(&self, values: &mut $crate::notice::coded::Values) -> &'static str {
                match self {
                    $(Self::$code $({ $($value),+ })? => {
                        $($(values.put(stringify!($value), $value);)+)?
                        stringify!($code)
                    })+
                }
            }

            fn read(
                name: &str,
                values: &$crate::notice::coded::Values,
            ) -> Result<Self, $crate::notice::coded::BadNotice> {
                match name {
                    $(stringify!($code) => Ok(Self::$code $({ $($value: values.take(stringify!($value))?),+ })?),)+
                    _ => Err($crate::notice::coded::BadNotice::NoSuchCode),
                }
            }
        }
    };
}
pub(super) use notices;

macro_rules! subjects {
    ($($subject:ident($type:ty),)+) => {
        $(impl From<$type> for Notice {
            fn from(notice: $type) -> Self {
                Self::$subject(notice)
            }
        }

        impl PartialEq<$type> for Notice {
            fn eq(&self, other: &$type) -> bool {
                matches!(self, Self::$subject(notice) if notice == other)
            }
        })+

        impl Notice {
            /// Every code, and the names of its values.
            pub fn codes() -> impl Iterator<Item = (String, &'static [&'static str])> {
                [$(<$type>::CODES),+].into_iter().flatten().map(|(name, values)| (code_of(name), *values))
            }

            /// The notice of a code with these values.
            ///
            /// # Errors
            ///
            /// There is no such code, or it has no such value.
            pub fn of_code(code: &str, values: &Map<String, Value>) -> Result<Self, BadNotice> {
                let (name, values) = (name_of(code), Values(values.clone()));
                $(match <$type>::read(&name, &values) {
                    Err(BadNotice::NoSuchCode) => {}
                    read => return read.map(Self::$subject),
                })+
                Err(BadNotice::NoSuchCode)
            }

            fn to_value(&self) -> Value {
                let mut values = Values::default();
                // The code comes first.
                values.put(CODE, &"");
                let code = match self {
                    $(Self::$subject(notice) => code_of(notice.write(&mut values)),)+
                    Self::Verbatim(text) => return Value::String(text.clone()),
                    Self::Newer { notice, values: unknown } => {
                        values.0.extend(unknown.clone());
                        notice.clone()
                    }
                };
                values.put(CODE, &code);
                Value::Object(values.0)
            }
        }
    };
}

subjects! {
    Agent(AgentNotice),
    Config(ConfigNotice),
    Key(KeyNotice),
    Doctor(DoctorNotice),
    Edit(EditNotice),
    Engine(EngineNotice),
    File(FileNotice),
    Habit(HabitNotice),
    Install(InstallNotice),
    Package(PackageNotice),
    Server(ServerNotice),
    Plugin(PluginNotice),
    Program(ProgramNotice),
    Reload(ReloadNotice),
    Skill(SkillNotice),
    State(StateNotice),
}

impl Notice {
    /// Its code; `verbatim` for the words of somebody else.
    pub fn code(&self) -> String {
        self.to_value().get(CODE).and_then(Value::as_str).unwrap_or("verbatim").to_owned()
    }
}

impl Serialize for Notice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Notice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self::Verbatim(text)),
            Value::Object(mut values) => match values.shift_remove(CODE) {
                Some(Value::String(notice)) => {
                    Ok(Self::of_code(&notice, &values).unwrap_or(Self::Newer { notice, values }))
                }
                _ => Err(D::Error::missing_field(CODE)),
            },
            _ => Err(D::Error::custom("expected a notice: a string, or an object with a code")),
        }
    }
}

/// `not-shown` of `NotShown`.
fn code_of(name: &str) -> String {
    let mut code = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !code.is_empty() {
            code.push('-');
        }
        code.push(letter.to_ascii_lowercase());
    }
    code
}

/// `NotShown` of `not-shown`.
fn name_of(code: &str) -> String {
    let words = code.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
    });
    words.flatten().collect()
}
