// How a node of a chain comes by headers without bodies, by the bodies of headers that it has
// verified, and by the state after a settled block: kinds 5 to 9 of every chained protocol. Headers
// are bytes here, the protocol's own canonical encoding; HeaderChain judges them.
#pragma once

#include "models/parts/chain/messages.hpp"

namespace ledgerlab::chain {

/// Bitcoin Core's MAX_HEADERS_RESULTS.
inline constexpr std::size_t headers_max = 2000;
inline constexpr std::size_t data_max = 1024;
inline constexpr std::size_t header_bytes_max = 4096;

/// "The headers of your chain after the first of `locator` that is on it, oldest first, up to the
/// one with the id `stop` (zero: as many as you send)." Who has none of the locator's blocks on its
/// chain, or no longer has what follows, is silent.
struct GetHeaders {
  static constexpr MessageInfo info{5, "GetHeaders", Role::sync, Auth::mac};
  std::vector<Place> locator;  // own chain of headers, newest first, ever sparser
  BlockId stop;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(locator, locator_max);
    a(limited, stop);
  }
};

/// Parents first. An empty list: there is nothing after the asker's newest.
struct Headers {
  static constexpr MessageInfo info{6, "Headers", Role::sync, Auth::mac};
  std::vector<Bytes> list;  // Block::header, of one chain
  bool more = false;        // the sender's chain goes on
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(list, headers_max);
    a(limited, more);
  }
};

/// "Send me these blocks." Each comes as a BlockContent; what is not there is left out.
struct GetData {
  static constexpr MessageInfo info{7, "GetData", Role::sync, Auth::mac};
  std::vector<Place> blocks;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(blocks, data_max);
    a(limited);
  }
};

/// "A part of your snapshot of the state after `block`"; zero: of the newest that you have, if it
/// is above this height.
struct GetState {
  static constexpr MessageInfo info{8, "GetState", Role::sync, Auth::mac};
  Place block;
  std::uint32_t index = 0;
  template <class A>
  void fields(A& a) {
    a(block, index);
  }
};

/// One part of a snapshot in `count`; 0: there is no such snapshot.
struct StateChunk {
  static constexpr MessageInfo info{9, "StateChunk", Role::sync, Auth::mac};
  Place block;
  std::uint32_t index = 0;
  std::uint32_t count = 0;
  Bytes bytes;
  template <class A>
  void fields(A& a) {
    a(block, index, count, bytes);
  }
};

}  // namespace ledgerlab::chain
