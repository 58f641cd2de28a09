//! Signing in to an MCP server through the engine, which opens the browser and keeps the credentials; Rekindle sees none.
//!
//! Invariant: an engine that cannot open a browser leaves nobody waiting: the address to open is told.

use rekindle_domain::{ErrorCode, McpAnswer, ServerNotice, UserError};
use rekindle_opencode::events::unopened;

use super::{
    client::{Client, SignedIn},
    events::Stream,
};

/// Signs in to a server, and says how it is then. It takes as long as the person takes; nothing is left of it when nobody
/// waits any more. `on_address` is told what to open, if the engine could not.
pub async fn sign_in(client: &Client, name: &str, mut on_address: impl FnMut(String)) -> Result<McpAnswer, UserError> {
    let mut events = Stream::open(client).await.ok();
    let signing_in = client.authenticate(name);
    tokio::pin!(signing_in);
    let ended = loop {
        let told = async {
            match &mut events {
                Some(events) => events.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = &mut signing_in => break ended,
            event = told => match event {
                Some(event) => unopened(&event, name).map(str::to_owned).into_iter().for_each(&mut on_address),
                None => events = None,
            },
        }
    };
    let (code, notice) = match ended.map_err(|error| UserError::from(&error))? {
        SignedIn::To(answer) => return Ok(answer),
        SignedIn::Unknown => (ErrorCode::NotFound, ServerNotice::ServerNotLoaded { name: name.to_owned() }),
        SignedIn::NotOffered => (ErrorCode::NotSignedIn, ServerNotice::ServerWithoutSignIn { name: name.to_owned() }),
        SignedIn::Failed => (ErrorCode::NotSignedIn, ServerNotice::ServerNotSignedIn { name: name.to_owned() }),
    };
    Err(UserError::new(code, notice))
}
