//! Which files of code the engine can load, and which of those that it cannot are told before.

use std::collections::{BTreeMap, BTreeSet};

use rekindle_app::files::{locate::Places, parser::use_program, scan::scan};
use rekindle_tests::world::{World, write};
use reqwest::Method;
use serde_json::{Value, json};

use super::engine;

/// What the engine makes of a text, and what is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is loaded, and nothing is told.
    Loads,
    /// It is not, and that is told.
    Told,
    /// It is not, and that is not told: it takes more than a parser to know.
    Missed,
}
use Fate::{Loads, Missed, Told};

const TABLE: &[(&str, Fate, &str)] = &[
    // TypeScript.
    ("types.ts", Loads, "const a: number = 1 as number; let b = <string>(<unknown>'x'); type T = { a?: string }"),
    ("interface.ts", Loads, "interface A { get x(): string; new (): A; (): void; readonly [k: string]: any }"),
    ("enum.ts", Loads, "enum A { X, Y = 2 }\nconst enum B { Z }\ndeclare enum C { Q }"),
    ("satisfies.ts", Loads, "const a = { x: 1 } satisfies Record<string, number>\nexport default a as const"),
    ("namespace.ts", Loads, "namespace N.M { export const a = 1 }\ndeclare module 'x' { export const y: number }"),
    ("generics.ts", Loads, "const f = <T,>(x: T) => x; const g = f<string>; new Map<string, Array<number>>()"),
    (
        "abstract.ts",
        Loads,
        "abstract class A<const T, in out U> { abstract m(): void; declare x: string; accessor z = 1 }",
    ),
    (
        "members.ts",
        Loads,
        "class A { constructor(private readonly a: number, public b = 2) {} m?(): void; z!: string }",
    ),
    (
        "overloads.ts",
        Loads,
        "function f(a: string): void\nfunction f(a: any) {}\nfunction g(this: any): asserts this is string {}",
    ),
    ("decorators.ts", Loads, "function d(...a: any[]): any {}\n@d class A { @d m() {} @d p = 1; n(@d y: any) {} }"),
    (
        "import_type.ts",
        Loads,
        "import type { A } from 'nowhere'\nimport { type B } from 'fs'\ntype C = typeof import('fs')",
    ),
    ("export_type.ts", Loads, "type A = string\nexport type { A }\nexport type * from './nowhere'"),
    ("import_equals.ts", Loads, "import fs = require('fs')\nnamespace A { export const B = 1 }\nimport x = A.B"),
    ("export_equals.ts", Loads, "const P = 1\nexport = P"),
    ("assigned.ts", Loads, "let a: any = 1; a!++; (a as any) = 6; (<any>a) = 7; for (a as any of []) {}"),
    ("words.ts", Loads, "let as = 1, type = 2, of = 3, declare = 4, namespace = 5, abstract = 6, async = 7, using = 8"),
    ("only_types.ts", Loads, "export type A = string"),
    // Rules of types, which the engine leaves out.
    ("order.ts", Loads, "function f(a?: string, b: string) {}\nexport {}"),
    ("twice.ts", Loads, "class A { public public x = 1 }\nexport {}"),
    ("modifiers.ts", Loads, "class A { static public x = 1; async public y() {}; readonly m() {} }\nexport {}"),
    ("ambient.ts", Loads, "declare const a: number = 5\nexport {}"),
    ("arguments.ts", Loads, "const f = (x: any) => x; f<>(1)\nexport {}"),
    // JavaScript.
    ("await.ts", Loads, "await Promise.resolve(1)"),
    ("await.js", Loads, "const x = await Promise.resolve(1)\nexport { x }"),
    ("using.ts", Loads, "using y = null\nfor (using x of []) {}\nawait using a = null"),
    ("hashbang.ts", Loads, "#!/usr/bin/env bun\nexport {}"),
    ("attributes.ts", Loads, "import d from './data.json' with { type: 'json', }\nexport { d }"),
    ("assert.ts", Loads, "import d from './data.json' assert { type: 'json' }\nexport { d }"),
    ("bom.ts", Loads, "\u{feff}export const P = 1"),
    ("empty.ts", Loads, ""),
    ("regex.ts", Loads, "const r = [/[\\p{L}--[a-z]]/v, /(?<n>a)|(?<n>b)/, /[/]/, /a{1/]; const q = 4 / 2 / 1"),
    ("operators.ts", Loads, "let b = 1_000n ?? 2n; b ||= 3n; const o = { m: { n: [] } }; o?.m?.n?.[0]"),
    ("octal.ts", Loads, "const a = [0b1, 0o7, .5, 5., 08, 010]\nexport {}"),
    ("private.ts", Loads, "class A { #x = 1; static has(o: any) { return #x in o } static { } }"),
    ("names.ts", Loads, "const a = 1\nexport { a as 'b c' }\nexport * as x from './data.json'"),
    ("label.ts", Loads, "foo: function f() {}\nif (true) function g() {}"),
    ("decorators.js", Loads, "function d(x) { return x }\n@d class A {}\nexport { A }"),
    ("common.js", Loads, "const fs = require('fs')\nmodule.exports = { fs }"),
    ("return.js", Loads, "if (true) return\nmodule.exports = {}"),
    ("sloppy.js", Loads, "var yield = 1, let = 2; with ({}) {}\nvar a; delete a; module.exports = {}"),
    ("target.js", Loads, "var a = new.target\nmodule.exports = {}"),
    // Broken.
    ("markup.ts", Told, "const a = <div>hello</div>"),
    ("brace.ts", Told, "export const P = async () => {\n  return {\n"),
    ("paren.ts", Told, "export const P = async ( => ({})"),
    ("stray.ts", Told, "export const P = 1\n}"),
    ("string.ts", Told, "const a = 'abc\nexport const P = 1"),
    ("template.ts", Told, "const a = `abc\nexport const P = 1"),
    ("comment.ts", Told, "export const P = 1\n/* abc"),
    ("conflict.ts", Told, "<<<<<<< HEAD\nexport const P = 1\n=======\n>>>>>>> x\n"),
    ("python.ts", Told, "def f(x):\n  return x\n"),
    ("quotes.ts", Told, "const a = “x”"),
    ("sync.ts", Told, "function f() { await 1 }\nexport {}"),
    ("const.ts", Told, "const a\nexport {}"),
    ("left.ts", Told, "1 = 2"),
    ("rest.ts", Told, "function f(...a, b) {}"),
    ("mixed.ts", Told, "const a = 1 || 2 ?? 3\nexport {}"),
    ("reserved.ts", Told, "const class = 1"),
    ("types.js", Told, "const a: number = 1\nexport {}"),
    ("interface.js", Told, "interface A { a: string }"),
    ("enum.js", Told, "enum A { X }\nexport {}"),
    ("data.js", Told, "{\"a\": 1, \"b\": 2}"),
    // Broken, and no parser's business.
    ("let.ts", Missed, "let a = 1\nlet a = 2"),
    ("export.ts", Missed, "export const P = 1\nexport const P = 2"),
    ("constant.ts", Missed, "const a = 1\nfunction f() { a = 2 }"),
    ("regex_wrong.ts", Missed, "const r = /(/"),
    ("undeclared.ts", Missed, "class A { m() { return this.#x } }"),
    ("throws.ts", Missed, "throw new Error('boom')"),
    ("nowhere.ts", Missed, "import './nothing'"),
];

/// B1: no file that the engine loads is said to be broken, and what no parser could read is said to be.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_parsed_is_told_and_nothing_else() {
    let world = World::new();
    let (sources, probe, told) = (world.outside("sources"), world.outside("probe"), world.outside("told.json"));
    let plugins = sources.join(".opencode/plugins");
    for (name, _, text) in TABLE {
        write(&plugins.join(name), text);
    }
    write(&plugins.join("data.json"), "{}");
    // The engine imports them as it imports a plugin, and says which it could not.
    let code = format!(
        "import {{ readdirSync, writeFileSync }} from \"fs\"\n\
         export const P = async () => {{\n\
           const failed = {{}}\n\
           for (const name of readdirSync({folder})) {{\n\
             try {{ await import({folder} + \"/\" + name) }} catch (error) {{ failed[name] = String(error) }}\n\
           }}\n\
           writeFileSync({told}, JSON.stringify(failed))\n\
           return {{}}\n\
         }}\n",
        folder = json!(plugins),
        told = json!(told),
    );
    write(&probe.join(".opencode/plugins/probe.ts"), &code);
    rekindle_tests::raw::installed(&probe.join(".opencode"));
    let engine = engine(&world).await;
    assert_eq!(engine.ask(Method::GET, "/config", &probe).await.0, 200);
    let failed: BTreeMap<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(&told).expect("told")).expect("JSON");

    use_program(World::program("rekindle"));
    let environment = world.environment().into_iter();
    let environment = environment.map(|(name, value)| (name.to_owned(), value.display().to_string())).collect();
    let scan = scan(&Places::in_environment(&sources, environment).expect("places"), None).expect("no fault");
    let warned: BTreeSet<_> = scan.warnings.iter().map(|warning| warning.path.clone()).collect();
    let fate = |name: &str| match (failed.contains_key(name), warned.contains(&*plugins.join(name).to_string_lossy())) {
        (false, false) => Ok(Loads),
        (true, true) => Ok(Told),
        (true, false) => Ok(Missed),
        (false, true) => Err("it is loaded, and said to be broken"),
    };
    let wrong: Vec<_> = TABLE
        .iter()
        .filter(|(name, expected, _)| fate(name) != Ok(*expected))
        .map(|(name, expected, _)| format!("{name}: {expected:?}, not {:?} ({:?})", fate(name), failed.get(*name)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
