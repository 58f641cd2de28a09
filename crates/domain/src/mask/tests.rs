//! What must be hidden, and what must be shown.

use serde_json::json;

use super::*;

#[test]
fn secrets_are_masked_wherever_they_stand() {
    let check = |key, value: Value, expected: Value| assert_eq!(masked(key, &value), expected);
    check("model", json!("a/b"), json!("a/b"));
    check("apiKey", json!("sk-1"), json!(MASK));
    check("GITHUB_PAT", json!("x"), json!(MASK));
    check("password", json!(12345), json!(MASK));
    check("max_tokens", json!(4096), json!(4096));
    check("token", json!(["a", "b"]), json!(MASK));
    check(
        "mcp",
        json!({"x": {"environment": {"A": "1"}, "url": "u"}}),
        json!({"x": {"environment": {"A": MASK}, "url": "u"}}),
    );
    check("env", json!(["A=1", "B"]), json!(["A=••••", MASK]));
    check(
        "provider",
        json!({"o": {"options": {"headers": {"Authorization": "b"}}}}),
        json!({"o": {"options": {"headers": {"Authorization": MASK}}}}),
    );
    check(
        "mcp",
        json!({"token-server": {"command": ["a"], "oauth": {"clientId": "c", "clientSecret": "s"}}}),
        json!({"token-server": {"command": ["a"], "oauth": {"clientId": "c", "clientSecret": MASK}}}),
    );
    check(
        "command",
        json!(["x", "--token", "sk", "y", "--api-key=sk"]),
        json!(["x", "--token", MASK, "y", "--api-key=••••"]),
    );
    check("url", json!("https://user:pw@host/x"), json!("https://••••@host/x"));
    check("url", json!("https://host/x?a=1&api_key=sk"), json!("https://host/x?a=1&api_key=••••"));
    check("command", json!(["-e", "GITHUB_TOKEN=ghp"]), json!(["-e", "GITHUB_TOKEN=••••"]));
    check("command", json!(["-e", "DB_PASS=a&b,c"]), json!(["-e", "DB_PASS=••••"]));
    check("command", json!(["--header", "Authorization: Bearer x"]), json!(["--header", "Authorization: ••••"]));
    check("command", json!(["a=b", "note: this"]), json!(["a=b", "note: this"]));
    check("command", json!(["mysql", "-u", "root", "-pS3", "db"]), json!(["mysql", "-u", "root", "-p••••", "db"]));
    check(
        "command",
        json!(["sh", "-c", "curl -H \"Authorization: Bearer x\" https://h"]),
        json!(["sh", "-c", "curl -H \"Authorization: ••••\" https://h"]),
    );
    check(
        "command",
        json!(["docker", "run", "-p", "80:80", "-u", "1:1"]),
        json!(["docker", "run", "-p", "80:80", "-u", "1:1"]),
    );
    check(
        "command",
        json!(["docker", "run", "-e", "A=1", "-eB=2", "x"]),
        json!(["docker", "run", "-e", "A=••••", "-eB=••••", "x"]),
    );
    check("webhook", json!("https://h/x"), json!(MASK));
    check("list", json!([{"password": "p"}]), json!([{"password": MASK}]));
}

/// N16: ways in which secrets are written. What is between the angle brackets must not be seen, and the rest must.
#[test]
fn what_must_be_hidden_is_hidden() {
    let cases = [
        "https://<me:pw>@host/x",
        "git+https://<ghp_abc123def>@github.com/a/b.git",
        "plugin at postgres://<user:p/w?x>@db.local:5432/name is",
        "redis://<:pw>@host",
        "see <user:pw>@db.example.com:5432/x",
        "http://127.0.0.1:4096/?auth_token=<YTpi>&x=1",
        "https://x.blob/y?sv=1&sig=<abc%2Fdef>&se=2",
        "https://h/cb#access_token=<abc>&state=1",
        "curl -H \"Authorization: <Bearer x>\" https://h",
        "curl -H 'X-Api-Key:<abc>' https://h",
        "curl --header=\"x-api-key: <a b>\" https://h",
        "curl -H \"Cookie: <a=b; c=d>\" https://h",
        "curl -u me:<pw> https://h",
        "curl --user me:<pw> https://h",
        "curl -ume:<pw> https://h",
        "mysql -u root -p<S3cret> db",
        "/usr/bin/mysqldump -p<S3cret> db",
        "sshpass -p <pw> ssh me@host",
        "redis-cli -a <pw> ping",
        "docker login -u me -p <pw> registry",
        "sh -c \"mysql -p<x> y\"",
        "https://<u:pw>@github.com/a/b.tgz",
        "https://<x-access-token:pw>@github.com/a/b.tgz is",
        "set API_TOKEN=<x>&& srv",
        "!`/usr/bin/mysql -p<x> y`",
        "npx server --token <abc> --port 80",
        "npx server --api-key \"<a b>\" --port 80",
        "aws configure set aws_secret_access_key <abc/def>",
        "API_KEY=<abc> node server.js",
        "export GITHUB_PAT=<abc>; run",
        "DB_PASSWORD='<a b>' run",
        "password = <hunter2>",
        "Server=db;User=sa;Pwd=<x>;Encrypt=1",
        "const token = \"<abc>\";",
        "token := \"<abc>\"",
        "{\"apiKey\":\"<abc>\",\"model\":\"m\"}",
        "{\\\"apiKey\\\":\\\"<abc>\\\",\\\"model\\\":\\\"m\\\"}",
        "{\"pin\": <1>, \"password\": <1234>, \"model\": \"m\"}",
        "  client_secret: <abc def>",
        "Authorization: <Basic dXNlcjpwdw==>",
        "the header authorization: <Bearer> is sent",
        "openssl -passin pass:<pw>",
        "it said Bearer <abc123def456>",
        "key <sk-abcdef123456> of mine",
        "<ghp_abcdefghij0123456789> and <github_pat_11ABC_defghi>",
        "<glpat-abc_DEF-123456> <xoxb-1234-5678-abc> <AKIAIOSFODNN7EXAMPLE>",
        "jwt <eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF_1>",
        "https://hooks.slack.com/services/<T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX>",
        "https://discord.com/api/webhooks/1234567890/<abc-DEF_ghi>?wait=true",
        "see https://api.telegram.org/bot<123456:ABC-DEF>, or",
        "https://acme.webhook.office.com/webhookb2/<a@b/IncomingWebhook/c/d>",
        "https://hooks.zapier.com/hooks/catch/<123/abc/>",
        "https://mcp.acme.dev/s/<9f86d081884c7d659a2feaa0c55ad015>/mcp",
        "https://mcp.acme.dev/u/<123e4567-e89b-12d3-a456-426614174000>",
        "wss://h.example:8443/<a1B2c3D4e5F6g7H8>?x=1",
        "https://h/cb?code=<4/P7q7W91>&state=1",
        "https://h/x?a=1&sid=<abc>&hash=<def>",
        "docker run --rm -e FOO=<x> -eBAR=<y> --env BAZ=<z> --env=QUX=<a> -p 80:80 image",
        "podman run -e lower=<x> image",
        "npx server -e FOO=<x> --env bar=<y>",
        "server -p <hunter22x> -k <A1b2C3d4E5> -t <tok-12ab34>",
        "-----BEGIN RSA PRIVATE KEY-----<MIIEabc\ndef>-----END RSA PRIVATE KEY-----",
    ];
    for case in cases {
        let text = case.replace(['<', '>'], "");
        let mut expected = String::new();
        for (index, part) in case.split(['<', '>']).enumerate() {
            let lines = "\n".repeat(part.matches('\n').count());
            expected += &if index % 2 == 1 { format!("{MASK}{lines}") } else { part.to_owned() };
        }
        assert_eq!(masked_text(&text), expected, "{text}");
    }
}

/// N16: what is no secret stays readable, however much it sounds like one.
#[test]
fn what_must_be_shown_is_shown() {
    let cases = [
        "anthropic/claude-sonnet-4-5",
        "https://github.com/a/b/blob/main/README.md#keys",
        "git+ssh://git@github.com/a/b.git",
        "https://github.com/a/b/blob/3d3031f8c0ffee1234567890abcdef1234567890/README.md",
        "https://raw.githubusercontent.com/a/b/3d3031f8c0ffee1234567890abcdef1234567890/x.ts",
        "https://mcp.context7.com/mcp and https://h/2024-10-07/models/claude-3-5-sonnet-20241022",
        "https://docs.example.com/a-long-title-about-http2-and-utf8-strings/page-12",
        "https://slack.com/services/list and https://discord.com/channels/1/2",
        "node -e x=1 --port 3000 -p 8080 -c /etc/app.conf -t my-tag-2 -n build-2024",
        "docker run -e HOME -p 8080:80 -v /a:/b -w /app image:1.2.3 -u 1000:1000",
        "status?code and exit code=1",
        "git@github.com:a/b.git",
        "opencode-wakatime@1.4.0",
        "npm:@scope/pkg@1.2.3",
        "file:///home/me/plugins/token.ts",
        "http://127.0.0.1:4096/path@2.0",
        "mail me@example.com about it",
        "A skill that explains tokens, keys and passwords.",
        "Unexpected token: expected a comma",
        "Use the key: it is under the mat",
        "Author: somebody, path: /usr/bin",
        "docker run -p 8080:80 -u 1000:1000 nginx",
        "mysql -u root -p db",
        "node server.js --port 3000 --verbose",
        "if (token === other) return",
        "const token = await getToken()",
        "token => token.value",
        "PATH=/usr/bin:/bin PWD=/home/me run",
        "{\"max_tokens\": 4096, \"primaryKey\": \"id\", \"keybinds\": {\"leader\": \"ctrl+x\"}}",
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "commit 3d3031f8c0ffee1234567890abcdef1234567890",
        "sk-learn is spoken of, hf_hub_download and npm_config_registry, too",
        "Basic knowledge and bearer of news",
        "Failed to load plugin file:///p/a b.ts: boom: at load",
        "C:\\Users\\me\\keys",
        "12:30 at the passage, session 4 of the design",
        "mcp.servers[0].url: http://localhost:1234/mcp",
    ];
    for case in cases {
        assert_eq!(masked_text(case), case);
    }
}

#[test]
fn lines_are_masked_where_they_may_hold_secrets() {
    let check = |text: &str, expected: &str| {
        assert_eq!(masked_lines(text, 0..text.len()).join("\n"), expected);
    };
    check("  \"apiKey\": \"sk-1\"", "  \"apiKey\": \"••••\"");
    check("  \"GITHUB_PAT\": \"ghp\",", "  \"GITHUB_PAT\": \"••••\",");
    check("  { \"a\": { \"token\": \"t\" } }", "  { \"a\": { \"token\": \"••••\" } }");
    check("  \"model\": \"a/b\"", "  \"model\": \"a/b\"");
    check("  \"git+https://me:pw@host/x\"", "  \"git+https://••••@host/x\"");
    check(
        "{\n  // --- a comment\n  \"env\": {\n    \"a\": \"1\",\n  },\n  \"b\": \"2\"\n}",
        "{\n  // --- a comment\n  \"env\": {\n    \"a\": \"••••\",\n  },\n  \"b\": \"2\"\n}",
    );
    check(
        "{\"headers\": { \"x-a\": \"1\", \"x-b\": \"2\" }}",
        "{\"headers\": { \"x-a\": \"••••\", \"x-b\": \"••••\" }}",
    );
    check("{\"secrets\": [\n  \"one\",\n  \"two\"\n]}", "{\"secrets\": [\n  \"••••\",\n  \"••••\"\n]}");
    check(
        "{\"env\": {\n  \"a\": 12, \"b\": \"x: \\\" y\",\n  \"c:d\"\n}}",
        "{\"env\": {\n  \"a\": ••••, \"b\": \"••••\",\n  \"••••\"\n}}",
    );
    check("---\nmodel: a/b\nMY_VAR: abc\n---", "---\nmodel: a/b\nMY_VAR: ••••\n---");
}

#[test]
fn only_the_lines_in_the_range_are_shown() {
    let text = "a\n\"env\": {\n\"k\": \"v\"\n}\nd";
    let check = |range: Range<usize>, expected: &[&str]| assert_eq!(masked_lines(text, range), expected);
    check(0..2, &["a"]);
    check(11..20, &["\"k\": \"••••\""]);
    check(20..99, &["}", "d"]);
    check(99..100, &[]);
    assert_eq!(masked_lines(&"ü".repeat(LONGEST), 0..2 * LONGEST).concat().len(), LONGEST);
}

/// N16: whatever a text holds, it is masked in a time that grows with it.
#[test]
fn masking_is_not_slow() {
    let parts = [
        "://",
        "://a:b@",
        "http://",
        "http://a/",
        "https://h/a1b2c3d4e5f6g7h8/",
        "-e A=b ",
        "token:",
        "\"token\":",
        "token=",
        "token=\"",
        "token: '",
        "sk-",
        "sk-1234567",
        "eyJ.",
        "-----BEGIN ",
        "docker ",
        "mysql -p",
        "--token ",
        "set token ",
        "'a ",
        "\"a b\" ",
        "a:b@",
        "bearer ",
        "\\\"",
        "=",
        ":",
        "`",
        "a-",
        "{\"",
    ];
    for part in parts {
        for end in ["", "\n"] {
            let text = format!("{part}{end}").repeat(100_000 / part.len());
            assert!(!masked_text(&text).is_empty(), "{part:?}");
            assert!(!masked("command", &json!(vec![part; 10_000])).is_null(), "{part:?}");
        }
    }
}

#[test]
fn references_to_the_outside_are_seen() {
    assert!(mentions_outside(&json!({"a": ["{env:HOME}"]})));
    assert!(!mentions_outside(&json!({"a": "env:HOME"})));
}
