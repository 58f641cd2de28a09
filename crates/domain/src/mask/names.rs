//! Which names stand for secrets.
//!
//! Invariant: a name is read word by word, so that `GITHUB_PAT`, `apiKey` and `x-api-key` are told from
//! `keybinds`, `path`, `author` and `max_tokens`.

/// Words that speak of a secret wherever they stand in a name; also at the end of a longer word.
const STRONG: [&str; 22] = [
    "accesskey",
    "apikey",
    "authkey",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "encryptionkey",
    "jwt",
    "masterkey",
    "passcode",
    "passkey",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "secretkey",
    "sessid",
    "sessionid",
    "signingkey",
    "token",
];
/// Words that do so at the end of a name.
const WEAK: [&str; 13] =
    ["auth", "cred", "creds", "key", "otp", "pass", "pat", "pin", "pwd", "session", "sig", "signature", "totp"];
/// Names that hold a secret in the query of an address, and anything elsewhere.
const IN_QUERY: [&str; 9] = ["assertion", "code", "hash", "hmac", "k", "nonce", "sid", "ticket", "verifier"];
/// What may stand behind them without changing that.
const BEHIND: [&str; 20] = [
    "b64",
    "backup",
    "base64",
    "current",
    "default",
    "dev",
    "env",
    "header",
    "hex",
    "live",
    "plain",
    "prod",
    "production",
    "raw",
    "staging",
    "str",
    "string",
    "test",
    "val",
    "value",
];
/// What a secret is spoken of with, and is none itself.
const ABOUT: [&str; 38] = [
    "agent", "budget", "command", "count", "counts", "enabled", "endpoint", "expires", "expiry", "file", "folder",
    "format", "helper", "length", "limit", "limits", "manager", "max", "min", "mode", "name", "names", "path",
    "plugin", "policy", "prompt", "provider", "scanner", "server", "service", "size", "store", "tool", "tools", "ttl",
    "type", "uri", "url",
];
/// Beside these, tokens are pieces of text that are counted.
const COUNTED: [&str; 12] = [
    "budget",
    "completion",
    "context",
    "count",
    "input",
    "limit",
    "max",
    "min",
    "output",
    "reserved",
    "total",
    "usage",
];
/// Keys of these kinds open nothing.
const OPEN: [&str; 14] = [
    "cache",
    "foreign",
    "group",
    "hot",
    "leader",
    "lookup",
    "map",
    "object",
    "partition",
    "primary",
    "public",
    "row",
    "short",
    "sort",
];

/// True for a name whose value may be a secret.
pub(super) fn is_secret(name: &str) -> bool {
    // Where the shell works.
    if matches!(name, "PWD" | "OLDPWD") {
        return false;
    }
    let mut words = words(name);
    while words.len() > 1 && words.last().is_some_and(|word| is_behind(word, &words)) {
        words.pop();
    }
    let Some(last) = words.last() else { return false };
    let is_counted = words.iter().any(|word| COUNTED.contains(&word.as_str()));
    let is_strong = |word: &String| {
        let word = word.strip_suffix('s').unwrap_or(word);
        STRONG.iter().any(|strong| word.ends_with(strong)) && !(is_counted && word == "token")
    };
    if words.iter().any(is_strong) {
        return !ABOUT.contains(&last.as_str());
    }
    let before = words.len().checked_sub(2).map(|at| words[at].as_str()).unwrap_or_default();
    // Whoever knows such an address may use it.
    if last == "webhook" || (before == "webhook" && ["endpoint", "uri", "url"].contains(&last.as_str())) {
        return true;
    }
    match last.strip_suffix('s').filter(|one| *one == "key").unwrap_or(last) {
        "key" => !OPEN.contains(&before),
        last => WEAK.contains(&last),
    }
}

/// True for a name whose value may be a secret in the query of an address.
pub(super) fn is_secret_in_query(name: &str) -> bool {
    is_secret(name) || words(name).last().is_some_and(|word| IN_QUERY.contains(&word.as_str()))
}

/// True for a name below which every value may be a secret.
pub(super) fn holds_secrets(name: &str) -> bool {
    words(name).last().is_some_and(|word| matches!(word.as_str(), "env" | "environment" | "headers"))
}

fn is_behind(word: &str, words: &[String]) -> bool {
    let before = words.len().checked_sub(2).map(|at| words[at].as_str()).unwrap_or_default();
    word.chars().all(|c| c.is_ascii_digit())
        || BEHIND.contains(&word)
        || (word == "id" && matches!(before, "key" | "session"))
}

/// The words of a name in small letters: `openAIKey`, `OPEN_AI_KEY` and `open-ai-key` have the same.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let chars: Vec<char> = name.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1);
        let begins = c.is_uppercase()
            && before.is_some_and(|before| {
                let ends_capitals = before.is_uppercase() && after.is_some_and(|after| after.is_lowercase());
                before.is_lowercase() || before.is_ascii_digit() || ends_capitals
            });
        if !c.is_alphanumeric() || begins {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N16: the names behind which secrets stand, and those that only sound like it.
    #[test]
    fn names_are_read_word_by_word() {
        let secret = "apiKey api_key API-KEY APIKey apikey openAIKey OPENAI_API_KEY x-api-key X-API-KEY key keys token \
            tokens accessToken ACCESS_TOKEN_2 refresh_token id_token authToken _authToken _auth auth AUTH http_auth \
            GITHUB_PAT MY_PAT pat sig x-amz-signature signature SIG pwd DB_PWD Pwd pass SMTP_PASS dbPass password \
            DB_PASSWORD passwd passphrase credential credentials GOOGLE_CREDENTIALS session SESSION_ID sessionId \
            session_key PHPSESSID cookie Cookie set-cookie COOKIE_JAR private_key privateKey access_key access_key_id \
            AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY client_secret clientSecret CLIENT_SECRET_PROD bearer bearer_token \
            authorization Authorization Proxy-Authorization jwt SECRET secrets mySecretValue TOKEN_RAW webhookSecret \
            encryptionKey signing-key SSH_KEY licenseKey \
            pin CARD_PIN otp smsOtp TOTP creds awsCreds webhook slackWebhook SLACK_WEBHOOK_URL webhookUri";
        for name in secret.split_whitespace() {
            assert!(is_secret(name), "{name} may hold a secret");
        }
        let open = "model name path PATH pathname author authors authority monkey keyboard keybinds keymap turkey hotkey \
            leader_key primaryKey sortKey public_key publicKey max_tokens maxTokens tokens_limit input_tokens tokenizer \
            PWD OLDPWD compass bypass passthrough pattern patch signal design session_list session_new sessions_path \
            token-server secret-scanner secret_name password_file tokenUrl auth_url authType cookieless description \
            command url plugin agent environment share small_model watcher compaction keep_alive assign basic \
            pinned opinion pinCount webhooks_enabled code status_code hash option credit";
        for name in open.split_whitespace() {
            assert!(!is_secret(name), "{name} holds none");
        }
    }
}
