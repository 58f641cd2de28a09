//! Who listens, asked of the kernel by `sock_diag(7)`.
//!
//! Invariant: only sockets that listen are gone through, and they are few, however many connections there are.

use std::{
    collections::BTreeSet,
    io,
    net::{IpAddr, Ipv4Addr},
};

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::{
    SockDiagMessage,
    constants::{AF_INET, AF_INET6, IPPROTO_TCP},
    inet::{ExtensionFlags, InetRequest, SocketId, StateFlags},
};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_SOCK_DIAG};

use super::Listening;

/// Who listens at a port such that the loopback's IPv4 address leads there.
pub(super) fn listeners(port: u16) -> io::Result<BTreeSet<Listening>> {
    let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    let mut all = BTreeSet::new();
    ask(&socket, AF_INET, SocketId::new_v4(), port, &mut all)?;
    ask(&socket, AF_INET6, SocketId::new_v6(), port, &mut all)?;
    Ok(all)
}

fn ask(socket: &Socket, family: u8, socket_id: SocketId, port: u16, all: &mut BTreeSet<Listening>) -> io::Result<()> {
    let request = InetRequest {
        family,
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::empty(),
        states: StateFlags::LISTEN,
        socket_id,
    };
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send(&bytes, 0)?;
    loop {
        let (answers, _) = socket.recv_from_full()?;
        let mut rest = answers.as_slice();
        while !rest.is_empty() {
            let answer = NetlinkMessage::<SockDiagMessage>::deserialize(rest).map_err(io::Error::other)?;
            match answer.payload {
                NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(one)) => {
                    let id = &one.header.socket_id;
                    if id.source_port == port && is_met(id.source_address) {
                        all.insert(Listening { uid: one.header.uid, socket: one.header.inode.into() });
                    }
                }
                NetlinkPayload::Done(_) => return Ok(()),
                NetlinkPayload::Error(error) => return Err(error.to_io()),
                _ => {}
            }
            // Messages begin at every fourth byte.
            let length = usize::try_from(answer.header.length).unwrap_or_default().checked_next_multiple_of(4);
            rest = rest.get(length.unwrap_or(usize::MAX).max(4)..).unwrap_or_default();
        }
    }
}

/// True for an address of the loopback, or any: a connection to 127.0.0.1 leads there.
fn is_met(address: IpAddr) -> bool {
    address.is_unspecified() || address.to_canonical() == IpAddr::V4(Ipv4Addr::LOCALHOST)
}
