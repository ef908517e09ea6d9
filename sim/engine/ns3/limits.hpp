// How far the ns3 engine goes: what the resolver refuses before a run and the engine during one.
#pragma once

#include <cstdint>

namespace ledgerlab::ns3_engine {

/// Memory of a TCP connection with both its sockets (measured, docs/engines.md).
inline constexpr std::uint32_t connection_bytes = 20'700;
/// 8 GB of connections.
inline constexpr std::uint32_t connections_max = 400'000;
inline constexpr std::uint32_t nodes_max = 20'000;
/// PPP, IPv4, TCP with its time stamps.
inline constexpr std::uint32_t packet_headers = 54;
/// Payload of a packet: IPv4 packets have 65,535 bytes at most, 80 of them headers.
inline constexpr std::uint32_t mtu_max = 65'000;

}  // namespace ledgerlab::ns3_engine
