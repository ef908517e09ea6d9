// The messages of headers-first relay, named as in Bitcoin's peer protocol; kinds 1 to 3 are the
// flood's.
#pragma once

#include "models/parts/relay/messages.hpp"
#include "models/parts/relay/shell.hpp"

namespace ledgerlab::headers {

/// Bitcoin Core's MAX_HEADERS_RESULTS.
inline constexpr std::size_t headers_max = 2000;
inline constexpr std::size_t locator_max = 101;

/// BIP 130: "announce new blocks to me by their headers".
struct SendHeaders {
  static constexpr MessageInfo info{11, "SendHeaders", Role::relay, Auth::mac};
  bool hello = false;  // stands for the new connection, on which both sides say it
  template <class A>
  void fields(A& a) {
    a(hello);
  }
};

/// A header, and the identity under which its content is asked for (Bitcoin's block hash follows
/// from the header). Shared by all who hold it.
struct Header {
  Hash128 content;
  relay::Shell shell;
  template <class A>
  void fields(A& a) {
    a(content, shell);
  }
};
struct HeaderRef {
  std::shared_ptr<const Header> header;
};
void codec_write(codec::Writer& writer, const HeaderRef& value);
bool codec_read(codec::Reader& reader, HeaderRef& value);

/// Parents first.
struct Headers {
  static constexpr MessageInfo info{12, "Headers", Role::relay, Auth::mac};
  std::vector<HeaderRef> list;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(list, headers_max);
    a(limited);
  }
};

/// "The headers of your chain after the first of these that is on it."
struct GetHeaders {
  static constexpr MessageInfo info{13, "GetHeaders", Role::relay, Auth::mac};
  std::vector<BlockId> locator;  // own chain, newest first, ever sparser
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(locator, locator_max);
    a(limited);
  }
};

}  // namespace ledgerlab::headers
